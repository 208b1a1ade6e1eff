"""Times keep their zone, and words are sealed on their way into the record."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError
from sqlmodel import Session, SQLModel, col, select

from bot.vault.keys import Keys, Unsealable
from models.base import (
    Choice,
    Moment,
    SealedBytes,
    SealedText,
    _Seals,
    among,
    blind,
    know_all,
    use_sealer,
)
from models.case import Case, Program
from models.document import DocumentType
from models.facts import LanguageChosen, PapersGiven, SearchReported, pack, request_of, unpack
from models.person import Person, Role
from models.text import p_
from models.whereabouts import Certainty, Finding, Source

NOON = datetime(2026, 11, 24, 12, tzinfo=timezone(timedelta(hours=-6)))


@pytest.fixture
def s() -> Iterator[Session]:
    know_all()
    before = _Seals.sealer
    use_sealer(Keys(b"1" * 32))
    engine = sa.create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()
    _Seals.sealer = before


def test_a_time_comes_back_in_utc_and_one_without_a_zone_is_refused(s: Session):
    s.add(Person(name="María", created_at=NOON))
    s.commit()
    kept = s.exec(select(Person)).one()
    s.refresh(kept)
    assert kept.created_at == NOON
    assert kept.created_at.tzinfo is UTC
    s.add(Person(name="Sin hora", created_at=NOON.replace(tzinfo=None)))
    with pytest.raises(StatementError, match="no zone"):
        s.commit()


def test_a_name_cannot_be_read_on_disk_and_nothing_stays_nothing(s: Session):
    s.add(Person(name="María \ud83d", created_at=NOON))
    s.commit()
    (raw,) = s.connection().exec_driver_sql("SELECT name FROM person").one()
    assert b"Mar" not in raw
    assert s.exec(select(Person.name)).one() == "María \ud83d"
    for kind in (SealedText("a.b"), SealedBytes("a.b")):
        dialect = s.get_bind().dialect
        assert kind.process_bind_param(None, dialect) is None
        assert kind.process_result_value(None, dialect) is None


def test_bytes_come_back_as_they_were_and_only_where_they_belong(s: Session):
    dialect = s.get_bind().dialect
    here, there = SealedBytes("a.b"), SealedBytes("a.c")
    kept = here.process_bind_param(b"\x00raw", dialect)
    assert here.process_result_value(kept, dialect) == b"\x00raw"
    with pytest.raises(Unsealable):
        there.process_result_value(kept, dialect)


def test_what_is_not_known_yet_stays_so(s: Session):
    dialect = s.get_bind().dialect
    for kind in (Moment(), Choice(Role)):
        assert kind.process_bind_param(None, dialect) is None
        assert kind.process_result_value(None, dialect) is None


@pytest.mark.parametrize(("reference", "number"), [("GT-0417", 417), ("HN-12", 12), ("OLD", 0)])
def test_a_case_has_the_number_that_its_reference_says(s: Session, reference: str, number: int):
    s.add(Case(reference=reference, program=Program.LABOR, country="GT", opened_at=NOON))
    s.commit()
    assert s.exec(select(col(Case.number))).one() == number


def test_one_of_a_few_is_found_with_its_values_written_out(s: Session):
    s.add(Person(name="María", role=Role.PARENT, created_at=NOON))
    s.add(Person(name="Ana", role=Role.DEFENDER, created_at=NOON))
    s.commit()
    found = s.exec(select(Person).where(among(col(Person.role), [Role.PARENT, Role.LAWYER]))).all()
    assert [one.name for one in found] == ["María"]


def test_a_sentence_knows_the_context_that_gives_it_its_meaning():
    said = p_("of a task", "Done by {who}.", who="Ana")
    assert (said.context, said.source, said.values) == (
        "of a task",
        "Done by {who}.",
        (("who", "Ana"),),
    )


def test_nothing_is_sealed_before_there_is_a_sealer(s: Session):
    _Seals.sealer = None
    s.add(Person(name="María", created_at=NOON))
    with pytest.raises(StatementError, match="use_sealer"):
        s.commit()


@pytest.mark.parametrize(
    "fact",
    [
        PapersGiven(7, "GT-0417", DocumentType.PASSPORT, "pasaporte"),
        SearchReported(1, Finding.FOUND, "aldea", 15.5, -91.6, Source.FAMILY, Certainty.SURE),
        SearchReported(1, Finding.COULD_NOT_LOOK),
        LanguageChosen("eng"),
    ],
)
def test_a_fact_is_read_back_as_it_was(fact: object):
    assert unpack(pack(fact)) == fact


def test_a_conversation_about_papers_says_which_document_it_asks_for():
    papers = PapersGiven(7, "GT-0417", DocumentType.PASSPORT)
    assert request_of(json.dumps(pack(papers))) == 7
    assert request_of(json.dumps(pack(LanguageChosen("eng")))) is None


def test_a_mark_is_found_again_and_not_read():
    use_sealer(Keys(b"1" * 32))
    mark = blind("case.word", "kevin")
    assert mark == blind("case.word", "kevin")
    assert mark not in (blind("case.word", "kevim"), blind("other", "kevin"))
    use_sealer(Keys(b"2" * 32))
    assert mark != blind("case.word", "kevin")
