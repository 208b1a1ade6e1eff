"""What staff on call are told by text: the number of a task, and nothing of whom it is about.

Any of it may be read on a lock screen.
"""

from models.text import Text, _


def waits(number: str) -> Text:
    """Say that a task waits for somebody."""
    # Translators: VOY is the word that the bot reads; GOING in English.
    return _("Task {n} waits. Answer GOING {n} to take it, or open the console.", n=number)


def due(number: str) -> Text:
    """Remind of a task that somebody has."""
    return _("Task {n} is yours and due soon. Open the console.", n=number)


def yours(number: str) -> Text:
    """Say that somebody has a task now."""
    return _("Task {n} is yours now. Open the console.", n=number)


def others(number: str) -> Text:
    """Say that somebody else has a task and is in time."""
    return _("Somebody else has task {n} already.", n=number)


def done(number: str) -> Text:
    """Say that a task is done."""
    return _("Task {n} is done already.", n=number)


def none(number: str) -> Text:
    """Say that there is no such task."""
    return _("There is no task {n}. Check the number.", n=number)


def which() -> Text:
    """Ask for the number of a task."""
    return _("Write GOING and the number of the task. For example: GOING 12")


def nobody() -> Text:
    """Say that a phone belongs to no account that may act."""
    return _("This phone belongs to no account that may act. Open the console.")
