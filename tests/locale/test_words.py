"""The words themselves: complete, short enough, and harmless in the wrong hands."""

import ast
import re
from collections.abc import Iterator, Mapping
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message

from bot.tongues import render
from channels import plain
from channels.base import Option
from handlers.offer import VERSION
from handlers.repertoire import REPERTOIRE, SAMPLES
from models.assignment import AssignmentKind
from models.document import DocumentType
from models.facts import (
    AnnounceGiven,
    OfferGiven,
    OutreachGiven,
    PapersGiven,
    SearchGiven,
    WelcomeGiven,
    WhichGiven,
)
from models.text import Text
from tests.handlers.spoken import everything
from tests.handlers.walk import walk
from tests.locale.template import LANGUAGES, ROOMS, ROOT, extract, kept

TONGUES = ("spa", "eng")
LABEL, SEGMENT = 20, 160
MEND = "Run: .venv/bin/python -m tests.locale.template, then translate what is empty."

LONG: Mapping[str, object] = {
    **SAMPLES,
    "welcome": WelcomeGiven("María Fernanda", "la Red de Defensoras"),
    "offer": OfferGiven(
        assignment=1,
        code="GT-0417",
        first_name="María Fernanda",
        kind=AssignmentKind.DECLARATION,
        municipality="Todos Santos Cuchumatán",
        language_needed="q'anjob'al",
        due="2026-09-23",
        budget="Q400",
        version=VERSION,
    ),
    "search": SearchGiven(1, "GT-0417"),
    "papers": PapersGiven(
        1, "HN-0233", DocumentType.BIRTH_CERTIFICATE, "copia de folio del libro de nacimientos"
    ),
    "announce": AnnounceGiven(
        1, "AV-0031", "¿Quién puede tomar una declaración en q'eqchi' en Alta Verapaz esta semana?"
    ),
    "outreach": OutreachGiven(
        case=1,
        slots=("2026-09-23T18:30:00Z", "2026-09-30T18:45:00Z", "2026-09-30T18:15:00Z"),
        zone="America/Guatemala",
        organisation="la Red de Defensoras",
        phone="+502 2222 0000",
    ),
    "which": WhichGiven(1, ("GT-0417", "HN-0233", "SV-0009")),
}
"""Names and places as long as they commonly come."""

FORBIDDEN = re.compile(
    r"\bhij[oa]s?\b|niñ|deport|\bice\b|migra|asilo|demanda|custodia|\bpap[áa]|\bmam[áa]\b"
    r"|guatemala|honduras|salvador|nicaragua|m[ée]xico|estados unidos|\bee\.? ?uu"
    r"|\bchild|\bsons?\b|\bdaughters?\b|\bkids?\b|asylum|lawsuit|custody"
    r"|united states|\bparents?\b",
    re.IGNORECASE,
)
"""What nobody may read who has not been verified by a human."""

JARGON = re.compile(r"\bclic|\blink\b|login|token|inválid|\berror\b|invalid", re.IGNORECASE)


def messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def names(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


# --- the catalogs -------------------------------------------------------------------------------


def test_the_template_holds_what_the_code_says():
    said = {(message.context, message.id): message.auto_comments for message in messages(extract())}
    template = {
        (message.context, message.id): message.auto_comments for message in messages(kept())
    }
    assert template == said, MEND


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated_and_none_is_left_over(language: str):
    catalog = kept(language)
    wanted = {(message.context, message.id) for message in messages(kept())}
    there = {(message.context, message.id) for message in messages(catalog)}
    assert there == wanted, MEND
    assert [m.id for m in messages(catalog) if not m.string or m.fuzzy] == [], MEND
    assert not catalog.obsolete


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str):
    differing = [m.id for m in messages(kept(language)) if names(str(m.id)) != names(str(m.string))]
    assert differing == []


def test_english_is_the_source_itself():
    assert [m.id for m in messages(kept("en")) if m.string != m.id] == []


def test_every_sentence_is_given_the_values_it_names():
    wrong = []
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            for call in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
                    continue
                if call.func.id not in {"_", "p_"} or any(k.arg is None for k in call.keywords):
                    continue
                source = call.args[-1]
                assert isinstance(source, ast.Constant), f"{path}:{call.lineno}"
                assert isinstance(source.value, str), f"{path}:{call.lineno}"
                if names(source.value) != {keyword.arg for keyword in call.keywords}:
                    wrong.append(f"{path.relative_to(ROOT)}:{call.lineno}: {source.value}")
    assert wrong == []


# --- lengths --------------------------------------------------------------------------------------


def questions(name: str) -> Iterator[tuple[Text, tuple[Text, ...]]]:
    """Give every question a conversation can come to, with its labels."""
    for _journal, turn in walk(name, LONG[name]):
        if turn.asks is not None:
            yield turn.asks.text, tuple(option.label for option in turn.asks.options)


def says(name: str) -> Iterator[Text]:
    for _journal, turn in walk(name, LONG[name]):
        yield from turn.says


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("name", sorted(REPERTOIRE))
def test_every_question_is_one_sms_and_every_label_fits_a_button(name: str, tongue: str):
    for text, labels in set(questions(name)):
        shown = [Option("", render(label, tongue)) for label in labels]
        drawn = plain.fold(plain.numbered(render(text, tongue), shown))
        assert plain.segments(drawn) == 1, f"{len(drawn)}: {drawn}"
        assert len(drawn) <= SEGMENT
        assert [o.label for o in shown if len(o.label) > LABEL] == []


@pytest.mark.parametrize("tongue", TONGUES)
def test_nothing_else_is_longer_than_two_sms(tongue: str):
    spoken = [*everything(), *(text for name in REPERTOIRE for text in says(name))]
    for text in set(spoken):
        drawn = plain.fold(render(text, tongue))
        assert plain.segments(drawn) <= 2, f"{len(drawn)}: {drawn}"


# --- safety ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tongue", TONGUES)
def test_what_may_reach_an_unverified_person_tells_nothing(tongue: str):
    spoken = everything()
    for name, entry in REPERTOIRE.items():
        if entry.tier_zero:
            spoken += says(name)
            spoken += [text for asked in questions(name) for text in (asked[0], *asked[1])]
    for text in set(spoken):
        words = render(text, tongue)
        assert not FORBIDDEN.search(words), words


def test_the_dictionary_of_forbidden_words_finds_them():
    for words in (
        "Es sobre su hijo",
        "su niña",
        "fue deportado",
        "ICE",
        "una demanda",
        "en Honduras",
        "your son",
        "the child's lawyer",
    ):
        assert FORBIDDEN.search(words), words
    assert not FORBIDDEN.search("Una persona le puede llamar. A person may call. Es gratis.")


def test_a_ping_holds_its_code_and_no_other_value():
    [text] = says("ping")
    assert dict(text.values) == {"code": "GT-0417"}


@pytest.mark.parametrize("tongue", TONGUES)
def test_words_for_people_are_plain(tongue: str):
    spoken = [*everything(), *(text for name in REPERTOIRE for text in says(name))]
    for text in set(spoken):
        assert not JARGON.search(render(text, tongue)), render(text, tongue)
