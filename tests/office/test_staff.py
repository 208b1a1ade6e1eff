"""Who signs in, and what programs may do for them."""

from datetime import timedelta

import pytest

from bot.office import staff
from bot.office.refusal import Refusal
from models.staff import ApiToken, Duty, Staff, StaffSession
from tests.office.scene import KEYS, NOON

WORD = "maiz-puente-ceiba-lago"


@pytest.fixture
def ana(s):
    return staff.add_staff(s, " Ana ", "Ana Pérez", WORD, Duty.COORDINATOR, NOON)


def test_only_the_right_password_opens_an_account(s, ana):
    assert ana.username == "ana"
    assert staff.check_password(s, "ANA", WORD) == ana
    assert staff.check_password(s, "ana", WORD + "!") is None
    assert staff.check_password(s, "nobody", WORD) is None
    ana.disabled_at = NOON
    assert staff.check_password(s, "ana", WORD) is None


def test_a_password_is_kept_as_a_slow_hash(ana):
    assert ana.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert staff._NOBODY.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    ("username", "password", "why"),
    [
        ("", WORD, "1 to 80"),
        ("a" * 81, WORD, "1 to 80"),
        ("eva", "x" * 14, "15 to 128"),
        ("eva", "x" * 129, "15 to 128"),
        ("ANA", WORD, "an account ana already"),
    ],
)
def test_an_account_that_cannot_be_is_refused(s, office, ana, username, password, why):
    with pytest.raises(Refusal, match=why):
        staff.add_staff(s, username, "Eva", password, Duty.READER, NOON)
    assert office.all(Staff) == [ana]


def test_a_session_holds_while_it_is_used_and_a_day_at_most(s, ana):
    token, session = staff.sign_in(s, KEYS, ana, NOON)
    assert token not in (session.token_hash, session.csrf)
    found = staff.session_for(s, KEYS, token, NOON + staff.IDLE - timedelta(seconds=1))
    assert found == staff.SignedIn(session, ana)
    assert staff.session_for(s, KEYS, token, NOON + staff.IDLE) is None
    assert staff.session_for(s, KEYS, "guess", NOON) is None
    used = NOON + timedelta(hours=7)
    assert not staff.is_stale(session, NOON + timedelta(minutes=5))
    assert staff.is_stale(session, used)
    staff.touch(s, session.id or 0, used)
    staff.touch(s, session.id or 0, NOON)  # an older request that comes late
    assert session.seen_at == used
    assert staff.session_for(s, KEYS, token, NOON + staff.IDLE) is not None
    assert staff.session_for(s, KEYS, token, NOON + staff.ABSOLUTE) is None


def test_signing_out_ends_it(s, office, ana):
    token, session = staff.sign_in(s, KEYS, ana, NOON)
    other, _session = staff.sign_in(s, KEYS, ana, NOON)
    staff.sign_out(s, KEYS, token, NOON)
    staff.sign_out(s, KEYS, token, NOON)
    assert session.ended_at == NOON
    assert staff.session_for(s, KEYS, token, NOON) is None
    assert staff.session_for(s, KEYS, other, NOON) is not None
    assert [row.ended_at for row in office.all(StaffSession)] == [NOON, None]
    ana.disabled_at = NOON
    assert staff.session_for(s, KEYS, other, NOON) is None
    assert office.acts() == [
        "staff.added",
        "staff.signed_in",
        "staff.signed_in",
        "staff.signed_out",
    ]


def test_a_token_opens_with_itself_only_until_it_is_revoked(s, ana):
    bearer = staff.make_token(s, KEYS, " backup ", ["people", "cases", "people"], NOON, ana.id)
    token = staff.token_for(s, KEYS, bearer)
    assert token is not None
    assert (token.label, token.scopes, token.staff_id) == ("backup", "cases people", ana.id)
    assert bearer not in (token.token_hash, token.label)
    assert staff.token_for(s, KEYS, bearer + "x") is None
    token.revoked_at = NOON
    s.flush()
    assert staff.token_for(s, KEYS, bearer) is None
    # A session's token is no bearer token, whatever it is.
    cookie, _session = staff.sign_in(s, KEYS, ana, NOON)
    assert staff.token_for(s, KEYS, cookie) is None


@pytest.mark.parametrize(("label", "scopes"), [("", ["people"]), ("backup", [])])
def test_a_token_says_what_it_is_for(s, office, label, scopes):
    with pytest.raises(Refusal, match="label and at least one scope"):
        staff.make_token(s, KEYS, label, scopes, NOON)
    assert office.all(ApiToken) == []


def test_a_token_of_nobody_in_particular_is_the_bots(s, office):
    staff.make_token(s, KEYS, "cron", ["cases"], NOON)
    (token,) = office.all(ApiToken)
    assert token.staff_id is None
