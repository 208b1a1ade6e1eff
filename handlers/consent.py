"""Somebody is asked in the chat for one of the two things a chat may ask: nothing of legal effect.

Whoever holds the phone may read it, so it says nothing of why. Silence is never consent.
"""

from enum import Enum
from typing import assert_never

from handlers.talk import Silence, Talk
from handlers.understanding import Meaning
from models.facts import ConsentAnswered, ConsentGiven
from models.grant import GrantAct, Purpose
from models.text import Text, _

VERSION = "chat-1"
"""The version of these questions. Who changes their words counts it up."""
PATIENCE_HOURS = 2
"""A later «sí» answers nothing."""
ASKABLE = (Purpose.CONTACT, Purpose.DOCUMENTS)


class May(Enum):
    """What somebody answers."""

    YES = "yes"
    NO = "no"
    PERSON = "person"


async def consent(talk: Talk, given: ConsentGiven) -> None:
    """Ask for one purpose, and keep what was answered."""
    answer = await talk.choose(
        "may",
        question(given.purpose),
        {May.YES: _("Yes"), May.NO: _("No"), May.PERSON: _("Explain it first")},
        means={May.YES: Meaning.YES, May.NO: Meaning.NO},
        words={May.PERSON: ("explique", "expliquen", "explain")},
        otherwise=May.PERSON,
        patience_hours=PATIENCE_HOURS,
    )
    match answer:
        case Silence.SILENCE:
            return
        case May.YES:
            talk.record(ConsentAnswered(given.purpose, GrantAct.GRANTED))
            talk.say(
                _("Thank you, we have noted it. To take it back, write: I WITHDRAW MY PERMISSION.")
            )
        case May.NO:
            talk.record(ConsentAnswered(given.purpose, GrantAct.REFUSED))
            talk.say(_("Thank you for telling us. We have noted it."))
        case May.PERSON:
            talk.record(ConsentAnswered(given.purpose, GrantAct.UNCLEAR))
            talk.say(_("Of course. A person will explain it to you."))
        case _:
            assert_never(answer)


def question(purpose: Purpose) -> Text:
    """Put one purpose into words."""
    if purpose is Purpose.CONTACT:
        return _("May we write to you here again? You can change your mind at any time.")
    return _("May our team keep the photos you send us? You can change your mind at any time.")
