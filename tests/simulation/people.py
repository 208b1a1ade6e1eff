"""The people of a simulation: Defenders, a parent, a stranger and staff, as unruly as real ones."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from bot.office import broadcasts, casebook, people
from bot.office.refusal import Refusal
from bot.post import outbox
from bot.vault.keys import Keys
from models.assignment import AssignmentKind
from models.case import Case, CaseState, Program
from models.outbox import Weight
from models.person import Person, Role, Via
from models.staff import Staff as StaffRow
from tests.simulation.providers import Asked, Provider

if TYPE_CHECKING:
    from tests.simulation.town import Town

WORDS = (
    *("hola", "sí", "si", "no", "1", "2", "3", "1", "2", "ayuda", "AYUDA", "listo", "ya terminé"),
    *("quién es usted", "no puedo, mi hijo está enfermo", "mañana le digo", "GT-0001", "caso 1"),
    *("quiero hablar con una persona", "número equivocado", "atrás", "estado", "gracias", "👍"),
    *("La casa está cerrada, nadie abrió la puerta", "¿cuándo me llaman?", "x", "idioma"),
)
STOPS = ("ALTO", "STOP", "alto", "no me escriban más")
STARTS = ("START", "alta", "empezar")


@dataclass(eq=False)
class Soul:
    """Somebody with a phone."""

    town: "Town"
    provider: Provider
    via: str
    wire: str
    lively: float  # mean seconds between what they do by themselves
    phone: list[Asked] = field(default_factory=list)
    sent: int = 0

    async def lives(self) -> None:
        """Do this and that, until the days are over."""
        chance = self.town.chance
        while True:
            await asyncio.sleep(chance.expovariate(1 / self.lively))
            self.acts()

    def hears(self, asked: Asked) -> None:
        """Look at a message, and perhaps answer."""
        self.phone.append(asked)
        chance = self.town.chance
        if self.town.quiet or chance.random() > 0.5:
            return
        self.town.loop.spawn(self._answers(asked), "an answer")

    async def _answers(self, asked: Asked) -> None:
        chance = self.town.chance
        await asyncio.sleep(chance.choice((0.2, 3.0, 60.0, 3600.0)) * (0.5 + chance.random()))
        if self.town.quiet:
            return
        if chance.random() < 0.04:
            self.says(chance.choice(STOPS))  # while something may be in flight
        elif asked.options and self.via != "sms" and chance.random() < 0.8:
            option, _label = chance.choice(asked.options)
            self.does(kind="message", button=option, quoted=asked.sid)
        elif asked.options:
            self.says(str(chance.randrange(1, len(asked.options) + 1)))
        else:
            self.acts()

    def acts(self) -> None:
        """Do something."""
        chance = self.town.chance
        dice = chance.random()
        if dice < 0.62:
            self.says(chance.choice(WORDS))
        elif dice < 0.66:
            self.says(chance.choice(STOPS))
        elif dice < 0.72:
            self.says(chance.choice(STARTS))
        elif dice < 0.86 and self.via != "sms":
            self.town.loop.spawn(self._photos(), "photos")
        elif dice < 0.90 and self.via != "sms":
            self.does(kind="message", pin=[15.31, -91.47])
        elif dice < 0.93:
            self.does(kind="odd")
        elif dice < 0.96 and self.via == "telegram":
            blocked = (self.via, self.wire) not in self.provider.blocked
            (self.provider.blocked.add if blocked else self.provider.blocked.discard)(
                (self.via, self.wire)
            )
            self.does(kind="blocked", blocked=blocked)
        else:
            self.says("hola")

    async def _photos(self) -> None:
        chance = self.town.chance
        album = f"album{chance.randrange(1 << 30)}" if chance.random() < 0.5 else ""
        for _photo in range(chance.randrange(1, 6)):
            content = b"%PDF-" + chance.randbytes(chance.choice((20, 3000)))
            self.does(kind="message", files=[self.provider.keep(content)], album=album)
            await asyncio.sleep(chance.expovariate(1.0))

    def says(self, words: str) -> None:
        """Write."""
        self.does(kind="message", text=words)

    def does(self, **what: Any) -> None:
        """Do one thing on the phone."""
        poison = what["kind"] == "message" and self.town.chance.random() < self.town.weather.poison
        if poison:
            what["kind"] = "poison"
        self.sent += 1
        document = {"via": self.via, "sender": self.wire, **what}
        seen = {name: one for name, one in what.items() if name != "files"}
        self.town.tell(f"{self.via} {self.wire} does {seen} {len(what.get('files', ()))} files")
        self.provider.hears(document)


class Desk:
    """Staff at work: cases, offers, broadcasts, own words, gates."""

    def __init__(self, town: "Town", keys: Keys) -> None:
        self._town = town
        self._keys = keys
        self._staff = 0
        self._written = 0

    def opens(self, souls: list[Soul]) -> None:
        """Enrol everybody but the stranger, and open a first case."""
        now = self._town.now()

        def act(s: Session) -> int:
            ana = StaffRow(username="ana", name="Ana", password_hash="-", created_at=now)
            s.add(ana)
            s.flush()
            for number, soul in enumerate(souls[:-1]):
                people.enrol(
                    s,
                    self._keys,
                    name=f"Persona {number}",
                    role=Role.PARENT if number == len(souls) - 2 else Role.DEFENDER,
                    via=Via(soul.via),
                    wire=soul.wire,
                    now=now,
                    country="GT",
                    language="spa",
                    zone="America/Guatemala",
                    actor="staff:1",
                )
            return ana.id or 0

        self._staff = self._town.record.write_now(act)

    async def works(self) -> None:
        """Do what staff do, at any hour."""
        town = self._town
        while True:
            await asyncio.sleep(town.chance.expovariate(1 / 14400.0))
            act = town.chance.choice((self._offer, self._offer, self._broadcast, self._write))
            try:
                town.record.write_now(act)
            except Refusal as refusal:
                town.tell(f"staff: refused {act.__name__}: {refusal}"[:90])
            else:
                town.tell(f"staff: {act.__name__}")
            town.saw("staff")

    def _defenders(self, s: Session) -> list[Person]:
        return list(
            s.exec(select(Person).where(Person.role == Role.DEFENDER).order_by(col(Person.id)))
        )

    def _offer(self, s: Session) -> None:
        now, chance = self._town.now(), self._town.chance
        cases = list(s.exec(select(Case).where(Case.state == CaseState.OPEN)))
        if not cases or chance.random() < 0.5:
            cases = [
                casebook.open_case(
                    s,
                    reference=casebook.next_reference(s, "GT"),
                    program=Program.FAMILY_SEPARATION,
                    country="GT",
                    summary="Find her.",
                    sought="Tomasa Novela",
                    guarded="",
                    lawyer_id=None,
                    parent_id=None,
                    now=now,
                    actor="staff:1",
                )
            ]
        whom = chance.sample(self._defenders(s), 2)
        casebook.offer(
            s,
            case=chance.choice(cases),
            kind=AssignmentKind.FIELD_SEARCH,
            municipality="Todos Santos Cuchumatán",
            language_needed="mam",
            due="2026-12-05",
            budget="Q400",
            details="Ask at the school.",
            documents=[],
            person_ids=[person.id or 0 for person in whom],
            now=now,
            actor="staff:1",
        )

    def _broadcast(self, s: Session) -> None:
        now = self._town.now()
        made = broadcasts.draft(
            s,
            title="Reunión",
            body_es="¿Puede venir a la reunión del lunes?",
            body_en="Can you come to the meeting on Monday?",
            person_ids=[person.id or 0 for person in self._defenders(s)],
            staff_id=self._staff,
            now=now,
        )
        broadcasts.confirm(s, made, self._staff, now)

    def _write(self, s: Session) -> None:
        now, chance = self._town.now(), self._town.chance
        person = chance.choice(self._defenders(s))
        address = people.best_address(s, person)
        if address is None:
            raise Refusal("Nowhere.")  # type: ignore[arg-type]
        self._written += 1
        outbox.put(
            s,
            person_id=person.id or 0,
            address=address,
            text=f"Le escribe Ana, {self._written}. " + "La espero. " * chance.choice((1, 1, 200)),
            key=f"ana{self._written}",
            weight=chance.choice((Weight.REPLY, Weight.URGENT, Weight.NOTICE)),
            now=now,
            written_by=self._staff,
        )
