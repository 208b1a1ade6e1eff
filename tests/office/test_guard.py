"""Nothing is said that may harm, and what cannot be checked is kept back."""

import inspect
import json
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.office import forbidden, guard, people, wording
from bot.tongues import TONGUES, render
from handlers import always, promise
from handlers.repertoire import REPERTOIRE, SAMPLES
from handlers.talk import Kind, play
from models.case import Case, CaseState, Program
from models.outbox import Weight
from models.person import Lockout, Person, Role, Via
from models.text import Text
from tests.office.scene import HOUR, KEYS, NOON, Office

HARMLESS = "Hola. ¿Es seguro hablar por aquí ahora? 1 Sí, 2 Ahora no"


@pytest.fixture
def father(office):
    return office.person("Pedro Cuento", Role.PARENT)


def verdict(office: Office, person: Person, text: str = HARMLESS, **more: Any) -> str | None:
    address = more.get("address") or office.only_address(person)
    row = office.message(person, text, **{"address": address, **more})
    return guard.verdict(office.s, row, person, address, text, NOON)


def test_a_harmless_word_may_go(office, father):
    assert verdict(office, father) is None


@pytest.mark.parametrize("lockout", [one for one in Lockout if one is not Lockout.NONE])
@pytest.mark.parametrize("weight", list(Weight))
def test_the_locked_out_get_nothing_at_all(office, father, lockout, weight):
    father.lockout = lockout
    why = verdict(office, father, weight=weight)
    assert why is not None
    assert "only a human" in why
    assert verdict(office, father, weight=weight, written_by=office.staff().id) == why


def test_the_frozen_get_nothing_and_the_stopped_their_confirmation_only(office, father):
    father.stopped_at = NOON
    assert verdict(office, father) == guard.STOPPED.source
    assert verdict(office, father, written_by=office.staff().id) == guard.STOPPED.source
    assert verdict(office, father, weight=Weight.STOP) is None
    father.frozen_at = NOON + HOUR
    assert verdict(office, father, weight=Weight.STOP) == guard.FROZEN.source
    father.frozen_at = NOON  # the moment of that very word: it ends the talk blandly
    assert verdict(office, father, weight=Weight.STOP) is None
    assert verdict(office, father) == guard.FROZEN.source


def test_an_address_that_is_spared_gets_at_most_a_last_word(office, father):
    address = office.only_address(father)
    address.unsafe_at = NOON
    assert verdict(office, father, address=address) == guard.NOT_HERE.source
    assert verdict(office, father, address=address, weight=Weight.STOP) is None
    address.bad_at = NOON
    assert verdict(office, father, address=address, weight=Weight.STOP) == guard.BAD.source
    address.blocked_at = NOON
    assert verdict(office, father, address=address, weight=Weight.STOP) == guard.BLOCKED.source


def test_an_address_that_is_not_theirs_gets_nothing(s, office, father):
    address = office.only_address(father)
    hers = office.only_address(office.person("Ana"))
    assert verdict(office, father, address=hers) == guard.NOT_THEIRS.source
    people.disprove(s, father, address, None, NOON)
    assert verdict(office, father, address=address) == guard.NOT_THEIRS.source
    assert verdict(office, father, "Disculpe.", address=address, weight=Weight.STOP) is None


@pytest.mark.parametrize(
    "text",
    [
        "Es sobre su hijo.",
        "Es sobre su HIJA",
        "¿Usted es el papá de Kevin?",
        "Fue deportado.",
        "Le escribe la abogada",
        "un asunto en Estados Unidos",
        "en EE. UU.",
        "de ICE",
        "una demanda",
        "su niñ\u200bo",
        "de la Ｍigra",
        "It is about your child",
        "an asylum case",
    ],
)
@pytest.mark.parametrize("role", [Role.PARENT, Role.UNKNOWN])
def test_words_that_tell_are_kept_back_from_whom_nobody_verified(office, text, role):
    person = office.person("Pedro", role)
    assert verdict(office, person, text) == guard.TELLING.source
    assert verdict(office, person, text, weight=Weight.STOP) == guard.TELLING.source
    assert verdict(office, person, text, written_by=office.staff().id) == guard.TELLING.source
    assert verdict(office, office.person("Marta"), text) is None


def test_a_word_that_is_innocent_in_the_other_language_passes_there(office):
    spanish = office.person("Pedro", Role.PARENT)
    english = office.person("Peter", Role.PARENT, language="eng")
    assert verdict(office, spanish, "¿Son todas?") is None
    assert verdict(office, english, "your son") == guard.TELLING.source


ENTRIES = f"{forbidden.CHILD} {forbidden.PLACE} {forbidden.REMOVAL} {forbidden.LAW}".split()


@given(
    st.sampled_from(ENTRIES),
    st.sampled_from(["", "Hola, ", "¡", "1) ", "«"]),
    st.sampled_from(["", ".", " ahora", "»", "\n2 No"]),
    st.sampled_from([str.lower, str.upper, str.title]),
)
def test_no_sign_around_a_word_hides_it(entry, before, after, case):
    assert guard.tells(before + case(entry.replace("_", " ")) + after, "spa")


@given(st.sampled_from(ENTRIES), st.sampled_from(["x", "mente", "9"]))
def test_a_word_inside_another_is_another(entry, more):
    inside = entry.replace("_", "") + more
    assert inside in ENTRIES or not guard.tells(inside, "spa")


def everything_said_to_anybody() -> list[Text]:
    """What may reach a stranger: all of `always`, and each tier-zero conversation's words."""
    texts: list[Text] = []
    for _name, act in inspect.getmembers(always, inspect.isfunction):
        if act.__module__ != always.__name__ or act.__name__.startswith("_"):
            continue
        hints = typing.get_type_hints(act)
        hints.pop("return", None)
        for kind in Kind:
            given = {name: sample(hint, kind) for name, hint in hints.items()}
            texts.append(act(**given))
    for name in ("outreach", "language", "welcome", "consent"):
        turn = play(REPERTOIRE[name].conversation, SAMPLES[name], {})
        texts += turn.says
        if turn.asks is not None:
            texts += [turn.asks.text, *(option.label for option in turn.asks.options)]
    return texts


def sample(hint: object, kind: Kind) -> object:
    """Give a value that such a sentence is given."""
    if hint is Kind:
        return kind
    if hint is int:
        return 3
    if hint is Text:
        return promise.some_time()
    return "la Red de Defensoras" if hint is str else ("GT-0417", "HN-0233")


@pytest.mark.parametrize("language", [code for code, one in TONGUES.items() if one.complete])
def test_what_we_say_to_strangers_tells_nothing(language):
    texts = everything_said_to_anybody()
    assert len(texts) > 30
    assert [said for text in texts if guard.tells(said := render(text, language), language)] == []


def case_of(sought="", guarded=""):
    return Case(
        reference="GT-1",
        program=Program.SIJ,
        country="GT",
        sought=sought,
        guarded=guarded,
        opened_at=NOON,
    )


@pytest.mark.parametrize(
    ("sought", "guarded", "text", "found"),
    [
        ("Tomasa Pérez Domingo", "", "busca a TOMASA PEREZ", True),
        ("Tomasa Pérez Domingo", "", "la señora Pérez Domingo", True),
        ("Tomasa Pérez Domingo", "", "el domingo, Tomasa", False),
        ("María de la Cruz", "", "maria  cruz", True),
        ("María de la Cruz", "", "el día de la cruz", False),
        ("Ana (madre), Xecotz", "", "en Xecotz", True),
        ("", "aldea Las Nubes\nKevin", "¿y Kevin?", True),
        ("", "aldea Las Nubes\nKevin", "las nubes", True),
        ("", "aldea Las Nubes\nKevin", "la nube", False),
        ("", "", "cualquier cosa", False),
        ("¿? a", "", "a", False),
    ],
)
def test_names_are_found_by_any_two_words_of_them(sought, guarded, text, found):
    assert bool(wording.names(case_of(sought, guarded), text)) is found


def test_the_names_of_a_case_go_to_nobody_but_by_a_humans_word_to_a_defender(office, father):
    case = office.case("GT-0417", parent_id=father.id)
    ana = office.staff().id
    text = "Buscamos a Tomasa Novela"
    marta, grace = office.person("Marta"), office.person("Grace", Role.LAWYER)
    naming = guard.NAMING.source
    assert verdict(office, marta, text, case_id=case.id) == naming
    assert verdict(office, marta, text, case_id=case.id, written_by=ana) is None
    assert verdict(office, grace, text, case_id=case.id) == naming
    # Whatever a human writes to others is held against every open case.
    assert verdict(office, grace, text, written_by=ana) == naming
    assert verdict(office, father, text) == naming
    case.state = CaseState.CLOSED
    office.s.flush()
    assert verdict(office, grace, text, written_by=ana) is None
    assert verdict(office, grace, "Tomasa", case_id=case.id) is None


def test_a_defender_may_be_read_back_what_she_wrote_herself(office):
    marta, rosa = office.person("Marta"), office.person("Rosa", Role.DEFENDER, Via.SMS)
    case = office.case("GT-0417", guarded="Xecotz")
    office.offer(case, [marta, rosa])
    talked, other = office.talk(marta, "offer"), office.talk(rosa, "offer")
    text = "Entendí: Tomasa Novela está en Xecotz. ¿Es correcto?"
    assert verdict(office, marta, text, talked=talked) == guard.NAMING.source
    talked.journal = json.dumps({"where": {"words": "TOMASA NOVELA, por Xecotz"}})
    other.journal = json.dumps({"where": {"words": "por Xecotz"}})
    office.s.flush()
    assert verdict(office, marta, text, talked=talked) is None
    # Only hers, only there, and only what she wrote.
    assert verdict(office, marta, text, case_id=case.id) == guard.NAMING.source
    assert verdict(office, rosa, text, talked=talked) == guard.NAMING.source
    assert verdict(office, rosa, text, talked=other) == guard.NAMING.source


def test_what_cannot_be_checked_is_kept_back(office):
    marta = office.person("Marta")
    case = office.case("GT-0417")
    office.offer(case, [marta])
    talked = office.talk(marta, "offer")
    talked.journal = "{"
    office.s.flush()
    assert verdict(office, marta, talked=talked) == guard.UNCHECKED.source


def test_what_somebody_else_wrote_on_a_shared_address_is_not_theirs(s, office):
    marta, rosa = office.person("Marta"), office.person("Rosa")
    wire = office.only_address(marta).wire
    people.add_address(s, KEYS, rosa, Via.WHATSAPP, wire, NOON, "staff:1")
    assert verdict(office, rosa, address=office.only_address(marta)) is None
