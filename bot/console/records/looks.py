"""What a look is at, as the trail writes it down."""

from sqlmodel import Session

from bot.console.records.found import the_case, the_file, the_person
from bot.vault.readers import Seen

PERSON = "person.read"
CASE = "case.read"
FILE = "evidence.viewed"
MESSAGES = "messages.read"  # of everybody


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


def at_all(_s: Session) -> tuple[str, int | None]:
    """Look at what everybody writes."""
    return "messages", None
