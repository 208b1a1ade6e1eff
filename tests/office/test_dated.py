"""A fact that nobody reviewed in time is not told, and its owner is named."""

from datetime import timedelta
from typing import Any

import pytest

from bot.office import broadcasts, dated
from bot.office.refusal import Refusal
from tests.office.conftest import _opened
from tests.office.scene import HOUR, NOON, Office

UNTIL = NOON + timedelta(days=30)


@pytest.fixture(scope="session", params=["sqlite"])
def database(tmp_path_factory):
    """Open one kind of record: nothing here hangs on which it is."""
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('dated')}/enlace.db")


def keep(office: Office, **more: Any):
    given = {
        "key": "class-deadline",
        "spanish": "el 11 de diciembre",
        "english": "",
        "owner": "Ana Pérez",
        "review_by": UNTIL,
        "now": NOON,
        "actor": "staff:1",
        **more,
    }
    return dated.keep(office.s, **given)


def test_a_fact_is_filled_in_until_its_review_date(office):
    keep(office)
    text = "El plazo es [[class-deadline]], y [[ class-deadline ]]."
    whole = "El plazo es el 11 de diciembre, y el 11 de diciembre."
    assert dated.filled(office.s, text, "spa", UNTIL - HOUR) == whole
    with pytest.raises(dated.Stale, match=r"reviewed by 2026-12-24\. Ask Ana Pérez"):
        dated.filled(office.s, text, "spa", UNTIL)
    with pytest.raises(dated.Stale, match="no words in the reader's language"):
        dated.filled(office.s, text, "eng", NOON)
    keep(office, spanish="el 12", english="the 12th", review_by=UNTIL + HOUR)
    assert dated.filled(office.s, "[[class-deadline]]", "spa", UNTIL) == "el 12"
    assert dated.filled(office.s, "[[class-deadline]]", "eng", UNTIL) == "the 12th"
    assert [fact.spanish for fact in dated.listing(office.s)] == ["el 12"]


@pytest.mark.parametrize("text", ["[[plazo]]", "[[]]", "[[CLASS-DEADLINE]]", "a [[x\ny]]"])
def test_a_fact_that_is_not_there_is_not_said_either(office, text):
    keep(office)
    with pytest.raises(dated.Stale, match="There is no fact"):
        dated.filled(office.s, text, "spa", NOON)


def test_other_brackets_are_words():
    assert dated.filled(None, "[1] sí [[", "spa", NOON) == "[1] sí [["  # type: ignore[arg-type]  # nothing is looked up


def test_what_is_no_fact_is_not_kept(office):
    with pytest.raises(Refusal) as refused:
        keep(office, key="Plazo!", spanish=" ", owner="", review_by=NOON)
    assert len(refused.value.reasons) == 4
    assert list(dated.listing(office.s)) == []


def test_a_broadcast_with_a_stale_fact_is_not_confirmed(office):
    keep(office)
    ana = office.staff().id or 0
    draft = broadcasts.draft(
        office.s,
        title="T",
        body_es="¿Puede antes de [[class-deadline]]?",
        body_en="",
        person_ids=[office.person().id or 0],
        staff_id=ana,
        now=NOON,
    )
    with pytest.raises(dated.Stale):
        broadcasts.confirm(office.s, draft, ana, UNTIL)
    broadcasts.confirm(office.s, draft, ana, NOON)
