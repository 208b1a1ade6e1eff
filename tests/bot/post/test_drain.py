"""A record that is away: what comes lies beside it, and is in it before anything is sent."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from sqlmodel import select

from bot.db import Database
from bot.post import outbox, outcomes, webhooks
from bot.post.drain import Drain
from bot.post.outbox import Claim
from bot.post.outcomes import Outcomes, packed, unpacked
from bot.post.spool import BAD, ENVELOPE, OUTCOME, TEMP, Spool
from bot.post.webhooks import TWIML
from bot.worker import Worker
from channels import failures
from channels.base import (
    BadAddress,
    Busy,
    Envelope,
    Failure,
    Kind,
    Remedy,
    Scope,
    Sent,
    Status,
    Unreachable,
)
from models.inbox import Inbox
from models.outbox import OutboxState
from models.person import Person
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.gate import gate
from tests.bot.post.dying import CAME, WENT, dies
from tests.bot.post.office import Office, numbered, sid, sms
from tests.bot.post.test_webhooks import Door, message, news, open_doors, update
from tests.bot.scene import KEYS, NOW, put
from tests.channels.standins import message as resource
from tests.channels.standins import serve


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody wait long for a record that is away."""
    monkeypatch.setattr(webhooks, "QUICK", 0.3)
    monkeypatch.setattr(webhooks, "PATIENCE", 0.3)
    monkeypatch.setattr(outcomes, "QUICK", 0.3)


def spool_in(folder: Path) -> Spool:
    """Open the folder beside the record, as each process does."""
    made = Spool(folder / "spool", KEYS)
    made.prepare()
    return made


@pytest.fixture
async def door(db: Database, tmp_path: Path) -> AsyncIterator[Door]:
    """Give the doors of a world with a folder beside its record."""
    async with open_doors(db, tmp_path) as opened:
        opened.world.spool = spool_in(tmp_path)
        yield opened


def lying(door: Door) -> int:
    """How much lies beside the record."""
    assert door.world.spool is not None
    return door.world.spool.look().waiting


# --- what comes in --------------------------------------------------------------------------------


async def test_while_the_record_is_away_twilio_is_thanked_for_what_lies_beside_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D7.1, D8.5: Telegram comes again by itself for a day, and keeps the order."""
    with here.locked(door.db):
        answer = await door.calls(message(1))
        assert (answer.status_code, answer.content) == (200, TWIML)
        monkeypatch.setattr(webhooks, "QUICK", 60)  # from here on nobody waits for the record
        assert (await door.calls(news(2))).status_code == 200
        assert (await door.calls(message(3, Body="GT 417"))).status_code == 200
        assert (await door.calls(update())).status_code == 503
        assert lying(door) == 3
    await Drain(door.world).work()
    assert lying(door) == 0
    assert [row.event_id for row in door.kept()] == [sid(1), f"{sid(2)}.delivered.", sid(3)]
    assert {row.received_at for row in door.kept()} == {NOW}
    assert b"GT+417" in door.kept()[2].raw
    with here.locked(door.db):
        waiting = asyncio.create_task(door.calls(message(4)))
        await asyncio.sleep(0.4)
        assert not waiting.done()  # the record is asked again
    assert (await waiting).status_code == 200
    assert lying(door) == 0


async def test_what_comes_while_something_lies_there_waits_behind_it(door: Door) -> None:
    """D7.3: one person's messages take effect in the order in which they came."""
    with here.locked(door.db):
        for number in (1, 2):
            await door.calls(message(number))
    for number in (3, 2, 4):
        assert (await door.calls(message(number))).status_code == 200
    await Drain(door.world).work()
    assert [row.event_id for row in door.kept()] == [sid(n) for n in (1, 2, 3, 4)]


async def test_a_server_that_refuses_everybody_costs_nobody_a_message(
    postgres_db: Database, tmp_path: Path
) -> None:
    """PostgreSQL is stopped under load, and started again."""
    async with gate(postgres_db.url.render_as_string(hide_password=False)) as before:
        db = Database(before.url)
        async with open_doors(db, tmp_path) as door:
            door.world.spool = spool_in(tmp_path)
            assert (await door.calls(message(1))).status_code == 200
            await before.shut()
            answers = await asyncio.gather(
                *(door.calls(message(n, f"whatsapp:+5025555{n:04}")) for n in range(2, 40))
            )
            assert {one.status_code for one in answers} == {200}
            assert lying(door) == 38
            with pytest.raises(Exception, match="did not take it"):
                await Drain(door.world).work()
            assert lying(door) == 38
            await before.open()
            await Drain(door.world).work()
            assert (await door.calls(message(40))).status_code == 200
        await asyncio.to_thread(db.close)
        kept = await postgres_db.read(lambda s: sorted(s.exec(select(Inbox.event_id))))
    assert kept == sorted(sid(n) for n in range(1, 41))


async def test_brought_in_twice_and_by_two_at_once_it_is_there_once(
    door: Door, tmp_path: Path
) -> None:
    """D7.2, D8.6: one died before it took the files away; two processes share the folder."""
    with here.locked(door.db):
        await asyncio.gather(
            *(door.calls(message(n, f"whatsapp:+5025555{n % 3:04}")) for n in range(150))
        )
    shutil.copytree(tmp_path / "spool", tmp_path / "copy")
    other = here.world(door.db, tmp_path)
    other.spool = spool_in(tmp_path)
    await asyncio.gather(Drain(door.world).work(), Drain(other).work())
    before = [row.event_id for row in door.kept()]
    assert sorted(before) == sorted(sid(n) for n in range(150))
    shutil.copytree(tmp_path / "copy", tmp_path / "spool", dirs_exist_ok=True)
    await Drain(other).work()
    assert [row.event_id for row in door.kept()] == before
    assert lying(door) == 0
    await here.closed(other)


async def test_a_web_process_brings_in_what_it_put_there_itself(door: Door) -> None:
    """Its workers may live on another machine."""
    with here.locked(door.db):
        await door.calls(message(1))
    draining = asyncio.create_task(Drain(door.world).run())
    async with asyncio.timeout(10):
        while lying(door):  # noqa: ASYNC110 - another task makes it so
            await asyncio.sleep(0.05)
    draining.cancel()
    assert [row.event_id for row in door.kept()] == [sid(1)]


async def test_neither_the_record_nor_the_folder_takes_it_then_twilio_comes_again(
    door: Door, tmp_path: Path
) -> None:
    """D8.31: nothing is thanked for that is not kept."""
    shutil.rmtree(tmp_path / "spool")
    with here.locked(door.db):
        assert (await door.calls(message(1))).status_code == 503
    assert (await door.calls(message(2))).status_code == 200  # the record needs no folder
    assert sid(2) in [row.event_id for row in door.kept()]
    with pytest.raises(FileNotFoundError):
        await Drain(door.world).work()


# --- what cannot be brought in --------------------------------------------------------------------


async def test_a_file_that_cannot_be_read_is_set_aside_for_a_human_and_costs_the_others_nothing(
    door: Door,
) -> None:
    spool = door.world.spool
    assert spool is not None
    for number in (1, 2, 3):
        envelope = door.world.doors["twilio/messages"].admit(message(number))
        await spool.keep(envelope, NOW)
    # What no record takes, on either kind: no text, but for Python.
    await spool.keep(Envelope("sms", "AC1", "\ud800", Kind.MESSAGE, "+1", b"x"), NOW)
    await spool.put(OUTCOME, b"no outcome")
    await spool.put(OUTCOME, packed(Claim(404, 1, 1), Sent("SM404")))
    _first, second, _third, poison = spool.names(ENVELOPE)
    (spool.folder / second).write_bytes(b"\x00" * 40)
    bad = {f"{name}.{BAD}" for name in (second, poison, *spool.names(OUTCOME))}
    await Drain(door.world).work()
    assert [row.event_id for row in door.kept()] == [sid(1), sid(3)]
    assert {path.name for path in spool.folder.iterdir()} == bad
    found = scene.tasks(door.db)
    assert {task.cause for task in found} == {f"spool:{name.removesuffix('.bad')}" for name in bad}
    assert {task.kind for task in found} == {TaskKind.BROKEN}
    assert all(str(spool.folder) in task.detail for task in found)
    await Drain(door.world).work()
    assert len(scene.tasks(door.db)) == 4


# --- before anything is sent ----------------------------------------------------------------------


async def test_a_stop_beside_the_record_takes_effect_before_anything_is_sent(
    db: Database, tmp_path: Path
) -> None:
    """D7.11, D8.21: what waits for its sender goes to nobody who said stop meanwhile."""
    async with serve(numbered()) as provider:
        world = here.world(db, tmp_path, provider=provider.url)
        world.spool = spool_in(tmp_path)
        marta, ana = sms(db), sms(db, "Ana", "+50255550001")
        envelope = world.doors["twilio/messages"].admit(
            message(1, scene.MARTA, To="+15005550006", Body="ALTO")
        )
        await world.spool.keep(envelope, NOW)
        hers, anas = (put(db, one, f"k{one}", text="Hola") for one in (marta, ana))
        worker = Worker(world)
        await worker.start()
        async with asyncio.timeout(20):
            while scene.message(db, anas).state is not OutboxState.ACCEPTED:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.02)
        await worker.stop()
        assert scene.message(db, hers).state is OutboxState.CANCELLED
        greeted = [one.form["To"] for one in provider.asked if one.form.get("Body") == "Hola"]
        assert greeted == ["+50255550001"]
        stopped = db.read_now(lambda s: s.get_one(Person, marta).stopped_at)
        assert stopped == NOW
        await here.closed(world)


async def test_while_nobody_knows_what_lies_there_nothing_is_sent(
    sqlite_db: Database, tmp_path: Path
) -> None:
    async with serve(numbered()) as provider:
        world = here.world(sqlite_db, tmp_path, provider=provider.url)
        world.spool = spool_in(tmp_path)
        worker = Worker(world)
        await worker.start()
        shutil.rmtree(tmp_path / "spool")
        put(sqlite_db, sms(sqlite_db), "k", text="Hola")
        world.ring()
        await asyncio.sleep(0.5)
        assert [one for one in provider.asked if one.form.get("Body") == "Hola"] == []
        (tmp_path / "spool").mkdir()
        async with asyncio.timeout(20):
            while not any(one.form.get("Body") == "Hola" for one in provider.asked):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await worker.stop()
        await here.closed(world)


# --- killed over it -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["in.spool_temp", "in.spool_synced", "in.spool_renamed"])
async def test_killed_while_it_is_put_there_it_is_there_whole_or_not_at_all(
    sqlite_db: Database, tmp_path: Path, place: str
) -> None:
    """D8.5: whoever was thanked is kept; what is half written is never taken for a file."""
    assert await dies(str(sqlite_db.url), tmp_path, "puts", place) == (-signal.SIGKILL, False)
    world = here.world(sqlite_db, tmp_path)
    world.spool = spool_in(tmp_path)
    await Drain(world).work()
    await world.spool.keep(CAME, NOW)  # whoever was not thanked comes again
    await Drain(world).work()
    rows = sqlite_db.read_now(lambda s: [(row.event_id, row.raw) for row in s.exec(select(Inbox))])
    assert rows == [(CAME.event_id, CAME.raw)]
    left = [path.name for path in world.spool.folder.iterdir()]
    assert all(name.endswith(TEMP) for name in left)
    assert bool(left) == (place != "in.spool_renamed")
    await here.closed(world)


async def test_killed_while_it_is_brought_in_it_takes_effect_once(
    db: Database, tmp_path: Path
) -> None:
    """D8.6, D8.16: out.spooled, in.drained and out.drained, each by a real kill."""
    url = db.url.render_as_string(hide_password=False)
    world = here.world(db, tmp_path)
    world.spool = spool_in(tmp_path)
    number = put(db, sms(db), "k")
    db.write_now(lambda s: bool(scene.take(s)))
    with here.locked(db):
        await world.spool.keep(CAME, NOW)
        assert await dies(url, tmp_path, str(number), "out.spooled") == (-signal.SIGKILL, False)
    assert world.spool.look().files == {ENVELOPE: 1, OUTCOME: 1, BAD: 0}
    for place in ("in.drained", "out.drained"):
        assert await dies(url, tmp_path, "drains", place) == (-signal.SIGKILL, False)
    await Drain(world).work()
    assert list(world.spool.folder.iterdir()) == []
    assert db.read_now(lambda s: s.exec(select(Inbox.event_id)).all()) == [CAME.event_id]
    row = scene.message(db, number)
    assert (row.state, row.provider_id, row.tries) == (OutboxState.ACCEPTED, WENT.message_id, 1)
    await here.closed(world)


# --- how a send ended -----------------------------------------------------------------------------

REMEDY = Remedy(tries=(1.0, 30.0), elsewhere=True, holds=Scope.CHANNEL, hold=5.0, tell="Look.")
ENDS: list[Sent | Failure] = [
    Sent("SM1", Status.SENT),
    *(
        kind("Why.", code="30003", remedy=REMEDY)
        for kind in vars(failures).values()
        if isinstance(kind, type) and issubclass(kind, Failure)
    ),
    Busy("Wait.", wait=7.5, everyone=False),
    BadAddress("Moved.", moved_to="-100200"),
]


@pytest.mark.parametrize("end", ENDS, ids=lambda one: type(one).__name__)
def test_every_way_in_which_a_send_can_end_is_read_again_as_it_was(end: Sent | Failure) -> None:
    claim, read = unpacked(packed(Claim(7, 3, 2), end))
    assert claim == Claim(7, 3, 2)
    assert type(read) is type(end)
    assert vars(read) == vars(end)


@dataclass
class Cut(Office):
    """An office whose record goes away while its provider answers."""

    away: ExitStack

    def back(self) -> None:
        """Let the record come back."""
        self.away.close()

    @property
    def spool(self) -> Spool:
        """What lies beside the record."""
        assert self.world.spool is not None
        return self.world.spool


@pytest.fixture
async def cut(db: Database, tmp_path: Path) -> AsyncIterator[Cut]:
    """Give one whose provider takes everything, and whose record is away once it has."""
    async with serve(numbered()) as provider:
        clock = here.Clock()
        world = here.world(db, tmp_path, provider=provider.url, clock=clock)
        world.spool = spool_in(tmp_path)
        with ExitStack() as away:
            made = Cut(db, world, clock, provider, here.sender(world), away)
            yield made
        await here.closed(world)


async def sends_and_is_cut_off(office: Cut, **refused: object) -> int:
    """Send a message whose outcome the record cannot take, and give its number."""
    number = put(office.db, sms(office.db), "k")

    async def goes_away(_request: web.Request) -> web.StreamResponse:
        office.away.enter_context(here.locked(office.db))
        if refused:
            return web.json_response(refused, status=400)
        return web.json_response({**resource(), "sid": sid(1)})

    office.provider.will(goes_away)
    await office.sender.work()
    await office.sender.drain(20)
    assert len(office.spool.names(OUTCOME)) == 1
    office.back()
    return number


async def test_how_a_send_ended_is_kept_beside_a_record_that_is_away(cut: Cut) -> None:
    """D8.16: nobody asks about it, and it does not go twice."""
    number = await sends_and_is_cut_off(cut)
    await Drain(cut.world).work()
    row = scene.message(cut.db, number)
    assert (row.state, row.provider_id, row.attempts) == (OutboxState.ACCEPTED, sid(1), 1)
    assert cut.spool.look().waiting == 0
    await cut.sends()
    assert len(cut.creations) == 1


async def test_after_a_restart_it_is_known_before_anybody_doubts_it(cut: Cut) -> None:
    """D8.16, D5: the process died, and its lease ran out, before the record was back."""
    number = await sends_and_is_cut_off(cut)
    now = cut.clock.goes_on(seconds=outbox.LEASE.total_seconds() + 1)
    if not cut.db.embedded:
        cut.db.write_now(lambda s: bool(outbox.orphans(s, now, clock=None)))
    worker = Worker(cut.world)
    await worker.start()
    await worker.stop()
    row = scene.message(cut.db, number)
    assert (row.state, row.provider_id) == (OutboxState.ACCEPTED, sid(1))
    assert [one for one in cut.provider.asked if one.method == "GET" and "To" in one.query] == []
    assert scene.tasks(cut.db) == []


async def test_a_refusal_has_its_consequences_once(cut: Cut) -> None:
    """The record may have taken it after all, late, or it may be brought in twice."""
    number = await sends_and_is_cut_off(cut, code=21610, message="Unsubscribed", status=400)
    (name,) = cut.spool.names(OUTCOME)
    kept = (cut.spool.folder / name).read_bytes()
    for _ in range(3):
        await Drain(cut.world).work()
        (cut.spool.folder / name).write_bytes(kept)
    row = scene.message(cut.db, number)
    assert (row.state, row.code, row.tries) == (OutboxState.FAILED, "21610", 1)
    (attempt,) = scene.tries(cut.db, number)
    assert attempt.outcome == "stopped"
    assert len(scene.tasks(cut.db)) == 1


async def test_what_was_tried_again_since_is_not_undone_by_an_old_outcome(cut: Cut) -> None:
    number = put(cut.db, sms(cut.db), "k")
    (first,) = cut.db.write_now(scene.take)
    scene.ends(cut.db, first, Unreachable("No.", code="x"))
    scene.change(cut.db, number, lambda row: setattr(row, "next_at", NOW))
    cut.db.write_now(lambda s: bool(scene.take(s)))
    written = Outcomes(cut.world)
    for end in (Sent("SM9"), Unreachable("No.")):
        cut.db.write_now(partial(written.ended, [(first, end)]))
    row = scene.message(cut.db, number)
    assert (row.state, row.attempts, row.provider_id) == (OutboxState.SENDING, 2, "")


async def test_where_neither_takes_it_it_is_tried_on(
    cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.post.sender.PATIENCE", (0.1, 0.1, 30.0))
    shutil.rmtree(cut.spool.folder)
    number = put(cut.db, sms(cut.db), "k")

    async def goes_away(_request: web.Request) -> web.StreamResponse:
        cut.away.enter_context(here.locked(cut.db))
        asyncio.get_running_loop().call_later(0.7, cut.back)
        return web.json_response({**resource(), "sid": sid(1)})

    cut.provider.will(goes_away)
    await cut.sender.work()
    await cut.sender.drain(20)
    assert scene.message(cut.db, number).state is OutboxState.ACCEPTED
