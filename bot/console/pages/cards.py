"""A sheet of cards to print: each brings one person onto one channel, once."""

from dataclasses import dataclass

from sqlmodel import Session, col, select
from starlette.responses import Response

from bot.console.doors import Doors, Needs
from bot.console.qr import square
from bot.console.visit import Visit
from bot.office import organisation
from bot.office.reach import invites, proof
from models.person import Lockout, Person, Via
from models.text import Day, Text, _

doors = Doors()
MOST = 60  # cards of one sheet
LISTED = 500


@dataclass(frozen=True)
class Card:
    """What is printed for one person, in their language."""

    name: str
    via: Via
    qr: str
    lines: tuple[str, ...]


@doors.get("/people/cards", Needs.ACT)
async def choose(visit: Visit) -> Response:
    """Show the form to choose for whom."""
    return await _form(visit)


@doors.post("/people/cards")
async def draw(visit: Visit) -> Response:
    """Make an invite for each, and show them once, ready to print."""
    form, world = visit.form, visit.world
    chosen = form.numbers("person_ids")
    via = form.choice("via", Via, need=_("Choose the channel of the invite."))
    if not chosen:
        form.wrong("person_ids", _("Choose at least one person."))
    if len(chosen) > MOST:
        form.wrong("person_ids", _("Choose {most} people at most.", most=str(MOST)))
    if via is not None and not world.invite_link(via, "x"):
        form.wrong("via", _("This channel is off. Whoever runs the bot can set it up."))
    if via is None or not form.fine:
        return await _form(visit)

    def act(s: Session) -> list[Card]:
        return [_card(s, visit, person, via) for person in _enrollable(s) if person.id in chosen]

    return visit.page("cards.html", 201, cards=await visit.write(act))


def _card(s: Session, visit: Visit, person: Person, via: Via) -> Card:
    world = visit.world
    token = invites.invite(s, world.keys, person, via, visit.now, visit.actor)
    lines = _lines(
        organisation.ours(s).name,
        (visit.now + invites.LIFE).date().isoformat(),
        invites.written(via, token) if via is not Via.TELEGRAM else "",
        world.sender(via),
    )
    return Card(
        person.name,
        via,
        square(world.invite_link(via, token)),
        tuple(world.render(line, person.language) for line in lines),
    )


def _lines(organisation_name: str, until: str, words: str, sender: str) -> list[Text]:
    by_hand = [_("Or write this to {number}: {words}", number=sender, words=words)] if words else []
    return [
        _("To get messages of {organisation} on your phone:", organisation=organisation_name),
        _("1. Open the camera and point it at the square."),
        _("2. Touch the link. Then press Start, or send the message that is ready."),
        *by_hand,
        _("3. Choose a PIN. Tell it to nobody."),
        _(
            "It works once, until {day}. Do not lend this card, and keep no photo of it.",
            day=Day(until),
        ),
        _("HELP and STOP always work. We never ask for money or passwords."),
    ]


def _enrollable(s: Session) -> list[Person]:
    """Give who works for the network and may be written to by a machine."""
    return list(
        s.exec(
            select(Person)
            .where(
                col(Person.role).in_(proof.WHO),
                Person.lockout == Lockout.NONE,
                col(Person.frozen_at).is_(None),
            )
            .order_by(col(Person.id).desc())
            .limit(LISTED)
        )
    )


async def _form(visit: Visit) -> Response:
    people = await visit.read(_enrollable)
    vias = [via for via in Via if visit.world.invite_link(via, "x")]
    return visit.again("cards_new.html", people=people, vias=vias)
