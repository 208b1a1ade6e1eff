"""The watch on Telegram: what it holds back for us, why, and whether it still knows our address."""

from collections import deque
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from urllib.parse import urlsplit

from sqlmodel import Session

from bot import metrics
from bot.log import log
from bot.office import troubles
from bot.settings import Settings
from bot.world import World
from channels.base import Failure
from channels.telegram import Telegram, Waiting

PATH = "/webhooks/telegram"
LOOKS = 3  # what has not become less in so many looks is stuck
LATELY = timedelta(minutes=5)  # how fresh an error is that somebody looks at for the first time
BACKLOG = "telegram"  # the troubles, as `troubles` names them
MOVED = "telegram-moved"


class Watch:
    """Looks when it is told to, remembers the looks before, and lets staff know."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: deque[Waiting] = deque(maxlen=LOOKS)
        self._erring = False

    async def look(self, now: datetime) -> None:
        """Ask Telegram once. Where it does not answer, the next look sees."""
        telegram = self._world.channels.get("telegram")
        if not isinstance(telegram, Telegram):
            return
        try:
            found = await telegram.pending()
            # At a start, whoever serves is just telling Telegram our address.
            if self._seen and is_elsewhere(found, self._world.settings):
                await register(telegram, self._world.settings)
                await self._world.db.write(partial(_moved, found, now))
        except Failure as problem:
            log.warning("watch.failed", error=type(problem).__name__)
            return
        self._seen.append(found)
        await self._judge(found, now)

    async def _judge(self, found: Waiting, now: datetime) -> None:
        newer = self._is_newer(now)
        # One error with nothing left behind is a restart of ours, and was made good.
        failing = newer and (found.updates > 0 or self._erring)
        self._erring = newer
        counts = [one.updates for one in self._seen]
        stuck = len(counts) == LOOKS and all(a and b >= a for a, b in pairwise(counts))
        metrics.telegram_pending.set(found.updates)
        if failing or stuck:
            metrics.telegram_trouble.set(1)
            log.error("watch.trouble", waiting=found.updates)
            said = backlog(found, self._world.settings)
            await self._world.db.write(partial(troubles.note, about=BACKLOG, detail=said, now=now))
        elif not newer and (not found.updates or found.updates < counts[-2:][0]):
            metrics.telegram_trouble.set(0)
            word = f"Telegram brings its updates again; {found.updates} wait there."
            await self._world.db.write(partial(troubles.over, about=BACKLOG, word=word, now=now))

    def _is_newer(self, now: datetime) -> bool:
        """Whether Telegram failed to bring something since the last look. Its own clock tells."""
        *before, found = self._seen
        if found.error_at is None:
            return False
        since = before[-1].error_at if before else now - LATELY
        return since is None or found.error_at > since


async def register(telegram: Telegram, settings: Settings) -> None:
    """Tell Telegram where to bring updates. Raises a `Failure`."""
    secret = settings.telegram_webhook_secret
    await telegram.register(settings.public_url + PATH, secret.get_secret_value() if secret else "")


def is_elsewhere(found: Waiting, settings: Settings) -> bool:
    """Whether Telegram brings its updates to another address than ours, or to none.

    It may tell a host's name in other letters than it was told.
    """
    return found.url.casefold() != (settings.public_url + PATH).casefold()


def backlog(found: Waiting, settings: Settings) -> str:
    """Say that Telegram does not get rid of its updates, and what to do."""
    why = f" It says: {found.last_error}." if found.last_error else ""
    return (
        f"Telegram holds back {found.updates} updates and cannot bring them.{why} "
        f"See that {settings.public_url}{PATH} can be reached from the Internet with a valid "
        "certificate and that the database answers; Telegram keeps messages for a day and pressed "
        "buttons for minutes."
    )


def moved(found: Waiting) -> str:
    """Say that somebody else was told to be where updates go, and what to do."""
    where = f"to {urlsplit(found.url).hostname}" if found.url else "nowhere"
    return (
        f"Somebody told Telegram to bring what people write to our bot {where}. "
        "It was told our address again. Find out who has the bot's token: where it is nobody of "
        "yours, revoke it at @BotFather and set the new one."
    )


def _moved(found: Waiting, now: datetime, s: Session) -> None:
    troubles.note(s, MOVED, moved(found), now)
