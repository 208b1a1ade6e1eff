"""What /metrics shows: the record's depths, what was counted here, and never a person."""

import asyncio
import re
import shutil
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY, generate_latest

from bot import gauges, metrics
from bot.app import App
from bot.db import Database
from bot.office import gates
from bot.post.spool import BAD, ENVELOPE, OUTCOME, Spool
from bot.world import World
from models.inbox import InboxState
from models.outbox import Held, OutboxState, Weight
from tests.bot import here
from tests.bot.post.test_depths import came, hold, lane, stand
from tests.bot.scene import MARTA, NOW, later, put, somebody
from tests.world import Town
from tests.world import free_port as world_port


@pytest.fixture
def world(db: Database, tmp_path: Path) -> World:
    """Give a world in which a minute has passed."""
    return here.world(db, tmp_path, clock=here.Clock(later(minutes=1)))


def number(page: str, name: str, **labels: str) -> float | None:
    """Read one number of a page, or nothing where it is not shown."""
    for line in page.splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name:
            told = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
            if told == labels:
                return float(found[3])
    return None


def page_of(world: World) -> str:
    return gauges.Gauges(world).page().decode()


def busy(db: Database) -> None:
    """Let something of everything wait."""
    marta = somebody(db)
    put(db, marta, "a", weight=Weight.BROADCAST, now=later(seconds=20))
    stand(db, put(db, marta, "b"), OutboxState.UNKNOWN)
    hold(db, put(db, marta, "c"), Held.HOURS)
    came(db, "x", "30")
    came(db, "x", "31", state=InboxState.DEAD)
    lane(db, "x", next_at=later(minutes=9))
    db.write_now(lambda s: gates.shut(s, gates.of_channel("sms"), f"{MARTA} said no", NOW))


def test_the_page_tells_how_deep_the_post_stands(world: World):
    busy(world.db)
    page = page_of(world)
    assert number(page, "enlace_record_up") == 1
    assert number(page, "enlace_inbox", state="new") == 1
    assert number(page, "enlace_inbox", state="dead") == 1
    assert number(page, "enlace_inbox", state="odd") == 0
    assert number(page, "enlace_lanes", state="pending") == 1
    assert number(page, "enlace_lanes", state="resting") == 1
    for state, urgency in (("pending", "broadcast"), ("unknown", "reply"), ("pending", "reply")):
        labels = {"channel": "whatsapp", "state": state, "urgency": urgency}
        assert number(page, "enlace_outbox", **labels) == 1
    assert number(page, "enlace_outbox_held", channel="whatsapp", why="hours") == 1
    assert number(page, "enlace_gate_shut", gate="channel:sms") == 1
    assert number(page, "enlace_files_to_fetch") == 0
    assert number(page, "enlace_oldest_seconds", of="envelope") == 30
    assert number(page, "enlace_oldest_seconds", of="message") == 40
    assert number(page, "enlace_oldest_seconds", of="file") == 0


def test_the_page_tells_what_was_counted_in_this_process(world: World):
    before = number(page_of(world), "enlace_lease_steals_total", kind="lane") or 0
    metrics.lease_steals.labels("lane").inc()
    metrics.fence_refusals.labels("outbox").inc()
    metrics.spooled.labels("envelope").inc()
    metrics.sends.labels("sms", "accepted").inc()
    page = page_of(world)
    assert number(page, "enlace_lease_steals_total", kind="lane") == before + 1
    assert number(page, "enlace_fence_refusals_total", kind="outbox")
    assert number(page, "enlace_spooled_total", kind="envelope")
    assert number(page, "enlace_sends_total", channel="sms", outcome="accepted")


async def test_the_page_tells_what_lies_beside_the_record(world: World, tmp_path: Path):
    assert "enlace_spool_up" not in page_of(world)
    world.spool = spool = Spool(tmp_path / "spool", world.keys)
    spool.prepare()
    for _ in range(3):
        await spool.put(ENVELOPE, b"x")
    spool.set_aside(spool.names(ENVELOPE)[0])
    page = page_of(world)
    assert number(page, "enlace_spool_up") == 1
    counted = [number(page, "enlace_spool_files", kind=kind) for kind in (ENVELOPE, OUTCOME, BAD)]
    assert counted == [2, 0, 1]
    shutil.rmtree(spool.folder)
    assert number(page_of(world), "enlace_spool_up") == 0


async def test_acts_that_share_a_commit_are_counted_as_one_batch(sqlite_db: Database):
    def total() -> tuple[float, float]:
        page = generate_latest(REGISTRY).decode()
        return tuple(number(page, f"enlace_write_batch_{name}") or 0 for name in ("count", "sum"))  # type: ignore[return-value]  # two names

    commits, acts = total()
    await asyncio.gather(*(sqlite_db.write(lambda _s: None) for _ in range(50)))
    assert total()[1] == acts + 50
    assert commits < total()[0] <= commits + 50


def test_what_has_gone_is_not_shown_any_more(world: World):
    busy(world.db)
    shown = gauges.Gauges(world)
    labels = {"channel": "whatsapp", "state": "unknown", "urgency": "reply"}
    assert number(shown.page().decode(), "enlace_outbox", **labels) == 1
    stand(world.db, 2, OutboxState.ACCEPTED)
    shown._looked_at -= gauges.KEEP
    assert number(shown.page().decode(), "enlace_outbox", **labels) is None


def test_many_who_ask_at_once_cost_one_look_at_the_record(world: World):
    shown = gauges.Gauges(world)
    first = shown.page()
    busy(world.db)
    assert number(shown.page().decode(), "enlace_inbox", state="new") == 0
    shown._looked_at -= gauges.KEEP
    assert number(shown.page().decode(), "enlace_inbox", state="new") == 1
    assert number(first.decode(), "enlace_inbox", state="new") == 0


def test_a_record_that_does_not_answer_is_said_and_the_rest_is_shown(tmp_path: Path, keys: object):
    nothing = here.world(Database(f"sqlite:///{tmp_path}/none/enlace.db"), tmp_path)
    page = page_of(nothing)
    nothing.db.close()
    assert keys
    assert number(page, "enlace_record_up") == 0
    assert number(page, "enlace_inbox", state="new") is None
    assert "enlace_sends_total" in page


def test_no_number_names_a_person(world: World):
    busy(world.db)
    page = page_of(world)
    for private in ("Marta", MARTA, MARTA[1:], "said no", "Hola"):
        assert private not in page
    known = {"channel", "door", "gate", "kind", "le", "of", "outcome", "state", "status"}
    known |= {"urgency", "why"}
    ours = [line for line in page.splitlines() if line.startswith("enlace_")]
    assert {label for line in ours for label in re.findall(r'(\w+)="', line)} <= known


async def test_a_web_process_shows_it_where_it_serves(world: World):
    app = App(world, works=False)
    async with here.serving(app) as url, httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/metrics")
    await here.closed(world)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert number(answer.text, "enlace_record_up") == 1


def test_a_process_that_serves_nothing_else_has_a_port_for_it(world: World, free_port: int):
    end = gauges.serve(gauges.Gauges(world), "127.0.0.1", free_port)
    # A second worker on this machine finds the port taken, and works on without one.
    gauges.serve(gauges.Gauges(world), "127.0.0.1", free_port)()
    url = f"http://127.0.0.1:{free_port}/metrics"
    page = urllib.request.urlopen(url, timeout=20).read().decode()
    end()
    assert number(page, "enlace_record_up") == 1
    assert "enlace_sends_total" in page
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=20)


@dataclass
class Watched(Town):
    """A deployment whose workers show what they see."""

    metrics_port: int = field(default_factory=world_port)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process of the product."""
        return super().environment | {"METRICS_PORT": str(self.metrics_port)}


async def test_a_worker_of_its_own_shows_what_it_sees(postgres_record: str, tmp_path: Path):
    town = Watched(tmp_path, postgres_record)
    url = f"http://127.0.0.1:{town.metrics_port}/metrics"
    town._start("worker", "bot", "worker")
    worker = town.processes["worker"]
    try:
        await town._answers(url, "worker")
        async with httpx.AsyncClient() as client:
            page = (await client.get(url)).text
        worker.terminate()
        assert await asyncio.to_thread(worker.wait, 60) == 0
    finally:
        town.kill()
    assert number(page, "enlace_record_up") == 1
