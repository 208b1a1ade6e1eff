"""Somebody who may be the person looked for is written to for the first time, and told nothing.

Whoever holds the phone may read this. So nobody is named, nothing is said of why, and every way
out is open: now, later, never, an hour for a call, or silence.

Who says that it is they may be asked what staff wrote down for that. What is expected is not known
here, so nothing that is said or done can depend on whether the answer was right.
"""

import re
from collections.abc import Sequence
from enum import Enum
from typing import assert_never

from handlers.sentences import together
from handlers.talk import SILENCE, Silence, Talk
from handlers.understanding import Meaning, claims, normal
from models.facts import (
    CallBooked,
    CallWanted,
    IdentityTold,
    NeverHere,
    NotNow,
    OutreachGiven,
    Unanswered,
)
from models.text import Hour, Text, _

ANSWER_HOURS = 72
"""How long we wait before we stop waiting. Nobody is reminded by the bot."""


WHEN = re.compile(
    r"\d|\b(lunes|martes|miercoles|jueves|viernes|sabado|domingo|manana|tarde|noche|semana|mes|dias?)\b"
    r"|\b(\w+day|tomorrow|morning|evening|week|month)\b"
)
"""What tells when. Nobody is asked for it who has said it."""


class Safe(Enum):
    """Whether this is a good moment and place to talk."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


class Call(Enum):
    """The hours offered for a call, two at a time. A value stands for a place in the list."""

    FIRST = "first"
    SECOND = "second"
    OTHER = "other"


async def outreach(talk: Talk, given: OutreachGiven) -> None:
    """Ask whether it is safe to talk; if so, agree an hour at which a human calls."""
    safe = await talk.choose(
        "safe",
        opening(),
        {Safe.NOW: _("Yes"), Safe.LATER: _("Not now"), Safe.NEVER: _("Do not write here")},
        means={Safe.NOW: Meaning.YES, Safe.LATER: Meaning.LATER},
        words={Safe.NEVER: ("nunca", "never")},
        patience_hours=ANSWER_HOURS,
    )
    match safe:
        case Silence.SILENCE:
            talk.record(Unanswered(given.case))
        case Safe.NEVER:
            talk.record(NeverHere(given.case))
            talk.say(_("Understood. We will not write to you here again."))
        case Safe.LATER:
            await _later(talk, given)
        case Safe.NOW:
            if given.question and claims(talk.aside("safe")):
                told = await _identity(talk, given)
                if told is SILENCE:
                    talk.record(Unanswered(given.case))
                    return
            await _agree(talk, given)
        case _:
            assert_never(safe)


def greeting() -> Text:
    """Say who writes, to whoever holds the phone."""
    return _("Hello. This is the assistant of a human rights organisation.")


def opening() -> Text:
    """Say who writes, and ask whether it is safe to talk. Nothing more is ever said first."""
    return together(greeting(), _("It is personal and free of charge. Is it safe to talk now?"))


async def _later(talk: Talk, given: OutreachGiven) -> None:
    words = talk.aside("safe")
    if not WHEN.search(normal(words)):
        told = await talk.hear(
            "when",
            _("That is fine. When may we write to you?"),
            patience_hours=ANSWER_HOURS,
        )
        if told is SILENCE:
            talk.record(NotNow(given.case, words))
            return
        words = "\n".join(part for part in (words, told) if part)
    talk.record(NotNow(given.case, words))
    talk.say(_("Thank you. A person has noted it. Good day."))


def identity_question(question: str) -> Text:
    """Ask what staff wrote down, of somebody who said that it is they."""
    return _("Thank you. To take care of you, one question: {question}", question=question)


async def _identity(talk: Talk, given: OutreachGiven) -> str | Silence:
    told = await talk.hear("who", identity_question(given.question), patience_hours=ANSWER_HOURS)
    if told is not SILENCE:
        talk.record(IdentityTold(given.case, told))
    return told


async def _agree(talk: Talk, given: OutreachGiven) -> None:
    words = ""
    question = together(
        _("Thank you. We are {organisation}.", organisation=given.organisation),
        _("It is free: we never ask for money. When may we call you?"),
    )
    for first in range(0, len(given.slots), 2):
        call = await talk.choose(
            f"call {first + 1}",
            question,
            _hours(given.slots[first : first + 2], given.zone),
            words={Call.OTHER: ("otra", "other", "ninguna", "none")},
            otherwise=Call.OTHER,
            patience_hours=ANSWER_HOURS,
        )
        match call:
            case Silence.SILENCE:
                talk.record(Unanswered(given.case))
                return
            case Call.FIRST:
                _book(talk, given, given.slots[first])
                return
            case Call.SECOND:
                _book(talk, given, given.slots[first + 1])
                return
            case Call.OTHER:
                words = talk.aside(f"call {first + 1}")
                question = _("Thank you. Would one of these hours be better?")
            case _:
                assert_never(call)
        if words:
            break
    await _other_hour(talk, given, words)


async def _other_hour(talk: Talk, given: OutreachGiven, words: str) -> None:
    if not words:
        told = await talk.hear(
            "hour",
            _("Which day and hour suit you for a call?"),
            patience_hours=ANSWER_HOURS,
        )
        if told is SILENCE:
            talk.record(Unanswered(given.case))
            return
        words = told
    talk.record(CallWanted(given.case, words))
    talk.say(_("Thank you. A person on our team knows it now."))


def _book(talk: Talk, given: OutreachGiven, slot: str) -> None:
    talk.record(CallBooked(given.case, slot))
    talk.say(
        _(
            "Thank you. A person will call you: {hour}. We never ask for money or passwords.",
            hour=Hour(slot, given.zone),
        )
    )


def _hours(slots: Sequence[str], zone: str) -> dict[Call, Text]:
    return {
        **{
            call: Text("{hour:short}", (("hour", Hour(slot, zone)),))
            for call, slot in zip((Call.FIRST, Call.SECOND), slots, strict=False)
        },
        Call.OTHER: _("Another hour"),
    }
