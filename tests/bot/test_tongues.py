from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import tongues
from bot.tongues import TONGUES, render, tongue
from models.text import Day, Hour, Text, _, p_

NOON = Hour("2026-09-23T18:30:00+00:00", "America/Guatemala")
MORNING = Hour("2026-11-25T15:00:00Z", "America/Guatemala")


def test_a_sentence_is_said_in_the_language_of_its_reader():
    text = _("There is news on {code}.", code="GT-0417")
    assert render(text, "spa") == "Hay novedades en GT-0417."
    assert render(text, "eng") == "There is news on GT-0417."


def test_a_language_may_be_named_by_two_letters_at_a_command():
    assert tongue("es") is tongue("spa")
    assert tongue("en") is tongue("eng")


@pytest.mark.parametrize("language", ["mam", "quc", "kek", "cab", "xxx", ""])
def test_a_language_without_a_catalog_gets_spanish(language: str):
    assert render(_("Yes"), language) == "Sí"


def test_only_complete_languages_are_offered():
    assert [code for code, one in TONGUES.items() if one.complete] == ["spa", "eng"]
    assert {one.code for one in TONGUES.values()} == set(TONGUES)


def test_a_sentence_that_nobody_translated_is_said_in_the_source():
    assert render(_("Nobody has translated {this}.", this="yet"), "spa") == (
        "Nobody has translated yet."
    )


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a Spanish catalog of our own to write."""
    path = tmp_path / "es" / "LC_MESSAGES" / "bot.po"
    path.parent.mkdir(parents=True)
    monkeypatch.setattr(tongues, "CATALOGS", tmp_path)
    tongues._catalog.cache_clear()
    yield path
    tongues._catalog.cache_clear()


@pytest.mark.parametrize(
    "wrong", ["Hola {nombre}", "Hola", "Hola {name", "Hola {name} {other}", ""]
)
def test_a_translation_with_other_placeholders_is_not_used(catalog: Path, wrong: str):
    catalog.write_text(f'msgid "Hello {{name}}"\nmsgstr "{wrong}"\n', "utf-8")
    assert render(Text("Hello {name}", (("name", "Marta"),)), "spa") == "Hello Marta"

    catalog.write_text('msgid "Hello {name}"\nmsgstr "Hola {name}"\n', "utf-8")
    tongues._catalog.cache_clear()
    assert render(Text("Hello {name}", (("name", "Marta"),)), "spa") == "Hola Marta"


def test_a_translation_that_nobody_has_looked_through_is_not_used(catalog: Path):
    catalog.write_text('#, fuzzy\nmsgid "Yes"\nmsgstr "No"\n', "utf-8")
    assert render(Text("Yes"), "spa") == "Yes"


def test_a_sentence_with_a_context_is_another_sentence():
    assert render(p_("nowhere", "Yes"), "spa") == "Yes"
    assert render(_("Yes"), "spa") == "Sí"


def test_braces_in_a_value_are_left_as_they_are():
    for words in ("{code}", "{", "}", "{0}", "{x!r:>{y}}", "100 %s"):
        text = _("There is news on {code}.", code=words)
        assert render(text, "spa") == f"Hay novedades en {words}."


def test_a_text_within_a_text_is_translated_too():
    text = Text("{a} {b}", (("a", _("Yes")), ("b", _("Not now"))))
    assert render(text, "spa") == "Sí Ahora no"


def test_a_sentence_without_its_value_says_what_to_mend():
    with pytest.raises(KeyError, match="was given no 'code'"):
        render(Text("There is news on {code}."), "spa")


@pytest.mark.parametrize(
    ("style", "spanish", "english"),
    [
        ("{day}", "sábado 5 de diciembre de 2026", "Saturday, December 5, 2026"),
        ("{day:short}", "5 dic", "Dec 5"),
    ],
)
def test_a_day_is_written_as_its_reader_writes_it(style: str, spanish: str, english: str):
    text = Text(style, (("day", Day("2026-12-05")),))
    assert render(text, "spa") == spanish
    assert render(text, "eng") == english


@pytest.mark.parametrize(
    ("hour", "style", "spanish", "english"),
    [
        (
            MORNING,
            "{hour}",
            "miércoles 25 de noviembre, 9:00 de la mañana",
            "Wednesday, November 25, 9:00 in the morning",
        ),
        (
            NOON,
            "{hour}",
            "miércoles 23 de septiembre, 12:30 de la tarde",
            "Wednesday, September 23, 12:30 in the afternoon",
        ),
        (MORNING, "{hour:short}", "mié 25 nov 9am", "Wed Nov 25 9am"),
        (NOON, "{hour:short}", "mié 23 sept 12:30pm", "Wed Sep 23 12:30pm"),
        (
            Hour("2026-11-02T15:00:00Z", "America/New_York"),
            "{hour:short}",
            "lun 2 nov 10am",
            "Mon Nov 2 10am",
        ),
        (
            Hour("2026-11-25T06:05:00Z", "America/Guatemala"),
            "{hour:short}",
            "mié 25 nov 12:05am",
            "Wed Nov 25 12:05am",
        ),
    ],
)
def test_an_hour_is_told_in_its_zone_and_short_enough_for_a_button(
    hour: Hour, style: str, spanish: str, english: str
):
    text = Text(style, (("hour", hour),))
    assert render(text, "spa") == spanish
    assert render(text, "eng") == english
    if style.endswith("short}"):
        assert max(len(spanish), len(english)) <= 20


def test_dates_hold_no_space_that_an_sms_cannot_carry():
    for style in ("{hour}", "{hour:short}"):
        for language in TONGUES:
            words = render(Text(style, (("hour", NOON),)), language)
            assert "\u202f" not in words
            assert "\u00a0" not in words
