"""What a look is at, as the trail writes it down."""

from sqlmodel import Session

from bot.console.records.found import the_case, the_file, the_person, the_task
from bot.vault.readers import Seen
from models.evidence import Evidence

PERSON = "person.read"
CASE = "case.read"
FILE = "evidence.viewed"
FILES = "evidence.listed"  # small, beside others of the same case or person
TASK = "task.read"
LIST = "list.read"
MESSAGES = "messages.read"  # of everybody
ALL = (PERSON, CASE, FILE, FILES, TASK, LIST, MESSAGES)
"""What only says that somebody looked: no news for whoever else has the page open."""


def at_person(number: int) -> Seen:
    """Look at somebody: their page, and the talk with them."""

    def seen(s: Session) -> tuple[str, int | None]:
        return f"person:{the_person(s, number).id}", None

    return seen


def at_case(reference: str) -> Seen:
    """Look at a case: its page, and its timeline."""

    def seen(s: Session) -> tuple[str, int | None]:
        case = the_case(s, reference)
        return f"case:{case.id}", case.id

    return seen


def at_file(number: int) -> Seen:
    """Look at a file: what is known of it, and its working copy. To take it away is another act."""

    def seen(s: Session) -> tuple[str, int | None]:
        evidence = the_file(s, number)
        return f"evidence:{evidence.id}", evidence.case_id

    return seen


def at_files(evidence: Evidence) -> tuple[str, str, Seen]:
    """Look at small pictures: one look for all of a case, or of a person where there is none."""
    case, person = evidence.case_id, evidence.person_id
    thing = f"files:case:{case}" if case is not None else f"files:person:{person}"
    return FILES, thing, lambda _s: (thing, case)


def at_task(number: int) -> Seen:
    """Look at a task: what it says of somebody."""

    def seen(s: Session) -> tuple[str, int | None]:
        task = the_task(s, number)
        return f"task:{task.id}", task.case_id

    return seen


def at_list(name: str) -> tuple[str, str, Seen]:
    """Look at a list, whatever its filter and however far: one look for all of it."""
    thing = f"list:{name}"
    return LIST, thing, lambda _s: (thing, None)


def at_all(_s: Session) -> tuple[str, int | None]:
    """Look at what everybody writes."""
    return "messages", None
