"""The office as tests see it: people, a case, conversations, and what is in the record after."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, select

from bot.office import casebook, people, talks
from bot.post import outbox
from bot.vault.keys import Keys
from models.assignment import Assignment, AssignmentKind
from models.case import Case, Program
from models.conversation import ConversationState, Talked
from models.inbox import Heard, Inbox
from models.outbox import Outbox, Weight
from models.person import Address, Person, Role, Via
from models.staff import Staff
from models.task import Task
from models.trail import Trail

R = TypeVar("R", bound=SQLModel)

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
KEYS = Keys(b"1" * 32)
HOUR = timedelta(hours=1)


@dataclass
class Office:
    """One session, one clock, and shorthand for what every test needs."""

    s: Session
    now: datetime = NOON
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def later(self, span: timedelta) -> datetime:
        """Let time pass."""
        self.now += span
        return self.now

    def all(self, kind: type[R], *where: Any) -> list[R]:
        """Look at the record."""
        return list(self.s.exec(select(kind).where(*where).order_by(col(kind.id))))  # type: ignore[attr-defined]

    def person(
        self,
        name: str = "Marta Ficticia",
        role: Role = Role.DEFENDER,
        *vias: Via | None,
        **more: Any,
    ) -> Person:
        """Enrol somebody, on WhatsApp unless said otherwise; None is nowhere."""
        person = people.enrol(
            self.s,
            KEYS,
            name=name,
            role=role,
            now=self.now,
            country=more.pop("country", "GT"),
            language=more.pop("language", "spa"),
            zone="America/Guatemala",
            actor="staff:1",
        )
        for via in vias or (Via.WHATSAPP,):
            if via is not None:
                self.address(person, via)
        return person

    def address(self, person: Person, via: Via) -> Address:
        """Give somebody an address that nobody else has."""
        number = next(self.numbers)
        wire = str(700_000 + number) if via is Via.TELEGRAM else f"+5025555{number:04d}"
        return people.add_address(self.s, KEYS, person, via, wire, self.now, "staff:1")

    def only_address(self, person: Person) -> Address:
        """Give the address of somebody who has one."""
        address = people.best_address(self.s, person)
        assert address is not None
        return address

    def staff(self) -> Staff:
        """Give a member of staff. Their password opens nothing here."""
        staff = Staff(
            username=f"ana{next(self.numbers)}",
            name="Ana",
            password_hash="-",
            created_at=self.now,
        )
        self.s.add(staff)
        self.s.flush()
        return staff

    def case(self, reference: str | None = None, **more: Any) -> Case:
        """Open a case."""
        if reference is None:
            reference = casebook.next_reference(self.s, "GT")
        return casebook.open_case(
            self.s,
            **{
                "reference": reference,
                "program": Program.FAMILY_SEPARATION,
                "country": "GT",
                "summary": "Find her.",
                "sought": "Tomasa Novela",
                "guarded": "",
                "lawyer_id": None,
                "parent_id": None,
                "now": self.now,
                "actor": "staff:1",
                **more,
            },
        )

    def offer(self, case: Case, whom: Sequence[Person], **more: Any) -> Assignment:
        """Offer a search on the ground."""
        return casebook.offer(
            self.s,
            **{
                "case": case,
                "kind": AssignmentKind.FIELD_SEARCH,
                "municipality": "Todos Santos Cuchumatán",
                "language_needed": "mam",
                "due": "2026-12-05",
                "budget": "Q400",
                "details": "Ask at the school.",
                "documents": [],
                "person_ids": [person.id or 0 for person in whom],
                "now": self.now,
                "actor": "staff:1",
                **more,
            },
        )

    def outreach(self, case: Case, person: Person, *slots: datetime) -> Talked:
        """Write to a possible parent for the first time."""
        return casebook.outreach(
            self.s,
            case=case,
            person_id=person.id or 0,
            slots=slots or (self.now + 5 * HOUR, self.now + 21 * HOUR),
            now=self.now,
            actor="staff:1",
        )

    def talk(self, person: Person, name: str) -> Talked:
        """Give the open conversation of a name."""
        (talked,) = [one for one in talks.open_for(self.s, person.id or 0) if one.name == name]
        return talked

    def talks(self, person: Person) -> list[tuple[str, ConversationState]]:
        """Say which conversations somebody has or had."""
        return [(one.name, one.state) for one in self.all(Talked, Talked.person_id == person.id)]

    def record(self, talked: Talked, fact: object) -> list[casebook.Notice]:
        """Let a conversation find something to be so."""
        notices = casebook.record(self.s, talked, fact, self.now)
        self.s.flush()
        return notices

    def show(self, talked: Talked, text: str = "…") -> Outbox:
        """Put a conversation's question on the screen, as the turn does."""
        person = self.s.get_one(Person, talked.person_id)
        row = self.message(person, text, talked)
        talked.state = ConversationState.ASKING
        talked.asked_at = self.now
        talked.asked_in = row.id
        self.s.add(talked)
        self.s.flush()
        return row

    def message(
        self,
        person: Person,
        text: str = "…",
        talked: Talked | None = None,
        weight: Weight = Weight.REPLY,
        **more: Any,
    ) -> Outbox:
        """Put a message in the outbox."""
        row = outbox.put(
            self.s,
            person_id=person.id or 0,
            address=more.pop("address", None) or self.only_address(person),
            text=text,
            key=f"key-{next(self.numbers)}",
            weight=weight,
            now=self.now,
            conversation_id=talked.id if talked else None,
            case_id=talked.case_id if talked else more.pop("case_id", None),
            **more,
        )
        return self.s.get_one(Outbox, row)

    def heard(self, person: Person, text: str, address: Address | None = None) -> Heard:
        """Let somebody have written."""
        address = address or self.only_address(person)
        number = next(self.numbers)
        envelope = Inbox(
            channel=address.via.value,
            account="a",
            event_id=f"event-{number}",
            kind="message",
            lane="l",
            raw=b"{}",
            received_at=self.now,
        )
        self.s.add(envelope)
        self.s.flush()
        heard = Heard(
            inbox_id=envelope.id or 0,
            person_id=person.id or 0,
            address_id=address.id or 0,
            via=address.via.value,
            provider_id=f"id-{number}",
            text=text,
            received_at=self.now,
        )
        address.last_heard_at = self.now
        self.s.add_all([heard, address])
        self.s.flush()
        return heard

    def tasks(self, **where: Any) -> list[tuple[str, str]]:
        """Say what waits for a human: kind and detail."""
        rows = self.all(Task, *(getattr(Task, name) == value for name, value in where.items()))
        return [(task.kind.value, task.detail) for task in rows]

    def acts(self, case: Case | None = None) -> list[str]:
        """Say what the trail tells."""
        rows = self.all(Trail, *([] if case is None else [Trail.case_id == case.id]))
        return [row.act for row in rows]
