"""The watch on Telegram: what stays behind there is noticed, said once, and over when it ends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlmodel import Session, select
from starlette.responses import Response

from bot import doctor
from bot.db import Database
from bot.office import tasks
from bot.post import watch
from bot.post.sweep import Sweep
from bot.post.watch import Watch
from bot.settings import WrongSetting
from bot.world import World
from channels.telegram import Telegram
from models.staff import Staff
from models.task import Task, TaskState
from tests.bot import here
from tests.channels import desk
from tests.channels.standins import Provider, says, serve
from tests.simulator.conftest import BOT_TOKEN, MARTA_ID, Stand
from tests.simulator.ears import Ears

MOMENT = 1750000000


@dataclass
class Post:
    """A watch in its world, and the bot it asks with."""

    world: World
    telegram: Telegram
    watch: Watch

    def tasks(self, state: TaskState = TaskState.OPEN) -> list[Task]:
        """The tasks of one state."""
        return self.world.db.read_now(
            lambda s: list(s.exec(select(Task).where(Task.state == state)))
        )


def post(db: Database, folder: Path, telegram: Telegram, public: str) -> Post:
    world = here.world(db, folder)
    world.channels = {"telegram": telegram}
    world.settings = world.settings.model_copy(
        update={"public_url": public, "telegram_webhook_secret": SecretStr(desk.SECRET)}
    )
    return Post(world, telegram, Watch(world))


@pytest.fixture
async def place(db: Database, tmp_path: Path, stand: Stand, ears: Ears) -> AsyncIterator[Post]:
    """Give a watch on the simulator's Telegram, for a product that stands where `ears` are."""
    telegram = Telegram(BOT_TOKEN, secret=desk.SECRET, api_url=f"{stand.url}/telegram")
    place = post(db, tmp_path, telegram, ears.url)
    await watch.register(telegram, place.world.settings)
    yield place
    await telegram.close()


def shown(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)


async def test_what_telegram_cannot_bring_is_a_task_until_it_is_brought(
    place: Post, stand: Stand, ears: Ears
):
    ears.answers = [Response(status_code=503) for _ in range(1000)]
    await stand.phones.telegram(MARTA_ID).presses_start()
    await ears.hears(3)
    now = datetime.now(UTC)
    await place.watch.look(now)
    await place.watch.look(now)
    (task,) = place.tasks()
    assert task.detail.startswith("Telegram holds back 1 updates and cannot bring them.")
    assert "Wrong response from the webhook: 503" in task.detail
    assert f"{ears.url}/webhooks/telegram" in task.detail
    assert shown("enlace_telegram_pending") == 1
    assert shown("enlace_telegram_trouble") == 1
    with pytest.raises(WrongSetting, match="holds back 1 updates"):
        await doctor.greet(place.telegram, place.world.settings)
    ears.answers.clear()
    async with asyncio.timeout(20):
        while (await place.telegram.pending()).updates:  # noqa: ASYNC110 - Telegram rings no bell
            await asyncio.sleep(0.05)
    await place.watch.look(now)  # an error may have come since the last look
    await place.watch.look(now)
    assert not place.tasks()
    (task,) = place.tasks(TaskState.DONE)
    assert (task.done_by, task.done_at, task.done_note) == (
        None, now, "Telegram brings its updates again; 0 wait there.",
    )  # fmt: skip
    assert shown("enlace_telegram_trouble") == 0


async def test_an_address_that_is_not_ours_is_set_right_and_a_human_told(
    place: Post, stand: Stand, ears: Ears
):
    sweep = Sweep(place.world)
    place.world.now = now = here.Clock()
    await sweep.work()
    async with stand.bot() as bot:
        await bot.set_webhook("https://elsewhere.example/hook?token=x")
    with pytest.raises(WrongSetting, match="not to http://127"):
        await doctor.greet(place.telegram, place.world.settings)
    now.goes_on(minutes=5)
    await sweep.work()
    assert (await place.telegram.pending()).url == f"{ears.url}/webhooks/telegram"
    (task,) = place.tasks()
    assert "bring what people write to our bot to elsewhere.example." in task.detail
    await stand.phones.telegram(MARTA_ID).presses_start()
    (heard,) = await ears.hears(1)
    assert heard.headers["x-telegram-bot-api-secret-token"] == desk.SECRET
    now.goes_on(minutes=5)
    await sweep.work()
    assert [one.id for one in place.tasks()] == [task.id]  # who did it, only a human finds out


async def test_an_address_that_is_gone_is_told_again(place: Post, stand: Stand):
    await place.watch.look(datetime.now(UTC))
    async with stand.bot() as bot:
        await bot.delete_webhook()
    said = await doctor.greet(place.telegram, place.world.settings)
    assert said == "@enlace_bot answers; it is told our address when `serve` starts"
    await place.watch.look(datetime.now(UTC))
    said = await doctor.greet(place.telegram, place.world.settings)
    assert said == "@enlace_bot answers; updates waiting at Telegram: 0"
    assert "to our bot nowhere." in place.tasks()[0].detail


def info(updates: int, error: int | None = None, url: str = "") -> Any:
    """What getWebhookInfo answers, with an error so many seconds after `MOMENT`."""
    found: dict[str, Any] = {
        "url": url or f"{desk.PUBLIC}/webhooks/telegram",
        "has_custom_certificate": False,
        "pending_update_count": updates,
    }
    if error is not None:
        found |= {"last_error_date": MOMENT + error, "last_error_message": "Connection timed out"}
    return says({"ok": True, "result": found})


@pytest.fixture
async def telegram() -> AsyncIterator[Provider]:
    """Give a Telegram that says what a test tells it to."""
    async with serve(says({"ok": True, "result": True})) as provider:
        yield provider


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        (((2, None), (2, None), (3, None)), [0, 0, 1]),
        (((2, None), (1, None), (1, None), (1, None)), [0, 0, 0, 1]),
        (((5, None), (4, None), (3, None)), [0, 0, 0]),
        (((0, None), (9, None), (9, None)), [0, 0, 0]),
        (((1, 0),), [1]),
        (((0, 0), (0, 0)), [0, 0]),  # a restart of ours, made good
        (((0, 0), (0, 300)), [0, 1]),  # it fails again and again: pressed buttons get lost
        (((4, -3600), (3, -3600)), [0, 0]),  # an old error
        (((4, -3600), (3, 300)), [0, 1]),
        (((4, None), (3, 300)), [0, 1]),
        (((1, 0), (1, 0), (0, 0)), [1, 1, 0]),  # no new error, and no fewer: not over yet
        (((8, 0), (8, 300), (3, 300)), [1, 1, 0]),
    ],
)
async def test_it_is_said_when_a_pile_stays_or_an_error_is_new(
    sqlite_db: Database,
    tmp_path: Path,
    telegram: Provider,
    looks: tuple[tuple[int, int | None], ...],
    told: list[int],
):
    bot = desk.telegram(api_url=telegram.url)
    place = post(sqlite_db, tmp_path, bot, desk.PUBLIC)
    telegram.will(*(info(*look) for look in looks))
    said = []
    for number in range(len(looks)):
        await place.watch.look(at(300 * number + 1))
        said.append(len(place.tasks()))
    assert said == told
    await bot.close()


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(MOMENT, UTC) + timedelta(seconds=seconds)


async def test_what_comes_back_is_another_task_unless_a_human_has_just_seen_to_it(
    db: Database, tmp_path: Path, telegram: Provider
):
    bot = desk.telegram(api_url=telegram.url)
    place = post(db, tmp_path, bot, desk.PUBLIC)

    async def look(after: int, updates: int, error: int) -> list[str]:
        telegram.will(info(updates, error))
        await place.watch.look(at(after))
        return [one.cause for one in place.tasks()]

    assert await look(0, 1, 0) == ["telegram:1"]
    assert await look(300, 0, 0) == []
    assert await look(600, 1, 500) == ["telegram:2"]

    def finish(s: Session) -> None:
        ana = Staff(username="ana", name="Ana", password_hash="-", created_at=at(0))
        s.add(ana)
        s.flush()
        task = s.exec(select(Task).where(Task.cause == "telegram:2")).one()
        tasks.finish(s, task, ana.id or 0, "Estoy en eso", at(700))

    await place.world.db.write(finish)
    assert await look(900, 1, 800) == []
    assert await look(700 + 3600, 1, 4000) == ["telegram:3"]
    await bot.close()


async def test_our_own_address_in_other_letters_is_ours(
    sqlite_db: Database, tmp_path: Path, telegram: Provider
):
    bot = desk.telegram(api_url=telegram.url)
    place = post(sqlite_db, tmp_path, bot, desk.PUBLIC.replace("enlace", "Enlace"))
    telegram.will(info(0), info(0))
    for moment in (0, 300):
        await place.watch.look(at(moment))
    assert not place.tasks()
    assert len(telegram.asked) == 2
    await bot.close()


async def test_a_telegram_that_does_not_answer_is_asked_the_next_time(
    sqlite_db: Database, tmp_path: Path, telegram: Provider
):
    bot = desk.telegram(api_url=telegram.url)
    place = post(sqlite_db, tmp_path, bot, desk.PUBLIC)
    telegram.will(says({"ok": False, "error_code": 502, "description": "Bad Gateway"}, 502))
    await place.watch.look(at(0))
    assert not place.tasks()
    telegram.will(info(1, 200))
    await place.watch.look(at(300))
    assert len(place.tasks()) == 1
    await bot.close()
