"""Somebody writes to us first: who we are, whether it is safe to talk, and when a human may call.

Whoever holds the phone may read this. Nothing is asked of why they write or of whom, nothing is
promised but a human, and nobody hears whether we were looking for them.
"""

from enum import Enum
from typing import assert_never

from handlers.sentences import together
from handlers.talk import SILENCE, Silence, Talk
from handlers.understanding import Meaning
from models.facts import IntakeAgreed, IntakeGiven, NeverHere
from models.text import Hour, Text, _

ANSWER_HOURS = 72
"""How long a question stays on the screen. Whoever says nothing has a human all the same."""

NOON, EVENING = 12, 19  # hours of the day


class Safe(Enum):
    """Whether this is a good moment and place to talk."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


class Call(Enum):
    """The hours offered for a call."""

    FIRST = "first"
    SECOND = "second"
    OTHER = "other"


def greeting(hour: int | None) -> Text:
    """Greet by the hour of the reader's day; where it is not known, at any hour."""
    if hour is None:
        return _("Hello.")
    if hour < NOON:
        return _("Good morning.")
    return _("Good afternoon.") if hour < EVENING else _("Good evening.")


async def intake(talk: Talk, given: IntakeGiven) -> None:
    """Say who we are, ask whether it is safe to talk, and agree an hour for a call."""
    safe = await talk.choose(
        "safe",
        together(
            _("We are {organisation} and it is free.", organisation=given.organisation),
            _("Is it safe to talk here?"),
        ),
        {Safe.NOW: _("Yes"), Safe.LATER: _("Not now"), Safe.NEVER: _("Do not write here")},
        means={Safe.NOW: Meaning.YES, Safe.LATER: Meaning.LATER},
        words={Safe.NEVER: ("nunca", "never")},
        patience_hours=ANSWER_HOURS,
    )
    if told := talk.aside("safe"):
        talk.record(IntakeAgreed(words=told))  # a story may hold a yes or a day: a human reads it
    match safe:
        case Silence.SILENCE:
            return
        case Safe.NEVER:
            talk.record(NeverHere(0))
            talk.say(_("Understood. We will not write to you here again."))
        case Safe.LATER:
            await _in_words(talk, _("That is fine. When may we write to you?"))
        case Safe.NOW:
            await _call(talk, given)
        case _:
            assert_never(safe)


async def _call(talk: Talk, given: IntakeGiven) -> None:
    if not given.slots:
        await _in_words(talk, _("Thank you. A person can call you. At what hour?"))
        return
    first, second = given.slots
    call = await talk.choose(
        "call",
        _("Thank you. A person can call you. At what hour?"),
        {
            Call.FIRST: Text("{hour:short}", (("hour", Hour(first, given.zone)),)),
            Call.SECOND: Text("{hour:short}", (("hour", Hour(second, given.zone)),)),
            Call.OTHER: _("Another hour"),
        },
        words={Call.OTHER: ("otra", "other", "ninguna", "none")},
        otherwise=Call.OTHER,
        patience_hours=ANSWER_HOURS,
    )
    match call:
        case Silence.SILENCE:
            return
        case Call.FIRST:
            _agree(talk, given, first)
        case Call.SECOND:
            _agree(talk, given, second)
        case Call.OTHER:
            words = talk.aside("call")
            if not words:
                await _in_words(talk, _("Which day and hour suit you for a call?"))
                return
            _noted(talk, words)
        case _:
            assert_never(call)


async def _in_words(talk: Talk, question: Text) -> None:
    told = await talk.hear("hour", question, patience_hours=ANSWER_HOURS)
    if told is not SILENCE:
        _noted(talk, told)


def _noted(talk: Talk, words: str) -> None:
    talk.record(IntakeAgreed(words=words))
    talk.say(_("Thank you. A person on our team knows it now."))


def _agree(talk: Talk, given: IntakeGiven, slot: str) -> None:
    talk.record(IntakeAgreed(slot, given.zone))
    talk.say(
        _(
            "Thank you. A person will call you: {hour}. We never ask for money or passwords.",
            hour=Hour(slot, given.zone),
        )
    )
