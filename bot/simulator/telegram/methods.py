"""The methods of the Bot API that a bot like this one calls."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.simulator.house import House
from bot.simulator.line import Author, Line
from bot.simulator.record.files import File
from bot.simulator.record.letters import whole
from bot.simulator.record.threads import Draft, Message
from bot.simulator.telegram import objects
from bot.simulator.telegram.asked import Asked
from bot.simulator.telegram.attachments import Attachments
from bot.simulator.telegram.errors import Denied, bad_request
from bot.simulator.telegram.markup import read_html
from bot.simulator.telegram.webhook import BotWebhook

Method = Callable[[Asked], Any]
_TEXT, _CAPTION = 4096, 1024
_PRESS_LIFE = 60.0
"""Seconds for which a press can be answered; Telegram publishes no number."""
_DELETABLE = 48 * 3600.0
_PHOTO, _OTHER = 10 * 2**20, 50 * 2**20
_TYPING = 5.0


class Methods:
    """Carries the calls out; each returns what stands under `result`."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._webhook = BotWebhook(house)
        self._attachments = Attachments(house)
        self._me = objects.bot(house.settings)

    def table(self) -> dict[str, Method]:
        """Every method by its name in small letters, since Telegram does not mind capitals."""
        return {
            "getme": self._get_me,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": lambda _: self._webhook.info(),
            "sendmessage": self._send_message,
            "sendphoto": lambda asked: self._send_file(asked, "photo"),
            "senddocument": lambda asked: self._send_file(asked, "document"),
            "sendvoice": lambda asked: self._send_file(asked, "voice"),
            "editmessagetext": self._edit_text,
            "editmessagereplymarkup": self._edit_markup,
            "deletemessage": self._delete_message,
            "answercallbackquery": self._answer_press,
            "getfile": self._get_file,
            "setmycommands": self._set_commands,
            "getmycommands": self._get_commands,
            "sendchataction": self._act,
        }

    def _get_me(self, _asked: Asked) -> dict[str, Any]:
        return self._me | {
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def _set_webhook(self, asked: Asked) -> bool:
        values = dict(asked.values)
        values["allowed_updates"] = asked.object("allowed_updates")
        values["drop_pending_updates"] = asked.text("drop_pending_updates").lower() == "true"
        self._webhook.set(values)
        return True

    def _delete_webhook(self, asked: Asked) -> bool:
        drop = asked.text("drop_pending_updates").lower() == "true"
        self._webhook.set({"url": "", "drop_pending_updates": drop})
        return True

    def _send_message(self, asked: Asked) -> dict[str, Any]:
        words = _words(asked, "text")
        if not words.text.strip():
            raise bad_request("message text is empty")
        if len(words.text) > _TEXT:
            raise bad_request("message is too long")
        return self._send(asked, words.content(), Draft(*self._to(asked), text=words.text))

    def _send_file(self, asked: Asked, kind: str) -> dict[str, Any]:
        files = self._files(asked, kind)
        words = _words(asked, "caption")
        if len(words.text) > _CAPTION:
            raise bad_request("message caption is too long")
        content = {
            "photo": lambda: objects.photo(files),
            "document": lambda: objects.document(files[-1]),
            "voice": lambda: objects.voice(files[-1], asked.number("duration") or 0),
        }[kind]()
        draft = Draft(*self._to(asked), kind=kind, text=words.text, files=(files[-1].id,))
        return self._send(asked, content | words.caption(), draft)

    def _files(self, asked: Asked, kind: str) -> list[File]:
        """What is sent: an upload, or a file that Telegram has already."""
        upload = asked.upload(kind)
        if upload is None:
            file = self._house.files.find(asked.text(kind))
            if file is None:
                raise bad_request("wrong file identifier/HTTP URL specified")
            return [file]
        if len(upload.content) > (_PHOTO if kind == "photo" else _OTHER):
            raise Denied(413, "Request Entity Too Large")
        if not upload.content:
            raise bad_request("file must be non-empty")
        if kind == "photo":
            return self._attachments.photo(upload)
        return [self._attachments.keep(upload, f"{kind}s")]

    def _to(self, asked: Asked) -> tuple[Line, Author, str]:
        """The phone, if its person can be written to, and a number for the message."""
        line = self._line(asked)
        number = self._house.store.count("telegram/message_id")
        return line, Author.ORGANISATION, str(number)

    def _line(self, asked: Asked) -> Line:
        telegram_id = asked.number("chat_id")
        if telegram_id is None:
            raise bad_request("chat_id is empty")
        if not self._house.book.started(telegram_id):
            raise bad_request("chat not found")
        if self._house.book.blocked(telegram_id):
            raise Denied(403, "Forbidden: bot was blocked by the user")
        return Line.of_telegram(telegram_id)

    def _send(self, asked: Asked, content: dict[str, Any], draft: Draft) -> dict[str, Any]:
        person = self._house.book.holder(draft.line)
        quoted = self._quoted(asked, draft.line)
        choices = asked.keyboard()
        if quoted:
            content["reply_to_message"] = objects.without_quote(quoted.detail["telegram"])
        if choices:
            content["reply_markup"] = asked.object("reply_markup")
        if asked.text("protect_content").lower() == "true":
            content["has_protected_content"] = True
        options = asked.object("link_preview_options")
        if options:
            content["link_preview_options"] = options
        wire = objects.message(int(draft.key), self._me, objects.chat(person), content)
        message = self._house.threads.add(
            Draft(
                line=draft.line,
                author=draft.author,
                key=draft.key,
                kind=draft.kind,
                text=whole(draft.text),
                place=draft.place,
                files=draft.files,
                choices=choices,
                quoted=quoted.id if quoted else None,
                detail={"telegram": wire},
            )
        )
        for file in draft.files:
            self._house.files.belong(file, message.id)
        self._house.store.remember(f"telegram/typing/{draft.line.address}", 0)
        return wire

    def _quoted(self, asked: Asked, line: Line) -> Message | None:
        parameters = asked.object("reply_parameters") or {}
        number = parameters.get("message_id") or asked.number("reply_to_message_id")
        if number is None:
            return None
        found = self._house.threads.find(line, str(number))
        if found is None or found.removed:
            if parameters.get("allow_sending_without_reply"):
                return None
            raise bad_request("message to be replied not found")
        return found

    def _mine(self, asked: Asked, what: str) -> Message:
        """The bot's own message that is to be changed."""
        found = self._house.threads.find(self._line(asked), asked.text("message_id"))
        if found is None or found.removed:
            raise bad_request(f"message to {what} not found")
        if found.author is not Author.ORGANISATION:
            raise bad_request(f"message can't be {what}ed")
        return found

    def _edit_text(self, asked: Asked) -> dict[str, Any]:
        message = self._mine(asked, "edit")
        words = _words(asked, "text")
        if not words.text.strip():
            raise bad_request("message text is empty")
        if message.kind != "text":
            raise bad_request("there is no text in the message to edit")
        return self._edit(message, asked, words.content(), words.text)

    def _edit_markup(self, asked: Asked) -> dict[str, Any]:
        message = self._mine(asked, "edit")
        return self._edit(message, asked, {}, message.text)

    def _edit(
        self, message: Message, asked: Asked, content: dict[str, Any], words: str
    ) -> dict[str, Any]:
        choices = asked.keyboard()
        if words == message.text and choices == message.choices:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are"
                " exactly the same as a current content and reply markup of the message"
            )
        before = dict(message.detail["telegram"])
        before.pop("reply_markup", None)
        if content:
            before.pop("entities", None)
        kept: dict[str, Any] = before | content | {"edit_date": int(time.time())}
        if choices:
            kept["reply_markup"] = asked.object("reply_markup")
        self._house.threads.change(
            message.id,
            text=whole(words),
            choices=choices,
            edited=int(words != message.text or message.edited),
            detail={"telegram": kept},
        )
        return kept

    def _delete_message(self, asked: Asked) -> bool:
        found = self._house.threads.find(self._line(asked), asked.text("message_id"))
        if found is None or found.removed:
            raise bad_request("message to delete not found")
        if time.time() - found.made > _DELETABLE:
            raise bad_request("message can't be deleted for everyone")
        self._house.threads.change(found.id, removed=1)
        return True

    def _answer_press(self, asked: Asked) -> bool:
        press = self._house.store.row(
            "SELECT * FROM presses WHERE id = ?", asked.text("callback_query_id")
        )
        if press is None or press["answered"] or time.time() - press["made"] > _PRESS_LIFE:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        self._house.store.write(
            "UPDATE presses SET answered = 1, notice = ? WHERE id = ?",
            asked.text("text")[:200],
            press["id"],
        )
        self._house.live.touch(self._house.threads.get(press["message"]).line)
        return True

    def _get_file(self, asked: Asked) -> dict[str, Any]:
        file = self._attachments.fetchable(asked.text("file_id"))
        return {
            "file_id": file.id,
            "file_unique_id": file.unique_id,
            "file_size": file.size,
            "file_path": file.path,
        }

    def _set_commands(self, asked: Asked) -> bool:
        """Keep the commands of one language; without a language, those for all others."""
        name = f"telegram/commands/{asked.text('language_code')}"
        self._house.store.remember(name, asked.object("commands") or [])
        return True

    def _get_commands(self, asked: Asked) -> list[dict[str, str]]:
        name = f"telegram/commands/{asked.text('language_code')}"
        kept: list[dict[str, str]] = self._house.store.fact(name) or []
        return kept

    def _act(self, asked: Asked) -> bool:
        line = self._line(asked)
        until = time.time() + _TYPING
        self._house.store.remember(f"telegram/typing/{line.address}", until)
        self._house.live.touch(line)
        return True


@dataclass(frozen=True)
class _Words:
    """A text and the marks that its formatting put on it."""

    text: str
    marks: list[dict[str, Any]]

    def content(self) -> dict[str, Any]:
        """A text message's content: these marks, and those that Telegram finds by itself."""
        found = objects.text(self.text)
        marks = [*found.get("entities", []), *self.marks]
        return found | ({"entities": marks} if marks else {})

    def caption(self) -> dict[str, Any]:
        """The same under a file."""
        marked = {"caption_entities": self.marks} if self.marks else {}
        return {"caption": self.text, **marked} if self.text else {}


def _words(asked: Asked, name: str) -> _Words:
    """The words of a parameter; Markdown is refused, since nobody here writes it."""
    match asked.text("parse_mode").lower():
        case "":
            return _Words(asked.text(name), [])
        case "html":
            return _Words(*read_html(asked.text(name)))
        case _:
            raise bad_request("unsupported parse_mode")
