"""How a provider says no: a closed list of failures, each with what is to be done about it."""

from dataclasses import dataclass, field
from enum import Enum


class Forged(Exception):  # noqa: N818 - a verdict, named as the failures are
    """The request is not the provider's: a missing, malformed or wrong signature. Answer 403."""


class Malformed(Exception):  # noqa: N818 - a verdict, named as the failures are
    """The request is too broken to keep. Answer 400."""


class Scope(Enum):
    """What waits after a failure, beside the message itself."""

    NOTHING = "nothing"
    SENDER = "sender"  # the number or bot that it went from
    CHANNEL = "channel"
    ACCOUNT = "account"  # everything that goes through this provider's account
    BROADCASTS = "broadcasts"  # what goes to many, on this channel
    TEMPLATE = "template"
    REGION = "region"  # addresses of the same country, on this channel


@dataclass(frozen=True)
class Remedy:
    """What is to be done about a failure, as the provider's own rules say.

    `tries` are the seconds before each further try of the same words at the same address; none is
    ever a duplicate, because the failed one is final. Used up, another consented channel may be
    tried if `elsewhere`. With `urgent_elsewhere`, what cannot wait goes there at once, and the rest
    waits here. `holds` waits for `hold` seconds, or until midnight in the zone `until`; with
    neither, until staff let it go on.
    """

    tries: tuple[float, ...] = ()
    elsewhere: bool = False
    urgent_elsewhere: bool = False
    holds: Scope = Scope.NOTHING
    hold: float = 0.0
    until: str = ""
    rewrite: bool = False  # another way of writing the address may be tried, once
    rest: float = 0.0  # seconds for which this address is left alone on this channel
    alert: bool = False  # staff hear of it at once: it is our own to mend
    tell: str = ""  # what staff should do, in English; "" where there is nothing to do


@dataclass(eq=False)
class Failure(Exception):  # noqa: N818 - the names are the verdicts a reader looks for
    """A send or fetch that did not succeed. `code` is the provider's, for staff."""

    reason: str
    code: str = field(default="", kw_only=True)
    remedy: Remedy = field(default=Remedy(), kw_only=True)

    def __str__(self) -> str:
        """Say what happened, for staff."""
        return f"{self.reason} ({self.code})" if self.code else self.reason


@dataclass(eq=False)
class Busy(Failure):
    """The provider asks us to wait. Not sent; does not count as a try."""

    wait: float = field(default=1.0, kw_only=True)  # seconds
    everyone: bool = field(default=True, kw_only=True)  # the whole sender waits


class Unreachable(Failure):
    """It certainly did not arrive: try again, as the remedy says or else with growing gaps."""


class Uncertain(Failure):
    """No answer, or a broken one: it may have been sent. Never blindly sent again."""


class Stopped(Failure):
    """The person opted out or blocked us on this channel. Never try again."""


@dataclass(eq=False)
class BadAddress(Failure):
    """Nobody can be reached at this address on this channel. Ask for another.

    `moved_to` is where the same talk goes on, where the provider says so.
    """

    moved_to: str = field(default="", kw_only=True)


class Refused(Failure):
    """The provider refused these very words or this file. Never repeat them."""


class WindowClosed(Failure):
    """WhatsApp's 24 hours have passed: only an approved template may open the talk again."""


class Misconfigured(Failure):
    """Our credentials, sender or settings are wrong: what the remedy holds waits for staff."""


class TooBig(Failure):
    """The file is larger than may be fetched."""


class Missing(Failure):
    """The file is not there, not yet or not any more."""
