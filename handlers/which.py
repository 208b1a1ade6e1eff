"""Something came that may belong to several requests, and its sender says to which."""

from enum import Enum

from handlers.sentences import verbatim
from handlers.talk import Talk
from models.facts import Belongs, WhichGiven
from models.text import _


class Nth(Enum):
    """One of the requests, by its place in the list, or none of them."""

    FIRST = "1"
    SECOND = "2"
    THIRD = "3"
    NONE = "0"


async def which(talk: Talk, given: WhichGiven) -> None:
    """Ask which request is meant. Nothing is guessed: «none» is for a human."""
    places = (Nth.FIRST, Nth.SECOND, Nth.THIRD)
    codes = dict(zip(places, given.codes, strict=False))
    options = {nth: verbatim(code) for nth, code in codes.items()}
    if len(options) < len(places):
        options[Nth.NONE] = _("None of these")
    nth = await talk.choose(
        "which",
        _("Which request is this for?"),
        options,
        words={Nth.NONE: ("ninguna", "ninguno", "none")},
        otherwise=Nth.NONE,
    )
    code = codes.get(nth, "")
    talk.record(Belongs(given.heard, code))
    if not code:
        talk.say(_("Thank you. A person on our team knows it now."))
    elif not given.heard:
        talk.say(_("Thank you. What you sent belongs to {code} now.", code=code))
