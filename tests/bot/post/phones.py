"""Somebody's phones and what reaches each: turns, last looks and sends, with no provider."""

from dataclasses import dataclass, field
from functools import partial

from sqlmodel import Session, select

from bot.db import Database
from bot.office import people, talks
from bot.office.reach import invites
from bot.post import outbox
from bot.post.acts import Acts
from bot.post.drawing import Drawing, Ready
from bot.post.turns import Turns
from bot.world import World
from channels.base import Sent
from handlers.repertoire import SAMPLES
from models.case import Case, Program
from models.inbox import Inbox
from models.person import Person, Via
from tests.bot import scene
from tests.bot.here import Clock
from tests.bot.post.counter import sms
from tests.bot.scene import KEYS

SECRETS = ("GT-0417", "Todos Santos")
"""What no unproved phone may ever show."""


@dataclass
class Phones:
    """One record, and every phone that writes to it by SMS."""

    db: Database
    world: World
    clock: Clock
    number: int = 0
    shown: dict[str, list[str]] = field(default_factory=dict)

    def says(self, wire: str, text: str) -> list[str]:
        """Let a phone write, let everything happen, and give what it shows then."""
        self.clock.goes_on(seconds=1)
        self.number += 1
        self.db.write_now(partial(self._turn, wire, text))
        return self.goes(wire)

    def goes(self, wire: str = "") -> list[str]:
        """Send all that may go, and give what this phone shows that it did not before."""
        before = len(self.shown.get(wire, []))
        idle = 0
        while idle < 2:  # what was just put may come after what could not go
            drawn = self.db.write_now(self._draw)
            idle = 0 if drawn else idle + 1
            for ready in drawn:
                self.shown.setdefault(ready.outbound.to, []).append(ready.outbound.text)
                scene.ends(self.db, ready.claim, Sent(f"SM{ready.claim.outbox_id:032x}"))
            self.clock.goes_on(seconds=1)
        return self.shown.get(wire, [])[before:]

    def offers(self, person: int) -> int:
        """Ask somebody how their search went: at once, whatever was asked before."""

        def act(s: Session) -> int:
            for one in talks.open_for(s, person):
                if one.name == "search":
                    talks.cancel(s, one, self.clock.time)
            case = s.exec(select(Case)).first()
            if case is None:
                now = self.clock.time
                case = Case(
                    reference="GT-0417",
                    program=Program.FAMILY_SEPARATION,
                    country="GT",
                    opened_at=now,
                )
                s.add(case)
                s.flush()
            talked = talks.start(
                s,
                name="search",
                given=SAMPLES["search"],
                person_id=person,
                case_id=case.id,
                code="GT-0417",
                now=self.clock.time,
            )
            Acts(self.world).screen.next(s, person, self.clock.time)
            return talked.id or 0

        return self.db.write_now(act)

    def has(self, person: int, wire: str) -> None:
        """Let staff write down one more phone of somebody."""
        self.db.write_now(
            lambda s: people.add_address(
                s, KEYS, s.get_one(Person, person), Via.SMS, wire, self.clock.time, "staff:1"
            )
        )

    def invited(self, person: int) -> str:
        """Invite somebody by SMS, and give what the card says to write."""

        def act(s: Session) -> str:
            now = self.clock.time
            token = people.invite(s, KEYS, s.get_one(Person, person), Via.SMS, now, "staff:1")
            return invites.written(Via.SMS, token)

        return self.db.write_now(act)

    def _turn(self, wire: str, text: str, s: Session) -> None:
        call = sms(self.number, text, wire)
        envelope = self.world.doors["twilio/messages"].admit(call)
        row = Inbox(
            channel="sms",
            account=envelope.account,
            event_id=envelope.event_id,
            kind="message",
            lane=wire,
            raw=envelope.raw,
            received_at=self.clock.time,
        )
        s.add(row)
        s.flush()
        read = self.world.channels["sms"].read(row.raw)
        Turns(self.world, Acts(self.world)).take(s, row, read, self.clock.time)

    def _draw(self, s: Session) -> list[Ready]:
        now = self.clock.time
        due = outbox.due(s, now=now, most=50)
        rows = outbox.claim(s, [one.outbox_id for one in due], now=now)
        return Drawing(self.world).draw(s, rows, frozenset(), now)
