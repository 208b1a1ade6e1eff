"""Somebody chooses the language we write in."""

from enum import Enum

from handlers.sentences import verbatim
from handlers.talk import Talk
from models.facts import Asked, LanguageChosen
from models.text import _


class Tongue(Enum):
    """The languages whose words are complete (ISO 639-3), and any other."""

    SPANISH = "spa"
    ENGLISH = "eng"
    OTHER = "other"


async def language(talk: Talk, _given: LanguageChosen) -> None:
    """Offer languages by their own names, from the one used so far. Another one is for a human."""
    chosen = await talk.choose(
        "language",
        _("Which language do you prefer?"),
        {
            Tongue.SPANISH: verbatim("Español"),
            Tongue.ENGLISH: verbatim("English"),
            Tongue.OTHER: _("Another"),
        },
        words={
            Tongue.SPANISH: ("castilla", "castellano", "espanol", "spanish"),
            Tongue.ENGLISH: ("ingles", "english"),
            Tongue.OTHER: ("otro", "otra", "other"),
        },
        otherwise=Tongue.OTHER,
    )
    if chosen is Tongue.OTHER:
        words = talk.aside("language") or await talk.hear(
            "other", _("Which language do you speak?")
        )
        talk.record(Asked("", words))
        talk.say(_("Thank you. A person on our team knows it now."))
        return
    talk.record(LanguageChosen(chosen.value))
    # Translators: said in the language just chosen.
    talk.say(_("Done. From now on we write to you in this language."))
