"""A phone with Telegram: what its person does reaches the product as updates."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.simulator.acts import Act, chosen, offering
from bot.simulator.house import House
from bot.simulator.line import Author, Line, Refused
from bot.simulator.record.book import Person
from bot.simulator.record.files import File, Upload, photographed
from bot.simulator.record.letters import whole
from bot.simulator.record.threads import Draft, Message
from bot.simulator.telegram import objects
from bot.simulator.telegram.attachments import Attachments
from bot.simulator.telegram.webhook import BotWebhook

_ALBUM = 10


@dataclass(frozen=True)
class _Sent:
    """One message of the person: what the phone shows and what Telegram makes of it."""

    content: dict[str, Any]
    kind: str = "text"
    text: str = ""
    place: dict[str, Any] | None = None
    files: list[File] = field(default_factory=list)


class TelegramHandset:
    """Does a person's acts on Telegram."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._webhook = BotWebhook(house)
        self._attachments = Attachments(house)

    def say(self, line: Line, act: Act) -> list[Message]:
        """Send words; refused before Start and while the bot is blocked, as the app does."""
        return self._send(line, act, [_Sent(objects.text(act.text), text=act.text)])

    def start(self, line: Line, act: Act) -> list[Message]:
        """Press Start, with the invitation's payload if there is one."""
        telegram_id = int(line.address)
        if self._house.book.blocked(telegram_id):
            self.unblock(line, act)
        self._house.book.start(telegram_id)
        words = f"/start {act.text}".strip()
        return self._send(line, Act("start"), [_Sent(objects.text(words), text=words)])

    def tap(self, line: Line, act: Act) -> list[Message]:
        """Press a button under a message; the press waits for the bot's answer."""
        person = self._writer(line)
        shown = self._house.threads.of(line)
        message = self._one(line, act.message) if act.message else offering(shown, act.choice)
        choice = chosen(message, act.choice)
        if "url" in choice:
            return []
        press = secrets.token_hex(9)
        self._house.store.write(
            "INSERT INTO presses(id, message, choice, made) VALUES(?, ?, ?, ?)",
            press,
            message.id,
            choice["label"],
            time.time(),
        )
        query = {
            "id": press,
            "from": objects.user(person),
            "message": message.detail["telegram"],
            "chat_instance": str(int(line.address) * 7919),
            "data": choice["id"],
        }
        self._webhook.push([("callback_query", query, None)], int(line.address))
        self._house.live.touch(line)
        return []

    def photos(self, line: Line, act: Act) -> list[Message]:
        """Send pictures; several at once are albums of at most ten."""
        sent: list[_Sent] = []
        for album in _albums(act.files):
            group = {"media_group_id": str(self._group())} if len(album) > 1 else {}
            for upload in album:
                sizes = self._attachments.photo(photographed(upload))
                words = act.text if not sent else ""
                content = objects.photo(sizes) | group | _caption(words)
                sent.append(_Sent(content, "photo", words, files=sizes))
        return self._send(line, act, sent)

    def document(self, line: Line, act: Act) -> list[Message]:
        """Send files as they are, with their names."""
        files = [self._attachments.keep(upload, "documents") for upload in act.files]
        group = {"media_group_id": str(self._group())} if len(files) > 1 else {}
        sent = [
            _Sent(
                objects.document(file) | group | (_caption(act.text) if number == 0 else {}),
                "document",
                act.text if number == 0 else "",
                files=[file],
            )
            for number, file in enumerate(files)
        ]
        return self._send(line, act, sent)

    def voice(self, line: Line, act: Act) -> list[Message]:
        """Send a voice note."""
        files = [self._attachments.keep(upload, "voice") for upload in act.files]
        sent = [_Sent(objects.voice(file, 3), "voice", files=[file]) for file in files]
        return self._send(line, act, sent)

    def pin(self, line: Line, act: Act) -> list[Message]:
        """Send a place."""
        return self._send(line, act, [_Sent(objects.location(act.place), "place", place=act.place)])

    def edit(self, line: Line, act: Act) -> list[Message]:
        """Change the words of one's own message."""
        self._writer(line)
        if act.message is None:
            raise Refused("Say which message is edited.")
        message = self._one(line, act.message)
        if message.author is not Author.PERSON or message.kind != "text":
            raise Refused("Only one's own words can be edited.")
        kept = message.detail["telegram"] | objects.text(act.text)
        kept["edit_date"] = int(time.time())
        changed = self._house.threads.change(
            message.id, text=whole(act.text), edited=1, detail={"telegram": kept}
        )
        self._webhook.push([("edited_message", kept, None)], int(line.address))
        return [changed]

    def block(self, line: Line, act: Act) -> list[Message]:
        """Block the bot."""
        del act
        self._member(self._writer(line), blocked=True)
        return []

    def unblock(self, line: Line, act: Act) -> list[Message]:
        """Take the block back."""
        del act
        person = self._house.book.holder(line)
        if person.telegram_id is not None and self._house.book.blocked(person.telegram_id):
            self._member(person, blocked=False)
        return []

    def read(self, line: Line, act: Act) -> list[Message]:
        """Look at the phone: a Telegram bot is never told."""
        del line, act
        return []

    def _member(self, person: Person, *, blocked: bool) -> None:
        telegram_id = person.telegram_id or 0
        self._house.book.block(telegram_id, blocked=blocked)
        bot = objects.bot(self._house.settings)
        member = {"user": bot, "status": "member"}
        kicked = {"user": bot, "status": "kicked", "until_date": 0}
        change = {
            "chat": objects.chat(person),
            "from": objects.user(person),
            "date": int(time.time()),
            "old_chat_member": member if blocked else kicked,
            "new_chat_member": kicked if blocked else member,
        }
        self._webhook.push([("my_chat_member", change, None)], telegram_id)
        self._house.live.touch(Line.of_telegram(telegram_id))

    def _writer(self, line: Line) -> Person:
        """The person, if the app lets the person write."""
        person = self._house.book.holder(line)
        telegram_id = int(line.address)
        if not self._house.book.started(telegram_id):
            raise Refused(f"{person.name} has not pressed Start yet.")
        if self._house.book.blocked(telegram_id):
            raise Refused(f"{person.name} has blocked the bot; press Restart first.")
        return person

    def _one(self, line: Line, number: int) -> Message:
        message = self._house.threads.get(number)
        if message.line != line or message.removed:
            raise Refused("That message is not on this phone.")
        return message

    def _group(self) -> int:
        return self._house.store.count("telegram/media_group", start=13_500_000_000_000_000)

    def _send(self, line: Line, act: Act, burst: list[_Sent]) -> list[Message]:
        """Make messages of a burst and queue an update for each."""
        person = self._writer(line)
        quoted = self._one(line, act.message) if act.message is not None else None
        messages, updates = [], []
        for sent in burst:
            number = self._house.store.count("telegram/message_id")
            content = sent.content
            if quoted:
                reply = objects.without_quote(quoted.detail["telegram"])
                content = content | {"reply_to_message": reply}
            wire = objects.message(number, objects.user(person), objects.chat(person), content)
            message = self._house.threads.add(
                Draft(
                    line=line,
                    author=Author.PERSON,
                    key=str(number),
                    kind=sent.kind,
                    text=whole(sent.text),
                    place=sent.place,
                    files=tuple(file.id for file in sent.files[-1:]),
                    quoted=quoted.id if quoted else None,
                    detail={"telegram": wire},
                )
            )
            self._attachments.belong(sent.files, message.id)
            messages.append(message)
            updates.append(("message", wire, message.id))
        self._webhook.push(updates, int(line.address))
        return messages


def _albums(uploads: tuple[Upload, ...]) -> Iterator[tuple[Upload, ...]]:
    for first in range(0, len(uploads), _ALBUM):
        yield uploads[first : first + _ALBUM]


def _caption(words: str) -> dict[str, Any]:
    return {"caption": words} if words else {}
