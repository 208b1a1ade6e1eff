"""The room a broadcast speaks to: who gets it, who does not and why, and the number typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.office.broadcasts import Seat, audience, confirm
from bot.office.refusal import Refusal
from models.broadcast import Broadcast, BroadcastState, Exclusion
from models.person import Via
from models.text import _


@dataclass(frozen=True)
class Room:
    """Who gets a broadcast and where, and who does not and why."""

    gets: tuple[Seat, ...]
    not_: tuple[Seat, ...]

    def by_channel(self) -> list[tuple[Via, int]]:
        """Count who gets it on each channel."""
        counted = ((via, sum(seat[2] is via for seat in self.gets)) for via in Via)
        return [(via, count) for via, count in counted if count]


def room(seats: Sequence[Seat], body_es: str, body_en: str) -> Room:
    """Part who gets these words from who does not."""
    bodies = {"spa": body_es.strip(), "eng": body_en.strip()}
    parted = [(person, _why(why, bodies.get(person.language)), via) for person, why, via in seats]
    return Room(
        gets=tuple(seat for seat in parted if seat[1] is Exclusion.NONE),
        not_=tuple(seat for seat in parted if seat[1] is not Exclusion.NONE),
    )


def confirm_number(
    s: Session, broadcast: Broadcast, typed: str, staff_id: int, now: datetime
) -> None:
    """Let a broadcast go out, if what was typed is the number of people who get it now."""
    if broadcast.state is not BroadcastState.DRAFT:
        raise Refusal(_("This broadcast went out already. It is not sent twice."))
    who = room(audience(s, broadcast, now), broadcast.body_es, broadcast.body_en)
    if not who.gets:
        raise Refusal(_("Nobody would get it. Write a new one to people who can be reached."))
    if typed != str(len(who.gets)):
        raise Refusal(
            _(
                "{typed} is not the number of people who get it. Read it above and type it.",
                typed=typed,
            )
        )
    confirm(s, broadcast, staff_id, now)


def _why(why: Exclusion, body: str | None) -> Exclusion:
    return Exclusion.NO_TRANSLATION if why is Exclusion.NONE and not body else why
