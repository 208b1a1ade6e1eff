"""A fictional network: nobody in it exists, no number in it rings, and it is made once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from bot.office import casebook, organisation, people, staff
from bot.office.duty import shifts
from bot.vault import trail
from bot.vault.keys import Keys
from models.case import Case, Program
from models.person import Person, Role, Via
from models.staff import Duty, Staff

COORDINATOR = "coordinacion"
ORGANISATION = "la Red de Defensoras"  # as it follows «Somos»
YEAR = timedelta(days=365)

WHATSAPP, SMS, TELEGRAM = Via.WHATSAPP, Via.SMS, Via.TELEGRAM

ZONES = {
    "GT": "America/Guatemala",
    "HN": "America/Tegucigalpa",
    "SV": "America/El_Salvador",
    "NI": "America/Managua",
    "MX": "America/Mexico_City",
    "US": "America/New_York",
}


@dataclass(frozen=True)
class Character:
    """One fictional person, and how she is reached: first the channel she writes on."""

    name: str
    role: Role
    country: str
    phone: str
    via: tuple[Via, ...]
    telegram_id: int | None = None
    wire: str = ""  # WhatsApp's own form of the number, where it differs

    def address(self, via: Via) -> str:
        """Give what to send to on a channel."""
        if via is TELEGRAM:
            return str(self.telegram_id)
        return self.wire if via is WHATSAPP and self.wire else self.phone


CAST = (
    Character("Marta Ficticia", Role.DEFENDER, "GT", "+50255550101", (WHATSAPP, SMS)),
    Character("Rosa Inventada", Role.DEFENDER, "HN", "+50455550102", (SMS,)),
    Character("Lucía Imaginaria", Role.DEFENDER, "SV", "+50355550103", (TELEGRAM, SMS), 700100103),
    Character(
        "Elena Supuesta", Role.DEFENDER, "GT", "+50255550104", (WHATSAPP, TELEGRAM), 700100104
    ),
    Character("Carmen de la Fábula", Role.DEFENDER, "HN", "+50455550105", (WHATSAPP,)),
    Character("Ana Quimera", Role.DEFENDER, "SV", "+50355550106", (WHATSAPP, SMS)),
    Character("Julia de Papel", Role.DEFENDER, "NI", "+50555550107", (SMS, WHATSAPP)),
    Character(
        "Sofía Irreal", Role.DEFENDER, "MX", "+525555550108", (WHATSAPP,), wire="+5215555550108"
    ),
    Character("Irma Leyenda", Role.DEFENDER, "MX", "+525555550109", (TELEGRAM,), 700100109),
    Character("Grace Example", Role.LAWYER, "US", "+15005550110", (SMS,)),
    Character("Helen Sample", Role.LAWYER, "US", "+15005550111", (TELEGRAM,), 700100111),
    Character("Tomasa Novela", Role.PARENT, "GT", "+50255550201", (WHATSAPP,)),
    Character("Pedro Cuento", Role.PARENT, "HN", "+50455550202", (SMS,)),
    Character("Juana Relato", Role.PARENT, "GT", "+50255550203", (WHATSAPP, SMS)),
)


@dataclass(frozen=True)
class DemoNetwork:
    """Who and what is in the demo, by name."""

    coordinator: Staff
    people: dict[str, Person]
    cases: tuple[Case, ...]


def seed(s: Session, keys: Keys, now: datetime, password: str) -> DemoNetwork:
    """Make the network, with this password for its coordinator. What is there already stays."""
    coordinator = s.exec(select(Staff).where(Staff.username == COORDINATOR)).first()
    if coordinator is None:
        coordinator = _make(s, keys, now, password)
    found = {
        character.name: person
        for character in CAST
        if (person := _find(s, keys, character)) is not None
    }
    cases = tuple(s.exec(select(Case).order_by(Case.reference)))
    return DemoNetwork(coordinator, found, cases)


def book() -> list[dict[str, Any]]:
    """Give the same people to the phones: who holds which number, and who pressed Start."""
    return [
        {
            "name": character.name,
            "phone": character.address(WHATSAPP) if WHATSAPP in character.via else character.phone,
            "telegram_id": character.telegram_id,
            "started": TELEGRAM in character.via,
            "channels": [via.value for via in character.via],
        }
        for character in CAST
    ]


def _make(s: Session, keys: Keys, now: datetime, password: str) -> Staff:
    coordinator = staff.add_staff(
        s, COORDINATOR, "Coordinación (demo)", password, Duty.COORDINATOR, now
    )
    actor = trail.by_staff(coordinator.id)
    organisation.describe(
        s,
        name=ORGANISATION,
        phone="+502 2222 0000",
        website="https://red.example.org",
        hours="Lunes a viernes, 8:00 a 17:00",
        owner="Coordinación",
        review_by=now + YEAR,
        now=now,
        actor=actor,
    )
    shifts.add(
        s,
        coordinator,
        weekdays=range(5),
        begins=8 * 60,
        ends=17 * 60,
        zone=ZONES["GT"],
        now=now,
        actor=actor,
    )
    for character in CAST:
        _enrol(s, keys, character, now, actor)
    _open_cases(s, keys, now, actor)
    return coordinator


def _enrol(s: Session, keys: Keys, character: Character, now: datetime, actor: str) -> None:
    person = people.enrol(
        s,
        keys,
        name=character.name,
        role=character.role,
        now=now,
        country=character.country,
        language="eng" if character.role is Role.LAWYER else "spa",
        zone=ZONES[character.country],
        actor=actor,
    )
    for via in character.via:
        people.add_address(s, keys, person, via, character.address(via), now, actor)


def _open_cases(s: Session, keys: Keys, now: datetime, actor: str) -> None:
    grace, helen = _id(s, keys, "Grace Example"), _id(s, keys, "Helen Sample")
    casebook.open_case(
        s,
        reference="GT-0412",
        program=Program.FAMILY_SEPARATION,
        country="GT",
        summary="Buscar a una madre en Huehuetenango y pedir el acta de nacimiento.",
        sought="Tomasa Novela",
        guarded="Aldea Las Nubes Inventadas",
        lawyer_id=grace,
        parent_id=_id(s, keys, "Tomasa Novela"),
        now=now,
        actor=actor,
    )
    casebook.open_case(
        s,
        reference="HN-0233",
        program=Program.SIJ,
        country="HN",
        summary="Conseguir la copia de folio del libro de nacimientos y el DNI.",
        sought="Pedro Cuento",
        guarded="",
        lawyer_id=helen,
        parent_id=_id(s, keys, "Pedro Cuento"),
        now=now,
        actor=actor,
    )


def _id(s: Session, keys: Keys, name: str) -> int | None:
    person = _find(s, keys, next(one for one in CAST if one.name == name))
    return None if person is None else person.id


def _find(s: Session, keys: Keys, character: Character) -> Person | None:
    found = people.find(s, keys, character.via[0], character.address(character.via[0]))
    return None if found is None else found[0]
