from models.facts import WelcomeGiven
from tests.stage import Stage


def test_who_comes_in_is_told_who_we_are_and_asked_nothing(stage: Stage):
    marta = stage.plays("welcome", WelcomeGiven("Marta", "la Red de Defensoras"))
    marta.hears(
        "Hola Marta. Soy el asistente de la Red de Defensoras."
        " Desde ahora podemos escribirle por aquí. AYUDA y ALTO siempre funcionan."
    )
    marta.hears_nothing()
    assert marta.ended
    assert marta.recorded == []
