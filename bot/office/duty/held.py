"""What waits while a human has a talk, and what goes all the same."""

from models.outbox import Outbox, Weight
from models.person import Person


def waits(row: Outbox, person: Person) -> bool:
    """Tell whether a message waits until the human hands the talk back.

    Humans' own words go, the one word after a stop or a danger, and what somebody is answered who
    asks for help meanwhile: the router lets nothing else be answered.
    """
    if person.held_at is None or row.written_by is not None or row.weight == Weight.STOP.value:
        return False
    answers = row.weight in (Weight.REPLY.value, Weight.URGENT.value)
    return not (answers and row.created_at >= person.held_at)
