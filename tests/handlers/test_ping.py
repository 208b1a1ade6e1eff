from models.facts import PingGiven
from tests.stage import Stage


def test_a_ping_is_the_code_and_nothing_else(stage: Stage):
    lawyer = stage.plays("ping", PingGiven("GT-0417"), "eng")
    lawyer.hears("There is news on GT-0417.")
    lawyer.hears_nothing()
    assert lawyer.ended

    abogada = stage.plays("ping", PingGiven("GT-0417"))
    abogada.hears("Hay novedades en GT-0417.")
