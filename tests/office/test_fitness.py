"""Whom the bot may write to of its own accord, and the reason in words for staff."""

import pytest

from bot.office import talks
from bot.office.reach.fitness import reason
from bot.tongues import render
from models.broadcast import Exclusion
from models.conversation import ConversationState
from models.facts import PingGiven
from models.person import Person
from tests.office.scene import HOUR, NOON


@pytest.mark.parametrize("why", list(Exclusion))
def test_every_reason_names_the_person_and_no_two_are_alike(why):
    marta = Person(name="Marta", created_at=NOON)
    said = {render(reason(marta, one), "eng") for one in Exclusion}
    assert len(said) == len(Exclusion)
    assert "Marta" in render(reason(marta, why), "eng")


def test_a_conversation_that_is_over_is_not_cancelled_any_more(s, office):
    talked = talks.start(
        s,
        name="ping",
        given=PingGiven("GT-0417"),
        person_id=office.person().id or 0,
        case_id=None,
        code="GT-0417",
        now=NOON,
    )
    talked.state = ConversationState.ENDED
    talked.ended_at = NOON
    talks.cancel(s, talked, NOON + HOUR)
    assert (talked.state, talked.ended_at) == (ConversationState.ENDED, NOON)
