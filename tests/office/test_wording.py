"""A text is held against every case at once, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from bot import tongues
from bot.office import asking, broadcasts, organisation, wording
from bot.office.refusal import Refusal
from bot.tongues import TONGUES, render
from models.case import Case, CaseState, CaseWord, Program
from models.outbox import Weight
from models.person import Person, Role, Via
from tests.office.conftest import _opened
from tests.office.scene import HOUR, NOON, Office
from tests.office.test_guard import everything_said_to_anybody, verdict

NAMING = "The words hold a name or place that a case guards."


@pytest.fixture(scope="session", params=["sqlite"])
def database(tmp_path_factory):
    """Open one kind of record: nothing here hangs on which it is."""
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('wording')}/enlace.db")


def marks(office: Office) -> list[str]:
    return list(office.s.exec(select(CaseWord.mark)))


@pytest.fixture
def stranger(office: Office) -> Person:
    return office.person("", Role.UNKNOWN, Via.SMS)


WRITTEN = (
    "Kevin",
    "k e v i n",
    "digo K E V I N ya",
    "Ke-vin",
    "K.e.v.i.n",
    "kev\u200bin",
    "KÉVIN",
    "Ke vin",
    "Las Nu-bes",
    "en_Las_Nubes",
    "TomasaNovela",
    "Tomasa-Novela",
    "tomasa de la novela",
)


def test_a_stranger_is_told_no_name_of_any_case_however_it_is_written(office, stranger):
    office.case("GT-0001", guarded="Kevin\naldea Las Nubes")
    for _ in range(3):
        office.case(sought="Rosa Otra")
    missed = [text for text in WRITTEN if verdict(office, stranger, f"Hola. {text}.") != NAMING]
    assert missed == []
    assert verdict(office, stranger, "Hola. ¿Es seguro hablar por aquí ahora?") is None


def test_a_closed_case_keeps_its_names_from_strangers(office, stranger):
    case = office.case(guarded="Xecotz")
    case.state = CaseState.CLOSED
    office.s.flush()
    assert verdict(office, stranger, "en Xecotz") == NAMING
    lawyer = office.person("Grace", Role.LAWYER)
    assert verdict(office, lawyer, "en Xecotz", written_by=office.staff().id) is None


def test_of_her_own_case_one_word_of_a_name_is_too_much(office, stranger):
    father = office.person("Pedro", Role.PARENT)
    office.case(parent_id=father.id, guarded="Kevin Cuento")
    assert verdict(office, father, "¿y Kevin?") == NAMING
    assert verdict(office, stranger, "¿y Kevin?") is None
    assert verdict(office, stranger, "¿y Kevin Cuento?") == NAMING


def test_what_we_always_say_is_nobodys_name_but_a_humans_words_may_be(office, stranger):
    office.case(guarded="Segura\nHora\nDomingo\nRed Ficticia")
    organisation.describe(
        office.s,
        name="la Red Ficticia",
        phone="",
        website="",
        hours="",
        owner="Ana",
        review_by=NOON + HOUR,
        now=NOON,
        actor="staff:1",
    )
    assert verdict(office, stranger, "Somos la Red Ficticia. Será el domingo.") is None
    assert verdict(office, stranger, "Red Ficticia", written_by=office.staff().id) == NAMING
    assert verdict(office, stranger, "el domingo", written_by=office.staff().id) == NAMING


def test_where_a_report_led_is_told_to_nobody(office, stranger):
    case = office.case()
    wording.add_place(office.s, case.id or 0, "vive con su hermana en San Rafael, casa azul")
    ana = office.staff().id
    assert verdict(office, stranger, "en san rafael", written_by=ana) == NAMING
    assert verdict(office, stranger, "en su casa", written_by=ana) is None
    wording.add_place(office.s, case.id or 0, "Xecotz")
    assert verdict(office, stranger, "en Xecotz", written_by=ana) == NAMING


def test_a_case_that_was_never_marked_is_marked_when_a_text_meets_it(office, stranger):
    case = Case(
        reference="GT-0009",
        program=Program.SIJ,
        country="GT",
        sought="Tomasa Novela",
        guarded="Kevin",
        opened_at=NOON,
    )
    office.s.add(case)
    office.s.flush()
    assert not marks(office)
    assert verdict(office, stranger, "¿y Kevin?") == NAMING
    assert case.worded == wording.RULE
    assert verdict(office, stranger, "¿y Kevin?") == NAMING


def test_marks_can_be_read_by_nobody(office):
    office.case(guarded="Kevin")
    assert len(marks(office)) > 1
    assert all(len(mark) == wording.MARK and "kevin" not in mark for mark in marks(office))


WANTING = (
    "Deposite Q500 en la cuenta.",
    "Por favor mande el dinero hoy",
    "No se preocupe, transfiera mañana.",
    "Necesitamos que nos envíe 200 dólares",
    "¿Cuál es su contraseña?",
    "Escriba aquí su número de DPI",
    "Firme aquí",
    "Mande una foto de su firma",
    "Please send the payment",
    "Tell me your password",
    "Give us your social security number",
    "You must sign here",
)
HONEST = (
    "Nunca pedimos dinero ni contraseñas.",
    "No mande dinero a nadie.",
    "No le pedimos su contraseña, ni firmas.",
    "Mande una foto del DPI, de los dos lados.",
    "Viáticos: Q400.",
    "¿La directora firmó la carta?",
    "We never ask for money or passwords.",
    "Do not send money to anybody.",
)


def test_nobody_is_asked_for_money_secrets_or_a_signature(office):
    why = "We never ask for money, passwords, full ID numbers or signatures by message."
    assert [text for text in WANTING if not asking.asks(text)] == []
    for role in (Role.DEFENDER, Role.PARENT):
        person = office.person("Marta", role)
        assert verdict(office, person, WANTING[0]) == why
        assert verdict(office, person, WANTING[0], written_by=office.staff().id) == why
        assert verdict(office, person, WANTING[0], weight=Weight.STOP) == why


def test_to_say_that_we_never_ask_is_not_to_ask():
    assert [text for text in HONEST if asking.asks(text)] == []


@pytest.mark.parametrize("language", [code for code, one in TONGUES.items() if one.complete])
def test_our_own_sentences_ask_for_nothing(language):
    said = [*tongues.said(), *(render(text, language) for text in everything_said_to_anybody())]
    assert len(said) > 200
    assert [text for text in said if asking.asks(text)] == []


def test_a_broadcast_neither_names_nor_asks(office):
    office.case("GT-0001", guarded="Kevin")
    whom = [office.person("Marta").id or 0]
    for body, why in (("¿Alguien vio a Ke-vin?", "GT-0001"), ("Depositen: deposite Q9", "money")):
        draft = broadcasts.draft(
            office.s,
            title="T",
            body_es=body,
            body_en="",
            person_ids=whom,
            staff_id=office.staff().id or 0,
            now=NOON,
        )
        with pytest.raises(Refusal, match=why):
            broadcasts.confirm(office.s, draft, office.staff().id or 0, NOON)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_name_is_found_whatever_stands_around_it(before, after):
    assert "xecotz" in wording.runs(f"{before} Xecotz {after}")
