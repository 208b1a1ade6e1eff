"""The words with which we begin on WhatsApp: as it wants them, and as people may read them."""

import json
import re
from dataclasses import replace

import pytest

from bot.office.guard import tells
from bot.post.phrases import BOOK, LANGUAGES, LONGEST, NONE, NUDGES, chosen, fill, nudge_for, tidy
from bot.tongues import render
from handlers.repertoire import REPERTOIRE, SAMPLES
from handlers.talk import Turn, play
from models.outbox import Outbox
from models.person import Person, Role

EACH = pytest.mark.parametrize(
    ("key", "language"), [(key, language) for key in BOOK for language in LANGUAGES]
)
APPROVED = {
    "nudge.spa.1": "Tiene un mensaje de {{1}}. Para leerlo, responda ABRIR.",
    "nudge.eng.1": "You have a message from {{1}}. To read it, answer OPEN.",
    "knock.spa.1": (
        "Hola. Le escribe el asistente de una organización de derechos humanos. "
        "Tiene un mensaje. Para leerlo, responda ABRIR."
    ),
    "knock.eng.1": (
        "Hello. This is the assistant of a human rights organisation. "
        "You have a message. To read it, answer OPEN."
    ),
    "ping.spa.1": "Hay novedades en {{1}}. Si quiere saber más, escríbanos.",
    "ping.eng.1": "There is news on {{1}}. If you want to know more, write to us.",
    "offer.spa.1": "Hola, {{1}}. Le pedimos su ayuda. {{2}} ¿La toma?",
    "offer.eng.1": "Hello {{1}}. We ask for your help. {{2}} Do you take it?",
    "outreach.spa.1": (
        "Hola. Le escribe el asistente de una organización de derechos humanos. "
        "Es personal y gratuito. ¿Es seguro hablar ahora?"
    ),
    "outreach.eng.1": (
        "Hello. This is the assistant of a human rights organisation. "
        "It is personal and free of charge. Is it safe to talk now?"
    ),
}
"""What was handed in, by name and version. Other words need another version, and a line here."""
PLACEHOLDER = re.compile(r"\{\{\d+\}\}")


def first(name: str) -> Turn:
    """What a conversation says first."""
    return play(REPERTOIRE[name].conversation, SAMPLES[name], {}, (), ())


def row_of(name: str, language: str = "spa", **given: str) -> Outbox:
    """The first message of a conversation, as it stands in the outbox."""
    sample = replace(SAMPLES[name], **given) if given else SAMPLES[name]  # type: ignore[type-var]
    turn = play(REPERTOIRE[name].conversation, sample, {}, (), ())
    options = turn.asks.options if turn.asks else ()
    key, variables = chosen(sample, turn.asks, language)
    return Outbox(
        key="k",
        person_id=1,
        address_id=1,
        via="whatsapp",
        template=key,
        variables=variables,
        options=json.dumps(
            [[f"c1.0.{n}", render(option.label, language)] for n, option in enumerate(options)]
        ),
    )


@EACH
def test_variables_stand_between_words(key: str, language: str) -> None:
    """WhatsApp refuses a body that begins or ends with one, or has two side by side."""
    words = [re.sub(r"\W", "", part) for part in PLACEHOLDER.split(BOOK[key].body(language))]
    assert all(words)


@EACH
def test_every_variable_has_an_example_and_is_used_once(key: str, language: str) -> None:
    phrase = BOOK[key]
    shown = phrase.body(language) + "".join(one.id for one in phrase.actions(language))
    used = PLACEHOLDER.findall(shown)
    assert sorted(used) == sorted(f"{{{{{n}}}}}" for n in phrase.examples())
    assert all(value == tidy(value) != "" for value in phrase.examples().values())


@EACH
def test_words_and_buttons_are_short_enough(key: str, language: str) -> None:
    phrase = BOOK[key]
    assert len(phrase.words(language, phrase.samples)) <= LONGEST // 2
    labels = [option.label for option in phrase.actions(language)]
    assert all(0 < len(label) <= 20 for label in labels)
    assert len(set(labels)) == len(labels) <= 3


@EACH
def test_names_are_what_whatsapp_and_the_record_take(key: str, language: str) -> None:
    phrase = BOOK[key]
    assert re.fullmatch(r"[a-z0-9_]+", phrase.friendly_name(language))
    assert phrase.friendly_name(language) == f"enlace_{key}_{language}_v{phrase.version}"
    assert len(phrase.name(language)) <= 60
    assert phrase.name(language) == f"{key}.{language}.{phrase.version}"


def test_words_that_were_handed_in_are_not_changed_under_their_name() -> None:
    """WhatsApp would go on sending the old ones, and we would not know it."""
    assert {
        phrase.name(language): phrase.body(language)
        for phrase in BOOK.values()
        for language in LANGUAGES
    } == APPROVED


def test_every_language_has_words_of_its_own() -> None:
    for phrase in BOOK.values():
        assert len({phrase.body(language) for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_may_be_the_person_looked_for_is_told_nothing(language: str) -> None:
    """Neither what it is about nor who we are: the words of the first message, and no others."""
    for key in ("knock", "outreach"):
        words = BOOK[key].words(language, {})
        assert not tells(words, language)
        assert BOOK[key].samples == {}
        assert "Red" not in words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_nudge_says_only_who_we_are_and_that_something_waits(language: str) -> None:
    words = BOOK["nudge"].words(language, {"organisation": "Red de Defensoras"})
    assert (
        words
        == {
            "spa": "Tiene un mensaje de Red de Defensoras. Para leerlo, responda ABRIR.",
            "eng": "You have a message from Red de Defensoras. To read it, answer OPEN.",
        }[language]
    )
    assert BOOK["nudge"].options(language) == [("open", {"spa": "ABRIR", "eng": "OPEN"}[language])]


@pytest.mark.parametrize("role", list(Role))
def test_only_whom_we_know_reads_our_name(role: Role) -> None:
    known = role in (Role.DEFENDER, Role.LAWYER, Role.STAFF)
    assert nudge_for(Person(role=role)).key == ("nudge" if known else "knock")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_message_to_a_parent_is_the_same_in_and_outside_the_hours(language: str) -> None:
    turn = first("outreach")
    assert turn.asks is not None
    assert BOOK["outreach"].words(language, {}) == render(turn.asks.text, language)


@pytest.mark.parametrize("name", ["offer", "outreach", "ping"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_conversation_s_first_words_have_a_phrase_that_fits(name: str, language: str) -> None:
    filled = fill(BOOK[name], "HX1", language, row_of(name, language))
    assert filled is not None
    template, words = filled
    again = PLACEHOLDER.sub(
        lambda found: template.variables[found[0].strip("{}")], BOOK[name].body(language)
    )
    assert again == words
    payloads = [value for value in template.variables.values() if value.startswith("c1.")]
    assert payloads == [f"c1.0.{n}" for n in range(len(BOOK[name].buttons))]


def test_an_offer_says_all_that_may_be_said_and_nobody_s_name_but_hers() -> None:
    filled = fill(BOOK["offer"], "HX1", "spa", row_of("offer"))
    assert filled is not None
    assert filled[1] == (
        "Hola, Marta. Le pedimos su ayuda. GT-0417: búsqueda en Todos Santos Cuchumatán. "
        "Idioma: mam. Para el 5 dic. Viáticos: Q400. ¿La toma?"
    )


@pytest.mark.parametrize("name", ["welcome", "search", "papers", "announce", "language", "which"])
def test_everything_else_waits_for_the_person(name: str) -> None:
    assert chosen(SAMPLES[name], first(name).asks, "spa") == NONE


def test_a_later_question_of_a_conversation_has_no_phrase() -> None:
    turn = play(
        REPERTOIRE["offer"].conversation, SAMPLES["offer"], {"take 1": {"choice": "no"}}, (), ()
    )
    assert turn.asks is not None
    assert chosen(SAMPLES["offer"], turn.asks, "spa") == NONE


@pytest.mark.parametrize(
    "given",
    [
        {"first_name": ""},
        {"first_name": " \n "},
        {"municipality": "x" * LONGEST},
    ],
)
def test_what_whatsapp_would_not_take_is_not_filled(given: dict[str, str]) -> None:
    assert fill(BOOK["offer"], "HX1", "spa", row_of("offer", **given)) is None


def test_values_stand_on_one_line() -> None:
    filled = fill(BOOK["offer"], "HX1", "spa", row_of("offer", budget="Q400\n\n  y\tviáticos"))
    assert filled is not None
    assert "Viáticos: Q400 y viáticos." in filled[1]


def test_other_choices_than_the_phrase_s_are_not_filled() -> None:
    row = row_of("offer")
    row.options = json.dumps(json.loads(row.options)[:2])
    assert fill(BOOK["offer"], "HX1", "spa", row) is None
    row.options = "[]"
    assert fill(BOOK["offer"], "HX1", "spa", row) is None


def test_a_message_without_its_values_is_not_filled() -> None:
    row = row_of("ping")
    row.variables = None
    assert fill(BOOK["ping"], "HX1", "spa", row) is None


def test_the_nudges_are_phrases_without_a_message_of_their_own() -> None:
    assert set(NUDGES) < set(BOOK)
