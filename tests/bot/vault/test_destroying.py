"""Destroying: two of staff, no hold, and afterwards nothing can be read by anybody."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from bot.db import Database
from bot.office import people, talks, wording
from bot.office.keeping import destroying, holds
from bot.office.keeping.rows import KEPT
from bot.office.refusal import Refusal
from bot.vault import audit
from bot.vault.evidence import Files
from bot.vault.keys import Unsealable
from models.base import SealedBytes, SealedText
from models.case import Case, CaseState, CaseWord
from models.conversation import ConversationState, Talked
from models.data_key import Subject, Whose
from models.document import DocumentType
from models.evidence import Evidence, EvidenceState, Provenance
from models.facts import PapersGiven, request_of
from models.inbox import Heard, Inbox
from models.keeping import Destruction, Hold
from models.outbox import Outbox, OutboxState
from models.person import Address, Person, Via
from models.seal import GONE
from models.staff import Staff
from models.task import Task, TaskState
from models.trail import Trail
from tests.bot import scene
from tests.bot.scene import KEYS, MARTA, NOW, later
from tests.bot.vault.test_keyring import again, asked, opened

ANA, LUIS = 1, 2
SAID = "Vive en Nebaj"


@dataclass
class Told:
    """A case in which something was said, and a file came."""

    db: Database
    person: int
    case: int
    file: int

    @property
    def who(self) -> Whose:
        """Whose key it is."""
        return Subject.CASE, self.case

    def close(self) -> None:
        """Close the case."""
        self.db.write_now(lambda s: destroying.close(s, s.get_one(Case, self.case), "staff:1", NOW))

    def ask(self, who: Whose | None = None) -> int:
        """Have Ana ask for it."""

        def act(s: Session) -> int:
            return destroying.ask(s, who or self.who, "El plazo pasó", ANA, NOW).id or 0

        return self.db.write_now(act)

    def carry_out(self, number: int, by: int = LUIS) -> tuple[str, ...]:
        """Have Luis do it."""
        return self.db.write_now(
            lambda s: destroying.carry_out(s, s.get_one(Destruction, number), by, later(days=1))
        )


@pytest.fixture
def told(sqlite_db: Database, tmp_path: Path) -> Told:
    return telling(sqlite_db, tmp_path)


def telling(db: Database, tmp_path: Path) -> Told:
    """Have something said about a case, and a file come for it."""
    stored = Files(tmp_path, KEYS).store(b"un acta")
    person, case = scene.somebody(db), opened(db)
    asked(db, case=case, person=person)

    def act(s: Session) -> int:
        for name in ("ana", "luis"):
            s.add(Staff(username=name, password_hash="", created_at=NOW))
        row = Inbox(channel="sms", account="AC", event_id="1", kind="message", lane="x",
                    raw=SAID.encode(), received_at=NOW)  # fmt: skip
        s.add(row)
        s.flush()
        address = scene.address_of(s, person)
        s.add(Heard(inbox_id=row.id or 0, person_id=person, address_id=address.id or 0,
                    case_id=case, via="sms", provider_id="SM1",
                    text=SAID, received_at=NOW))  # fmt: skip
        file = Evidence(
            person_id=person,
            case_id=case,
            via="sms",
            kind="photo",
            provenance=Provenance.RECOMPRESSED,
            locator="https://api.twilio.com/ME1",
            caption=SAID,
            state=EvidenceState.STORED,
            path=stored.path,
            secret=stored.secret,
            received_at=NOW,
        )
        s.add(file)
        s.flush()
        return file.id or 0

    return Told(db, person, case, db.write_now(act))


def readable(db: Database) -> str:
    """Read everything that is sealed and opens, in a process that has just begun."""

    def act(s: Session) -> str:
        words = []
        for table in SQLModel.metadata.tables.values():
            sealed = [
                one for one in table.columns if isinstance(one.type, SealedText | SealedBytes)
            ]
            for row in s.connection().execute(sa.select(*sealed)) if sealed else ():
                words += [str(value) for value in row]
        return "\n".join(words)

    other = again(db)
    try:
        return other.read_now(act)
    finally:
        other.close()


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as problem:
        act()
    return " ".join(text.source for text in problem.value.reasons)


def test_two_of_staff_destroy_a_closed_case_and_then_nothing_of_it_can_be_read(
    db: Database, tmp_path: Path
) -> None:
    told = telling(db, tmp_path)
    assert SAID in readable(told.db)
    assert "Close it first" in refused(told.ask)
    told.close()
    number = told.ask()
    assert told.ask() == number  # asked for twice, it is asked for once
    assert "somebody else" in refused(lambda: told.carry_out(number, by=ANA))
    told.db.write_now(lambda s: wording.add_place(s, told.case, "Nebaj"))
    file = told.db.read_now(lambda s: s.get_one(Evidence, told.file))
    assert told.carry_out(number) == (file.path,)
    left = readable(told.db)
    assert SAID not in left
    assert "Ana Xol" not in left
    assert told.db.read_now(lambda s: s.exec(select(CaseWord)).all()) == []  # nor be tried
    assert MARTA in left  # the person is another matter
    assert "ME1" in left  # its copy at the provider has still to be deleted
    item = told.db.read_now(lambda s: s.get_one(Evidence, told.file))
    assert (item.path, item.secret, item.caption) == ("", None, GONE)
    with pytest.raises(Unsealable):
        Files(tmp_path, KEYS).read(file.path, GONE)
    acts = told.db.read_now(lambda s: s.exec(select(Trail).order_by(col(Trail.id))).all())
    assert [(row.act, row.detail) for row in acts][-3:] == [
        ("case.closed", ""),
        ("destruction.asked", GONE),
        ("case.destroyed", "El plazo pasó"),
    ]
    assert told.db.read_now(lambda s: audit.verify(s, KEYS)).broken is None
    for again_ in (lambda: told.carry_out(number), told.ask):
        assert "already" in refused(again_)
    assert "destroyed" in refused(
        lambda: told.db.write_now(
            lambda s: destroying.reopen(s, s.get_one(Case, told.case), "staff:1", NOW)
        )
    )
    asked(told.db, case=told.case)  # what is still said of it breaks nothing
    assert SAID in readable(told.db)


def test_a_hold_wins_until_it_is_released(told: Told) -> None:
    told.close()
    number = told.ask()

    def place(reason: str) -> int:
        return told.db.write_now(lambda s: holds.place(s, told.who, reason, ANA, NOW).id or 0)

    assert "Say why" in refused(lambda: place(" "))
    hold = place("Una orden del juez")
    assert "held" in refused(lambda: told.carry_out(number))
    for _twice in range(2):
        told.db.write_now(lambda s: holds.release(s, s.get_one(Hold, hold), LUIS, NOW))
    assert told.carry_out(number)
    acts = told.db.read_now(lambda s: [row.act for row in s.exec(select(Trail))])
    assert acts.count("hold.released") == 1


def test_what_was_asked_for_can_be_taken_back(told: Told) -> None:
    told.close()
    number = told.ask()
    told.db.write_now(lambda s: destroying.withdraw(s, s.get_one(Destruction, number), ANA, NOW))
    assert "withdrawn already" in refused(lambda: told.carry_out(number))
    told.db.write_now(lambda s: destroying.reopen(s, s.get_one(Case, told.case), "staff:1", NOW))
    assert SAID in readable(told.db)
    assert told.db.read_now(lambda s: s.get_one(Case, told.case).state) is CaseState.OPEN


def test_a_person_is_destroyed_with_addresses_that_are_nobody_elses(told: Told) -> None:
    asked(told.db, person=told.person)
    scene.put(told.db, told.person, "a", text="Hola Marta")
    told.carry_out(told.ask((Subject.PERSON, told.person)))
    left = readable(told.db)
    assert "Marta" not in left
    assert MARTA not in left
    assert SAID in left  # what was said about the case is the case's
    row = told.db.read_now(lambda s: s.exec(select(Outbox)).one())
    assert row.state is OutboxState.CANCELLED
    task = told.db.read_now(lambda s: s.exec(select(Task).where(col(Task.case_id).is_(None))).one())
    assert task.state is TaskState.DONE
    found = told.db.read_now(lambda s: people.find(s, KEYS, Via.WHATSAPP, MARTA))
    assert found is None  # who writes from that number is somebody new


def test_a_conversation_about_a_destroyed_case_can_still_be_looked_through(told: Told) -> None:
    given = PapersGiven(7, "GT-0417", DocumentType.PASSPORT)
    about = {"person_id": told.person, "case_id": told.case, "code": "GT-0417", "now": NOW}

    def begin(s: Session) -> int:
        return talks.start(s, name="papers", given=given, **about).id or 0  # type: ignore[arg-type]

    number = told.db.write_now(begin)
    told.close()
    told.carry_out(told.ask())
    talked = told.db.read_now(lambda s: s.get_one(Talked, number))
    assert talked.state is ConversationState.CANCELLED
    assert request_of(talked.given) is None  # as when files come for it all the same
    assert json.loads(talked.journal) == {}


def _done(what: sa.Update, s: Session) -> None:
    s.connection().execute(what)


def test_what_was_theirs_once_and_is_somebody_elses_now_is_not_lost(told: Told) -> None:
    asked(told.db, person=told.person)
    scene.put(told.db, told.person, "a", text="Hola Marta")
    other = scene.somebody(told.db, "Rosa", "+50255550002")
    for model in (Task, Outbox):
        moved = sa.update(model).where(col(model.case_id).is_(None)).values(person_id=other)
        told.db.write_now(partial(_done, moved))
    told.carry_out(told.ask((Subject.PERSON, told.person)))
    assert MARTA not in readable(told.db)
    task = told.db.read_now(lambda s: s.exec(select(Task).where(Task.person_id == other)).one())
    assert (task.detail, task.state) == (SAID, TaskState.OPEN)
    assert told.db.read_now(lambda s: s.exec(select(Outbox.text)).one()) == "Hola Marta"


def test_who_said_stop_is_still_not_written_to_after_they_were_destroyed(told: Told) -> None:
    told.db.write_now(lambda s: setattr(s.get_one(Person, told.person), "stopped_at", NOW))
    told.carry_out(told.ask((Subject.PERSON, told.person)))
    assert MARTA not in readable(told.db)
    found = told.db.read_now(lambda s: people.find(s, KEYS, Via.WHATSAPP, MARTA))
    assert found is not None
    assert found[0].stopped_at is not None


def test_what_was_sealed_before_there_were_keys_is_written_over(told: Told) -> None:
    old = sa.update(Case).values(sought="Ana Xol de Nebaj")
    told.db.write_now(lambda s: s.connection().execute(old) and None)
    pin = sa.update(Heard).values(note="pin 15.66000,-91.71000")
    told.db.write_now(lambda s: s.connection().execute(pin) and None)
    told.close()
    told.carry_out(told.ask())
    assert "Nebaj" not in readable(told.db)
    assert told.db.read_now(lambda s: s.exec(select(Heard.note)).one()) == "pin"
    assert {"evidence.locator"} == KEPT
    assert told.db.read_now(lambda s: s.exec(select(Address.wire)).one()) == MARTA


def test_whoever_was_joined_is_destroyed_with_whom_they_were_found_to_be(told: Told) -> None:
    """What was theirs is sealed with a key of theirs: alone, it would take the other's away."""
    other = scene.somebody(told.db, "Ana", "+50255550009")

    def join(s: Session) -> None:
        person = s.get_one(Person, other)
        person.joined_into = told.person
        s.add(person)

    told.db.write_now(join)
    with pytest.raises(Refusal, match="found to be another"):
        told.ask((Subject.PERSON, other))
    told.close()
    told.carry_out(told.ask((Subject.PERSON, told.person)))
    names = told.db.read_now(lambda s: [one.name for one in s.exec(select(Person))])
    assert names == [GONE, GONE]
