"""Who we are, as we may tell it today."""

from datetime import timedelta
from typing import Any

from bot.office import organisation
from models.organisation import Organisation
from tests.office.scene import NOON

FACTS: dict[str, Any] = {
    "name": "Red de Defensoras",
    "phone": "+502 2222 0000",
    "website": "https://red.example.org",
    "hours": "8 a 17",
    "owner": "Ana",
    "review_by": NOON + timedelta(days=1),
    "now": NOON,
    "actor": "staff:1",
}


def test_before_anybody_wrote_it_there_is_nothing_to_tell(s, office):
    ours = organisation.ours(s)
    assert (ours.name, organisation.phone(ours, NOON), organisation.website(ours, NOON)) == (
        "Enlace",
        "",
        "",
    )
    assert office.all(Organisation) == []


def test_what_is_past_its_review_is_not_told(s, office):
    organisation.describe(s, **FACTS)
    ours = organisation.describe(s, **{**FACTS, "reply_hours": 12})
    assert organisation.ours(s) == ours
    assert len(office.all(Organisation)) == 1
    assert ours.reply_hours == 12
    assert organisation.phone(ours, NOON) == "+502 2222 0000"
    assert organisation.website(ours, NOON) == "https://red.example.org"
    late = ours.review_by
    assert (organisation.phone(ours, late), organisation.website(ours, late)) == ("", "")
    assert office.acts() == ["organisation.described"] * 2
