"""Whose key a value is sealed with follows from its row; what was destroyed is said to be gone."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from models.base import SealedBytes, SealedText, _Seals, blind, house, sealer
from models.case import Case
from models.conversation import Talked
from models.data_key import Subject, of, week_of, whose
from models.person import Address, Person
from models.seal import GONE, Destroyed, during, here, owned, owned_bytes
from models.staff import Staff

DIALECT = sa.create_engine("sqlite://").dialect


class Sealer:
    """Seals by writing its own name before, and can forget how to open."""

    def __init__(self, name: str, *, lost: bool = False) -> None:
        self.name = name.encode() + b":"
        self.lost = lost

    def seal(self, plain: bytes, place: str) -> bytes:
        """Write the name, the place and the rest."""
        return self.name + place.encode() + b":" + plain

    def lookup(self, kind: str, value: str) -> str:
        """Write the kind before."""
        return f"{kind}:{value}"

    def open(self, sealed: bytes, place: str) -> bytes:
        """Take the name and the place away again."""
        if self.lost:
            raise Destroyed
        return sealed.removeprefix(self.seal(b"", place))


HOUSE, ACT, CASE = Sealer("house"), Sealer("act"), Sealer("case")


@pytest.fixture(autouse=True)
def of_the_house() -> Iterator[None]:
    before, _Seals.sealer = _Seals.sealer, HOUSE
    yield
    _Seals.sealer = before


def test_a_row_is_sealed_with_its_own_key_or_that_of_its_case_before_its_person():
    assert whose(Case(id=7, reference="GT-0417", country="GT")) == (Subject.CASE, 7)
    assert whose(Person()) == (Subject.PERSON, 0)
    assert whose(Address(id=2, lookup="")) == (Subject.ADDRESS, 2)
    assert whose(Talked(name="offer", case_id=7, person_id=3)) == (Subject.CASE, 7)
    assert whose(Talked(name="offer", person_id=3)) == (Subject.PERSON, 3)
    assert whose(Staff(id=1, username="ana", password_hash="")) is None
    assert of(None, None) is None
    assert week_of(datetime(2027, 1, 1, tzinfo=UTC)) == (Subject.INTAKE, 202653)


def test_an_act_seals_and_opens_in_the_place_of_the_house_until_it_is_over():
    text = SealedText("a.b")
    assert here() is None
    with during(ACT):
        assert text.process_bind_param("x", DIALECT) == b"act:a.b:x"
        assert text.process_result_value(b"act:a.b:x", DIALECT) == "x"
        assert house() is HOUSE
        assert blind("phone", "1") == "phone:1"
    assert sealer() is HOUSE


def test_what_has_an_owner_is_sealed_with_the_owners_key():
    with during(ACT):
        assert SealedText("a.b").process_bind_param(owned("x", CASE), DIALECT) == b"case:a.b:x"
        kept = SealedBytes("a.b").process_bind_param(owned_bytes(b"x", CASE), DIALECT)
    assert kept == b"case:a.b:x"
    assert owned("x", CASE) == "x"
    assert type(owned("", CASE)) is str  # nothing needs no key


def test_what_was_destroyed_is_gone_and_breaks_nothing_that_reads_it():
    with during(Sealer("act", lost=True)):
        assert SealedText("a.b").process_result_value(b"x", DIALECT) == GONE
        assert SealedText("a.b", "[]").process_result_value(b"x", DIALECT) == "[]"
        assert SealedBytes("a.b").process_result_value(b"x", DIALECT) == b""
