"""Live pages: the stream tells that something changed, whoever changed it, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from sqlmodel import Session, select

from bot.console import live
from bot.console.records import looks
from bot.db import Database
from bot.office import gates, staff
from bot.vault import readers
from models.evidence import Evidence, EvidenceState
from models.inbox import Inbox, InboxState
from models.outbox import Outbox, OutboxState
from models.person import Person
from models.task import Task
from tests.console.desk import KEYS, Desk
from tests.console.story import Day

WAIT = 20


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often than people need it."""
    monkeypatch.setattr(live, "LOOK_EVERY", 0.02)


class Stream:
    """One live page's stream, event by event."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def event(self) -> dict[str, str]:
        """Wait for the next event."""
        found: dict[str, str] = {}
        async with asyncio.timeout(WAIT):
            async for line in self._lines:
                name, _, value = line.partition(":")
                if line and name:
                    found[name] = value.strip()
                elif found.keys() & {"event"}:
                    return found
                elif not line:
                    found = {}
        return found

    async def line(self, text: str) -> None:
        """Wait for a line."""
        async with asyncio.timeout(WAIT):
            async for line in self._lines:
                if line == text:
                    return


@asynccontextmanager
async def following(
    desk: Desk, url: str, topic: str, headers: dict[str, str] | None = None
) -> AsyncIterator[Stream]:
    cookies = {"enlace": desk.session_of("marisol")}
    async with (
        httpx.AsyncClient(cookies=cookies, headers=headers, timeout=WAIT) as client,
        client.stream("GET", f"{url}{topic}") as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response.aiter_lines())


def now_of(desk: Desk, topic: str, name: str) -> str:
    return desk.read(lambda s: live.address(s, topic, name))


CHANGES = {
    "a message comes in": lambda desk, day: desk.heard(day.marta, "hay noticias", day.case),
    "a message arrives": lambda desk, day: desk.write(lambda s: _arrive(s, desk, day)),
    "a file is stored": lambda desk, day: desk.write(lambda s: _fail(s, day)),
    "a task is done": lambda desk, day: desk.write(lambda s: _finish(s, desk, day)),
}


def _arrive(s: Session, desk: Desk, day: Day) -> None:
    row = s.get_one(Outbox, 1)
    assert row.case_id == day.case.id
    row.state, row.changed_at = OutboxState.READ, desk.clock.at + timedelta(seconds=1)


def _fail(s: Session, day: Day) -> None:
    row = s.get_one(Evidence, 1)
    assert row.case_id == day.case.id
    row.state = EvidenceState.FAILED


def _finish(s: Session, desk: Desk, day: Day) -> None:
    row = next(task for task in s.exec(select(Task)) if task.case_id == day.case.id)
    row.done_at = desk.clock.at + timedelta(seconds=1)


@pytest.mark.parametrize("change", CHANGES)
async def test_a_case_page_hears_of_everything_it_shows(
    desk: Desk, day: Day, free_port: int, change: str
):
    async with desk.serving(free_port) as url:
        topic = now_of(desk, "case", day.case.reference)
        async with following(desk, url, topic) as stream:
            await stream.line("retry: 3000")
            CHANGES[change](desk, day)
            assert (await stream.event())["event"] == "changed"


async def test_another_process_is_heard_too(desk: Desk, day: Day, free_port: int):
    other = Database(desk.world.settings.url)
    async with desk.serving(free_port) as url:
        topic = now_of(desk, "case", day.case.reference)
        async with following(desk, url, topic) as stream:
            await stream.line("retry: 3000")
            other.write_now(lambda s: _arrive(s, desk, day))
            assert (await stream.event())["event"] == "changed"
    other.close()


async def test_what_changed_before_the_stream_was_open_is_told_first(
    desk: Desk, day: Day, free_port: int
):
    topic = now_of(desk, "case", day.case.reference)
    desk.heard(day.marta, "entre la página y el hilo", day.case)
    async with desk.serving(free_port) as url:
        async with following(desk, url, topic) as stream:
            first = await stream.event()
        assert first["event"] == "changed"
        # A browser that comes back says what it knows; then there is no news.
        again = {"last-event-id": first["id"]}
        async with following(desk, url, topic, again) as stream:
            desk.heard(day.marta, "y otra", day.case)
            assert (await stream.event())["id"] != first["id"]


async def test_a_person_a_broadcast_and_the_day_are_followed_as_well(
    desk: Desk, day: Day, free_port: int
):
    async with desk.serving(free_port) as url:
        topics = [
            now_of(desk, "person", str(day.marta.id)),
            now_of(desk, "all", ""),
        ]
        for topic in topics:
            async with following(desk, url, topic) as stream:
                await stream.line("retry: 3000")
                desk.heard(day.marta, "hola")
                assert (await stream.event())["event"] == "changed"
        held = now_of(desk, "person", str(day.rosa.id))
        async with following(desk, url, held) as stream:
            await stream.line("retry: 3000")

            def hold(s: Session) -> None:
                s.get_one(Person, day.rosa.id).held_at = desk.clock.at

            desk.write(hold)
            assert (await stream.event())["event"] == "changed"
        watched = now_of(desk, "broadcast", day.broadcast.code)
        async with following(desk, url, watched) as stream:
            await stream.line("retry: 3000")

            def fail(s: Session) -> None:
                for row in s.exec(select(Outbox).where(Outbox.via == "sms")):
                    row.state = OutboxState.FAILED

            desk.write(fail)
            assert (await stream.event())["event"] == "changed"


POST_CHANGES = {
    "a message waits": lambda desk: desk.write(lambda s: _stand(s, OutboxState.PENDING)),
    "a message is known": lambda desk: desk.write(lambda s: _stand(s, OutboxState.ACCEPTED)),
    "a message fails": lambda desk: desk.write(lambda s: _stand(s, OutboxState.FAILED)),
    "an envelope goes back": lambda desk: desk.write(_replay),
    "something is paused": lambda desk: desk.write(
        lambda s: gates.shut(s, gates.of_channel("sms"), "busy", desk.clock.at)
    ),
    "something is resumed": lambda desk: desk.write(
        lambda s: gates.open_(s, gates.of_broadcasts("sms"), desk.clock.at)
    ),
}


def _stand(s: Session, state: OutboxState) -> None:
    s.exec(select(Outbox).where(Outbox.state == OutboxState.UNKNOWN)).one().state = state


def _replay(s: Session) -> None:
    s.exec(select(Inbox).where(Inbox.state == InboxState.DEAD)).one().state = InboxState.NEW


@pytest.mark.parametrize("change", POST_CHANGES)
async def test_the_post_room_hears_of_everything_it_shows(
    desk: Desk, day: Day, free_port: int, change: str
):
    async with (
        desk.serving(free_port) as url,
        following(desk, url, now_of(desk, "post", "")) as stream,
    ):
        await stream.line("retry: 3000")
        POST_CHANGES[change](desk)
        assert (await stream.event())["event"] == "changed"
    assert day.marta.id


async def test_other_cases_make_no_noise_and_the_stream_shows_that_it_lives(
    desk: Desk, day: Day, free_port: int
):
    other = desk.case("MX-0001")
    async with desk.serving(free_port) as url:
        topic = now_of(desk, "case", day.case.reference)
        async with following(desk, url, topic) as stream:
            await stream.line("retry: 3000")
            desk.heard(day.rosa, "de otra cosa", other)
            await stream.line(": still here")  # and nothing before it
            desk.heard(day.marta, "de esta", day.case)
            assert (await stream.event())["event"] == "changed"


async def test_a_stream_ends_with_its_session(desk: Desk, day: Day, free_port: int):
    async with desk.serving(free_port) as url:
        topic = now_of(desk, "case", day.case.reference)
        token = desk.session_of("marisol")
        async with (
            httpx.AsyncClient(cookies={"enlace": token}, timeout=WAIT) as client,
            client.stream("GET", f"{url}{topic}") as response,
        ):
            stream = Stream(response.aiter_lines())
            await stream.line("retry: 3000")
            desk.write(lambda s: staff.sign_out(s, KEYS, token, desk.clock.at))
            assert (await stream.event())["event"] == "ended"


async def test_a_process_that_ends_lets_its_streams_go(desk: Desk, day: Day, free_port: int):
    async with desk.serving(free_port) as url:
        topic = now_of(desk, "case", day.case.reference)
        async with following(desk, url, topic) as stream:
            await stream.line("retry: 3000")
            desk.world.ending = True
            assert await stream.event() == {}


async def test_there_is_no_stream_of_what_there_is_not(desk: Desk):
    async with desk.browser("marisol") as browser:
        for query in ("", "?case=GT-9999", "?person=9", "?person=x", "?broadcast=AV-9", "?x=1"):
            assert (await browser.get(f"/console/live{query}")).status_code == 404


@pytest.mark.parametrize("act", looks.ALL)
def test_that_somebody_looked_is_no_news(desk: Desk, day: Day, act: str):
    """A page that asked for itself then would close what its reader has just opened."""
    pages = (("case", day.case.reference), ("all", ""))
    before = [now_of(desk, *page) for page in pages]
    at, case_id = desk.clock.at, day.case.id
    assert desk.write(lambda s: readers.look(s, act, "thing:1", "staff:9", at, case_id=case_id))
    assert [now_of(desk, *page) for page in pages] == before
