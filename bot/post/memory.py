"""What a kept conversation remembers: its answers, what was said and recorded, what it asks."""

import json
from dataclasses import dataclass

from handlers.seen import Seen, read_seen
from handlers.talk import Answer, Stranded
from models.conversation import Talked
from models.facts import unpack


@dataclass(frozen=True)
class Memory:
    """A conversation's three lists, out of the record."""

    given: object
    journal: dict[str, Answer]
    settled: tuple[str, ...]
    recorded: tuple[object, ...]


def remember(talked: Talked) -> Memory:
    """Read a conversation's memory. Raises `Stranded` when it names what is not known any more."""
    try:
        return Memory(
            given=unpack(json.loads(talked.given)),
            journal=json.loads(talked.journal),
            settled=tuple(json.loads(talked.settled)),
            recorded=tuple(unpack(fact) for fact in json.loads(talked.recorded)),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise Stranded(f"It holds what this version does not know: {problem}.") from problem


def seen(talked: Talked) -> Seen | None:
    """The question a conversation has on the screen, as it was shown."""
    return read_seen(json.loads(talked.asked)) if talked.asked else None
