"""What may go wrong on the wire, by switch, and the same each time for the same seed."""

import random
from dataclasses import asdict, dataclass, field, fields, replace
from enum import Enum
from typing import Any

from bot.simulator.record.store import Store


class Provider(Enum):
    """Who is being stood in for."""

    TWILIO = "twilio"
    TELEGRAM = "telegram"


@dataclass(frozen=True)
class Faults:
    """One provider's switches; a share of 0 never happens, of 1 always."""

    seed: int = 0
    delay: float = 0.0
    """Seconds before every answer of the API."""
    webhook_delay: float = 0.0
    """Seconds before every webhook."""
    duplicate: float = 0.0
    """Share of webhooks that are delivered twice."""
    reorder: float = 0.0
    """Share of bursts that arrive shuffled."""
    too_many: float = 0.0
    """Share of requests answered 429, with `retry_after`."""
    retry_after: int = 1
    fail_after: float = 0.0
    """Share of requests that are carried out and then answered badly, as `fail_how` says."""
    fail_how: str = "500"
    """`500`, `cut` (the answer breaks off) or `silence` (no answer ever comes)."""
    drop_inbound: float = 0.0
    """Share of incoming messages whose webhook is never sent."""
    drop_status: float = 0.0
    """Share of status callbacks that are never sent."""
    unavailable: float = 0.0
    """Share of requests refused with 503 and not carried out."""
    refuse: int = 0
    """The code that every new message is refused with: Twilio's, or HTTP's of Telegram. 0: none."""
    refuse_words: str = ""
    """What Telegram says with it."""
    moved_to: int = 0
    """The number under which Telegram says that a group goes on; with `refuse` 400."""
    regions_off: tuple[str, ...] = ()
    """Number prefixes, such as +505, that this account may not send to (21408)."""
    whatsapp_window: bool = False
    """Free text outside 24 hours of the person's last message fails with 63016."""
    approval: str = "approved"
    """What WhatsApp says of a template that was handed in: `pending`, `rejected`, `paused`, …"""
    approvals: dict[str, str] = field(default_factory=dict)
    """The same of single templates, by their names."""
    categories: dict[str, str] = field(default_factory=dict)
    """What WhatsApp counts single templates as, where that is not what was asked for."""
    times: dict[str, int] = field(default_factory=dict)
    """How often a share above may still strike; a name that is absent has no end."""


_HOW = ("500", "cut", "silence")
APPROVALS = ("received", "pending", "approved", "rejected", "paused", "disabled")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
_SHARES = (
    "duplicate", "reorder", "too_many", "fail_after", "drop_inbound", "drop_status", "unavailable"
)  # fmt: skip


class Switches:
    """The switches of both providers; they survive a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._faults = {provider: self._load(provider) for provider in Provider}

    def __getitem__(self, provider: Provider) -> Faults:
        return self._faults[provider]

    def set(self, provider: Provider, changes: dict[str, Any]) -> Faults:
        """Change some switches; refuses an unknown name or a value of the wrong kind."""
        return self._keep(provider, replace(self[provider], **_checked(changes)))

    def reset(self, provider: Provider) -> Faults:
        """Everything works again."""
        for name in _SHARES:
            self._store.write("DELETE FROM facts WHERE name = ?", _counter(provider, name))
        return self._keep(provider, Faults())

    def strikes(self, provider: Provider, name: str) -> bool:
        """Whether this fault happens now; the answer hangs only on the seed and the count."""
        faults = self[provider]
        share: float = getattr(faults, name)
        left = faults.times.get(name)
        if share <= 0 or left == 0:
            return False
        if self.chance(provider, name).random() >= share:
            return False
        if left is not None:
            self._keep(provider, replace(faults, times={**faults.times, name: left - 1}))
        return True

    def chance(self, provider: Provider, name: str) -> random.Random:
        """A source of chance for one decision."""
        number = self._store.count(_counter(provider, name))
        seed = f"{self[provider].seed}/{provider.value}/{name}/{number}"
        return random.Random(seed)  # noqa: S311 - chance that can be repeated is the point

    def _load(self, provider: Provider) -> Faults:
        kept = self._store.fact(f"faults/{provider.value}") or {}
        return Faults(**_checked(kept))

    def _keep(self, provider: Provider, faults: Faults) -> Faults:
        self._store.remember(f"faults/{provider.value}", asdict(faults))
        self._faults[provider] = faults
        return faults


def _counter(provider: Provider, name: str) -> str:
    return f"chance/{provider.value}/{name}"


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    """The changes in their right types; refuses what is no switch."""
    kinds = {one.name: one.type for one in fields(Faults)}
    unknown = sorted(set(changes) - set(kinds))
    if unknown:
        raise ValueError(f"No such switch: {', '.join(unknown)}. There are: {', '.join(kinds)}.")
    return {name: _value(name, kinds[name], value) for name, value in changes.items()}


def _value(name: str, kind: object, value: Any) -> object:
    try:
        if name == "times":
            return {str(fault): int(count) for fault, count in value.items()}
        if name == "regions_off":
            return tuple(str(prefix) for prefix in value)
        if name == "approval":
            return APPROVALS[APPROVALS.index(value)]
        if name == "approvals":
            return {str(one): APPROVALS[APPROVALS.index(state)] for one, state in value.items()}
        if name == "categories":
            return {str(one): CATEGORIES[CATEGORIES.index(word)] for one, word in value.items()}
        if name == "fail_how":
            return _HOW[_HOW.index(value)]
        return kind(value) if callable(kind) else value
    except (TypeError, AttributeError, ValueError) as problem:
        raise ValueError(f"{name} cannot be {value!r}: {problem}") from problem
