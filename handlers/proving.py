"""Somebody shows who they are, where they write for the first time or after a long while.

Nothing is said here of what waits: whoever reads along learns only that something is asked for.
What they write is held against the record by whoever plays this; the answers here are verdicts, so
that no PIN is ever part of a conversation.
"""

import re
from enum import Enum
from typing import assert_never

from handlers.sentences import together
from handlers.talk import SILENCE, Talk
from handlers.understanding import normal
from models.facts import ProvingGiven
from models.text import Text, _

PATIENCE_HOURS = 72
"""How long a question for a PIN stands. Whoever writes later is asked anew."""

HIDDEN = "····"
"""What is kept in place of a PIN."""

_LEADING = r"(?:mi|el|la|su|es|pin|nip|clave|codigo|numero|my|the|is|code|this|este|esta|aqui)"
_SECRET = re.compile(rf"\W*(?:{_LEADING}\W+)*(\d(?:[\s.\-]?\d){{3,7}})\W*")
_NAMED = re.compile(r"\b(?:pin|nip)\b(?:\W+(?:es|is|el|nuevo|new))*\W*(\d(?:[\s.\-]?\d){3,7})\b")
_FORGOT = re.compile(
    r"\b(?:olvid|forg[oe]t|no (?:me )?(?:acuerdo|recuerdo|se (?:mi|el) pin)|perdi (?:mi|el) pin)"
)
_CODE = re.compile(r"\W*(?:(?:la|el|una|un|otra|otro|new|a)\W+)?(?:clave|codigo|code)\W*")
_CHANGE = re.compile(
    r"\W*(?:(?:mi|nuevo|cambiar|cambiar mi|quiero cambiar mi|elegir|poner|my|new|change my|set my)"
    r"\W+)?(?:pin|nip)\W*"
)


class Verdict(Enum):
    """What became of what somebody wrote."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"  # too many were wrong: it was not looked at
    CODE = "code"  # a code was sent to another of their channels
    PERSON = "called"  # a human was
    OTHER = "other"  # they wrote of something else, which is kept


async def proving(talk: Talk, given: ProvingGiven) -> None:
    """Ask until it is known who writes, or a human goes on."""
    if not given.pin and not given.code:
        talk.say(_person())
        return
    question = _asked(given)
    n = 1
    while True:
        heard = await talk.hear(f"proof {n}", question, patience_hours=PATIENCE_HOURS)
        if heard is SILENCE:
            return
        match _verdict(heard):
            case Verdict.RIGHT:
                talk.say(_("Thank you. Now we can go on here."))
                return
            case Verdict.PERSON:
                talk.say(_person())
                return
            case Verdict.WRONG:
                question = _("That is not it. Try again, or write FORGOT and a person helps you.")
            case Verdict.WAIT:
                question = _("For your safety, wait a while. Then write it again.")
            case Verdict.CODE:
                question = _sent()
            case Verdict.OTHER:
                question = together(_("We keep your message."), _asked(given))
            case verdict:
                assert_never(verdict)
        n += 1


def _verdict(heard: object) -> Verdict:
    return next((one for one in Verdict if one.value == heard), Verdict.OTHER)


def _asked(given: ProvingGiven) -> Text:
    if given.pin and given.code:
        return _("Before we go on, write your PIN. If you forgot it, write CODE.")
    if given.pin:
        return _("Before we go on, write your PIN. If you forgot it, write FORGOT.")
    return _sent()


def _sent() -> Text:
    # Translators: «other channel» is another phone number or app of the same person.
    return _("Before we go on, write the 6 digits that we just sent to your other channel.")


def _person() -> Text:
    return _("For your safety, a person on our team will make sure that it is you.")


def code_words(code: str) -> Text:
    """Give the code, where somebody has shown already who they are."""
    return _(
        "Your code is {code}. It is good for 10 minutes. If you did not ask for it, write PERSON.",
        code=code,
    )


def secret(text: str, *, asked: bool) -> str:
    """Read a PIN or a code: «4821», «PIN 4821», «mi pin es 4821.» Nothing where there is none.

    `asked`: we have asked for one, so that bare digits are one too.
    """
    found = _SECRET.fullmatch(normal(text)) if asked else None
    found = found or _NAMED.search(normal(text))
    return re.sub(r"\D", "", found[1]) if found else ""


def hidden(text: str, digits: str) -> str:
    """Write a text down without the digits that were read in it."""
    if not digits:
        return text
    without, count = re.subn(r"[\s.\-]?".join(digits), HIDDEN, text)
    return without if count else HIDDEN  # digits of another alphabet: nothing of it is kept


def forgot(text: str) -> bool:
    """Tell whether somebody says that they do not know their PIN any more."""
    return _FORGOT.search(normal(text)) is not None


def wants_code(text: str) -> bool:
    """Tell whether somebody asks for a code on another channel."""
    return _CODE.fullmatch(normal(text)) is not None


def wants_pin(text: str) -> bool:
    """Tell whether somebody asks to choose a PIN."""
    return _CHANGE.fullmatch(normal(text)) is not None
