"""Quiet hours: real zones, clocks that are changed, and nobody woken whatever we do not know."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.office import hours
from bot.office.hours import ZONES, Hours, closes, exempt, opens, read
from models.outbox import Outbox, Weight
from models.person import Address, Person, Role, Via

NIGHT = Hours(time(21), time(8))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def living(zone: str, country: str = "GT", role: Role = Role.DEFENDER) -> Person:
    return Person(zone=zone, country=country, role=role)


MARTA = living("America/Guatemala")
LAWYER = living("America/New_York", "US", Role.LAWYER)


def test_by_day_it_may_go_now() -> None:
    assert opens(MARTA, NIGHT, at("2026-11-24T15:00")) is None
    assert closes(MARTA, NIGHT, at("2026-11-24T15:00")) == at("2026-11-25T03:00")


def test_by_night_it_waits_for_the_morning_there() -> None:
    assert opens(MARTA, NIGHT, at("2026-11-25T03:00")) == at("2026-11-25T14:00")
    assert opens(MARTA, NIGHT, at("2026-11-25T13:59")) == at("2026-11-25T14:00")
    assert closes(MARTA, NIGHT, at("2026-11-25T03:00")) is None


def test_the_hours_open_on_the_minute_and_close_before_it() -> None:
    assert opens(MARTA, NIGHT, at("2026-11-25T14:00")) is None
    assert opens(MARTA, NIGHT, at("2026-11-25T02:59:59")) is None


def test_without_quiet_hours_it_always_goes() -> None:
    assert read("none") is None
    assert opens(MARTA, None, at("2026-11-25T07:00")) is None
    assert closes(MARTA, None, at("2026-11-25T07:00")) is None


def test_quiet_hours_may_lie_within_a_day() -> None:
    siesta = Hours(time(12, 30), time(15))
    assert opens(MARTA, siesta, at("2026-11-24T18:29")) is None
    assert opens(MARTA, siesta, at("2026-11-24T18:30")) == at("2026-11-24T21:00")
    assert closes(MARTA, siesta, at("2026-11-24T21:00")) == at("2026-11-25T18:30")


@pytest.mark.parametrize(
    ("night", "morning"),
    [
        ("2026-03-08T03:00", "2026-03-08T12:00"),  # an hour is left out: 8 is nearer
        ("2026-11-01T03:00", "2026-11-01T13:00"),  # an hour comes twice: 8 is farther
        ("2026-07-01T03:00", "2026-07-01T12:00"),
        ("2026-12-01T03:00", "2026-12-01T13:00"),
    ],
)
def test_new_york_is_written_to_at_eight_also_when_its_clocks_change(
    night: str, morning: str
) -> None:
    assert opens(LAWYER, NIGHT, at(night)) == at(morning)


def test_an_hour_that_comes_twice_is_quiet_again() -> None:
    """At 2:00 the clocks go back to 1:00, which is before 1:30."""
    early = Hours(time(16), time(1, 30))
    assert opens(LAWYER, early, at("2026-11-01T05:00")) == at("2026-11-01T05:30")
    assert closes(LAWYER, early, at("2026-11-01T05:45")) == at("2026-11-01T06:00")
    assert opens(LAWYER, early, at("2026-11-01T06:10")) == at("2026-11-01T06:30")


def test_hours_that_begin_in_an_hour_that_is_left_out_begin_after_it() -> None:
    """At 2:00 the clocks go on to 3:00: it is never 2:30, and 3:00 is later than that."""
    assert closes(LAWYER, Hours(time(2, 30), time(12)), at("2026-03-08T06:00")) == at(
        "2026-03-08T07:00"
    )


def test_guatemala_has_no_summer_time_and_its_border_has() -> None:
    juarez = living("America/Ciudad_Juarez", "MX")
    assert opens(juarez, NIGHT, at("2026-07-01T13:30")) == at("2026-07-01T14:00")
    assert opens(juarez, NIGHT, at("2026-12-01T14:30")) == at("2026-12-01T15:00")
    assert opens(MARTA, NIGHT, at("2026-07-01T14:00")) is None
    assert opens(MARTA, NIGHT, at("2026-12-01T14:00")) is None


@pytest.mark.parametrize("zone", ["", "America", "Mars/Olympus", "../etc/passwd", "GMT+6 or so"])
def test_of_a_zone_that_is_none_the_country_s_are_all_kept(zone: str) -> None:
    """In Mexico it is eight in Tijuana last, and nine in the evening in Cancún first."""
    somebody = living(zone, "MX")
    assert opens(somebody, NIGHT, at("2026-12-01T10:00")) == at("2026-12-01T16:00")
    assert closes(somebody, NIGHT, at("2026-12-01T16:00")) == at("2026-12-02T02:00")


def test_of_somebody_of_whom_nothing_is_known_the_whole_region_s_are_kept() -> None:
    """Their row says Guatemala, because every row does."""
    stranger = living("America/Guatemala", "", Role.UNKNOWN)
    assert opens(stranger, NIGHT, at("2026-12-01T15:00")) == at("2026-12-01T18:00")
    assert closes(stranger, NIGHT, at("2026-12-01T18:00")) == at("2026-12-02T02:00")


def test_all_the_zones_of_the_region_exist() -> None:
    assert {ZoneInfo(zone).key for zones in ZONES.values() for zone in zones}


REGION = sorted({zone for zones in ZONES.values() for zone in zones})
MINUTES = 24 * 60


@st.composite
def quiet_hours(draw: st.DrawFn) -> Hours:
    begin = draw(st.integers(0, MINUTES - 1))
    lasts = draw(st.integers(1, MINUTES - int(hours.LEAST.total_seconds() // 60)))
    end = (begin + lasts) % MINUTES
    return Hours(time(*divmod(begin, 60)), time(*divmod(end, 60)))


@given(
    zone=st.sampled_from([*REGION, ""]),
    country=st.sampled_from([*ZONES, ""]),
    quiet=quiet_hours(),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds the zone
    share=st.floats(0, 1),
)
def test_what_goes_out_is_always_inside_the_hours(
    zone: str, country: str, quiet: Hours, now: datetime, share: float
) -> None:
    """D7.12: also what waits, and all the time until the hours close."""
    person = living(zone, country)
    begins = opens(person, quiet, now) or now
    ends = closes(person, quiet, begins)
    assert begins - now < timedelta(days=1)
    assert ends is not None
    assert ends > begins
    somewhere = min(begins + (ends - begins) * share, ends - timedelta(microseconds=1))
    for home in hours.zones_of(person):
        for moment in (begins, somewhere, ends - timedelta(microseconds=1)):
            assert not quiet.quiet(moment.astimezone(home).time())
    assert any(quiet.quiet(ends.astimezone(home).time()) for home in hours.zones_of(person))


@given(quiet=quiet_hours())
def test_a_setting_is_read_as_it_is_written(quiet: Hours) -> None:
    assert read(f"{quiet.begin:%H:%M}-{quiet.end:%H:%M}") == quiet


@pytest.mark.parametrize(
    "text",
    ["", "21", "21:00", "9pm-8am", "24:00-08:00", "08:00-08:00", "07:59-23:00", "21:00–08:00"],
)
def test_a_setting_that_leaves_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        read(text)


NOW = at("2026-11-25T07:00")


@pytest.mark.parametrize(
    ("weight", "minutes", "goes"),
    [
        (Weight.STOP, None, True),
        (Weight.REPLY, 0, True),
        (Weight.REPLY, 15, True),
        (Weight.REPLY, 16, False),
        (Weight.REPLY, None, False),
        (Weight.URGENT, 0, False),
        (Weight.NOTICE, 0, False),
        (Weight.BROADCAST, 0, False),
    ],
)
def test_only_a_stop_and_an_answer_at_once_go_at_any_hour(
    weight: Weight, minutes: int | None, *, goes: bool
) -> None:
    heard = None if minutes is None else NOW - timedelta(minutes=minutes)
    row = Outbox(key="k", person_id=1, address_id=1, via="sms", weight=weight.value)
    address = Address(via=Via.SMS, lookup="x", last_heard_at=heard)
    assert exempt(row, Person(), address, NOW) is goes
    for staff in (Person(on_call=True), Person(role=Role.STAFF)):
        assert exempt(row, staff, address, NOW) is (goes or weight is Weight.URGENT)
