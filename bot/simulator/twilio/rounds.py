"""When Twilio tries a webhook again: the connection overrides in its address, or the usual."""

import time
from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag, urlencode

import aiohttp

from bot.simulator.house import House
from bot.simulator.record.deliveries import Delivery
from bot.simulator.record.faults import Provider
from bot.simulator.twilio.signature import sign
from bot.simulator.wires.postman import Letter, Outcome

_AT_ONCE = 100
"""Webhooks under way at the same time."""
_WAITS = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Overrides:
    """Times in seconds, the number of retries, and what is worth one."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})

    @classmethod
    def read_from(cls, fragment: str) -> "Overrides":
        """The overrides in an address's `#…`; a value out of its bounds is cut to them."""
        given = dict(parse_qsl(fragment))
        return cls(
            connect=_bounded(given.get("ct"), 5000, 100, 10000) / 1000,
            read=_bounded(given.get("rt"), 15000, 100, 15000) / 1000,
            total=_bounded(given.get("tt"), 15000, 100, 15000) / 1000,
            retries=_bounded(given.get("rc"), 1, 0, 5),
            policy=frozenset((given.get("rp") or "ct").split(",")),
        )

    def worth(self, outcome: Outcome) -> bool:
        """Whether a failure is one that these overrides retry."""
        what = outcome.problem or f"{outcome.status // 100}xx"
        return "all" in self.policy or what in self.policy


def _bounded(text: str | None, otherwise: int, least: int, most: int) -> int:
    return min(most, max(least, int(text))) if text and text.isdigit() else otherwise


class TwilioRound:
    """Signed form posts, many at a time and in no promised order."""

    provider = Provider.TWILIO

    def __init__(self, house: House) -> None:
        self._house = house

    def ready(self, busy: dict[int, str]) -> list[Delivery]:
        """Whatever is due, as far as there are free hands."""
        free = _AT_ONCE - len(busy)
        return self._house.deliveries.due(self.provider, time.time(), busy)[: max(0, free)]

    def letter(self, delivery: Delivery) -> Letter | None:
        """The form with its signature; the `#…` of the address is neither sent nor signed."""
        url, fragment = urldefrag(delivery.url)
        overrides = Overrides.read_from(fragment)
        spent = time.time() - delivery.began if delivery.began else 0.0
        left = overrides.total - spent
        if left <= 0:
            return None
        return Letter(
            url=url,
            body=urlencode(delivery.fields).encode(),
            headers={
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "User-Agent": "TwilioProxy/1.1",
                "Accept": "*/*",
                "I-Twilio-Idempotency-Token": delivery.token,
                "X-Twilio-Signature": sign(self._house.settings.auth_token, url, delivery.fields),
            },
            timeout=aiohttp.ClientTimeout(
                total=min(left, overrides.connect + overrides.read),
                sock_connect=overrides.connect,
            ),
        )

    def again(self, delivery: Delivery, outcome: Outcome) -> float | None:
        """A little later, while there are retries and time left."""
        overrides = Overrides.read_from(urldefrag(delivery.url).fragment)
        if delivery.attempts >= overrides.retries or not overrides.worth(outcome):
            return None
        now = time.time()
        due = now + _WAITS[min(delivery.attempts, len(_WAITS) - 1)]
        began = delivery.began or now
        return due if due - began < overrides.total else None
