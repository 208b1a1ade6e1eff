"""Stop, what is no stop, and coming back: seven steps over two channels, with the carrier's own."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from bot.db import Database
from bot.office import people
from bot.office.consents import desk
from bot.office.consents.log import Said
from bot.post.acts import Acts
from bot.post.lanes import Lanes
from bot.post.turns import Turns
from channels.base import Call
from models.grant import Giver, GrantAct, Medium, Purpose
from models.outbox import OutboxState, Weight
from models.person import Person, Role, Via
from models.staff import Staff
from models.task import TaskKind
from tests.bot import scene
from tests.bot.post import counter
from tests.bot.post.office import Office, opened
from tests.bot.scene import CHEPE, KEYS, MARTA, NOW, put
from tests.channels.desk import ACCOUNT, twilio_call
from tests.channels.standins import refusal, says

LISTO = "Listo: no le escribiremos más; si algún día quiere, escriba VOLVER."
OTHER = "+50255559999"


@dataclass
class Street:
    """People who write, the lanes that hear them, and the sender that answers."""

    office: Office
    lanes: counter.Office
    numbers: int = 0

    async def hears(self, call: Call) -> None:
        """Let a message come in, and all that follows go out."""
        await self.lanes.comes(call)
        await self.lanes.works()
        await self.office.sends_all()

    async def by_sms(self, text: str, sender: str, **more: str) -> None:
        """Let somebody text us."""
        await self._comes(text, sender, "+15005550006", more)

    async def by_whatsapp(self, text: str, sender: str) -> None:
        """Let somebody write by WhatsApp."""
        await self._comes(text, f"whatsapp:{sender}", "whatsapp:+14155238886", {})

    async def _comes(self, text: str, sender: str, to: str, more: dict[str, str]) -> None:
        self.numbers += 1
        form = {
            "MessageSid": f"SM{self.numbers:032x}",
            "AccountSid": ACCOUNT,
            "From": sender,
            "To": to,
            "Body": text,
            "NumMedia": "0",
            **more,
        }
        await self.hears(twilio_call(form))

    def stopped(self, person: int) -> datetime | None:
        """Say since when somebody wants no messages."""
        return self.office.db.read_now(lambda s: s.get_one(Person, person).stopped_at)


@pytest.fixture
async def street(sqlite_db: Database, tmp_path: Path) -> AsyncIterator[Street]:
    async with opened(sqlite_db, tmp_path) as office:
        world = office.world
        lanes = counter.Office(
            sqlite_db, world, office.clock, Lanes(world, Turns(world, Acts(world)))
        )
        yield Street(office, lanes)


async def test_stop_not_stop_and_coming_back(street: Street):
    office, db = street.office, street.office.db
    chepe = scene.somebody(db, "Chepe", CHEPE, Via.WHATSAPP, Role.PARENT)
    db.write_now(
        lambda s: people.add_address(
            s, KEYS, s.get_one(Person, chepe), Via.SMS, CHEPE, NOW, "staff:1"
        )
    )
    # 1. He wants no more messages: heard on one channel, confirmed there once, true on both.
    await street.by_whatsapp("ya no me escriban por favor", CHEPE)
    assert office.words == [LISTO]
    assert street.stopped(chepe) == NOW
    # 2. The next day's reminder by SMS is kept back, and says why.
    office.clock.goes_on(days=1)
    reminder = put(db, chepe, "reminder", via=Via.SMS, weight=Weight.NOTICE, now=office.clock.time)
    await office.sends_all()
    assert office.words == [LISTO]
    kept = scene.message(db, reminder)
    assert kept.state is OutboxState.REFUSED
    assert kept.reason == "This person has asked for no more messages."
    # 3. An ordinary message lifts nothing: a human reads it.
    await street.by_whatsapp("quien era?", CHEPE)
    assert office.words == [LISTO]
    assert street.stopped(chepe) == NOW
    (read,) = [task for task in scene.tasks(db) if task.kind is TaskKind.UNPLACED]
    assert "quien era?" in read.detail
    # 4. His own word does.
    await street.by_sms("volver", CHEPE)
    assert street.stopped(chepe) is None
    assert len(office.words) == 2
    assert "otra vez" in office.words[1] or "de nuevo" in office.words[1]
    # 5, 6. What only looks like a stop is none.
    other = scene.somebody(db, "Rosa", OTHER, Via.SMS)
    await street.by_sms("no paren la busqueda porfavor", OTHER)
    await street.by_sms("es alto, moreno, con gorra", OTHER)
    assert street.stopped(other) is None


async def test_the_carriers_block_is_shown_not_tried_again_and_lifted_by_her_start(street: Street):
    office, db = street.office, street.office.db
    # 7. A Defender texts «cancel»: the carrier answers it, so we do not, and blocks us.
    marta = scene.somebody(db, "Marta", MARTA, Via.SMS)
    await street.by_sms("cancel", MARTA)
    assert street.stopped(marta) == NOW
    assert office.words == []
    # By phone she says that she wants to go on, and staff record it: that lifts no carrier's block.
    said = Said(
        version="call-1",
        language="spa",
        medium=Medium.CALL,
        giver=Giver.INDIVIDUAL,
        words="Sí, escríbanme.",
    )
    wanted = desk.Wanted(step="record", act=GrantAct.GRANTED, said=said)

    def recorded(s: Session) -> None:
        s.add(ana := Staff(username="ana", name="Ana", password_hash="-", created_at=NOW))
        s.flush()
        desk.do(s, s.get_one(Person, marta), Purpose.CONTACT, wanted, ana.id or 0, NOW)

    db.write_now(recorded)
    assert street.stopped(marta) is None
    office.provider.will(says(refusal(21610), 400))
    first = put(db, marta, "first")
    await office.sends_all()
    second = put(db, marta, "second")
    await office.sends_all()
    assert len(office.creations) == 1  # it is not tried again
    assert scene.message(db, first).state is OutboxState.FAILED
    assert scene.message(db, second).state is OutboxState.REFUSED
    address = db.read_now(lambda s: scene.address_of(s, marta))
    assert address.blocked_at == NOW
    assert any("have them text START" in task.detail for task in scene.tasks(db))
    # Her own START opens it again, with the carrier and with us.
    await street.by_sms("START", MARTA, OptOutType="START")
    assert db.read_now(lambda s: scene.address_of(s, marta)).blocked_at is None
    put(db, marta, "third", text="Gracias por volver.")
    await office.sends_all()
    assert office.words[-1] == "Gracias por volver."


async def test_a_word_at_which_the_carrier_shuts_us_out_is_a_stop_in_any_language(street: Street):
    marta = scene.somebody(street.office.db, "Marta", MARTA, Via.SMS)
    await street.by_sms("toj", MARTA, OptOutType="STOP")
    assert street.stopped(marta) == NOW
    assert street.office.words == []
