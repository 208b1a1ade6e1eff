"""How a conversation is written: a straight line of questions, replayed from a journal of answers.

A conversation never waits inside the process. It is played from the top each time: an answer that
is in the journal is handed over at once, and the first one that is missing is the question now on
the screen. So a conversation survives restarts and new versions of itself, and needs no clock, no
database and no chance.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar, overload

from handlers.understanding import Meaning
from models.text import Text

A = TypeVar("A")
C = TypeVar("C", bound=Enum)
G = TypeVar("G")

Answer = str | Mapping[str, Any]
"""An answer as the journal keeps it: plain JSON, readable by any later version."""


class Silence(Enum):
    """The answer of time: the question's patience ran out."""

    SILENCE = "silence"


SILENCE = Silence.SILENCE


class Stranded(Exception):  # noqa: N818 - a verdict about a journal, not a fault
    """The journal does not fit this version of the conversation. A human takes over."""


class Kind(Enum):
    """What sort of answer a question takes."""

    CHOICE = "choice"
    WORDS = "words"
    PHOTOS = "photos"
    PLACE = "place"


@dataclass(frozen=True)
class Option:
    """One choice: its lasting value, the label shown, what it means, other words for it."""

    value: str
    label: Text
    meaning: Meaning | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What is on the screen. `patience_hours` is how long it waits before `SILENCE` answers it."""

    name: str
    kind: Kind
    text: Text
    options: tuple[Option, ...] = ()
    patience_hours: int | None = None


@dataclass(frozen=True)
class Photos:
    """What came in answer to `photos`: how many files are stored, or the words sent instead."""

    count: int
    words: str = ""


@dataclass(frozen=True)
class Place:
    """Where something is, in the person's words or as a pin."""

    words: str
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Turn:
    """What one play brings that is new: words to say, facts to record, the question now asked."""

    says: tuple[Text, ...]
    records: tuple[object, ...]
    asks: Question | None
    settles: tuple[str, ...]


@dataclass
class _Asked(Awaitable[A], Generic[A]):
    talk: "Talk"
    question: Question
    read: Callable[[Answer], A]

    def __await__(self) -> Generator[Any, None, A]:
        name = self.question.name
        if name in self.talk.passed:
            raise ValueError(
                f"The question {name!r} is asked twice; give each question its own name."
            )
        if name not in self.talk.journal:
            yield self.question  # the conversation rests here; it is never resumed, only replayed
        answer = self.read(self.talk.journal[name])
        self.talk.passed.append(name)
        return answer


@dataclass
class Talk:
    """What a conversation speaks through. Everything it does is kept until the play is over."""

    journal: Mapping[str, Answer]
    passed: list[str] = field(default_factory=list)
    words: list[tuple[str, Text]] = field(default_factory=list)
    facts: list[object] = field(default_factory=list)

    def say(self, text: Text) -> None:
        """Say something that needs no answer. Said once, after the newest answer."""
        self.words.append((self.passed[-1] if self.passed else "", text))

    def record(self, fact: object) -> None:
        """State what has become true. Recorded once ever."""
        self.facts.append(fact)

    @overload
    def choose(
        self,
        name: str,
        text: Text,
        options: Mapping[C, Text],
        *,
        means: Mapping[C, Meaning] | None = None,
        words: Mapping[C, tuple[str, ...]] | None = None,
    ) -> Awaitable[C]: ...

    @overload
    def choose(
        self,
        name: str,
        text: Text,
        options: Mapping[C, Text],
        *,
        means: Mapping[C, Meaning] | None = None,
        words: Mapping[C, tuple[str, ...]] | None = None,
        patience_hours: int,
    ) -> Awaitable[C | Silence]: ...

    def choose(
        self,
        name: str,
        text: Text,
        options: Mapping[C, Text],
        *,
        means: Mapping[C, Meaning] | None = None,
        words: Mapping[C, tuple[str, ...]] | None = None,
        patience_hours: int | None = None,
    ) -> Awaitable[Any]:
        """Ask for one of a few. `means` says which understood meaning picks which choice."""
        kind = type(next(iter(options)))
        shown = tuple(
            Option(str(value.value), label, (means or {}).get(value), (words or {}).get(value, ()))
            for value, label in options.items()
        )
        question = Question(name, Kind.CHOICE, text, shown, patience_hours)
        return _Asked(self, question, lambda answer: _chosen(kind, name, answer))

    @overload
    def hear(self, name: str, text: Text) -> Awaitable[str]: ...

    @overload
    def hear(self, name: str, text: Text, *, patience_hours: int) -> Awaitable[str | Silence]: ...

    def hear(self, name: str, text: Text, *, patience_hours: int | None = None) -> Awaitable[Any]:
        """Ask for the person's own words."""
        question = Question(name, Kind.WORDS, text, (), patience_hours)
        return _Asked(self, question, _heard)

    def photos(
        self, name: str, text: Text, *, patience_hours: int | None = None
    ) -> Awaitable[Photos | Silence]:
        """Ask for photos or files. Collects quietly; answered when a burst is over and stored."""
        question = Question(name, Kind.PHOTOS, text, (), patience_hours)
        return _Asked(self, question, _photographed)

    def place(self, name: str, text: Text) -> Awaitable[Place]:
        """Ask for a place: a pin, or its name in words."""
        question = Question(name, Kind.PLACE, text)
        return _Asked(self, question, _placed)

    def aside(self, name: str) -> str:
        """Give what was written beyond the choice itself in an answer, or nothing."""
        answer = self.journal.get(name, "")
        return str(answer.get("aside", "")) if isinstance(answer, Mapping) else ""


Conversation = Callable[[Talk, G], Coroutine[Any, Any, None]]


def play(
    conversation: Conversation[G],
    given: G,
    journal: Mapping[str, Answer],
    settled: Collection[str] = (),
    recorded: Sequence[object] = (),
) -> Turn:
    """Replay the answers so far and return only what is new.

    Words are said once per answer, facts recorded once ever, whatever version of the conversation
    is deployed between two answers. Raises `Stranded` when the journal does not fit any more.
    """
    talk = Talk(journal)
    running = conversation(talk, given)
    try:
        asks: Question | None = running.send(None)
    except StopIteration:
        asks = None
    finally:
        running.close()
    if asks is not None and not isinstance(asks, Question):
        raise TypeError("A conversation may only wait for answers, nothing else.")
    return Turn(
        says=tuple(text for after, text in talk.words if after not in settled),
        records=tuple(fact for fact in talk.facts if fact not in recorded),
        asks=asks,
        settles=tuple(name for name in ["", *talk.passed] if name not in settled),
    )


def _silent(answer: Answer) -> bool:
    return isinstance(answer, Mapping) and answer.get("silence") is True


def _chosen(kind: type[C], name: str, answer: Answer) -> C | Silence:
    if _silent(answer):
        return SILENCE
    value = answer.get("choice") if isinstance(answer, Mapping) else answer
    for member in kind:
        if str(member.value) == value:
            return member
    raise Stranded(f"The answer {value!r} to {name!r} is not a choice any more.")


def _heard(answer: Answer) -> str | Silence:
    if _silent(answer):
        return SILENCE
    return str(answer.get("words", "")) if isinstance(answer, Mapping) else answer


def _photographed(answer: Answer) -> Photos | Silence:
    if _silent(answer):
        return SILENCE
    if not isinstance(answer, Mapping):
        raise Stranded("The answer to a question for photos is not about photos.")
    return Photos(int(answer.get("count", 0)), str(answer.get("words", "")))


def _placed(answer: Answer) -> Place:
    if not isinstance(answer, Mapping):
        return Place(answer)
    latitude, longitude = answer.get("latitude"), answer.get("longitude")
    if latitude is None or longitude is None:
        return Place(str(answer.get("words", "")))
    return Place(str(answer.get("words", "")), float(latitude), float(longitude))
