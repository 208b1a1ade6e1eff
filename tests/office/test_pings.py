"""A lawyer hears the code and nothing else, and not for each photo."""

import json
from datetime import timedelta

from bot.office.pings import ping
from models.conversation import ConversationState, Talked
from models.facts import PingGiven, unpack
from models.person import Role
from tests.office.scene import NOON


def pings(office):
    return office.all(Talked, Talked.name == "ping")


def test_news_that_comes_close_together_is_one_ping(s, office):
    grace = office.person("Grace", Role.LAWYER, language="eng")
    case, other = office.case("GT-0417", lawyer_id=grace.id), office.case(lawyer_id=grace.id)
    ping(s, case, NOON)
    ping(s, case, NOON + timedelta(hours=5))  # the first is still in line
    (talked,) = pings(office)
    assert unpack(json.loads(talked.given)) == PingGiven("GT-0417")
    talked.state = ConversationState.ENDED
    s.flush()
    ping(s, case, NOON + timedelta(minutes=9))
    assert len(pings(office)) == 1
    ping(s, other, NOON + timedelta(minutes=9))
    ping(s, case, NOON + timedelta(minutes=10))
    assert [one.code for one in pings(office)] == ["GT-0417", other.reference, "GT-0417"]
    assert office.acts(case).count("lawyer.pinged") == 2


def test_a_lawyer_who_is_not_there_or_wants_no_messages_is_not_pinged(s, office):
    ping(s, office.case(), NOON)
    grace = office.person("Grace", Role.LAWYER)
    grace.stopped_at = NOON
    ping(s, office.case(lawyer_id=grace.id), NOON)
    assert pings(office) == []
