"""What a message may be for: every route the router can choose, and what it chooses by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from handlers.seen import Seen
from handlers.talk import Answer
from models.conversation import ConversationState


class Wish(Enum):
    """What somebody wants of us that is no answer to a question."""

    HELP = "help"
    PERSON = "person"
    LANGUAGE = "language"
    STATUS = "status"
    READ = "read"
    BACK = "back"
    WHO_ARE_YOU = "who_are_you"


@dataclass(frozen=True)
class Thread:
    """A conversation of this person, as far as routing cares."""

    id: int
    name: str
    code: str
    state: ConversationState
    seen: Seen | None
    asked_at: datetime | None
    begun: bool  # something was answered in it already
    unseen: bool = False  # its question waited, so what comes now answers something else


@dataclass(frozen=True)
class Message:
    """What came in, as far as routing cares."""

    text: str
    button: str = ""
    quoted: int | None = None  # the conversation whose message was quoted
    files: int = 0
    pin: tuple[float, float] | None = None
    opens: bool = False  # it lets go what waited for this person to write


@dataclass(frozen=True)
class Person:
    """Who it came from, as far as routing cares."""

    language: str
    stopped: bool = False
    frozen: bool = False
    in_danger: bool = False  # the message says what was agreed on for danger
    held: bool = False


@dataclass(frozen=True)
class Rules:
    """How long a question keeps the floor, and how long a bare word may still answer it."""

    floor: timedelta
    fresh: timedelta


@dataclass(frozen=True)
class Stop:
    """They want no more messages."""


@dataclass(frozen=True)
class Start:
    """They want messages again."""


@dataclass(frozen=True)
class Danger:
    """They said the words that were agreed on for danger."""


@dataclass(frozen=True)
class Quiet:
    """Kept for a human, and nothing is said.

    The person stopped, is frozen, has a human to talk to, changed an earlier message, or may be
    somebody else.
    """

    why: str

    @property
    def told(self) -> str:
        """What staff hear that the person did."""
        return {
            "stopped": "wrote after asking us to stop",
            "frozen": "wrote while all messages to them are frozen",
            "held": "wrote to the human who has the talk",
            "edited": "changed an earlier message",
            "doubted": "wrote about a request from an address that is in doubt",
        }[self.why]


@dataclass(frozen=True)
class Want:
    """A word of command."""

    wish: Wish


@dataclass(frozen=True)
class WrongPerson:
    """Whoever holds this address is not whom we look for."""


@dataclass(frozen=True)
class Reply:
    """An answer to one conversation's question."""

    thread: int
    answer: Answer


@dataclass(frozen=True)
class Open:
    """Bring a conversation onto the screen; `rest` may answer its first question at once."""

    thread: int
    rest: str = ""


@dataclass(frozen=True)
class Repeat:
    """Ask a conversation's question again. `stale`: it was asked too long ago to be answered so."""

    thread: int
    stale: bool = False


@dataclass(frozen=True)
class Which:
    """It may answer several requests: ask which."""

    threads: tuple[int, ...]


@dataclass(frozen=True)
class Closed:
    """It answers a request that is closed."""

    thread: int


@dataclass(frozen=True)
class Files:
    """Files came. `thread` is the request they belong to; none: they are not placed yet."""

    thread: int | None
    among: tuple[int, ...] = ()


@dataclass(frozen=True)
class Adopt:
    """Only a code came: what came before it and had no place belongs there."""

    thread: int


@dataclass(frozen=True)
class Nothing:
    """Nothing we can place."""


Route = (
    Stop
    | Start
    | Danger
    | Quiet
    | Want
    | WrongPerson
    | Reply
    | Open
    | Repeat
    | Which
    | Closed
    | Files
    | Adopt
    | Nothing
)
