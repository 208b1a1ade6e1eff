"""The limits we keep to, read from a table and chosen by the settings."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from math import ceil, floor, isfinite
from pathlib import Path
from typing import Any

from bot.settings import Settings, WrongSetting

TABLE = Path(__file__).with_name("limits.toml")
UNLIMITED = "unlimited"


@dataclass(frozen=True)
class Rate:
    """At most `count` in any `seconds`; `burst` at once where people are counted one by one."""

    count: int
    seconds: float
    burst: int

    @classmethod
    def of(cls, per_second: float, burst: int | None = None) -> "Rate":
        """Make one that holds whole messages: 2.4 a second are 3 in any 1.25 seconds."""
        count = max(1, ceil(per_second - 1e-6))
        return cls(count, count / per_second, burst or count)

    @property
    def per_second(self) -> float:
        """How many a second in the long run."""
        return self.count / self.seconds

    def part(self, of: int) -> "Rate":
        """Give one of so many equal parts, rounded down: together they never exceed the whole.

        Where not even one a second is left for each, each still gets one at its time, and two may
        then fall into the same second; a minute holds.
        """
        if of == 1:
            return self
        mine = self.per_second / of
        count = max(1, floor(mine + 1e-6))
        return Rate(count, max(1.0, count / mine), max(1, self.burst // of))


@dataclass(frozen=True)
class Sender:
    """What one number or bot may send. `each` and `group` are for one recipient.

    `tier` is how many people may be written to outside of their window in 24 hours; None: any.
    """

    rate: Rate
    at_once: int
    each: Rate | None = None
    group: Rate | None = None
    tier: int | None = None

    def part(self, of: int) -> "Sender":
        """Give one of so many equal parts of the sender's and the recipients' rates."""
        return replace(
            self,
            rate=self.rate.part(of),
            each=self.each and self.each.part(of),
            group=self.group and self.group.part(of),
        )


@dataclass(frozen=True)
class Limits:
    """Every limit, by channel, with the share we use already taken, and our own guard."""

    senders: Mapping[str, Sender] = field(default_factory=dict)
    unsolicited: int = 6  # a person in a day
    identical: int = 5  # texts to one person …
    identical_for: timedelta = timedelta(minutes=5)  # … in this time


def of(settings: Settings) -> Limits:
    """Give the limits that the settings choose. Raises `WrongSetting`."""
    return load(
        sms=settings.sms_sender_kind,
        whatsapp=settings.whatsapp_sender_kind,
        tier=settings.whatsapp_tier,
        file=settings.limits_file,
    )


def kinds(channel: str) -> list[str]:
    """Name the kinds of sender that the table knows for a channel."""
    return list(tomllib.loads(TABLE.read_text("utf-8"))[channel])


def load(
    *,
    sms: str = "long_code",
    whatsapp: str = "standard",
    tier: str = "250",
    file: Path | None = None,
) -> Limits:
    """Read the table, with a deployment's own file over it. Raises `WrongSetting`."""
    table = _Table(TABLE, tomllib.loads(TABLE.read_text("utf-8")), "")
    if file is not None:
        table = table.under(file)
    twilio = table.whole("account", "twilio", "at_once")
    telegram = table.whole("account", "telegram", "at_once")
    return Limits(
        senders={
            "sms": Sender(table.rate("SMS_SENDER_KIND", "sms", sms), twilio),
            "whatsapp": Sender(
                table.rate("WHATSAPP_SENDER_KIND", "whatsapp", whatsapp),
                twilio,
                each=table.rate("", "whatsapp_pair"),
                tier=table.tier(tier),
            ),
            "telegram": Sender(
                table.rate("", "telegram", "bot"),
                telegram,
                each=table.rate("", "telegram_chat"),
                group=table.rate("", "telegram_group"),
            ),
        },
        unsolicited=table.whole("guard", "unsolicited"),
        identical=table.whole("guard", "identical"),
        identical_for=timedelta(seconds=table.number("guard", "identical_seconds")),
    )


@dataclass(frozen=True)
class _Table:
    """Rows of limits. `own` is the file that a wrong number is blamed on, if one was given."""

    path: Path
    rows: Mapping[str, Any]
    own: str

    def under(self, file: Path) -> "_Table":
        """Lay a deployment's own file over this table."""
        try:
            own = tomllib.loads(file.read_text("utf-8"))
        except OSError as problem:
            why = f"cannot be read: {problem.strerror}"
        except UnicodeDecodeError:
            why = "is no text"
        except tomllib.TOMLDecodeError as problem:
            why = f"is no TOML: {problem}"
        else:
            return _Table(file, _laid(dict(self.rows), own, str(file), ()), str(file))
        raise WrongSetting(f"Set LIMITS_FILE: it points to {file}, which {why}.")

    def number(self, *path: str) -> float:
        """Give a number above zero."""
        value: Any = self.rows
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not isfinite(value) or value <= 0:
            raise self._wrong(path, "a number above zero")
        return float(value)

    def whole(self, *path: str) -> int:
        """Give a whole number above zero."""
        value = self.number(*path)
        if value != int(value):
            raise self._wrong(path, "a whole number above zero")
        return int(value)

    def rate(self, setting: str, *path: str) -> Rate:
        """Give what we use of a row's rate. `setting` is what chose the row."""
        if setting and path[-1] not in self.rows[path[0]]:
            raise WrongSetting(f"Set {setting}: it must be one of {', '.join(self.rows[path[0]])}.")
        row = _row(self.rows, path)
        own = (*path, "share") if "share" in row else ("share",)
        share = self.number(*own)
        if share > 1:
            raise self._wrong(own, "a number above zero and not above 1")
        burst = self.whole(*path, "burst") if "burst" in row else None
        return Rate.of(self.number(*path, "per_second") * share, burst)

    def tier(self, name: str) -> int | None:
        """Give how many new people a day are allowed, or None where there is no limit."""
        if name == UNLIMITED:
            return None
        names = [key for key, value in self.rows["whatsapp_tier"].items() if isinstance(value, int)]
        if name not in names:
            raise WrongSetting(
                f"Set WHATSAPP_TIER: it must be one of {', '.join([*names, UNLIMITED])}."
            )
        return max(1, int(self.whole("whatsapp_tier", name) * self.number("share")))

    def _wrong(self, path: tuple[str, ...], what: str) -> WrongSetting:
        name = ".".join(path)
        return WrongSetting(f"Set LIMITS_FILE: in {self.own or self.path}, {name} must be {what}.")


def _row(rows: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    row: Any = rows
    for name in path:
        row = row[name]
    return row  # type: ignore[no-any-return]


def _laid(
    under: dict[str, Any], over: Mapping[str, Any], file: str, path: tuple[str, ...]
) -> dict[str, Any]:
    """Lay rows over rows. A row or field that nobody reads is a slip of the pen, and refused."""
    free = path in {("sms",), ("whatsapp",)}  # these may have rows of its own
    for name, value in over.items():
        where = ".".join((*path, name))
        if isinstance(under.get(name), dict) != isinstance(value, Mapping) and name in under:
            raise WrongSetting(f"Set LIMITS_FILE: in {file}, {where} must be like in {TABLE.name}.")
        known = name in under or name in {"per_second", "share", "burst", "note", "date"}
        if not known and not free:
            raise WrongSetting(
                f"Set LIMITS_FILE: in {file}, {where} is unknown; the rows are in {TABLE.name}."
            )
        under[name] = (
            _laid(dict(under.get(name, {})), value, file, (*path, name))
            if isinstance(value, Mapping)
            else value
        )
    return under
