"""Several Defenders answer in any order, any number of times: never do two have the work."""

import threading
from dataclasses import dataclass, field
from enum import Enum

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from bot import migrate
from bot.db import Database
from bot.office import casebook, people
from bot.office.casebook import Covered, Notice
from models.assignment import Assignment, AssignmentState, DeclineReason, Offer, OfferState
from models.conversation import Talked
from models.facts import Accepted, Declined, Lapsed
from models.outbox import OutboxState
from models.person import Via
from models.task import TaskKind
from tests.office.scene import NOON, Office


class Move(Enum):
    """What somebody does."""

    YES = "yes"
    NO = "no"
    SILENCE = "silence"
    STOP = "stop"
    WITHDRAW = "withdraw"


MOVES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([Move.YES, Move.NO, Move.SILENCE, Move.STOP]))
    | st.just((0, Move.WITHDRAW)),
    max_size=10,
)


@dataclass
class Story:
    """Four Defenders, one offer, and what each was told."""

    office: Office
    shown: set[int]
    told: list[Notice] = field(default_factory=list)
    first: int | None = None

    def __post_init__(self) -> None:
        office = self.office
        self.people = [office.person(name) for name in ("Marta", "Rosa", "Eva", "Ana")]
        self.assignment = office.offer(office.case(), self.people, details="")
        self.talks: list[Talked] = [office.talk(person, "offer") for person in self.people]
        for n in self.shown:
            office.show(self.talks[n]).state = OutboxState.SENT

    def play(self, n: int, move: Move) -> None:
        """Let one of them do something."""
        person, talked, number = self.people[n], self.talks[n], self.assignment.id or 0
        before = self.offers()[n]
        match move:
            case Move.YES:
                try:
                    self.told += self.office.record(talked, Accepted(number))
                except Covered:
                    assert before is not OfferState.ACCEPTED
                else:
                    assert before in (OfferState.OFFERED, OfferState.ACCEPTED)
                    self.first = n if self.first is None else self.first
            case Move.NO:
                self.told += self.office.record(talked, Declined(number, DeclineReason.TIME))
            case Move.SILENCE:
                self.told += self.office.record(talked, Lapsed(number))
            case Move.STOP:
                address = self.office.only_address(person)
                people.stop(self.office.s, person, address, Via.WHATSAPP, "alto", None, NOON)
            case Move.WITHDRAW:
                self.told += casebook.withdraw(self.office.s, self.assignment, NOON, "staff:1")
        self.office.s.flush()

    def offers(self) -> list[OfferState]:
        """How each offer stands."""
        return [offer.state for offer in self.office.all(Offer)]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=MOVES, shown=st.sets(st.integers(0, 3)))
def test_exactly_one_has_it_whatever_the_order(database, moves, shown):
    with database._writer.connect() as connection:
        transaction = connection.begin()
        with Session(
            connection, join_transaction_mode="rollback_only", expire_on_commit=False
        ) as s:
            story = Story(Office(s), shown)
            for n, move in moves:
                story.play(n, move)
            check(story, moves)
        transaction.rollback()


def check(story: Story, moves: list[tuple[int, Move]]) -> None:
    """Hold the record against what happened."""
    offers, office = story.offers(), story.office
    (assignment,) = office.all(Assignment)
    said_yes = [n for n, move in moves if move is Move.YES]
    winners = [n for n, state in enumerate(offers) if state is OfferState.ACCEPTED]
    assert winners == ([] if story.first is None else [story.first])
    if winners:
        assert said_yes
        assert assignment.defender_id == story.people[winners[0]].id
        assert OfferState.OFFERED not in offers
        assert len(office.tasks(kind=TaskKind.DETAILS)) == 1
    # Nobody is told twice, and only who has seen an offer hears what became of it.
    keys = [notice.key for notice in story.told]
    assert len(keys) == len(set(keys))
    seen = {story.people[n].id for n in story.shown} | {story.people[n].id for n in winners}
    assert {notice.person_id for notice in story.told} <= seen
    # A human is called just when everybody has answered and nobody has it.
    nobody = assignment.state is AssignmentState.OFFERED and OfferState.OFFERED not in offers
    called = len(office.tasks(kind=TaskKind.NOBODY_LEFT))
    assert called == 1 if nobody else called in (0, 1)
    if winners or OfferState.OFFERED in offers:
        assert called == 0


def test_two_transactions_that_accept_at_once_make_one_winner(postgres_url):
    """The second waits for the first, and then sees it: on PostgreSQL both run at once."""
    migrate.upgrade(postgres_url)
    database = Database(postgres_url)
    number, talks = database.write_now(_offered)
    together = threading.Barrier(len(talks))
    outcomes: list[str] = []

    def accept(talk_id: int) -> None:
        def act(s: Session) -> str:
            talked = s.get_one(Talked, talk_id)
            try:
                casebook.record(s, talked, Accepted(number), NOON)
            except Covered:
                return "covered"
            return "hers"

        together.wait()
        outcomes.append(database.write_now(act))

    threads = [threading.Thread(target=accept, args=[talk_id]) for talk_id in talks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["covered"] * (len(talks) - 1) + ["hers"]
    winners = database.read_now(
        lambda s: [o.state for o in Office(s).all(Offer) if o.state is OfferState.ACCEPTED]
    )
    assert len(winners) == 1
    database.close()


def _offered(s: Session) -> tuple[int, list[int]]:
    office = Office(s)
    whom = [office.person(name) for name in ("Marta", "Rosa", "Eva", "Ana")]
    assignment = office.offer(office.case(), whom)
    return assignment.id or 0, [office.talk(person, "offer").id or 0 for person in whom]
