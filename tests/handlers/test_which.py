from models.facts import Belongs, WhichGiven
from tests.stage import Stage

TWO = WhichGiven(heard=0, codes=("GT-0417", "HN-0233"))


def test_files_are_told_where_they_belong(stage: Stage):
    marta = stage.plays("which", TWO)
    marta.hears("¿Para cuál solicitud es?\n1 GT-0417\n2 HN-0233\n3 Ninguna de estas")
    marta.says("2")
    marta.hears("Gracias. Lo que mandó quedó en HN-0233.")
    assert marta.recorded == [Belongs(0, "HN-0233")]


def test_words_are_placed_silently_since_their_own_conversation_goes_on(stage: Stage):
    marta = stage.plays("which", WhichGiven(heard=55, codes=("GT-0417", "HN-0233")))
    marta.hears("¿Para cuál solicitud es?\n1 GT-0417\n2 HN-0233\n3 Ninguna de estas")
    marta.taps("GT-0417")
    marta.hears_nothing()
    assert marta.recorded == [Belongs(55, "GT-0417")]


def test_what_belongs_to_none_is_for_a_human(stage: Stage):
    chosen = stage.plays("which", TWO)
    chosen.hears("¿Para cuál solicitud es?\n1 GT-0417\n2 HN-0233\n3 Ninguna de estas")
    chosen.says("3")
    chosen.hears("Gracias. Una persona de nuestro equipo ya lo sabe.")
    assert chosen.recorded == [Belongs(0, "")]

    three = stage.plays("which", WhichGiven(0, ("GT-0417", "HN-0233", "SV-0009")))
    three.hears("¿Para cuál solicitud es?\n1 GT-0417\n2 HN-0233\n3 SV-0009")
    three.says("es de otra cosa que me pidieron")
    three.hears("Gracias. Una persona de nuestro equipo ya lo sabe.")
    assert three.recorded == [Belongs(0, "")]
