"""A broadcast that needs so many, and reminds once, also when it dies in between (E12)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import broadcasts
from bot.post import reminding
from bot.post.acts import Acts
from bot.post.clockwork import Clockwork
from bot.post.screen import Screen
from models.broadcast import Broadcast, Recipient, Reply
from models.outbox import Outbox, OutboxState, Weight
from models.person import Person, Via
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, sms
from tests.bot.scene import NOW
from tests.office.scene import Office as Desk

BODY = "¿Quién puede tomar una declaración en q'eqchi'?"
DAY = timedelta(days=1)


class Call:
    """A broadcast to some Defenders on SMS."""

    def __init__(self, office: Office, names: str, wanted: int | None = None) -> None:
        self.office = office
        self.db = office.db
        self.number = 0
        self.wires = {name: f"+5025555{n:04d}" for n, name in enumerate(names.split(), 1)}
        self.ids = {
            name: scene.somebody(self.db, name, wire, Via.SMS) for name, wire in self.wires.items()
        }

        def begin(s: Session) -> int:
            staff = Desk(s, NOW).staff()
            made = broadcasts.draft(
                s,
                title="Declaraciones",
                body_es=BODY,
                body_en="",
                person_ids=list(self.ids.values()),
                staff_id=staff.id or 0,
                now=NOW,
                wanted=wanted,
            )
            broadcasts.confirm(s, made, staff.id or 0, NOW)
            return made.id or 0

        self.broadcast = self.db.write_now(begin)

    async def time_passes(self, **more: float) -> None:
        """Let the clock bring about what is due, and let all of it arrive."""
        self.office.clock.goes_on(**more)
        clock = Clockwork(self.office.world, Acts(self.office.world))
        while await clock.work():
            pass
        await clock.work()
        self.db.write_now(_arrived)

    async def says(self, name: str, text: str) -> list[str]:
        """Have somebody write."""
        before = len(scene.messages(self.db))
        self.number += 1
        self.office.clock.goes_on(seconds=1)
        await self.office.comes(sms(self.number, text, self.wires[name]))
        await self.office.works()
        return [row.text for row in scene.messages(self.db)[before:]]

    def got(self, name: str) -> list[str]:
        """What somebody was sent."""
        rows = scene.messages(self.db)
        return [row.text for row in rows if row.person_id == self.ids[name]]

    def replies(self) -> dict[int, tuple[Reply | None, bool]]:
        """What each answered, and whether too late."""
        return self.db.read_now(
            lambda s: {one.person_id: (one.reply, one.late) for one in s.exec(select(Recipient))}
        )


def _arrived(s: Session) -> None:
    for row in s.exec(select(Outbox).where(col(Outbox.state) == OutboxState.PENDING)):
        row.state = OutboxState.DELIVERED


@pytest.fixture
async def office(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    made = office_of(sqlite_db, tmp_path)
    yield made
    await here.closed(made.world)


async def test_who_says_yes_when_it_is_covered_hears_so_kindly(office: Office) -> None:
    call = Call(office, "Marta Rosa Lucía Irma", wanted=2)
    await call.time_passes()
    assert "Gracias. Coordinación" in (await call.says("Marta", "yo puedo"))[0]
    assert "Gracias. Coordinación" in (await call.says("Rosa", "👍"))[0]
    late = await call.says("Lucía", "si yo puedo")
    assert late == ["Gracias. AV-0001 ya se cubrió; le tendremos en cuenta."]
    assert "Gracias" in (await call.says("Irma", "no"))[0]
    assert call.replies() == {
        call.ids["Marta"]: (Reply.YES, False),
        call.ids["Rosa"]: (Reply.YES, False),
        call.ids["Lucía"]: (Reply.YES, True),
        call.ids["Irma"]: (Reply.NO, False),
    }
    await call.time_passes(days=1, minutes=1)
    assert len(call.got("Lucía")) == 2  # nobody is reminded of what is covered


async def test_only_the_silent_are_asked_once_more_and_only_once(office: Office) -> None:
    call = Call(office, "Marta Rosa Lucía Irma Elena")
    await call.time_passes()
    for name, text in (("Marta", "yo puedo"), ("Rosa", "no"), ("Irma", "alto")):
        await call.says(name, text)
    office.db.write_now(lambda s: setattr(s.get_one(Person, call.ids["Elena"]), "held_at", NOW))
    before = {name: len(call.got(name)) for name in call.wires}
    await call.time_passes(hours=23)
    assert {name: len(call.got(name)) for name in call.wires} == before
    await call.time_passes(hours=2)
    await call.time_passes(days=2)
    more = {name: len(call.got(name)) - before[name] for name in call.wires}
    assert more == {"Marta": 0, "Rosa": 0, "Lucía": 1, "Irma": 0, "Elena": 0}
    assert call.got("Lucía")[-1].startswith("Le preguntamos otra vez, por si no lo vio.")
    assert scene.messages(office.db)[-1].weight == Weight.BROADCAST.value
    assert "Gracias" in (await call.says("Lucía", "AV-0001 si puedo"))[0]


async def test_who_is_answering_something_else_is_not_interrupted(office: Office) -> None:
    call = Call(office, "Marta")
    await call.time_passes()
    await call.says("Marta", "idioma")
    await call.time_passes(days=1, minutes=1)
    assert call.got("Marta")[-1] == "AV-0001 espera su respuesta. Si puede, escriba AV-0001."


async def test_a_restart_in_the_middle_goes_on_after_the_last_who_was_asked(
    office: Office,
) -> None:
    call = Call(office, "Marta Rosa Lucía")
    await call.time_passes()
    before = len(scene.messages(office.db))
    now, screen = office.clock.goes_on(days=1, minutes=1), Screen(office.world)

    def dies(s: Session) -> None:
        reminding.remind(s, screen, call.broadcast, now, 1)
        raise KeyError

    def one(s: Session) -> bool:
        return reminding.remind(s, screen, call.broadcast, now, 1)

    with pytest.raises(KeyError):
        office.db.write_now(dies)
    assert len(scene.messages(office.db)) == before
    while office.db.write_now(one):
        pass
    rows = scene.messages(office.db)[before:]
    assert [row.person_id for row in rows] == list(call.ids.values())
    assert office.db.read_now(lambda s: s.get_one(Broadcast, call.broadcast).remind_at) is None
    assert office.db.write_now(one) is False
