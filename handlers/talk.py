"""How a conversation is written: a straight line of questions, replayed from a journal of answers.

A conversation never waits inside the process. It is played from the top each time: an answer that
is in the journal is handed over at once, and the first one that is missing is the question now on
the screen. So a conversation survives restarts and new versions of itself, and needs no clock, no
database and no chance.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar, overload

from handlers.understanding import Expect, Meaning
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
    """What is on the screen. `patience_hours` is how long it waits before `SILENCE` answers it.

    Of a choice, `expects` says how a reply is read, `otherwise` is the value that words matching
    none of the options stand for, and `on_photos` the one that photos stand for when they come.
    """

    name: str
    kind: Kind
    text: Text
    options: tuple[Option, ...] = ()
    patience_hours: int | None = None
    expects: Expect = Expect.YES_NO
    otherwise: str = ""
    on_photos: str = ""


@dataclass(frozen=True)
class Photos:
    """What came in answer to `photos`: how many files are stored, the words, what they mean."""

    count: int
    words: str = ""
    meaning: Meaning | None = None  # DONE or NO, where the words say so


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
        expects: Expect = Expect.YES_NO,
        otherwise: C | None = None,
        on_photos: C | None = None,
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
        expects: Expect = Expect.YES_NO,
        otherwise: C | None = None,
        on_photos: C | None = None,
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
        expects: Expect = Expect.YES_NO,
        otherwise: C | None = None,
        on_photos: C | None = None,
        patience_hours: int | None = None,
    ) -> Awaitable[Any]:
        """Ask for one of a few. `means` says which understood meaning picks which choice."""
        kind = type(next(iter(options)))
        shown = tuple(
            Option(str(value.value), label, (means or {}).get(value), (words or {}).get(value, ()))
            for value, label in options.items()
        )
        question = Question(
            name,
            Kind.CHOICE,
            text,
            shown,
            patience_hours,
            expects,
            otherwise="" if otherwise is None else str(otherwise.value),
            on_photos="" if on_photos is None else str(on_photos.value),
        )
        return _Asked(self, question, lambda answer: _chosen(kind, question, answer))

    @overload
    def hear(self, name: str, text: Text) -> Awaitable[str]: ...

    @overload
    def hear(self, name: str, text: Text, *, patience_hours: int) -> Awaitable[str | Silence]: ...

    def hear(self, name: str, text: Text, *, patience_hours: int | None = None) -> Awaitable[Any]:
        """Ask for the person's own words."""
        question = Question(name, Kind.WORDS, text, (), patience_hours)
        return _Asked(self, question, lambda answer: _heard(question, answer))

    @overload
    def photos(self, name: str, text: Text) -> Awaitable[Photos]: ...

    @overload
    def photos(
        self, name: str, text: Text, *, patience_hours: int
    ) -> Awaitable[Photos | Silence]: ...

    def photos(self, name: str, text: Text, *, patience_hours: int | None = None) -> Awaitable[Any]:
        """Ask for photos or files. Collects quietly; answered when a burst is over and stored."""
        question = Question(name, Kind.PHOTOS, text, (), patience_hours)
        return _Asked(self, question, lambda answer: _photographed(question, answer))

    def place(self, name: str, text: Text) -> Awaitable[Place]:
        """Ask for a place: a pin, or its name in words."""
        question = Question(name, Kind.PLACE, text)
        return _Asked(self, question, lambda answer: _placed(question, answer))

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
    talk, asks = _replay(conversation, given, journal)
    return Turn(
        says=tuple(text for after, text in talk.words if after not in settled),
        records=_unrecorded(talk.facts, recorded),
        asks=asks,
        settles=tuple(name for name in ["", *talk.passed] if name not in settled),
    )


def back(
    conversation: Conversation[G],
    given: G,
    journal: Mapping[str, Answer],
    settled: Collection[str],
    recorded: Sequence[object],
) -> tuple[dict[str, Answer], list[str]] | None:
    """Forget the newest answer: give the journal and what is settled without it.

    Gives nothing where there is no way back: at the first question, once a fact has been recorded
    (a correction is its own fact), and where the answer was files, which are kept.
    """
    talk, _ = _replay(conversation, given, journal)
    if recorded or not talk.passed:
        return None
    newest = talk.passed[-1]
    answer = journal[newest]
    if isinstance(answer, Mapping) and answer.get("count"):
        return None
    return (
        {name: kept for name, kept in journal.items() if name != newest},
        [name for name in settled if name != newest],
    )


def _replay(
    conversation: Conversation[G], given: G, journal: Mapping[str, Answer]
) -> tuple[Talk, Question | None]:
    talk = Talk(journal)
    running = conversation(talk, given)
    try:
        asks = running.send(None)
    except StopIteration:
        return talk, None
    finally:
        running.close()
    if not isinstance(asks, Question):
        raise TypeError("A conversation may only wait for answers, nothing else.")
    return talk, asks


def _unrecorded(facts: Sequence[object], recorded: Sequence[object]) -> tuple[object, ...]:
    """Give the facts that go beyond the record.

    A new version of a conversation may reach a fact of the same kind with other details; history
    is not rewritten, so of each kind only as many are new as there are more than before.
    """
    distinct = [fact for n, fact in enumerate(facts) if fact not in facts[:n]]
    had = Counter(type(fact) for fact in recorded)
    room = Counter(type(fact) for fact in distinct) - had
    new: list[object] = []
    for fact in reversed(distinct):
        if fact not in recorded and room[type(fact)]:
            room[type(fact)] -= 1
            new.append(fact)
    return tuple(reversed(new))


def _silent(question: Question, answer: Answer) -> bool:
    if not isinstance(answer, Mapping) or answer.get("silence") is not True:
        return False
    if question.patience_hours is None:
        raise Stranded(f"The question {question.name!r} does not take silence for an answer.")
    return True


def _chosen(kind: type[C], question: Question, answer: Answer) -> C | Silence:
    if _silent(question, answer):
        return SILENCE
    value = answer.get("choice") if isinstance(answer, Mapping) else answer
    for member in kind:
        if str(member.value) == value:
            return member
    raise Stranded(f"The answer {value!r} to {question.name!r} is not a choice any more.")


def _heard(question: Question, answer: Answer) -> str | Silence:
    return SILENCE if _silent(question, answer) else _words(question, answer)


def _photographed(question: Question, answer: Answer) -> Photos | Silence:
    if _silent(question, answer):
        return SILENCE
    if not isinstance(answer, Mapping) or "count" not in answer:
        raise Stranded(f"The answer to {question.name!r} is not about photos.")
    meanings = (meaning for meaning in Meaning if meaning.value == answer.get("meaning"))
    return Photos(int(answer["count"]), str(answer.get("words", "")), next(meanings, None))


def _placed(question: Question, answer: Answer) -> Place:
    if isinstance(answer, Mapping):
        latitude, longitude = answer.get("latitude"), answer.get("longitude")
        if latitude is not None and longitude is not None:
            return Place(str(answer.get("words", "")), float(latitude), float(longitude))
    return Place(_words(question, answer))


def _words(question: Question, answer: Answer) -> str:
    if not isinstance(answer, Mapping):
        return answer
    if "words" not in answer:
        raise Stranded(f"The answer to {question.name!r} holds no words.")
    return str(answer["words"])
