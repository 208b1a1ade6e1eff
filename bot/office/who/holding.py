"""What holds messages back travels: of a stop, a freeze, a lock-out or a hold the stricter wins."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bot.office.consents import log
from bot.office.reach.consent import hush
from bot.office.unsent import cancel_messages
from bot.vault import trail
from models.consent import ConsentEvent, ConsentKind
from models.grant import GrantAct, Purpose, Standing
from models.outbox import Outbox
from models.person import Address, Lockout, Person

MOMENTS = ("stopped_at", "frozen_at", "held_at")
STRICTNESS = (Lockout.UNSAFE, Lockout.ADVERSE_PARTY, Lockout.MINOR, Lockout.NONE)

NO = {Standing.REFUSED, Standing.REVOKED, Standing.UNCLEAR}

Refused = tuple[str, int | None]
"""A purpose, and the case it is about; none: all of them."""

Held = dict[str, Any]
"""What holds messages to a person back, as JSON can keep it."""


def of(person: Person) -> Held:
    """Give all that holds messages to somebody back."""
    return {
        **{name: _written(getattr(person, name)) for name in MOMENTS},
        "lockout": person.lockout.value,
        "duress": person.duress,
        "thaw_by": person.thaw_by,
    }


def stricter(one: Person, other: Person) -> Held:
    """Give what holds for two who are one: whatever holds for either."""
    lockout = next(kind for kind in STRICTNESS if kind in (one.lockout, other.lockout))
    phrases = dict.fromkeys([*_lines(one), *_lines(other)])
    both_frozen_alike = one.frozen_at == other.frozen_at
    return {
        **{name: _written(_first(getattr(one, name), getattr(other, name))) for name in MOMENTS},
        "lockout": lockout.value,
        "duress": "\n".join(phrases) or None,
        # Who had asked to end a freeze had not asked for the freeze of both.
        "thaw_by": other.thaw_by if both_frozen_alike else None,
    }


def differ(s: Session, one: Person, other: Person, now: datetime) -> bool:
    """Whether two have said differently whether we may write, or what we may do."""
    if (one.stopped_at is None) != (other.stopped_at is None):
        return True
    mine, theirs = (log.all_standing(s, who.id or 0, now) for who in (one, other))
    pairs = [{mine[purpose], theirs[purpose]} for purpose in Purpose]
    return any(Standing.GRANTED in pair and pair & NO for pair in pairs)


def carry_refusals(s: Session, person: Person, other: Person, now: datetime) -> list[Refused]:
    """Refuse for both what one of two refused or took back, and the other allowed.

    Call it before they are one: from then on the newest answer of either holds for both.
    """
    carried: list[Refused] = []
    history = [one for who in (person, other) for one in log.history(s, who.id or 0)]
    for purpose, case_id in dict.fromkeys((one.purpose, one.case_id) for one in history):
        mine, theirs = (
            log.standing(s, who.id or 0, purpose, now, case_id=case_id)[0]
            for who in (person, other)
        )
        if Standing.GRANTED in (mine, theirs) and (mine in NO or theirs in NO):
            _say(s, other, purpose, GrantAct.REFUSED, f"person:{person.id}", case_id, now)
            carried.append((purpose.value, case_id))
    return carried


def ask_anew(s: Session, person: Person, carried: Iterable[Refused], now: datetime) -> None:
    """Take back that a refusal was somebody's: whether it is theirs is asked, and not guessed."""
    for purpose, case_id in carried:
        _say(s, person, Purpose(purpose), GrantAct.UNCLEAR, "undone", case_id, now)


def _say(
    s: Session,
    person: Person,
    purpose: Purpose,
    act: GrantAct,
    words: str,
    case_id: int | None,
    now: datetime,
) -> None:
    said = log.Said(words=words)
    whose = person.id or 0
    log.write(s, whose, purpose, act, now, actor=trail.BOT, said=said, case_id=case_id)


def put(s: Session, person: Person, held: Held, now: datetime) -> None:
    """Let this hold for somebody. What was going to be said goes no more where it may not."""
    for name in MOMENTS:
        setattr(person, name, _read(held[name]))
    person.lockout = Lockout(held["lockout"])
    person.duress, person.thaw_by = held["duress"], held["thaw_by"]
    s.add(person)
    s.flush()
    if person.stopped_at or person.frozen_at or person.lockout is not Lockout.NONE:
        cancel_messages(s, col(Outbox.person_id) == person.id, now)


def since(person: Person, before: Held, then: Held) -> Held:
    """Give what is to hold for somebody when a joining is undone.

    What the joining brought goes; what came since stays.
    """
    now = of(person)
    return {name: before[name] if now[name] == then[name] else now[name] for name in now}


def newer(person: Person, then: Held) -> bool:
    """Whether something holds for somebody that did not when two were joined."""
    now = of(person)
    return any(now[name] and now[name] != then[name] for name in (*MOMENTS, "lockout"))


def stop_from(s: Session, person: Person, address: Address, to: Person, now: datetime) -> bool:
    """Let a stop that was said at an address hold for whom the address is found to be."""
    if person.stopped_at is None or to.id == person.id:
        return False
    said = s.exec(
        select(ConsentEvent.id).where(
            ConsentEvent.person_id == person.id,
            ConsentEvent.address_id == address.id,
            ConsentEvent.kind == ConsentKind.STOP,
        )
    ).first()
    return said is not None and carry_stop(s, person, to, now)


def carry_stop(s: Session, person: Person, to: Person, now: datetime) -> bool:
    """Let somebody's stop hold for another too, who may be the one who said it."""
    if person.stopped_at is None or not hush(s, to, person.stopped_at):
        return False
    act, whose = "consent.stop_carried_over", f"person:{to.id}"
    told = f"person:{person.id}"
    trail.note(s, actor=trail.BOT, act=act, object=whose, detail=told, now=now)
    return True


def told(held: Mapping[str, Any]) -> list[str]:
    """Name what holds, by the names of its columns."""
    found = [name for name in MOMENTS if held[name]]
    return found + ["lockout"] * (held["lockout"] != Lockout.NONE.value)


def _lines(person: Person) -> list[str]:
    return [line for line in (person.duress or "").split("\n") if line]


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _read(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None
