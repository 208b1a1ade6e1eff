"""Somebody is told on a phone of theirs that another one was added, and may say: not by me.

It may be read on a lock screen: it says nothing of what comes to the phones.
"""

from handlers.talk import SILENCE, Talk
from handlers.understanding import Expect, Meaning, normal, understand
from models.facts import AddedGiven, NotAdded
from models.text import _

PATIENCE_HOURS = 7 * 24
"""How long a «no» means this. Later whoever doubts a phone writes to a human."""

NOT_MINE = "not mine"
"""The answer, however it was written."""

_NAMED = {
    *(
        "no fui yo",
        "yo no fui",
        "yo no",
        "no soy yo",
        "no es mio",
        "no lo agregue",
        "no lo conozco",
    ),
    *("it was not me", "it wasnt me", "not me", "wasnt me", "that is not me", "not mine"),
}


async def added(talk: Talk, given: AddedGiven) -> None:
    """Tell of it once. Silence is no answer; «no» puts the new phone in doubt."""
    heard = await talk.hear(
        "said",
        _("Another phone was added to your account. If it was not you, answer NO."),
        patience_hours=PATIENCE_HOURS,
    )
    if heard is SILENCE:
        return
    talk.record(NotAdded(given.added))
    talk.say(
        _("Thank you for telling us. We say nothing more there, and a person on our team goes on.")
    )


def denies(text: str, language: str, *, newest: bool) -> bool:
    """Tell whether somebody says that it was not them.

    `newest`: nothing was asked of them since, so that a bare «no» is about this.
    """
    words = " ".join(normal(text).replace("'", "").replace(",", " ").split()).strip(" .!¡")
    if words in _NAMED:
        return True
    wordy = any(letter.isalpha() for letter in words)  # a number answers another question
    return newest and wordy and understand(words, Expect.YES_NO, language) is Meaning.NO
