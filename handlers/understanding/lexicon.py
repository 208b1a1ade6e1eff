"""The word lists of `handlers/lexicon`, read once and made ready for reading replies."""

import re
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import Any

from handlers.understanding.phrases import Phrases
from handlers.understanding.spelling import nearest, sound
from handlers.understanding.words import fold

FOLDER = Path(__file__).parent.parent / "lexicon"
TONGUES = ("es", "en")
_SHORT = 2
_SLOT = re.compile(r"\[[^\]]+\]|\S+")


class Kind(Enum):
    """A list in the lexicon; the lists themselves say what each is for."""

    SI = "si"
    YES = "yes"
    ACCEPT = "accept"
    CAN = "can"
    READY = "ready"
    SELF = "self"
    RIGHT = "right"
    WILLING = "willing"
    SOFT = "soft"
    NO = "no"
    NOT = "not"
    CANNOT = "cannot"
    REASON = "reason"
    EXCUSE = "excuse"
    HARDSHIP = "hardship"
    SORRY = "sorry"
    BUSY = "busy"
    OPENER = "opener"
    NONE = "none"
    LATER = "later"
    UNTIL = "until"
    NOW = "now"
    SOON = "soon"
    PERHAPS = "perhaps"
    PIOUS = "pious"
    DOUBT = "doubt"
    IF = "if"
    BUT = "but"
    REPORT = "report"
    OTHERS = "others"
    MOCK = "mock"
    ASK = "ask"
    UNDO = "undo"
    ACK = "ack"
    ALTHOUGH = "although"
    FILLER = "filler"
    TITLE = "title"
    PLAIN = "plain"
    DONE = "done"
    DONE_ALONE = "done_alone"
    WRONG_PERSON = "wrong_person"
    STRANGER = "stranger"
    WHO_ARE_YOU = "who_are_you"
    WHO_IF_ASKED = "who_if_asked"
    BROKE = "broke"
    HELP = "help"
    HELP_ALONE = "help_alone"
    PERSON = "person"
    PERSON_ALONE = "person_alone"
    LANGUAGE = "language"
    LANGUAGE_ALONE = "language_alone"
    SPEAKS = "speaks"
    STATUS = "status"
    STATUS_ALONE = "status_alone"
    READ_ALONE = "read_alone"
    BACK = "back"
    BACK_ALONE = "back_alone"
    SKIP = "skip"
    SKIP_ALONE = "skip_alone"
    # Read apart from the rest, each against its own few phrases.
    ECHO = "echo"
    IF_WORDS = "if_words"
    IF_SURELY = "if_surely"
    ASKING = "asking"
    THEN = "then"
    TELL = "tell"
    STOP_WORDS = "stop_words"
    STOP_PHRASES = "stop_phrases"
    STOP_DENIED = "stop_denied"
    STOP_LIMITS = "stop_limits"
    STOP_ELSEWHERE = "stop_elsewhere"
    START_WORDS = "start_words"
    POLITE = "polite"


_ONLY_APART = frozenset(
    {
        Kind.ECHO,
        Kind.WHO_IF_ASKED,
        Kind.IF_WORDS,
        Kind.IF_SURELY,
        Kind.ASKING,
        Kind.THEN,
        Kind.TELL,
        Kind.STOP_WORDS,
        Kind.STOP_PHRASES,
        Kind.STOP_DENIED,
        Kind.STOP_LIMITS,
        Kind.STOP_ELSEWHERE,
        Kind.START_WORDS,
        Kind.POLITE,
    }
)


@dataclass(frozen=True)
class Lexicon:
    """What the words of one language, and of the other one beside it, mean to us."""

    signs: frozenset[str]
    shorts: Mapping[str, tuple[str, ...]]
    replies: Phrases[Kind]
    apart: Mapping[Kind, Phrases[Kind]]
    own: tuple[str, ...]
    real: frozenset[str]
    positions: Mapping[str, int]
    stems: Mapping[str, str]
    beside: Mapping[str, frozenset[str]]

    @property
    def echo(self) -> Phrases[Kind]:  # noqa: D102 - its name says it
        return self.apart[Kind.ECHO]

    @property
    def then(self) -> Phrases[Kind]:  # noqa: D102 - its name says it
        return self.apart[Kind.THEN]

    @property
    def tell(self) -> Phrases[Kind]:  # noqa: D102 - its name says it
        return self.apart[Kind.TELL]

    @property
    def if_words(self) -> frozenset[str]:  # noqa: D102 - its name says it
        return frozenset(self.apart[Kind.IF_WORDS].words)

    @property
    def polite(self) -> frozenset[str]:  # noqa: D102 - its name says it
        return frozenset(self.apart[Kind.POLITE].words)

    def hear(self, words: Sequence[str]) -> tuple[str, ...]:
        """How the words sound, with short forms spelled out."""
        return tuple(sound(full) for word in words for full in self.shorts.get(word, (word,)))

    def mend(self, heard: str) -> str:
        """The word of ours that this one, unknown to us, is a slip of the thumb for; or itself."""
        if heard in self.replies.words or heard in self.real:
            return heard
        for stem, whole in self.stems.items():
            if heard.startswith(stem):
                return whole
        return nearest(heard, self.own) or heard


def lexicon(language: str) -> Lexicon:
    """The words of a language we have lists for; for any other language, the Spanish ones."""
    return _read(language if language in TONGUES else TONGUES[0])


@cache
def _read(language: str) -> Lexicon:  # noqa: C901 - one branch a kind of word
    signs = _load("signs")
    shorts: dict[str, tuple[str, ...]] = {}
    replies: Phrases[Kind] = Phrases()
    apart: dict[Kind, Phrases[Kind]] = {kind: Phrases() for kind in _ONLY_APART | {Kind.MOCK}}
    real: set[str] = set()
    positions: dict[str, int] = {}
    own: tuple[str, ...] = ()
    stems: dict[str, str] = {}
    beside: dict[str, frozenset[str]] = {}
    for tongue in sorted(TONGUES, key=language.__ne__):
        listed = _load(tongue)
        for short, words in listed["short"].items():
            # One letter is another word in the other language: "k", "y", "u".
            if tongue == language or (len(short) > 1 and short not in replies.words):
                shorts.setdefault(short, tuple(words.split()))
        for name, phrases in chain(signs.items(), listed["phrases"].items()):
            kind = Kind(name)
            for words in expand(phrases, listed["lists"]):
                heard = [sound(word) for word in words]
                # A word of one or two letters is another word in the other language: "me", "so".
                if tongue != language and len(heard) == 1 and len(heard[0]) <= _SHORT:
                    continue
                if kind in apart:
                    apart[kind].add(heard, kind)
                if kind not in _ONLY_APART:
                    replies.add(heard, kind)
        real.update(sound(fold(word)) for word in listed["real"])
        for position, names in enumerate(listed["positions"], start=1):
            positions.update((name, position) for name in names if name not in positions)
        stems.update((sound(stem), sound(whole)) for stem, whole in listed["stems"].items())
        for name, some in listed["beside"].items():
            beside[name] = beside.get(name, frozenset()) | {fold(word) for word in some}
        own = own or tuple(sound(fold(word)) for word in listed["mended"])
    return Lexicon(
        signs=_each(signs),
        shorts=shorts,
        replies=replies,
        apart=apart,
        own=own,
        real=frozenset(real),
        positions=positions,
        stems=stems,
        beside=beside,
    )


class Glance:
    """Tells from few words that a text holds no phrase of some kinds, in any of our languages.

    Reading the whole lexicon takes most of a second, for which no message may wait.
    """

    def __init__(self, kinds: Container[Kind]) -> None:
        """Read the phrases of these kinds alone."""
        signs = _load("signs")
        self.signs = _each(signs)
        self._phrases: Phrases[Kind] = Phrases()
        self._shorts: dict[str, set[str]] = {}
        for tongue in TONGUES:
            listed = _load(tongue)
            for short, words in listed["short"].items():
                self._shorts.setdefault(short, set()).update(sound(one) for one in words.split())
            for name, phrases in chain(signs.items(), listed["phrases"].items()):
                if (kind := Kind(name)) in kinds:
                    for row in expand(phrases, listed["lists"]):
                        self._phrases.add([sound(word) for word in row], kind)

    def may_be_in(self, words: Iterable[str]) -> bool:
        """Whether one of the phrases may be among the words, as any of the languages hears them."""
        heard: set[str] = set()
        for word in words:
            heard.add(sound(word))
            heard.update(self._shorts.get(word, ()))
        return self._phrases.may_be_in(heard)


def _each(signs: Mapping[str, Sequence[str]]) -> frozenset[str]:
    return frozenset(sign for some in signs.values() for row in some for sign in fold(row).split())


@cache
def _load(name: str) -> dict[str, Any]:
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def expand(phrases: Sequence[str], lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Every row of words that the phrases of a list stand for."""
    for phrase in phrases:
        slots = [list(_choices(slot, lists)) for slot in _SLOT.findall(fold(phrase))]
        for chosen in product(*slots):
            yield tuple(word for words in chosen for word in words.split())


def _choices(slot: str, lists: Mapping[str, Sequence[str]]) -> Iterator[str]:
    if slot.startswith("["):
        yield ""
    for choice in slot.strip("[]").split("|"):
        if choice.startswith("{"):
            yield from (fold(entry) for entry in lists[choice.strip("{}")])
        else:
            yield choice
