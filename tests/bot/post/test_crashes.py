"""Any crash between any two steps: each arrival takes effect once, in order, and nothing is lost.

Two processes work one record. Whatever they hold in memory may vanish at any moment; what the
provider was given stays given. In the end everybody is heard.
"""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlmodel import Session, select

from bot import migrate
from bot.db import Database
from bot.post import doubts, inbox, outbox, receipts
from bot.post.inbox import LEASE, Kept, LaneClaim
from bot.post.outbox import Claim
from channels.base import (
    Busy,
    Envelope,
    Failure,
    Kind,
    Receipt,
    Sent,
    Status,
    Uncertain,
    Unreachable,
)
from models.base import use_sealer
from models.inbox import Inbox, InboxState
from models.outbox import Attempt, OutboxState, Weight
from models.person import Via
from tests.bot import scene
from tests.bot.scene import KEYS, NOW

PEOPLE = (
    ("Marta", scene.MARTA, Via.WHATSAPP),  # whose provider can be asked what it sent
    ("Ana", "700100", Via.TELEGRAM),  # whose provider cannot
)
GONE_OUT = {
    OutboxState.ACCEPTED,
    OutboxState.SENT,
    OutboxState.DELIVERED,
    OutboxState.READ,
}
LONG = timedelta(seconds=max(LEASE.total_seconds(), outbox.LEASE.total_seconds()) + 1)


@cache
def ground() -> Path:
    """Migrate one file, to be copied for each story."""
    path = Path(tempfile.mkdtemp(prefix="enlace-crashes-")) / "ground.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@dataclass
class Process:
    """What a process holds in memory, and loses when it dies."""

    lanes: list[LaneClaim] = field(default_factory=list)
    flying: list[Claim] = field(default_factory=list)
    sent: list[tuple[Claim, Sent | Failure]] = field(default_factory=list)


which = some.integers(0, 1)


class Story(RuleBasedStateMachine):
    """Two processes, two people, one provider for each, and no mercy."""

    def __init__(self) -> None:
        super().__init__()
        use_sealer(KEYS)
        self.folder = Path(tempfile.mkdtemp(prefix="enlace-story-"))
        self.db = Database(f"sqlite:///{shutil.copy(ground(), self.folder / 'enlace.db')}")
        self.people = [scene.somebody(self.db, *one) for one in PEOPLE]
        self.now = NOW
        self.processes = [Process(), Process()]
        self.arrived: list[tuple[int, str]] = []  # who, and which event
        self.phones: list[tuple[int, int]] = []  # whose phone shows which message
        self.doubted: set[int] = set()

    def teardown(self) -> None:
        """Let everybody be heard, and look whether they were."""
        try:
            self._everybody_is_heard()
        finally:
            self.db.close()
            shutil.rmtree(self.folder)

    # --- what comes in ------------------------------------------------------------------------

    @rule(who=which, times=some.integers(1, 3))
    def somebody_writes(self, who: int, times: int) -> None:
        """An event comes, once or more often."""
        event = f"event {len(self.arrived)}"
        self.arrived.append((who, event))
        for _ in range(times):
            self._deliver(who, event)

    @rule(data=some.data())
    @precondition(lambda self: self.arrived)
    def a_provider_delivers_again(self, data: Any) -> None:
        """An event that came before comes again."""
        self._deliver(*data.draw(some.sampled_from(self.arrived)))

    def _deliver(self, who: int, event: str) -> None:
        envelope = Envelope("x", f"account {who}", event, Kind.MESSAGE, "", event.encode())
        kept = Kept(envelope, f"lane {who}", self.now)
        self.db.write_now(lambda s: inbox.insert(s, [kept], KEYS))

    # --- what is worked -----------------------------------------------------------------------

    @rule(process=which, most=some.integers(1, 2))
    def lanes_are_claimed(self, process: int, most: int) -> None:
        """A process takes lanes."""
        claims = self.db.write_now(
            lambda s: inbox.claim_lanes(s, now=self.now, owner=str(process), most=most)
        )
        self.processes[process].lanes += claims

    @rule(process=which, fails=some.booleans())
    def a_turn_is_taken(self, process: int, *, fails: bool) -> None:
        """It lets one envelope take effect, or fails over it."""
        for claim in self.processes[process].lanes[:1]:
            self.db.write_now(partial(self._turn, claim, fails=fails))

    def _turn(self, claim: LaneClaim, s: Session, *, fails: bool) -> None:
        if not inbox.holds(s, claim, self.now):
            return
        for row in inbox.heads(s, claim.lane):
            if fails and row.attempts < inbox.TRIES - 1:
                inbox.fail(s, claim, row.id or 0, "x", self.now)
                continue
            who = int(claim.lane[-1])
            outbox.put(
                s,
                person_id=self.people[who],
                address=scene.address_of(s, self.people[who]),
                text=row.event_id,
                key=f"in{row.id}",
                weight=Weight.REPLY,
                now=self.now,
                repeatable=bool((row.id or 0) % 2),
                expires_at=self.now + timedelta(days=3650),
            )
            inbox.finish(s, row, InboxState.DONE, self.now)

    @rule(process=which)
    def a_lane_is_let_go(self, process: int) -> None:
        """It lets a lane go."""
        for claim in self.processes[process].lanes[:1]:
            self.db.write_now(partial(_let_go, claim))
            self.processes[process].lanes.remove(claim)

    # --- what goes out ------------------------------------------------------------------------

    @rule(process=which, most=some.integers(1, 3))
    def messages_are_taken(self, process: int, most: int) -> None:
        """It takes messages to send."""
        claims = self.db.write_now(lambda s: scene.take(s, now=self.now, most=most))
        self.processes[process].flying += claims

    @rule(
        process=which,
        how=some.sampled_from(["taken", "taken", "no answer", "lost", "busy", "away"]),
    )
    def the_provider_is_asked_to_send(self, process: int, how: str) -> None:
        """It sends one. Only the provider knows what became of it."""
        own = self.processes[process]
        for claim in own.flying[:1]:
            own.flying.remove(claim)
            if how in ("taken", "no answer"):
                person = scene.message(self.db, claim.outbox_id).person_id
                self.phones.append((person, claim.outbox_id))
            own.sent.append((claim, _answer(how, claim)))

    @rule(process=which)
    def how_it_ended_is_written_down(self, process: int) -> None:
        """It writes down what it was told."""
        own = self.processes[process]
        for claim, result in own.sent[:1]:
            own.sent.remove((claim, result))
            self.db.write_now(partial(self._end, claim, result))

    def _end(self, claim: Claim, result: Sent | Failure, s: Session) -> None:
        if isinstance(result, Uncertain):
            self.doubted.add(claim.outbox_id)
        scene.land(s, claim, scene.judged(s, claim, result, self.now), self.now)

    @rule(data=some.data(), status=some.sampled_from([Status.SENT, Status.DELIVERED]))
    @precondition(lambda self: self.phones)
    def news_comes(self, data: Any, status: Status) -> None:
        """The provider tells of a message."""
        person, number = data.draw(some.sampled_from(self.phones))
        if person == self.people[1]:
            return  # Telegram brings no news
        receipt = Receipt("whatsapp", "x", "e", f"id{number}.1", status, key=str(number))
        self.db.write_now(lambda s: receipts.apply(s, {}, receipt, self.now))

    # --- what goes wrong ----------------------------------------------------------------------

    @rule(process=which)
    def a_process_dies(self, process: int) -> None:
        """All that a process held in memory is gone."""
        self.doubted |= {claim.outbox_id for claim in self.processes[process].flying}
        self.doubted |= {claim.outbox_id for claim, _ in self.processes[process].sent}
        self.processes[process] = Process()

    @rule(seconds=some.sampled_from([1, 10, 40, 100, 700]))
    def time_passes(self, seconds: int) -> None:
        """Leases run out."""
        self.now += timedelta(seconds=seconds)

    @rule()
    def somebody_looks_after_what_is_in_doubt(self) -> None:
        """The clock looks at what nobody knows."""

        def orphans(s: Session) -> list[int]:
            return [row.id or 0 for row in outbox.orphans(s, self.now, clock=self.now)]

        self.doubted |= set(self.db.write_now(orphans))
        before = self.now - timedelta(seconds=120)
        for doubt in self.db.read_now(lambda s: doubts.unknown(s, before)):
            self.db.write_now(partial(_settle, doubt.id, self._found(doubt.id), self.now))

    def _found(self, number: int) -> Sent | None:
        on_phone = (self.people[0], number) in self.phones
        return Sent(f"id{number}.1") if on_phone else None

    # --- what must hold -----------------------------------------------------------------------

    @invariant()
    def each_event_is_one_envelope_and_at_most_one_message(self) -> None:
        """However often it came."""
        events = Counter(self._all(Inbox.account, Inbox.event_id))
        assert set(events.values()) <= {1}
        words = Counter(row.text for row in scene.messages(self.db))
        assert set(words.values()) <= {1}

    @invariant()
    def nobody_has_two_messages_under_way(self) -> None:
        """Whoever sends."""
        sending = [
            row.person_id for row in scene.messages(self.db) if row.state is OutboxState.SENDING
        ]
        assert len(sending) == len(set(sending))

    @invariant()
    def nothing_is_said_more_often_than_it_may(self) -> None:
        """Only what harms nobody, and only once more."""
        for (person, number), times in Counter(self.phones).items():
            row = scene.message(self.db, number)
            askable = person == self.people[0]
            # Where its provider was asked while a slow sender still held it, that one comes second.
            slow = row.repeatable and number in self.doubted
            assert times <= (2 if slow else 1), (askable, number, times)

    def _all(self, *columns: Any) -> list[Any]:
        return self.db.read_now(lambda s: list(s.exec(select(*columns))))

    def _everybody_is_heard(self) -> None:
        self.processes = [Process(), Process()]
        for _ in range(4 * len(self.arrived) + 20):
            self.now += LONG + timedelta(seconds=600)
            self.somebody_looks_after_what_is_in_doubt()
            self.lanes_are_claimed(0, 2)
            for _ in self.processes[0].lanes[:]:
                self.a_turn_is_taken(0, fails=False)
                self.a_lane_is_let_go(0)
            self.messages_are_taken(0, 3)
            for _ in self.processes[0].flying[:]:
                self.the_provider_is_asked_to_send(0, "taken")
                self.how_it_ended_is_written_down(0)
        states = self._all(Inbox.state)
        assert set(states) <= {InboxState.DONE}, Counter(states)
        for who, person in enumerate(self.people):
            self._all_was_said(who, person)

    def _all_was_said(self, who: int, person: int) -> None:
        mine = [event for one, event in self.arrived if one == who]
        rows = [row for row in scene.messages(self.db) if row.person_id == person]
        assert [row.text for row in rows] == mine  # each once, in order
        for row in rows:
            on_phone = (person, row.id) in self.phones
            if row.state in GONE_OUT:
                assert on_phone, row
            else:
                # Only what may have gone out is left to a human, and is shown as unknown.
                assert (row.state, row.id in self.doubted) == (OutboxState.UNKNOWN, True), row
                assert row.next_at is None
        heard = [number for one, number in self.phones if one == person]
        sure = [number for number in heard if number not in self.doubted]
        assert sure == sorted(sure)  # and heard in order, where nothing was in doubt
        tries = self._all(Attempt.outbox_id, Attempt.n)
        assert len(tries) == len(set(tries))


def _let_go(claim: LaneClaim, s: Session) -> None:
    inbox.release(s, claim)


def _settle(number: int, found: Sent | None, now: datetime, s: Session) -> None:
    doubts.settle(s, number, found, now)


def _answer(how: str, claim: Claim) -> Sent | Failure:
    match how:
        case "taken":
            return Sent(f"id{claim.outbox_id}.{claim.attempt}")
        case "busy":
            return Busy("later")
        case "away":
            return Unreachable("away")
        case _:
            return Uncertain("no answer")


Story.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestStory = Story.TestCase
