"""The hours at which somebody may be written to, by the clock where they live."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from models.outbox import Outbox, Weight
from models.person import Address, Person, Role

ANSWERING = timedelta(minutes=15)  # so long after somebody wrote, an answer is no disturbance
LEAST = timedelta(hours=9)  # of a day, so that all the region's zones have hours in common
DAY = timedelta(hours=24)
DAYS = 5  # looked ahead; hours open again the next day

MEXICO = "Mexico_City Cancun Merida Monterrey Chihuahua Ciudad_Juarez Hermosillo Mazatlan Tijuana"
UNITED_STATES = "New_York Chicago Denver Phoenix Los_Angeles Anchorage Adak"
ZONES = {
    "GT": ("America/Guatemala",),
    "HN": ("America/Tegucigalpa",),
    "SV": ("America/El_Salvador",),
    "NI": ("America/Managua",),
    "CR": ("America/Costa_Rica",),
    "PA": ("America/Panama",),
    "BZ": ("America/Belize",),
    "MX": tuple(f"America/{city}" for city in MEXICO.split()),
    "US": (*(f"America/{city}" for city in UNITED_STATES.split()), "Pacific/Honolulu"),
}
"""Where somebody may live who is in a country, as far as its clocks differ."""

EVERYWHERE = tuple(zone for zones in ZONES.values() for zone in zones)
"""Where somebody may live of whom nothing is known."""

_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Hours:
    """The quiet part of a day: from `begin`, perhaps over midnight, until just before `end`."""

    begin: time
    end: time

    def quiet(self, at: time) -> bool:
        """Tell whether a clock shows a quiet time."""
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end


def read(text: str, least: timedelta = LEAST) -> Hours | None:
    """Read quiet hours as a setting writes them: "21:00-08:00", or "none". Raises `ValueError`.

    `least` is how much of a day they must leave.
    """
    if text == "none":
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError('must be two times like 21:00-08:00, or "none"')
    a, b, c, d = map(int, found.groups())
    quiet = (timedelta(hours=c, minutes=d) - timedelta(hours=a, minutes=b)) % DAY
    if not quiet or DAY - quiet < least:
        raise ValueError(
            f"must leave {least // timedelta(hours=1)} hours of the day, so that there is a time "
            'that suits every zone; "none" turns it off'
        )
    return Hours(time(a, b), time(c, d))


def opens(person: Person, hours: Hours | None, now: datetime) -> datetime | None:
    """Say when somebody may be written to. None: now."""
    if hours is None or _open(zones := zones_of(person), hours, now):
        return None
    found = (at for at in _edges(zones, hours, now) if _open(zones, hours, at))
    return next(found, now + DAY)  # no hour suits all the zones somebody may live in: not today


def closes(person: Person, hours: Hours | None, now: datetime) -> datetime | None:
    """Say when the hours that are open now end. None: they do not end, or are not open."""
    if hours is None or not _open(zones := zones_of(person), hours, now):
        return None
    return next(at for at in _edges(zones, hours, now) if not _open(zones, hours, at))


def exempt(row: Outbox, person: Person, address: Address, now: datetime) -> bool:
    """Tell whether a message may go at any hour: a stop's confirmation, and an answer at once.

    What is urgent wakes whoever of staff is on call or answers at this hour: nobody else has
    consented to it. `bot/post/duty.py` decides who of staff that is.
    """
    if row.weight == Weight.STOP.value:
        return True
    if row.weight == Weight.URGENT.value and (person.on_call or person.role is Role.STAFF):
        return True
    heard = address.last_heard_at
    return row.weight == Weight.REPLY.value and heard is not None and now - heard <= ANSWERING


def zones_of(person: Person) -> tuple[ZoneInfo, ...]:
    """Give the zones somebody may live in: their own where we know it, else their country's."""
    guessed = person.role is Role.UNKNOWN and not person.country  # nobody has told us anything
    own = None if guessed else _zone(person.zone)
    if own is not None:
        return (own,)
    return _zones(ZONES.get(person.country.upper(), EVERYWHERE))


@cache
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # no zone, or the name of a folder of zones
        return None


@cache
def _zones(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    return tuple(ZoneInfo(name) for name in names)


def _open(zones: Iterable[ZoneInfo], hours: Hours, at: datetime) -> bool:
    return not any(hours.quiet(at.astimezone(zone).time()) for zone in zones)


def _edges(zones: Iterable[ZoneInfo], hours: Hours, now: datetime) -> Iterator[datetime]:
    """Give the next moments, in their order, at which quiet may begin or end in a zone."""
    today = now.astimezone(UTC).date()
    found = {at for zone in zones for at in _turns(zone, hours, today)}
    return iter(sorted(at for at in found if at > now))


@lru_cache(maxsize=512)
def _turns(zone: ZoneInfo, hours: Hours, today: date) -> frozenset[datetime]:
    """Find the moments of some days at which quiet may begin or end, for all who ask that day."""
    found = set()
    midnights = [datetime.combine(today, time(), UTC) + days * DAY for days in range(-1, DAYS)]
    for midnight in midnights:
        for wall in (hours.begin, hours.end):
            local = datetime.combine(midnight.date(), wall, zone)
            # A clock that is put back shows the same time twice, and either may be the edge.
            found |= {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    # Where clocks are put forward or back, the time of day jumps.
    for early, late in pairwise(midnights):
        found |= _jump(zone, early, late)
    return frozenset(found)


def _jump(zone: ZoneInfo, early: datetime, late: datetime) -> set[datetime]:
    """Find the moment between two at which a zone's clocks were changed, to the second."""

    def ahead(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    before = ahead(early)
    if before == ahead(late):
        return set()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        early, late = (middle, late) if ahead(middle) == before else (early, middle)
    return {late.replace(microsecond=0)}
