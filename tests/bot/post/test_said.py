"""Whatever people write, no name or place that a case holds goes out to whom it must not.

Chats are made up at random, over the whole road from the webhook to the last look. The texts that
would reach the channel are searched by the plainest means there are, not by the guard's own.
"""

import random
import shutil
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, select

from bot.db import Database
from bot.office import casebook
from bot.post import outbox
from bot.post.drawing import Drawing, Ready
from channels.base import Sent
from models.assignment import AssignmentKind
from models.case import Case, Program
from models.document import DocumentType
from models.outbox import Outbox, OutboxState, Weight
from models.person import Person, Role, Via
from models.staff import Staff
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, sms
from tests.bot.scene import NOW

EACH = 120  # messages that the people of one town write
TOWNS = 833  # of a long run, after the one of every run: 100,000 messages
CHUNK = 49
SECRET = ("Xecotzal", "Tomasina", "Quevedino", "Nubilandia", "Zacatepaz", "Ixmukanela")
"""Words that nobody says who was not told them."""
PLAIN = (
    "sí", "si la agarro 417", "no", "1", "2", "3", "ayuda", "quién es?", "persona", "estado",
    "ya llamé, soy yo", "¿esto es estafa?", "fíjese que no puedo", "la encontré", "no estaba",
    "mañana a las 5", "listo", "idioma", "volver", "alto", "start", "gracias", "417", "no entiendo",
    "en persona", "segura", "la familia", "mam", "es todo", "número equivocado", "atrás", "", "¿?",
)  # fmt: skip
TOLD = ("vive en {0}", "es {0}", "{0}", "busco a {0}", "{0} está con {1}", "1 {0}", "sí, {0}")


@dataclass
class Town:
    """The people of one run, who among them wrote what, and what reached them."""

    office: Office
    dice: random.Random
    people: dict[str, int] = field(default_factory=dict)  # by number
    said: dict[int, str] = field(default_factory=dict)
    went: list[tuple[Role, int, str]] = field(default_factory=list)
    refused: int = 0


def settle(town: Town) -> None:
    """Let people live there, and cases look for some of them."""

    def act(s: Session) -> None:
        defenders = [person for person, role in people if role is Role.DEFENDER]
        parents = [person for person, role in people if role is Role.PARENT]
        for number, parent in enumerate(parents):
            sought, guarded = SECRET[number * 3 : number * 3 + 2], SECRET[number * 3 + 2]
            case = casebook.open_case(
                s,
                reference=f"GT-{417 + number:04d}",
                program=Program.FAMILY_SEPARATION,
                country="GT",
                summary="…",
                sought=" ".join(sought),
                guarded=f"{guarded}\n{sought[1]}",
                lawyer_id=None,
                parent_id=parent,
                now=NOW,
                actor="staff:1",
            )
            hours = [datetime(2026, 11, 3 + n, 17, tzinfo=UTC) for n in range(3)]
            casebook.outreach(s, case=case, person_id=parent, slots=hours, now=NOW, actor="staff:1")
            casebook.offer(
                s,
                case=case,
                kind=AssignmentKind.FIELD_SEARCH,
                municipality="Todos Santos",
                language_needed="mam",
                due="",
                budget="",
                details="",
                documents=[DocumentType.NATIONAL_ID],
                person_ids=defenders,
                now=NOW,
                actor="staff:1",
            )
        for person, _role in people:
            town.office.lanes._turns._acts.screen.next(s, person, NOW)

    roles = [Role.PARENT, Role.PARENT, Role.DEFENDER, Role.DEFENDER, Role.LAWYER, Role.UNKNOWN]
    people = []
    for number, role in enumerate(roles):
        wire = f"+5025555{number:04d}"
        person = scene.somebody(town.office.db, f"Persona {number}", wire, Via.SMS, role)
        town.people[wire] = person
        people.append((person, role))
    town.office.db.write_now(act)
    town.office.db.write_now(
        lambda s: s.add(Staff(username="ana", name="Ana", password_hash="-", created_at=NOW))
    )


def utterance(town: Town) -> str:
    """Say something, now and then with what should not be repeated."""
    if town.dice.random() < 0.6:
        return town.dice.choice(PLAIN)
    return town.dice.choice(TOLD).format(*town.dice.sample(SECRET, 2))


def slip(town: Town, s: Session, *, number: int) -> None:
    """Put words in the outbox as a broken sentence or a careless human would."""
    wire = town.dice.choice(sorted(town.people))
    person = s.get_one(Person, town.people[wire])
    staff = s.exec(select(Staff.id)).one() if town.dice.random() < 0.5 else None
    if staff is not None and person.role is Role.DEFENDER:
        return  # a named human may tell a Defender
    case = s.exec(select(Case).where(Case.reference == "GT-0417")).one()
    # Only of its own case do our sentences to one of us hold anything.
    whose = SECRET if person.role in (Role.PARENT, Role.UNKNOWN) or staff else SECRET[:3]
    pair = " ".join(SECRET[:2])
    words = town.dice.choice([pair, pair.upper(), pair.replace(" ", "-"), whose[1], whose[2]])
    outbox.put(
        s,
        person_id=person.id or 0,
        address=scene.address_of(s, person.id or 0),
        text=f"Hola. {words}.",
        key=f"slip-{number}",
        weight=Weight.REPLY,
        now=town.office.clock.time,
        case_id=case.id,
        written_by=staff,
    )


def drawn(town: Town) -> None:
    """Take a last look at all that is due, and let what passes go."""
    drawing, now = Drawing(town.office.world), town.office.clock.time

    def act(s: Session) -> list[tuple[Ready, Role, int]]:
        due = outbox.due(s, now=now, most=64)
        rows = outbox.claim(s, [one.outbox_id for one in due], now=now)
        ready = drawing.draw(s, rows, frozenset(), now)
        town.refused += sum(row.state is OutboxState.REFUSED for row in rows)
        found = []
        for one in ready:
            row = s.get_one(Outbox, one.claim.outbox_id)
            person = s.get_one(Person, row.person_id)
            found.append((one, person.role, person.id or 0))
        return found

    while went := town.office.db.write_now(act):
        for ready, role, person in went:
            text = "\n".join([ready.outbound.text, *(one.label for one in ready.outbound.options)])
            town.went.append((role, person, text))
            sent = Sent(f"SM{ready.claim.outbox_id:032x}")
            scene.ends(town.office.db, ready.claim, sent, now)


def bare(text: str) -> str:
    """Strip a text to its letters."""
    loose = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in loose if sign.isalnum())


def leaks(town: Town) -> list[tuple[Role, str]]:
    """Search all that went out for what its reader had not written herself."""
    return [
        (role, text)
        for role, person, text in town.went
        for secret in SECRET
        if bare(secret) in bare(text)
        if role in (Role.PARENT, Role.UNKNOWN) or bare(secret) not in town.said.get(person, "")
    ]


async def chat(db: Database, folder: Path, seed: int) -> Town:
    """Let the people of a town write, and read all that would reach them."""
    town = Town(office_of(db, folder), random.Random(seed))  # noqa: S311 - a chat, no key
    settle(town)
    drawn(town)
    for number in range(EACH):
        wire, text = town.dice.choice(sorted(town.people)), utterance(town)
        person = town.people[wire]
        town.said[person] = town.said.get(person, "") + bare(text)
        await town.office.comes(sms(number, text, wire))
        await town.office.works()
        if number % 5 == 0:
            db.write_now(partial(slip, town, number=number))
        town.office.goes_on(hours=town.dice.choice([0.01, 0.01, 1, 30]))
        drawn(town)
    await here.closed(town.office.world)
    return town


async def test_no_name_or_place_goes_to_whom_it_must_not(
    sqlite_db: Database, tmp_path: Path, record_property: Callable[[str, object], None]
):
    town = await chat(sqlite_db, tmp_path, 4)
    assert leaks(town) == []
    assert len(town.went) > EACH / 4  # they were answered
    assert town.refused > EACH / 20  # there was something to keep back
    record_property("texts searched", len(town.went))


@pytest.mark.long
@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize("first", range(5, 5 + TOWNS, CHUNK))
async def test_nor_in_a_hundred_thousand_messages(
    sqlite_ground: Path,
    tmp_path: Path,
    first: int,
    record_property: Callable[[str, object], None],
):
    searched = 0
    for seed in range(first, first + CHUNK):
        folder = tmp_path / str(seed)
        folder.mkdir()
        db = Database(f"sqlite:///{shutil.copy(sqlite_ground, folder / 'enlace.db')}")
        town = await chat(db, folder, seed)
        db.close()
        assert leaks(town) == [], f"seed {seed}"
        searched += len(town.went)
    record_property("texts searched", searched)
