"""The doctor: looks at everything a deployment needs, and says what to do about it."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session

from bot import settings
from bot.db import Database
from bot.office import organisation
from bot.office.duty import shifts
from bot.post import depths, watch
from bot.post.depths import Depths
from bot.settings import Settings, WrongSetting
from bot.tongues import render
from bot.wiring import keys, lines, rooted, spool
from channels.base import Channel, Failure
from channels.telegram import Telegram
from models.inbox import InboxState
from models.outbox import OutboxState

SOUND = (3, 51, 3)  # the first SQLite without the WAL-reset defect
SKEW = 30.0  # seconds between our clock and the database's

Say = Callable[[str], None]


async def examine(environment: dict[str, str], say: Say) -> bool:
    """Look at everything. True when nothing needs doing."""
    try:
        loaded = settings.load(environment)
    except WrongSetting as problem:
        say(f"✗ settings: {problem}")
        return False
    say("✓ settings")
    sound = True
    for name, look in (
        ("keys and database", _database),
        ("spool", _spool),
        ("Redis", _redis),
        ("channels", _channels),
    ):
        try:
            for line in await look(loaded):
                say(f"✓ {name}: {line}")
        except WrongSetting as problem:
            sound = False
            say(f"✗ {name}: {problem}")
    return sound


async def _database(loaded: Settings) -> list[str]:
    try:
        await asyncio.to_thread(rooted, loaded)
        db = Database(loaded.url)
    except sa.exc.SQLAlchemyError as problem:
        raise WrongSetting(f"DATABASE_URL does not open: {problem}") from None
    try:
        here = datetime.now(UTC)
        there = await db.read(_time)
        post = _post(await db.read(lambda s: depths.read(s, here)), here)
        post.append(await db.read(partial(_answering, loaded, here)))
        post += await db.read(partial(_ourselves, here))
    finally:
        db.close()
    found = [f"up to date, {loaded.url.partition(':')[0]}"]
    if isinstance(there, datetime):
        there = there.replace(tzinfo=there.tzinfo or UTC)
        skew = abs((there - here).total_seconds())
        if skew > SKEW:
            raise WrongSetting(f"Clocks differ by {skew:.0f} s. Set both machines to network time.")
        found.append("clocks agree")
    if loaded.url.startswith("sqlite") and sqlite3.sqlite_version_info < SOUND:
        found.append(
            f"SQLite {sqlite3.sqlite_version} has the WAL-reset defect; one process writes and "
            "checkpoints here, which keeps clear of it. 3.51.3 or newer is better"
        )
    return [*found, *post]


def _answering(loaded: Settings, now: datetime, s: Session) -> str:
    """Say on how many of the coming days a human answers people."""
    kept = shifts.kept(s)
    if not kept:
        return "nobody has said at which hours people are answered; see the page On call"
    week = shifts.week(shifts.spans(s, now, kept), ZoneInfo(loaded.console_zone), now)
    days = sum(bool(found) for _day, found in week)
    return f"somebody answers on {days} of the next {len(week)} days; see the page On call"


def _ourselves(now: datetime, s: Session) -> list[str]:
    """Say what somebody who fears a swindle cannot learn of us."""
    lacks = organisation.lacks(organisation.ours(s), now)
    where = "see the page Who we are, or `python3 -m bot organisation --help`"
    return [f"WARNING: {render(lacks, 'eng')} {where}"] if lacks else []


def _post(at: Depths, now: datetime) -> list[str]:
    """Say how the post stands, and what in it needs somebody."""
    waits = sum(pile.count for pile in at.piles if pile.state is not OutboxState.UNKNOWN)
    held = sum(one.count for one in at.held)
    told = [
        f"{at.envelopes} envelopes wait to be worked{_since(at.envelope_since, now)}",
        f"{waits} messages wait to go{_since(at.due_since, now)}; {held} of them are held",
    ]
    unknown = sum(pile.count for pile in at.piles if pile.state is OutboxState.UNKNOWN)
    dead = at.parked.get(InboxState.DEAD, 0)
    told += [
        f"{count} {what}; see the page Post of the console"
        for count, what in (
            (unknown, "messages of which nobody knows whether they arrived"),
            (dead, "envelopes that could not be worked"),
            (at.resting, "addresses whose envelopes wait after a failure"),
        )
        if count
    ]
    return told + [f"paused: {key}" for key in sorted(at.shut)]


def _since(since: datetime | None, now: datetime) -> str:
    return "" if since is None else f" (the oldest for {(now - since).total_seconds():.0f} s)"


async def _spool(loaded: Settings) -> list[str]:
    beside = await asyncio.to_thread(spool, loaded, keys(loaded))
    if beside is None:
        alone = loaded.url.startswith("sqlite")
        keeps = "cannot start" if alone else "keeps nothing then either"
        twilio = "while the database is away, Twilio is told to come again"
        return [f"not set: {twilio}, and `serve --keep-only`, for its fallback address, {keeps}"]
    at = await asyncio.to_thread(beside.look)
    if at.trouble:
        raise WrongSetting(f"{beside.folder} takes no files ({at.trouble}). Make room there.")
    keeps = "takes files, also those of `serve --keep-only`"
    found = [f"{keeps}; {at.waiting} are to be brought into the database"]
    if at.bad:
        found.append(f"{at.bad} files could not be read; each has a task in the console")
    return found


def _time(s: Session) -> object:
    return s.connection().execute(sa.select(sa.func.current_timestamp())).scalar_one()


async def _redis(loaded: Settings) -> list[str]:
    if not loaded.redis_url:
        return ["not set: workers look once a second instead of being woken"]
    from redis.asyncio import Redis  # noqa: PLC0415  # only where one is set
    from redis.exceptions import RedisError  # noqa: PLC0415

    client = Redis.from_url(loaded.redis_url, socket_connect_timeout=3)
    try:
        await client.ping()
    except (RedisError, OSError) as problem:
        raise WrongSetting(f"REDIS_URL does not answer: {problem}") from None
    finally:
        await client.aclose()
    return ["answers"]


async def _channels(loaded: Settings) -> list[str]:
    channels, _doors = lines(loaded)
    found = []
    for name in ("whatsapp", "sms", "telegram"):
        channel = channels.get(name)
        if channel is None:
            found.append(f"{name} is off: its settings are empty")
            continue
        try:
            found.append(f"{name}: {await greet(channel, loaded)}")
        except Failure as problem:
            raise WrongSetting(f"{name} does not answer: {problem}") from None
        finally:
            await channel.close()
    return found


async def greet(channel: Channel, loaded: Settings) -> str:
    """Say how a channel stands. Raises `WrongSetting` for what needs doing, or a `Failure`."""
    if not isinstance(channel, Telegram):
        return "set up"
    name, found = await asyncio.gather(channel.username(), channel.pending())
    if not found.url:
        return f"@{name} answers; it is told our address when `serve` starts"
    if watch.is_elsewhere(found, loaded):
        raise WrongSetting(
            f"Telegram brings updates to {found.url}, not to {loaded.public_url}{watch.PATH}. "
            "Check PUBLIC_URL; `serve` tells Telegram the address when it starts"
        )
    if found.updates and found.error_at and found.error_at > datetime.now(UTC) - watch.LATELY:
        raise WrongSetting(watch.backlog(found, loaded))
    return f"@{name} answers; updates waiting at Telegram: {found}"
