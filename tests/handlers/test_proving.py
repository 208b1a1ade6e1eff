"""Showing who one is: verdicts in the conversation, and how a PIN is read and hidden."""

import pytest

from handlers import added
from handlers.proving import HIDDEN, forgot, hidden, secret, wants_code, wants_pin
from models.facts import AddedGiven, NotAdded, PinGiven, ProvingGiven
from tests.stage import Stage

ASKED = "Antes de seguir, escriba su PIN. Si lo olvidó, escriba OLVIDE."
SENT = (
    "Antes de seguir, escriba los 6 números que le acabamos de enviar a su otro número o aplicación"
    "."
)
HUMAN = "Por su seguridad, una persona de nuestro equipo va a confirmar que es usted."


def test_a_pin_is_asked_for_until_it_is_right_and_nothing_else_is_said(stage: Stage):
    marta = stage.plays("proving", ProvingGiven(7, pin=True))
    marta.hears(ASKED)
    marta.says("wrong")
    marta.hears("Ese no es. Pruebe otra vez, o escriba OLVIDE y una persona le ayuda.")
    marta.says("other")
    marta.hears(f"Guardamos su mensaje. {ASKED}")
    marta.says("wait")
    marta.hears("Por su seguridad, espere un rato. Luego escríbalo otra vez.")
    marta.says("right")
    marta.hears("Gracias. Ya podemos seguir por aquí.")
    assert marta.recorded == []


def test_who_forgot_it_gets_a_code_elsewhere_or_a_human(stage: Stage):
    marta = stage.plays("proving", ProvingGiven(7, pin=True, code=True))
    marta.hears("Antes de seguir, escriba su PIN. Si lo olvidó, escriba CLAVE.")
    marta.says("code")
    marta.hears(SENT)
    marta.says("called")
    marta.hears(HUMAN)
    stage.plays("proving", ProvingGiven(7, code=True)).hears(SENT)
    stage.plays("proving", ProvingGiven(7)).hears(HUMAN)


def test_a_pin_is_chosen_and_an_easy_one_is_not_taken(stage: Stage):
    marta = stage.plays("pin", PinGiven(7))
    marta.hears(
        "Elija un PIN de 4 o 5 números y escríbalo aquí. Se lo pediremos si cambia de teléfono. "
        "No se lo diga a nadie."
    )
    marta.says("refused")
    marta.hears("Ese PIN es fácil de adivinar. Elija otro, de 4 o 5 números.")
    marta.says("code")
    marta.hears(
        "Nuestras claves tienen 6 números: si le llegó una, escríbala en su otro teléfono. "
        "Para su PIN, elija 4 o 5 números."
    )
    marta.says("kept")
    marta.hears("Listo: guardamos su PIN. Ya puede borrar su mensaje.")


def test_another_phone_was_added_and_a_no_is_kept(stage: Stage):
    marta = stage.plays("added", AddedGiven(7, 9))
    marta.hears("Se agregó otro teléfono a su cuenta. Si no fue usted, responda NO.")
    marta.says("not mine")
    assert marta.recorded == [NotAdded(9)]


@pytest.mark.parametrize(
    ("text", "newest", "denies"),
    [
        ("no", True, True),
        ("No", False, False),
        ("no fui yo", False, True),
        ("Yo no fui.", False, True),
        ("it wasn't me", False, True),
        ("2", True, False),
        ("sí", True, False),
        ("ok", True, False),
        ("no puedo ir hoy a Todos Santos, mejor el viernes", False, False),
    ],
)
def test_what_denies_a_new_phone(text: str, *, newest: bool, denies: bool):
    assert added.denies(text, "spa", newest=newest) is denies


@pytest.mark.parametrize(
    ("text", "digits", "shown"),
    [
        ("4821", "4821", HIDDEN),
        ("PIN 4821", "4821", f"PIN {HIDDEN}"),
        ("mi pin es 4821.", "4821", f"mi pin es {HIDDEN}."),
        ("Mi PIN es: 48 21", "4821", f"Mi PIN es: {HIDDEN}"),
        ("la clave es 482-913", "482913", f"la clave es {HIDDEN}"),
        ("４８２１", "4821", HIDDEN),
        ("417", "", "417"),
        ("GT-0417", "", "GT-0417"),
        ("123456789", "", "123456789"),
        ("llego a las 1430 con 2 personas", "", "llego a las 1430 con 2 personas"),
    ],
)
def test_a_pin_is_read_however_it_is_written_and_never_written_down(
    text: str, digits: str, shown: str
):
    assert secret(text, asked=True) == digits
    assert hidden(text, digits) == shown


def test_digits_that_nobody_asked_for_are_a_pin_only_when_they_are_called_so():
    assert secret("4821", asked=False) == ""
    assert secret("oiga, mi pin es 4821 gracias", asked=False) == "4821"
    assert secret("sí", asked=True) == ""


def test_what_somebody_asks_for_who_has_no_pin_at_hand():
    for text in ("Olvidé mi PIN", "se me olvido", "no me acuerdo", "I forgot my PIN"):
        assert forgot(text)
    for text in ("CLAVE", "mande", "el código", "code"):
        assert wants_code(text) == (text != "mande")
    for text in ("PIN", "mi pin", "quiero cambiar mi PIN", "nuevo pin."):
        assert wants_pin(text)
    assert not wants_pin("no me pidan pin en la calle")
    assert not forgot("la acuerdo con la alcaldía")
