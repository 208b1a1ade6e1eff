"""Drives the simulator's phones from a test or a journey: says, taps, sends photos, hears."""

import io
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

_PATIENCE = 20.0
_GLANCE = 5.0


class UnheardError(AssertionError):
    """The words that were waited for did not come; it says what did."""


class ClumsyError(RuntimeError):
    """The phone refused an act; it says why."""


@dataclass(frozen=True)
class Picture:
    """Bytes to send, or with no bytes a sample of this name."""

    name: str
    content: bytes | None = None
    type: str = "image/jpeg"

    @classmethod
    def of(cls, source: "Picture | Path | bytes | str") -> "Picture":
        """A picture from a file, from bytes, or by a sample's name."""
        if isinstance(source, Picture):
            return source
        if isinstance(source, Path):
            return cls(source.name, source.read_bytes())
        return cls("photo.jpg", source) if isinstance(source, bytes) else cls(source)


class Phones:
    """A simulator from outside: use it with `async with`."""

    def __init__(self, base_url: str) -> None:
        """The simulator at this address, such as http://127.0.0.1:8000/simulator."""
        self._api = f"{base_url.rstrip('/')}/api"
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session:
            await self._session.close()

    def whatsapp(self, number: str) -> "Phone":
        """The WhatsApp phone of a number."""
        return Phone(self, "whatsapp", number)

    def sms(self, number: str) -> "Phone":
        """The SMS phone of a number."""
        return Phone(self, "sms", number)

    def telegram(self, telegram_id: int) -> "Phone":
        """The Telegram phone of a user."""
        return Phone(self, "telegram", str(telegram_id))

    async def book(self, people: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Replace the phone book; what is written in it, with the ids that were given."""
        written: list[dict[str, Any]] = await self.ask("PUT", "/book", json=list(people))
        return written

    async def faults(self, provider: str, **switches: Any) -> dict[str, Any]:
        """Set these switches of `twilio` or `telegram` and turn all others off."""
        faults: dict[str, Any] = await self.ask("PUT", f"/faults/{provider}", json=switches)
        return faults

    async def log(self, **question: Any) -> list[dict[str, Any]]:
        """The log of the wire; `after`, `provider`, `kind` and `limit` narrow it."""
        asked = {name: str(value) for name, value in question.items()}
        entries: list[dict[str, Any]] = (await self.ask("GET", "/log", params=asked))["entries"]
        return entries

    async def ask(self, verb: str, path: str, **more: Any) -> Any:
        """One call of the simulator's API; raises with its sentence when it refuses."""
        if self._session is None:
            raise RuntimeError("Use `async with Phones(…) as phones`.")
        async with self._session.request(verb, f"{self._api}{path}", **more) as answer:
            document = await answer.json()
            if answer.status >= 400:  # noqa: PLR2004 - the border of HTTP's failures
                raise ClumsyError(document.get("error", f"{verb} {path}: {answer.status}"))
            return document


class Phone:
    """One phone: what its person does, and what arrives."""

    def __init__(self, phones: Phones, channel: str, address: str) -> None:
        self._phones = phones
        self._path = f"/phones/{channel}/{address}"
        self._heard = 0
        self.channel = channel
        self.address = address

    async def says(self, words: str, *, quoting: int | None = None) -> list[dict[str, Any]]:
        """Send words, perhaps quoting a message by its `id` in the thread."""
        return await self._act("say", text=words, message=quoting)

    async def taps(self, choice: str, *, under: int | None = None) -> list[dict[str, Any]]:
        """Press the button or row with this label or id, on the newest message that has it."""
        return await self._act("tap", choice=choice, message=under)

    async def sends_photos(
        self, *pictures: Picture | Path | bytes | str, caption: str = ""
    ) -> list[dict[str, Any]]:
        """Send pictures in one burst; what was sent, with the SHA-256 of each under `files`."""
        return await self._send("photos", [Picture.of(one) for one in pictures], caption)

    async def sends_document(
        self, document: Picture | Path | bytes | str = "letter", *, caption: str = ""
    ) -> list[dict[str, Any]]:
        """Send a file as it is."""
        return await self._send("document", [Picture.of(document)], caption)

    async def sends_voice(
        self, note: Picture | Path | bytes | str = "voice-note"
    ) -> list[dict[str, Any]]:
        """Send a voice note."""
        return await self._send("voice", [Picture.of(note)])

    async def sends_pin(
        self, latitude: float, longitude: float, *, label: str = ""
    ) -> list[dict[str, Any]]:
        """Send a place."""
        return await self._act("pin", latitude=latitude, longitude=longitude, label=label)

    async def presses_start(self, payload: str = "") -> list[dict[str, Any]]:
        """Press Start, perhaps with the payload of an invitation."""
        return await self._act("start", text=payload)

    async def edits(self, message: int, words: str) -> list[dict[str, Any]]:
        """Change the words of one's own message."""
        return await self._act("edit", message=message, text=words)

    async def blocks(self) -> None:
        """Block the organisation."""
        await self._act("block")

    async def unblocks(self) -> None:
        """Take the block back."""
        await self._act("unblock")

    async def reads(self) -> None:
        """Look at the phone: on WhatsApp, what arrived is now read."""
        await self._act("read")

    async def meets(self, status: str, code: int | None = None) -> None:
        """Let every message to this phone end so: `undelivered`, `failed`, `sent` or `refused`."""
        await self._phones.ask("PUT", f"{self._path}/fate", json={"status": status, "code": code})

    async def shows(self) -> dict[str, Any]:
        """The phone as it is now."""
        shown: dict[str, Any] = await self._phones.ask("GET", self._path)
        return shown

    async def thread(self) -> list[dict[str, Any]]:
        """The messages on the phone, oldest first."""
        messages: list[dict[str, Any]] = (await self.shows())["messages"]
        return messages

    async def words(self) -> list[str]:
        """The words of the organisation on the phone, oldest first."""
        return [one["text"] for one in await self.thread() if one["author"] == "organisation"]

    async def hears(self, words: str, *, within: float = _PATIENCE) -> dict[str, Any]:
        """Wait for a message of the organisation that holds these words, and return it.

        Only messages after the one that was heard last are looked at.
        """
        deadline = time.monotonic() + within
        seen = ""
        while True:
            shown = await self._look(seen, min(_GLANCE, max(0.0, deadline - time.monotonic())))
            seen = shown["mark"]
            for message in shown["messages"]:
                new = message["id"] > self._heard and message["author"] != "person"
                if new and words in message["text"]:
                    self._heard = message["id"]
                    heard: dict[str, Any] = message
                    return heard
            if time.monotonic() >= deadline:
                raise UnheardError(self._complaint(words, shown["messages"]))

    async def sees_ticks(self, status: str, *, within: float = _PATIENCE) -> dict[str, Any]:
        """Wait until the last message on the phone has this status, and return it.

        The person's own message is `sent`, then `delivered` once the product has taken it, or
        `lost` when the provider has given it up.
        """
        deadline = time.monotonic() + within
        seen = ""
        while True:
            shown = await self._look(seen, min(_GLANCE, max(0.0, deadline - time.monotonic())))
            seen = shown["mark"]
            last = shown["messages"][-1] if shown["messages"] else {"status": "nothing"}
            if last["status"] == status:
                found: dict[str, Any] = last
                return found
            if time.monotonic() >= deadline:
                raise UnheardError(f"The last message is {last['status']}, not {status}.")

    async def _look(self, seen: str, wait: float) -> dict[str, Any]:
        asked = {"seen": seen, "wait": f"{wait:.3f}"} if seen else {}
        shown: dict[str, Any] = await self._phones.ask("GET", self._path, params=asked)
        return shown

    def _complaint(self, words: str, messages: list[dict[str, Any]]) -> str:
        lines = [
            f"{'→' if one['author'] == 'person' else '←'} {one['text'] or one['kind']}"
            for one in messages[-8:]
        ]
        return "\n".join([f"{self.channel} {self.address} did not hear {words!r}:", *lines])

    async def _send(
        self, kind: str, pictures: list[Picture], caption: str = ""
    ) -> list[dict[str, Any]]:
        """Send files, as a form with their bytes beside the act."""
        form, files = aiohttp.FormData(default_to_multipart=True), list[dict[str, Any]]()
        for picture in pictures:
            if picture.content is None:
                files.append({"sample": picture.name})
                continue
            files.append({"upload": sum("upload" in one for one in files)})
            content = io.BytesIO(picture.content)
            form.add_field("file", content, filename=picture.name, content_type=picture.type)
        form.add_field("act", json.dumps({"act": kind, "files": files, "text": caption}))
        answer = await self._phones.ask("POST", f"{self._path}/acts", data=form)
        made: list[dict[str, Any]] = answer["made"]
        return made

    async def _act(self, kind: str, **more: Any) -> list[dict[str, Any]]:
        document = {"act": kind, **{name: one for name, one in more.items() if one is not None}}
        answer = await self._phones.ask("POST", f"{self._path}/acts", json=document)
        made: list[dict[str, Any]] = answer["made"]
        return made
