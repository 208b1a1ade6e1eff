"""One-time links by which somebody enrols an address of their own."""

import re
import secrets
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.office.reach import proof
from bot.office.reach.addresses import link
from bot.office.reach.consent import hush
from bot.vault import trail
from bot.vault.keys import Keys, new_token
from models.person import Address, Invite, Link, Person, Role, Trust, Via
from models.proof import How

LIFE = timedelta(days=7)
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none of them is taken for another
HALF = 5  # letters of half a code: together 50 bits, and each guess is a message to us

_TOKEN = re.compile(r"\W*(?:alta\W+)?([A-Za-z0-9_-]{22})\s*", re.IGNORECASE)
_CODE = re.compile(
    rf"\W*alta\W+([{LETTERS}]{{{HALF}}})\W?([{LETTERS}]{{{HALF}}})\W*", re.IGNORECASE
)


def invite(s: Session, keys: Keys, person: Person, via: Via, now: datetime, actor: str) -> str:
    """Make an invite. The token is given once; the record keeps its hash.

    By SMS it is a code that can be typed by hand. One that was made before for this channel and
    was not used holds no more: there is one card to look after.
    """
    token = _new_code() if via is Via.SMS else new_token()
    for one in _open(s, person, now):
        if one.via is via:
            one.revoked_at = now
            s.add(one)
    s.add(
        Invite(
            person_id=person.id or 0,
            token_hash=keys.token_hash(_purpose(token)),
            via=via,
            expires_at=now + LIFE,
            created_at=now,
        )
    )
    trail.note(
        s,
        actor=actor,
        act="person.invited",
        object=f"person:{person.id}",
        detail=via.value,
        now=now,
    )
    return token


def redeem(s: Session, keys: Keys, token: str, address: Address, now: datetime) -> Person | None:
    """Give the invited person, whose the address now is; None for an invite that does not hold.

    An invite holds once, within its week, on its channel; pressed again from the same address it is
    the same person. Until now the address may have been an unknown person's: that link ends, and
    what was heard from them stays theirs.
    """
    found = s.exec(
        select(Invite)
        .where(Invite.token_hash == keys.token_hash(_purpose(token)))
        .with_for_update()
    ).first()
    # One look, whatever is wrong: the time it takes tells nobody that it was an invite once.
    if found is None or not _holds(found, address, now):
        return None
    person = s.get_one(Person, found.person_id)
    if found.used_at is not None:
        return person
    found.used_at = now
    found.used_by = address.id
    s.add(found)
    give_up_unknown(s, address, person, now)
    link(s, person, address, Trust.ENROLLED, now)
    places = proof.places(s, person)
    if not proof.has_pin(s, person) and not proof.others(person, places, address, now):
        proof.prove(s, person, address, How.INVITE, now, trail.by_person(person.id))
    trail.note(
        s,
        actor=trail.by_person(person.id),
        act="person.enrolled",
        object=f"person:{person.id}",
        detail=address.via.value,
        now=now,
    )
    return person


def just_used(s: Session, address: Address, now: datetime) -> bool:
    """Tell whether an invite was used from an address at this very moment, and not before."""
    query = select(Invite.id).where(Invite.used_by == address.id, Invite.used_at == now)
    return s.exec(query).first() is not None


def give_up_unknown(s: Session, address: Address, person: Person, now: datetime) -> None:
    """End the links of unknown people to an address that is now known to be somebody's.

    If they had asked for no more messages, it was this person who asked.
    """
    links = s.exec(
        select(Link, Person)
        .join(Person, col(Person.id) == col(Link.person_id))
        .where(
            Link.address_id == address.id,
            Link.person_id != person.id,
            Person.role == Role.UNKNOWN,
        )
    )
    for one, unknown in links:
        if unknown.stopped_at is not None and hush(s, person, unknown.stopped_at):
            told, whose = f"person:{unknown.id}", f"person:{person.id}"
            act = "consent.stop_carried_over"
            trail.note(s, actor=trail.BOT, act=act, object=whose, detail=told, now=now)
        s.delete(one)


def revoke(s: Session, person: Person, now: datetime, actor: str) -> int:
    """Let no invite of somebody hold any more that was not used. Gives how many there were."""
    open_ones = _open(s, person, now)
    for one in open_ones:
        one.revoked_at = now
        s.add(one)
    if open_ones:
        told, count = f"person:{person.id}", str(len(open_ones))
        trail.note(s, actor=actor, act="person.invite_revoked", object=told, detail=count, now=now)
    return len(open_ones)


def written(via: Via, token: str) -> str:
    """Give the words that bring an invite to us where no button does."""
    return token if via is Via.TELEGRAM else f"ALTA {token}"


def token_in(text: str) -> str:
    """Read an invite that came as a message, also typed by hand; nothing where there is none."""
    found = _TOKEN.fullmatch(text)
    if found:
        return found[1]
    typed = _CODE.fullmatch(text)
    return f"{typed[1]}-{typed[2]}".upper() if typed else ""


def _new_code() -> str:
    first, second = ("".join(secrets.choice(LETTERS) for _ in range(HALF)) for _ in range(2))
    return f"{first}-{second}"


def _open(s: Session, person: Person, now: datetime) -> list[Invite]:
    query = select(Invite).where(
        Invite.person_id == person.id,
        col(Invite.used_at).is_(None),
        col(Invite.revoked_at).is_(None),
        col(Invite.expires_at) > now,
    )
    return list(s.exec(query))


def _holds(invite: Invite, address: Address, now: datetime) -> bool:
    if invite.via is not address.via or invite.revoked_at is not None:
        return False
    return invite.used_by == address.id if invite.used_at is not None else invite.expires_at > now


def _purpose(token: str) -> str:
    # A token of one kind must never open another.
    return f"invite:{token}"
