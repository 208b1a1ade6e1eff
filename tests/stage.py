"""The stage on which scenes read as dialogue: conversations and their words, without a database.

An actor is one person in one conversation, on one channel. What she hears is drawn as that channel
draws it; what she says is read as the bot reads it. The post office between them is left out.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bot.tongues import render, tongue
from channels import plain
from channels.base import Option
from handlers import always, promise
from handlers.repertoire import REPERTOIRE
from handlers.seen import Seen, pinned, pressed, read_answer, read_photos, read_seen, shown
from handlers.talk import Answer, back, play
from handlers.understanding import Meaning, stops, understand
from models.text import Text

ORGANISATION, PHONE, HOURS = "la Red de Defensoras", "+502 2222 0000", 24
LOST = 3  # misunderstandings in a row after which a human takes over


class Channel(Enum):
    """Where a scene is played."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    TELEGRAM = "telegram"


@dataclass(frozen=True)
class Message:
    """One message as it left: the words, and the labels of its choices."""

    text: str
    labels: tuple[str, ...] = ()

    def drawn(self) -> str:
        """Write it down as dialogue is written: choices as numbered lines."""
        return plain.numbered(self.text, [Option("", label) for label in self.labels])


@dataclass
class Actor:
    """One person in one conversation."""

    conversation: str
    given: object
    language: str
    channel: Channel
    journal: dict[str, Answer] = field(default_factory=dict)
    settled: list[str] = field(default_factory=list)
    recorded: list[object] = field(default_factory=list)
    unheard: list[Message] = field(default_factory=list)
    kept: Mapping[str, Any] | None = None  # the question on the screen, as it was shown
    confused: int = 0
    stopped: bool = False

    # --- what she does --------------------------------------------------------------------------

    def says(self, text: str) -> None:
        """Write something."""
        assert not self.unheard, f"She has not heard {self.unheard} yet."
        if stops(text, self.spoken):
            self.stopped, self.kept = True, None
            self._tell(always.stopped())
            return
        meaning = understand(text, REPERTOIRE[self.conversation].expects, self.spoken)
        if word := self._always(meaning):
            self._tell(word)
            return
        answer = read_answer(self.seen, text, self.spoken)
        if answer is not None:
            self._file(answer)
        elif meaning is Meaning.BACK:
            self._back()
        elif meaning is Meaning.LATER:
            self._tell(always.no_hurry("GT-0417"))
        else:
            self._ask_again()

    def taps(self, label: str) -> None:
        """Press a button; on a channel without them, type its number."""
        labels = [option.label for option in self.seen.options]
        number = labels.index(label)
        if self.channel is Channel.SMS:
            self.says(str(number + 1))
        else:
            answer = pressed(self.seen, self.seen.options[number].value)
            assert answer is not None
            self._file(answer)

    def sends_photos(self, count: int, words: str = "") -> None:
        """Send a burst of photos, all of which are stored."""
        answer = read_photos(self.seen, count, words, self.spoken)
        while answer is not None and not (isinstance(answer, Mapping) and "count" in answer):
            self._file(answer, aloud=False)
            answer = read_photos(self.seen, count, words, self.spoken)
        assert answer is not None, "The question takes no photos."
        self._file(answer)

    def shares_place(self, latitude: float, longitude: float, words: str = "") -> None:
        """Share a location."""
        answer = pinned(latitude, longitude, words)
        assert answer is not None
        self._file(answer)

    def keeps_silent(self) -> None:
        """Say nothing until the question's patience runs out."""
        assert self.seen.patience_hours, "This question waits for ever."
        self._file({"silence": True})

    # --- what she perceives ---------------------------------------------------------------------

    def hears(self, words: str) -> None:
        """Check the next message: its words, and its choices as numbered lines."""
        assert self.unheard, f"She hears nothing, not {words!r}."
        message = self.unheard.pop(0).drawn()
        if self.channel is Channel.SMS:
            message, words = plain.fold(message), plain.fold(words)
        assert message == words

    def hears_nothing(self) -> None:
        """Check that nothing is said."""
        assert self.unheard == []

    @property
    def seen(self) -> Seen:
        """The question on her screen."""
        assert self.kept is not None, "No question is open."
        return read_seen(json.loads(json.dumps(self.kept)))

    @property
    def spoken(self) -> str:
        """The language her replies are read in."""
        return tongue(self.language).catalogs[0]

    @property
    def ended(self) -> bool:
        """Whether the conversation is over."""
        return self.kept is None

    # --- what the bot does ----------------------------------------------------------------------

    def begin(self) -> "Actor":
        """Play until the first question."""
        self._play(aloud=True)
        return self

    def _file(self, answer: Answer, *, aloud: bool = True) -> None:
        self.journal[self.seen.name] = answer
        self.confused = 0
        self._play(aloud=aloud)

    def _play(self, *, aloud: bool) -> None:
        turn = play(
            REPERTOIRE[self.conversation].conversation,
            self.given,
            self.journal,
            self.settled,
            self.recorded,
        )
        self.settled += turn.settles
        self.recorded += turn.records
        words = [render(text, self.language) for text in turn.says]
        self.kept = None
        labels: tuple[str, ...] = ()
        if turn.asks is not None:
            self.kept = shown(turn.asks, lambda text: render(text, self.language))
            words.append(self.kept["text"])
            labels = tuple(option["label"] for option in self.kept["options"])
        if words and aloud:
            self.unheard.append(Message("\n".join(words), labels))

    def _back(self) -> None:
        entry = REPERTOIRE[self.conversation]
        way = back(entry.conversation, self.given, self.journal, self.settled, self.recorded)
        if way is None:
            self._tell(always.no_way_back())
            return
        self.journal, self.settled = way
        self._play(aloud=True)

    def _always(self, meaning: Meaning) -> Text | None:
        match meaning:
            case Meaning.HELP:
                return always.help_text(ORGANISATION, PHONE)
            case Meaning.PERSON:
                return always.person_called(promise.within(HOURS))
            case Meaning.WHO_ARE_YOU:
                return always.who_are_you(ORGANISATION, PHONE)
            case Meaning.WRONG_PERSON:
                self.kept = None
                return always.wrong_person()
            case _:
                return None

    def _ask_again(self) -> None:
        self.confused += 1
        seen = self.seen
        if self.confused < LOST:
            words = render(always.not_understood(seen.kind, self.confused), self.language)
            labels = tuple(option.label for option in seen.options)
            self.unheard.append(Message(f"{words}\n{seen.text}", labels))
        else:
            self._tell(always.given_up(promise.within(HOURS)))

    def _tell(self, text: Text) -> None:
        self.unheard.append(Message(render(text, self.language)))


@dataclass(frozen=True)
class Stage:
    """One channel's stage."""

    channel: Channel

    def plays(self, conversation: str, given: object, language: str = "spa") -> Actor:
        """Begin a conversation with somebody."""
        return Actor(conversation, given, language, self.channel).begin()
