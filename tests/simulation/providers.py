"""Twilio and Telegram of a simulation: they take, delay, forget, refuse, repeat, keep a log."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from channels._twilio_verdicts import verdict
from channels.base import (
    Attachment,
    Blocked,
    Busy,
    Call,
    Channel,
    Envelope,
    Event,
    Failure,
    Inbound,
    Kind,
    MediaKind,
    Missing,
    Odd,
    Outbound,
    Pin,
    Receipt,
    Sent,
    Status,
    Stopped,
    Uncertain,
    Unreachable,
    Written,
)
from channels.sms import STOP_WORDS
from tests.simulation.weather import CODES

if TYPE_CHECKING:
    from tests.simulation.town import Town

ANSWER = 20.0  # seconds that we wait for a provider
PATIENCE = 15.0  # seconds that a provider waits for us
AGAIN = (1.0, 3.0, 10.0)  # seconds before Twilio delivers a message once more, and then gives it up
WINDOW = timedelta(hours=24)


@dataclass(eq=False)
class Asked:
    """One request to send that reached a provider, and what became of it."""

    at: datetime
    via: str
    to: str
    key: str
    attempt: int
    text: str
    by: str  # the process
    free: bool  # its words were not those of a template
    expires_in: int | None
    outcome: str = ""
    sid: str = ""  # once it was accepted
    told: bool = False  # whether the one who asked heard so
    status: Status = Status.QUEUED
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Answered:
    """One webhook as we answered it."""

    at: datetime
    account: str
    event: str
    status: int


@dataclass
class Provider:
    """What both have in common."""

    town: "Town"
    account: str
    asked: list[Asked] = field(default_factory=list)
    blocked: set[tuple[str, str]] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    erased: dict[str, datetime] = field(default_factory=dict)
    numbers: int = 0

    def number(self) -> int:
        """Count on."""
        self.numbers += 1
        return self.numbers

    def keep(self, content: bytes) -> str:
        """Keep a file that somebody sent."""
        locator = f"file:{self.account}:{self.number()}"
        self.files[locator] = self.town.sent_files[locator] = content
        return locator

    async def take(self, asked: Asked, answer: "asyncio.Future[Sent]") -> None:
        """Take a request, or not, and perhaps say which."""
        town, chance, weather = self.town, self.town.chance, self.town.weather
        await asyncio.sleep(chance.expovariate(1 / weather.wire))
        self.asked.append(asked)
        problem = self._refuses(asked)
        accepted = problem is None
        if chance.random() < weather.broken:
            accepted = accepted and chance.random() < 0.5
            problem = Uncertain("500", code="20500")
        if accepted:
            asked.sid = self.sid(asked)
            self.accepted(asked)
        asked.outcome = "accepted" if accepted else type(problem).__name__.lower()
        town.tell(
            f"{asked.via} {asked.outcome} {asked.key}/{asked.attempt} {asked.sid}"
            f"{' but answers badly' if accepted and problem else ''}"
        )
        if accepted and chance.random() < weather.silent:
            town.tell(f"{asked.via} never answers {asked.key}/{asked.attempt}")
            return
        late = chance.random() < weather.slow
        await asyncio.sleep(ANSWER * 1.5 if late else chance.expovariate(4 / weather.wire))
        if answer.done():
            return
        if problem is None:
            asked.told = True
            answer.set_result(Sent(asked.sid, self.first))
        else:
            answer.set_exception(problem)

    first = Status.QUEUED

    def _refuses(self, asked: Asked) -> Failure | None:
        chance, weather = self.town.chance, self.town.weather
        if (asked.via, asked.to) in self.blocked:
            return self.stopped()
        if chance.random() < weather.away:
            return Unreachable("Nobody there.")
        if chance.random() < weather.busy:
            wait = chance.choice((1.0, 5.0, 40.0))
            return Busy("429", wait=wait, everyone=chance.random() < 0.5)
        return self.refuses(asked)

    def stopped(self) -> Failure:
        """Say that somebody does not want to hear from us."""
        raise NotImplementedError

    def refuses(self, asked: Asked) -> Failure | None:
        """Find a reason of this provider's own."""
        raise NotImplementedError

    def sid(self, asked: Asked) -> str:
        """Name a message."""
        raise NotImplementedError

    def accepted(self, asked: Asked) -> None:
        """See a message on its way."""
        raise NotImplementedError

    def hears(self, document: dict[str, Any]) -> None:
        """Take what a person does, and deliver it to us."""
        raise NotImplementedError


@dataclass
class Twilio(Provider):
    """Calls back about each message, lists what it sent and what came in, gives webhooks up."""

    heard: list[tuple[datetime, str, bytes]] = field(default_factory=list)
    last: dict[str, datetime] = field(default_factory=dict)

    def stopped(self) -> Failure:
        """Say so by its code."""
        return verdict("21610", 400)

    def refuses(self, asked: Asked) -> Failure | None:  # noqa: ARG002 - anybody
        """Refuse by chance, with a code of the table."""
        if self.town.chance.random() < self.town.weather.refused:
            return verdict(self.town.chance.choice(CODES), 400)
        return None

    def sid(self, asked: Asked) -> str:  # noqa: ARG002 - they are counted
        """Name a message."""
        return f"SM{self.number():06d}"

    def accepted(self, asked: Asked) -> None:
        """Send it on, and call back."""
        self.town.loop.spawn(self._goes(asked), f"message {asked.sid}")

    async def _goes(self, asked: Asked) -> None:
        chance, weather, town = self.town.chance, self.town.weather, self.town
        if chance.random() >= weather.early:
            await asyncio.sleep(2 * weather.wire)
        code = ""
        path = [Status.SENT, Status.DELIVERED]
        if asked.via == "whatsapp":
            path.append(Status.READ)
            opened = self.last.get(asked.to)
            if asked.free and (opened is None or town.now() - opened > WINDOW):
                path, code = [Status.FAILED], "63016"
        if not code and chance.random() < weather.failing:
            path, code = [*path[: chance.randrange(2)], Status.FAILED], chance.choice(CODES)
        if not code:
            path = path[: chance.choice((1, 2, 2, len(path), len(path)))]
        for status in path:
            await asyncio.sleep(chance.expovariate(1 / weather.wire))
            asked.status = status
            if status in (Status.SENT, Status.DELIVERED) and status is path[-1 if not code else 0]:
                town.arrives(asked)
            document = {
                "kind": "receipt",
                "via": asked.via,
                "event": f"{asked.sid}:{status.value}",
                "sender": asked.to,
                "sid": asked.sid,
                "key": asked.key,
                "attempt": asked.attempt,
                "status": status.value,
                "code": code if status is Status.FAILED else "",
            }
            town.loop.spawn(self._delivers("twilio/status", document), "callback")

    def hears(self, document: dict[str, Any]) -> None:
        """Take what a person sends, and deliver it to us."""
        document["event"] = f"MM{self.number():06d}"
        sender, words = document["sender"], str(document.get("text", "")).strip().casefold()
        self.last[sender] = self.town.now()
        if document["via"] == "sms" and words in STOP_WORDS:
            self.blocked.add(("sms", sender))
        if document["via"] == "sms" and words in ("start", "unstop"):
            self.blocked.discard(("sms", sender))
        raw = json.dumps(document).encode()
        self.heard.append((self.town.now(), document["via"], raw))
        self.town.loop.spawn(self._delivers("twilio/messages", document), "webhook")

    async def _delivers(self, path: str, document: dict[str, Any]) -> None:
        chance, weather = self.town.chance, self.town.weather
        if chance.random() < weather.lost:
            return
        copies = 2 if chance.random() < weather.duplicate else 1
        for _copy in range(copies):
            self.town.loop.spawn(self._posts(path, document), "delivery")

    async def _posts(self, path: str, document: dict[str, Any]) -> None:
        chance, weather = self.town.chance, self.town.weather
        await asyncio.sleep(chance.expovariate(1 / weather.wire))
        for pause in (*AGAIN, None):
            status = await self.town.calls(path, self.account, document)
            if status == 200 and chance.random() >= weather.duplicate / 4:  # else it gets lost
                return
            if pause is None or path == "twilio/status":
                return
            await asyncio.sleep(pause)


@dataclass
class Telegram(Provider):
    """Delivers its updates one by one, in order, until each is taken; tells nothing afterwards."""

    line: list[dict[str, Any]] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    first = Status.SENT

    def stopped(self) -> Failure:
        """Say so."""
        return Stopped("Forbidden: bot was blocked by the user", code="403")

    def refuses(self, asked: Asked) -> Failure | None:  # noqa: ARG002 - it refuses nobody
        """Refuse nothing more."""
        return None

    def sid(self, asked: Asked) -> str:
        """Name a message: they are counted in each chat."""
        return f"{asked.to}:{self.number()}"

    def accepted(self, asked: Asked) -> None:
        """It is on the phone at once."""
        asked.status = Status.SENT
        self.town.arrives(asked)

    def hears(self, document: dict[str, Any]) -> None:
        """Take what a person does."""
        document["event"] = str(self.number())
        self.line.append(document)
        self.more.set()

    async def courier(self) -> None:
        """Deliver, one after the other."""
        chance, weather = self.town.chance, self.town.weather
        tries = 0
        while True:
            if not self.line:
                self.more.clear()
                await self.more.wait()
            await asyncio.sleep(chance.expovariate(1 / weather.wire))
            status = await self.town.calls("telegram", self.account, self.line[0])
            if status == 200 and chance.random() >= weather.duplicate / 2:  # else it gets lost
                self.line.pop(0)
                tries = 0
            else:
                tries += 1
                await asyncio.sleep(min(2.0**tries, 60.0))


class Wire:
    """A channel as a process has it. Drawing is the real channel's; the provider is simulated."""

    def __init__(self, drawn: Channel, provider: Provider, process: str) -> None:
        self._drawn = drawn
        self._provider = provider
        self._process = process
        self.name = drawn.name
        self.account = provider.account
        self.abilities = drawn.abilities

    def admit(self, call: Call) -> Envelope:
        """Let everything in: forgery is tested elsewhere."""
        document = json.loads(call.body)
        return Envelope(
            channel=document["via"],
            account=self.account,
            event_id=document["event"],
            kind=Kind.RECEIPT if document["kind"] == "receipt" else Kind.MESSAGE,
            sender=document["sender"],
            raw=call.body,
            words=document.get("text", ""),
        )

    def read(self, raw: bytes) -> tuple[Event, ...]:
        """Say what a kept envelope holds. Poison breaks our own code."""
        document = json.loads(raw)
        account, event = self.account, document["event"]
        match document["kind"]:
            case "receipt":
                code = document["code"]
                return (
                    Receipt(
                        channel=self.name,
                        account=account,
                        event_id=event,
                        message_id=document["sid"],
                        status=Status(document["status"]),
                        key=document["key"],
                        attempt=document["attempt"],
                        code=code,
                        failure=verdict(code, 400) if code else None,
                    ),
                )
            case "blocked":
                sender = document["sender"]
                return (Blocked(self.name, account, event, sender, document["blocked"]),)
            case "odd":
                return (Odd(self.name, account, event, document["sender"], "A sticker."),)
            case "poison":
                raise RuntimeError("Our own code cannot work this.")
            case _:
                return (self._inbound(document, event),)

    def _inbound(self, document: dict[str, Any], event: str) -> Inbound:
        text = document.get("text", "")
        pin = document.get("pin")
        return Inbound(
            channel=self.name,
            account=self.account,
            event_id=event,
            message_id=f"{document['sender']}:{event}",
            sender=document["sender"],
            recipient=self.account,
            text=text,
            button=document.get("button", ""),
            quoted=document.get("quoted", ""),
            press=event if document.get("button") and self.name == "telegram" else "",
            attachments=tuple(
                Attachment(MediaKind.DOCUMENT, one, "application/pdf", provider_id=one)
                for one in document.get("files", ())
            ),
            pin=Pin(*pin) if pin else None,
            album=document.get("album", ""),
            edited=document.get("edited", False),
            provider_answered=self.name == "sms" and text.strip().casefold() in STOP_WORDS,
            profile_name="Alguien",
        )

    def write(self, outbound: Outbound) -> Written:
        """Draw it as the real channel does."""
        return self._drawn.write(outbound)

    def pieces(self, outbound: Outbound) -> tuple[Outbound, ...]:
        """Cut it as the real channel does."""
        return self._drawn.pieces(outbound)

    def rewritten(self, to: str) -> str:
        """Write an address as the real channel does."""
        return self._drawn.rewritten(to)

    async def send(self, outbound: Outbound) -> Sent:
        """Hand it over and wait for the answer, as long as the real channel does."""
        town = self._provider.town
        town.no_transaction(f"{self.name} was called")
        asked = Asked(
            at=town.now(),
            via=self.name,
            to=outbound.to,
            key=outbound.key,
            attempt=outbound.attempt,
            text=self.write(outbound).text,
            by=self._process,
            free=outbound.template is None,
            expires_in=outbound.expires_in,
            options=tuple((one.id, one.label) for one in outbound.options),
        )
        answer: asyncio.Future[Sent] = town.loop.create_future()
        town.loop.spawn(self._provider.take(asked, answer), f"request {asked.key}")
        try:
            async with asyncio.timeout(ANSWER):
                return await answer
        except TimeoutError:
            raise Uncertain("No answer.") from None

    async def find(self, to: str, written: str, since: datetime) -> Sent | None:
        """Ask what it sent, where it can be asked."""
        provider, town = self._provider, self._provider.town
        town.no_transaction(f"{self.name} was asked")
        await asyncio.sleep(town.chance.expovariate(1 / town.weather.wire))
        if not isinstance(provider, Twilio):
            return None
        if town.chance.random() < town.weather.away:
            raise Unreachable("Nobody there.")
        for asked in provider.asked:
            same = asked.sid and (asked.via, asked.to) == (self.name, to)
            recent = asked.at >= since - timedelta(minutes=2)
            if same and recent and asked.text.strip() == written.strip():
                return Sent(asked.sid, asked.status)
        return None

    async def missed(self, since: datetime) -> tuple[Envelope, ...]:
        """List what came in."""
        provider, town = self._provider, self._provider.town
        if not isinstance(provider, Twilio):
            return ()
        await asyncio.sleep(town.chance.expovariate(1 / town.weather.wire))
        if town.chance.random() < town.weather.away:
            raise Unreachable("Nobody there.")
        return tuple(
            self.admit(Call("", {}, raw))
            for at, via, raw in provider.heard
            if via == self.name and at >= since
        )

    async def release(self, press: str) -> None:
        """Let a button be."""

    async def fetch(self, attachment: Attachment, limit: int) -> AsyncIterator[bytes]:  # noqa: ARG002 - files here are small
        """Stream a file, which may not be there yet, or break off."""
        town = self._provider.town
        town.no_transaction("a file was fetched")
        await asyncio.sleep(town.chance.expovariate(1 / town.weather.wire))
        content = self._provider.files.get(attachment.locator)
        if content is None:
            raise Missing("It is gone.")
        if town.chance.random() < town.weather.away + town.weather.broken:
            raise Missing("Not there yet.")
        half = len(content) // 2
        yield content[:half]
        if town.chance.random() < town.weather.silent:
            raise Unreachable("It broke off.")
        yield content[half:]

    async def erase(self, attachment: Attachment) -> None:
        """Delete a file."""
        town = self._provider.town
        await asyncio.sleep(town.chance.expovariate(1 / town.weather.wire))
        if town.chance.random() < town.weather.away:
            raise Unreachable("Nobody there.")
        if self._provider.files.pop(attachment.locator, None) is not None:
            self._provider.erased[attachment.locator] = town.now()

    async def blank(self, message_id: str) -> None:
        """Keep no words: no days go by here that are enough for them to go."""

    async def close(self) -> None:
        """Hold nothing."""
