"""How an accepted message comes to the phone: queued, sent, delivered, and perhaps read."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace

import aiohttp

from bot.simulator.house import House
from bot.simulator.line import Channel, Line
from bot.simulator.record.faults import Provider
from bot.simulator.record.files import Upload
from bot.simulator.record.threads import Message
from bot.simulator.twilio.webhooks import media_id, status_webhook

_IDLE = 30.0
_FAILED = ("failed", "undelivered", "canceled")
_LARGEST = 16 * 2**20


class Progress:
    """Takes the planned steps when they are due, and has each one told to the product."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Go on with what is planned."""
        self._task = asyncio.create_task(self._walk())

    async def stop(self) -> None:
        """Leave what is planned for the next start."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def plan(self, message: Message, end: tuple[str, int | None]) -> None:
        """Plan the way of a message to its last status."""
        status, code = end
        pace = self._house.settings.pace
        # A message that never left Twilio fails at once; all others are sent first.
        way = [] if status in ("failed", "canceled") else ["sent"]
        steps = [(step, None) for step in way] + ([] if status == "sent" else [(status, code)])
        for number, (step, error) in enumerate(steps, start=1):
            self._house.store.write(
                "INSERT INTO steps(message, status, code, due) VALUES(?, ?, ?, ?)",
                message.id,
                step,
                error,
                message.made + number * pace,
            )
        self._wake.set()

    def read(self, line: Line) -> int:
        """The person looks at the phone: WhatsApp tells the sender, SMS does not."""
        if line.channel is not Channel.WHATSAPP:
            return 0
        unread = self._house.threads.unread(line)
        with self._house.store.transaction():
            for message in unread:
                self._take(message, "read", None)
        return len(unread)

    async def _walk(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                self._wake.clear()
                await self._take_due(session)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause()):
                        await self._wake.wait()

    def _pause(self) -> float:
        row = self._house.store.row("SELECT min(due) AS due FROM steps")
        due = row["due"] if row else None
        return _IDLE if due is None else min(_IDLE, max(0.001, due - time.time()))

    async def _take_due(self, session: aiohttp.ClientSession) -> None:
        rows = self._house.store.rows(
            "SELECT * FROM steps WHERE due <= ? ORDER BY due, id LIMIT 200", time.time()
        )
        fetched: dict[int, list[Upload] | None] = {}
        for row in rows:
            message = self._house.threads.get(row["message"])
            if message.detail.get("media") and row["status"] == "sent":
                fetched[message.id] = await _fetch(session, message.detail["media"])
        with self._house.store.transaction():
            for row in rows:
                message = self._house.threads.get(row["message"])
                self._house.store.write("DELETE FROM steps WHERE id = ?", row["id"])
                if message.status in _FAILED:
                    continue
                media = fetched.get(message.id, [])
                if media is None:
                    self._take(message, "failed", 63019)
                    continue
                self._take(self._attached(message, media), row["status"], row["code"])

    def _attached(self, message: Message, media: list[Upload]) -> Message:
        """The message with the media that Twilio fetched for it."""
        if not media or message.files:
            return message
        files = [self._house.files.keep(upload, media_id()) for upload in media]
        for file in files:
            self._house.files.belong(file.id, message.id)
        return self._house.threads.change(message.id, files=[file.id for file in files])

    def _take(self, message: Message, status: str, code: int | None) -> None:
        """One step: the status changes, the phone may ring, and the product is told."""
        arrived = status in ("delivered", "read") or message.shown
        sent = time.time() if status == "sent" else message.sent
        changed = self._house.threads.change(
            message.id, status=status, error=code, shown=int(arrived), sent=sent
        )
        webhook = status_webhook(self._house.settings, changed)
        if webhook:
            self._house.deliveries.put(Provider.TWILIO, [webhook])


async def _fetch(session: aiohttp.ClientSession, urls: list[str]) -> list[Upload] | None:
    """What Twilio gets from MediaUrl addresses; nothing at all if one of them fails."""
    found = []
    for url in urls:
        try:
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=15)) as answer:
                content = await answer.content.read(_LARGEST + 1)
                if answer.status != 200 or len(content) > _LARGEST:  # noqa: PLR2004 - OK
                    return None
                kind = answer.content_type
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        found.append(Upload(url.rpartition("/")[2].partition("?")[0] or "file", kind, content))
    return [replace(one, type=one.type or "application/octet-stream") for one in found]
