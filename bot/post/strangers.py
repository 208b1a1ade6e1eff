"""Strangers: somebody writes to us first, and is met as the door to a human that the bot is."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.office import talks, tasks
from bot.office.duty import answering, intake
from bot.office.who import links
from bot.post import needs
from bot.post.arrival import Arrival
from bot.post.routes import Danger, Quiet, Route, Start, Stop, Want, WrongPerson
from bot.post.screen import Screen
from bot.world import World
from handlers.intake import greeting
from handlers.sentences import together
from models.consent import ConsentEvent, ConsentKind
from models.person import Doubt, Link, Role, Trust
from models.task import TaskKind

ANYBODYS = (Stop, Start, Danger, Quiet, Want, WrongPerson)

_PROMISED = (
    select(ConsentEvent.id)
    .join(Link, col(Link.person_id) == col(ConsentEvent.person_id))
    .where(
        Link.address_id == sa.bindparam("address"),
        Link.trust == Trust.DISPROVED,
        ConsentEvent.address_id == Link.address_id,
        ConsentEvent.kind == ConsentKind.NOT_HERE,
    )
    .limit(1)
)


def first(s: Session, screen: Screen, arrival: Arrival) -> bool:
    """Meet somebody who writes to us of their own accord. False: they are no stranger any more."""
    person, address, now = arrival.person, arrival.address, arrival.now
    if not arrival.inbound.text or not intake.is_first(s, person):
        return False
    if talks.open_for(s, person.id or 0):
        return False  # they are being talked with
    kind = TaskKind.INTAKE
    task, _new = needs.ask(s, arrival, "intake", "wrote to us first", kind)
    talked = talks.start(
        s,
        name="intake",
        given=intake.given(s, person, address, now),
        person_id=person.id or 0,
        case_id=None,
        code="",
        now=now,
    )
    zone = answering.clock_of(person, address)
    hello = greeting(now.astimezone(zone).hour if zone is not None else None)
    before = [together(hello, tasks.promise(s, task, person, address, now))]
    screen.show(s, talked, arrival.cause(), now, before=before)
    return True


def left_in_peace(s: Session, arrival: Arrival) -> bool:
    """Tell whether whoever writes was promised that we write there no more.

    We had taken them for somebody else (E6): a human reads what comes, and the bot keeps its word.
    """
    if arrival.person.role is not Role.UNKNOWN:
        return False
    return s.exec(_PROMISED, params={"address": arrival.address.id}).first() is not None


def contradicts(s: Session, arrival: Arrival, route: Route) -> bool:
    """Leave to a human what comes from where somebody said that they are not whom we wrote to.

    The address stands in the record as another's too (E6). Until a human knows whose it is, nothing
    is answered there but what anybody is answered.
    """
    if isinstance(route, ANYBODYS):
        return False
    link = links.of(s, arrival.person.id or 0, arrival.address.id or 0)
    if link is None or link.doubt is not Doubt.CONTRADICTED:
        return False
    needs.ask(s, arrival, "unplaced", "wrote where we had the wrong person")
    return True


def note(s: Session, world: World, arrival: Arrival) -> None:
    """Tell staff, and nobody else, where somebody who writes may be looked for."""
    if arrival.person.role in (Role.UNKNOWN, Role.PARENT):
        intake.leads(s, world.keys, arrival.person, arrival.address, arrival.now)
