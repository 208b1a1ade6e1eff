"""Gates: who may shut and open them, whose word holds, and that processes agree."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations, product

import phonenumbers
import pytest
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import gates
from models.gate import Gate
from models.trail import Trail
from tests.office.scene import NOON, Office

SMS = gates.of_channel("sms")
HOUR = timedelta(hours=1)


def gate(s: Session, key: str = SMS) -> Gate:
    return next(one for one in gates.shut_now(s, NOON) if one.id == key)


def test_a_gate_nobody_shut_is_open(s):
    assert gates.closed(s, NOON) == frozenset()


def test_a_gate_that_was_shut_says_so_until_it_is_opened(s):
    gates.shut(s, SMS, "30003", NOON)
    assert gates.closed(s, NOON + 1000 * HOUR) == {SMS}
    assert gates.open_(s, SMS, NOON + HOUR)
    assert gates.closed(s, NOON + HOUR) == frozenset()
    assert not gates.open_(s, SMS, NOON + HOUR), "there is nothing left to open"


def test_a_gate_that_was_shut_for_an_hour_opens_by_itself(s):
    gates.shut(s, SMS, "30003", NOON, until=NOON + HOUR)
    assert gates.closed(s, NOON + HOUR - timedelta(seconds=1)) == {SMS}
    assert gates.closed(s, NOON + HOUR) == frozenset()
    assert not gates.open_(s, SMS, NOON + HOUR)


def test_each_gate_has_its_own_key():
    keys = [
        gates.of_channel("sms"),
        gates.of_broadcasts("sms"),
        gates.of_template("offer.spa.1"),
        gates.of_region("sms", "+505"),
    ]
    assert keys == ["channel:sms", "broadcasts:sms", "template:offer.spa.1", "region:sms:+505"]


def test_the_machine_only_ever_moves_the_end_away_in_whatever_order_it_hears(s):
    ends = (NOON + HOUR, NOON + 3 * HOUR, NOON + 2 * HOUR)
    for place, order in enumerate(permutations(ends)):
        key = gates.of_channel(str(place))
        for end in order:
            gates.shut(s, key, "busy", NOON, until=end)
        assert gate(s, key).shut_until == max(ends)
    gates.shut(s, SMS, "busy", NOON, until=NOON + HOUR)
    gates.shut(s, SMS, "suspended", NOON)
    gates.shut(s, SMS, "busy", NOON, until=NOON + HOUR)
    assert gate(s).shut_until is None, "without an end is farthest"


def test_a_gate_that_is_shut_again_remembers_since_when(s):
    gates.shut(s, SMS, "busy", NOON - HOUR, until=NOON + HOUR)
    gates.shut(s, SMS, "suspended", NOON, until=NOON + 2 * HOUR)
    assert (gate(s).shut_at, gate(s).reason) == (NOON - HOUR, "suspended")


def test_a_gate_that_had_opened_by_itself_is_shut_anew(s):
    gates.shut(s, SMS, "busy", NOON - 3 * HOUR, until=NOON - HOUR)
    gates.shut(s, SMS, "suspended", NOON, until=NOON + timedelta(minutes=1))
    assert (gate(s).shut_at, gate(s).shut_until) == (NOON, NOON + timedelta(minutes=1))


def test_a_gate_that_staff_shut_is_neither_opened_nor_shortened_by_the_machine(s):
    ana = Office(s).staff().id
    gates.shut(s, SMS, "We move to another number.", NOON, staff_id=ana)
    gates.shut(s, SMS, "busy", NOON, until=NOON + HOUR)
    assert not gates.open_(s, SMS, NOON)
    kept = gate(s)
    assert (kept.shut_by, kept.shut_until) == (ana, None)
    assert kept.reason == "We move to another number."


def test_staff_s_own_end_is_only_made_later_by_the_machine(s):
    ana = Office(s).staff().id
    for key, until, then in (
        (gates.of_channel("a"), NOON + HOUR, NOON + 2 * HOUR),
        (gates.of_channel("b"), NOON + 3 * HOUR, NOON + 3 * HOUR),
        (gates.of_channel("c"), None, None),
    ):
        gates.shut(s, key, "Lunch.", NOON, until=NOON + 2 * HOUR, staff_id=ana)
        gates.shut(s, key, "busy", NOON, until=until)
        kept = gate(s, key)
        assert (kept.shut_until, kept.shut_by, kept.reason) == (then, ana, "Lunch.")
        assert not gates.open_(s, key, NOON)


def test_staff_may_shut_shorten_and_open_whatever_is_shut(s):
    office = Office(s)
    ana, berta = office.staff().id, office.staff().id
    gates.shut(s, SMS, "suspended", NOON - HOUR)
    gates.shut(s, SMS, "Mended at four.", NOON, until=NOON + HOUR, staff_id=ana)
    kept = gate(s)
    assert (kept.shut_at, kept.shut_until, kept.shut_by) == (NOON, NOON + HOUR, ana)
    assert gates.open_(s, SMS, NOON, staff_id=berta)
    assert gates.closed(s, NOON) == frozenset()
    gates.shut(s, SMS, "busy", NOON, until=NOON + HOUR)
    assert gate(s).shut_by is None, "the machine's own again"
    assert gates.open_(s, SMS, NOON)


def test_what_staff_do_to_a_gate_is_in_the_trail_and_what_the_machine_does_is_not(s):
    ana = Office(s).staff().id
    gates.shut(s, SMS, "busy", NOON, until=NOON + HOUR)
    gates.shut(s, SMS, "Too many errors.", NOON, staff_id=ana)
    gates.open_(s, SMS, NOON, staff_id=ana)
    gates.open_(s, SMS, NOON, staff_id=ana)  # it is open already: nothing was done
    told = [
        (one.actor, one.act, one.object, one.detail)
        for one in s.exec(
            select(Trail).where(col(Trail.act).startswith("gate.")).order_by(col(Trail.id))
        )
    ]
    assert told == [
        (f"staff:{ana}", "gate.shut", "channel:sms", "Too many errors."),
        (f"staff:{ana}", "gate.opened", "channel:sms", ""),
    ]


def test_a_long_reason_and_a_long_name_fit_the_record(s):
    key = gates.of_template("a" * 60)
    gates.shut(s, key, "x" * 1000, NOON, staff_id=Office(s).staff().id)
    s.flush()
    assert gate(s, key).reason == "x" * 300
    assert gates.closed(s, NOON) == {key}


@pytest.mark.parametrize(
    ("wire", "prefix"),
    [
        ("+50588887777", "+505"),
        ("whatsapp:+50255551234", "+502"),
        ("+525512345678", "+52"),
        ("+14155238886", "+1"),
        ("+18095551234", "+1"),
        ("+77012345678", "+7"),
        ("700123", ""),
        ("GT.1A2b", ""),
        ("", ""),
        ("+", ""),
    ],
)
def test_a_number_s_region_is_the_prefix_of_its_country(wire, prefix):
    assert gates.region(wire) == prefix


def test_every_calling_code_of_the_world_is_told_from_the_digits_after_it():
    for code, digit in product(phonenumbers.COUNTRY_CODE_TO_REGION_CODE, range(10)):
        assert gates.region(f"+{code}{digit}{digit}5551234") == f"+{code}"


def test_processes_that_shut_one_gate_at_once_agree_on_the_farthest_end(database: Database):
    """D7.14: a hold that one process hears of holds in all, for as long as the longest."""
    key = gates.of_channel("agreed")
    ends = [NOON + timedelta(minutes=n) for n in range(1, 25)]
    with ThreadPoolExecutor(6) as pool:
        list(
            pool.map(
                lambda end: database.write_now(
                    lambda s: gates.shut(s, key, "busy", NOON, until=end)
                ),
                [*ends[::2], *ends[1::2]],
            )
        )
    found = database.read_now(lambda s: gate(s, key).shut_until)
    database.write_now(lambda s: gates.open_(s, key, NOON))
    assert found == max(ends)
