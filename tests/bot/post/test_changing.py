"""Numbers that change: what the post notices, what it holds back, and that a human decides."""

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from bot.db import Database
from bot.office import talks
from channels.base import Call
from handlers.repertoire import SAMPLES
from models.case import Case, Program
from models.person import Address, Doubt, Link, Person, Role, Trust, Via
from models.regrouping import Regrouping, RegroupingKind, RegroupingState
from models.task import Task, TaskKind
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, settled
from tests.bot.scene import CHEPE, MARTA
from tests.channels.desk import ACCOUNT, twilio_call

ID = "whatsapp:GT.1349abcDEF"
OTHER_ID = "whatsapp:GT.9999xyz"
NUMBER = f"whatsapp:{MARTA}"


@pytest.fixture
def office(sqlite_db: Database, tmp_path: Path) -> Office:
    return office_of(sqlite_db, tmp_path)


def whatsapp(number: int, text: str, sender: str = NUMBER, **more: str) -> Call:
    form = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT,
        "From": sender,
        "To": "whatsapp:+14155238886",
        "Body": text,
        "NumMedia": "0",
        **more,
    }
    return twilio_call(form)


async def comes(office: Office, *calls: Call) -> None:
    await office.comes(*calls)
    await here.until_idle(office.lanes.work, lambda: settled(office.lanes))


def whose(office: Office) -> list[tuple[int, str, Trust, Doubt]]:
    """Every link: whose, where, how well known, and in what doubt."""

    def act(s: Session) -> list[tuple[int, str, Trust, Doubt]]:
        query = select(Link, Address).join(Address, col(Address.id) == col(Link.address_id))
        return [
            (link.person_id, address.wire, link.trust, link.doubt)
            for link, address in s.exec(query.order_by(col(Link.id)))
        ]

    return office.db.read_now(act)


def proposals(office: Office) -> list[tuple[RegroupingKind, RegroupingState, int, int | None]]:
    query = select(Regrouping).order_by(col(Regrouping.id))
    return office.db.read_now(
        lambda s: [(one.kind, one.state, one.person_id, one.other_id) for one in s.exec(query)]
    )


def doubts(office: Office) -> list[Task]:
    return [one for one in scene.tasks(office.db) if one.kind is TaskKind.DOUBT]


async def test_a_number_and_an_id_in_one_message_are_one_person(office: Office) -> None:
    marta = scene.somebody(office.db)
    await comes(office, whatsapp(1, "hola", ExternalUserId="GT.1349abcDEF"))
    await comes(office, whatsapp(2, "soy yo", ID))  # her number is hidden now
    assert whose(office) == [
        (marta, NUMBER, Trust.ENROLLED, Doubt.NONE),
        (marta, ID, Trust.ENROLLED, Doubt.NONE),
    ]
    assert proposals(office) == []


async def test_an_id_that_is_known_finds_whose_a_new_number_is(office: Office) -> None:
    await comes(office, whatsapp(1, "hola", ID))
    await comes(office, whatsapp(2, "hola", ExternalUserId="GT.1349abcDEF"))
    assert {one[0] for one in whose(office)} == {1}
    assert [one[1] for one in whose(office)] == [ID, NUMBER]
    await comes(office, whatsapp(3, "hola", ID, WaId=MARTA.removeprefix("+")))
    assert len(whose(office)) == 2


async def test_one_account_in_the_record_as_two_is_proposed_to_be_one(office: Office) -> None:
    """The two are joined by nobody but a human; a stop of either holds for both at once."""
    await comes(office, whatsapp(1, "alto", ID))
    marta = scene.somebody(office.db)
    await comes(office, whatsapp(2, "hola", ExternalUserId="GT.1349abcDEF"))
    await comes(office, whatsapp(3, "hola", ExternalUserId="GT.1349abcDEF"))
    assert proposals(office) == [(RegroupingKind.JOIN, RegroupingState.PROPOSED, 1, marta)]
    assert len(doubts(office)) == 1
    assert [one[0] for one in whose(office)] == [1, marta]
    stopped = office.db.read_now(lambda s: [one.stopped_at for one in s.exec(select(Person))])
    assert None not in stopped


async def test_another_id_for_the_same_number_puts_in_doubt_who_it_is(office: Office) -> None:
    marta = scene.somebody(office.db)
    await comes(office, whatsapp(1, "hola", ExternalUserId="GT.1349abcDEF"))
    await comes(office, whatsapp(2, "hola", ExternalUserId="GT.9999xyz"))
    assert whose(office) == [
        (marta, NUMBER, Trust.ENROLLED, Doubt.NEW_ID),
        (marta, ID, Trust.ENROLLED, Doubt.NONE),
        (marta, OTHER_ID, Trust.ENROLLED, Doubt.NEW_ID),
    ]
    assert {one.person_id for one in doubts(office)} == {marta}


async def test_a_number_that_comes_with_the_id_of_another_is_proposed_to_be_theirs(
    office: Office,
) -> None:
    marta = scene.somebody(office.db)
    await comes(office, whatsapp(1, "hola", ExternalUserId="GT.1349abcDEF"))
    rosa = scene.somebody(office.db, "Rosa", OTHER_ID)
    await comes(office, whatsapp(2, "hola", ExternalUserId="GT.9999xyz"))
    assert proposals(office) == [(RegroupingKind.MOVE, RegroupingState.PROPOSED, marta, rosa)]
    assert whose(office)[0] == (marta, NUMBER, Trust.ENROLLED, Doubt.NEW_ID)


async def test_that_a_number_was_changed_is_a_proposal_and_no_act(office: Office) -> None:
    marta = scene.somebody(office.db)
    said = f"Marta cambió de {MARTA} a {CHEPE}"
    for number in (1, 2):
        await comes(office, whatsapp(number, said, MessageType="system"))
    assert proposals(office) == [(RegroupingKind.CHANGE, RegroupingState.PROPOSED, marta, None)]
    assert whose(office) == [(marta, MARTA, Trust.ENROLLED, Doubt.MOVED)]
    assert len(doubts(office)) == 2  # that it is in doubt, and what is proposed
    await comes(office, whatsapp(3, "cambió", CHEPE, MessageType="system"))  # nobody we know
    assert len(proposals(office)) == 1


def _asked(person_id: int, now: datetime, s: Session) -> None:
    case = Case(
        reference="GT-0417",
        program=Program.FAMILY_SEPARATION,
        country="GT",
        opened_at=now,
    )
    s.add(case)
    s.flush()
    talks.start(
        s,
        name="outreach",
        given=SAMPLES["outreach"],
        person_id=person_id,
        case_id=case.id,
        code="GT-0417",
        now=now,
    )


async def test_who_writes_after_a_long_silence_hears_nothing_of_a_case(office: Office) -> None:
    """Somebody else may have the number by now: a human asks, and the sender is told so once."""
    chepe = scene.somebody(office.db, "Chepe", CHEPE, Via.WHATSAPP, Role.PARENT)
    sender = f"whatsapp:{CHEPE}"
    await comes(office, whatsapp(1, "hola", sender))
    before = len(scene.messages(office.db))
    office.db.write_now(partial(_asked, chepe, office.clock.time))
    office.goes_on(days=31)
    for number, words in ((2, "GT-0417"), (3, "417")):
        await comes(office, whatsapp(number, words, sender))
        office.goes_on(minutes=1)
    (told,) = scene.messages(office.db)[before:]
    assert told.case_id is None
    assert "equipo" in told.text
    assert whose(office) == [(chepe, sender, Trust.ENROLLED, Doubt.SILENCE)]
    assert len(doubts(office)) == 1
    await comes(office, whatsapp(4, "ayuda", sender))  # help is for anybody, at once
    assert len(scene.messages(office.db)) == before + 2
