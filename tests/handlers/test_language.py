from models.facts import Asked, LanguageChosen
from tests.stage import Stage

GIVEN = LanguageChosen("spa")
CHOICE = "¿Qué idioma prefiere?\n1 Español\n2 English\n3 Otro"
KNOWN = "Gracias. Una persona de nuestro equipo ya lo sabe."


def test_a_language_is_chosen_by_its_own_name_in_any_spelling(stage: Stage):
    for words, language in (("2", "eng"), ("ingles", "eng"), ("castilla", "spa")):
        marta = stage.plays("language", GIVEN)
        marta.hears(CHOICE)
        marta.says(words)
        marta.hears("Listo. Desde ahora le escribimos en este idioma.")
        assert marta.recorded == [LanguageChosen(language)]


def test_another_language_is_for_a_human(stage: Stage):
    asked = stage.plays("language", GIVEN)
    asked.hears(CHOICE)
    asked.taps("Otro")
    asked.hears("¿Qué idioma habla?")
    asked.says("mam")
    asked.hears(KNOWN)
    assert asked.recorded == [Asked("", "mam")]

    told = stage.plays("language", GIVEN)
    told.hears(CHOICE)
    told.says("yo hablo solo mam")
    told.hears(KNOWN)
    assert told.recorded == [Asked("", "yo hablo solo mam")]
