"""Consent in a chat: one of two things, freely, and never by silence."""

from handlers.consent import VERSION
from handlers.understanding import withdraws
from models.facts import ConsentAnswered, ConsentGiven
from models.grant import GrantAct, Purpose
from tests.stage import Stage

CONTACT = ConsentGiven(Purpose.CONTACT, asked_by=3, version=VERSION)
MAY = "¿Podemos volver a escribirle por este medio? Puede cambiar de idea cuando quiera."
CHOICES = "\n1 Sí\n2 No\n3 Primero expliquen"


def test_a_yes_is_kept_and_says_how_to_take_it_back(stage: Stage):
    chepe = stage.plays("consent", CONTACT)
    chepe.hears(f"{MAY}{CHOICES}")
    chepe.says("si esta bien")
    chepe.hears("Gracias, lo anotamos. Para retirarlo, escriba: RETIRO MI PERMISO.")
    assert chepe.recorded == [ConsentAnswered(Purpose.CONTACT, GrantAct.GRANTED)]
    assert chepe.ended


def test_a_no_is_as_welcome(stage: Stage):
    chepe = stage.plays("consent", ConsentGiven(Purpose.DOCUMENTS, asked_by=3, version=VERSION))
    photos = "¿Puede nuestro equipo guardar las fotos que nos mande?"
    chepe.hears(f"{photos} Puede cambiar de idea cuando quiera.{CHOICES}")
    chepe.says("no")
    chepe.hears("Gracias por decirnos. Lo anotamos.")
    assert chepe.recorded == [ConsentAnswered(Purpose.DOCUMENTS, GrantAct.REFUSED)]


def test_what_is_neither_goes_to_a_human(stage: Stage):
    chepe = stage.plays("consent", CONTACT)
    chepe.hears(f"{MAY}{CHOICES}")
    chepe.says("y eso para que es")
    chepe.hears("Claro. Una persona se lo explica.")
    assert chepe.recorded == [ConsentAnswered(Purpose.CONTACT, GrantAct.UNCLEAR)]


def test_silence_is_never_consent(stage: Stage):
    chepe = stage.plays("consent", CONTACT)
    chepe.hears(f"{MAY}{CHOICES}")
    chepe.keeps_silent()
    chepe.hears_nothing()
    assert chepe.recorded == []
    assert chepe.ended


TAKEN_BACK = (
    "borren mis datos",
    "Por favor BORREN mis datos!!",
    "quiero que eliminen toda mi información",
    "borre mis fotos porfa",
    "retiro mi consentimiento",
    "ya no les autorizo",
    "ya no doy permiso",
    "no quiero que compartan mis datos",
    "no guarden mis documentos",
    "delete my data",
    "Please erase all my information.",
    "I withdraw my consent",
    "don't share my photos",
)
NOT_TAKEN_BACK = (
    "no borren mis datos",
    "por favor no me borren mis fotos",
    "le mando mis datos",
    "mis documentos se borraron",
    "ya no me escriban",
    "borren mi número",
    "sí autorizo",
    "do not delete my data",
    "",
)


def test_taking_back_is_heard_in_plain_words():
    assert [text for text in TAKEN_BACK if not withdraws(text)] == []
    assert [text for text in NOT_TAKEN_BACK if withdraws(text)] == []
