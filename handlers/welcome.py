"""Somebody has come in by an invite, and is told who we are."""

from handlers.sentences import together
from handlers.talk import Talk
from models.facts import WelcomeGiven
from models.text import _


async def welcome(talk: Talk, given: WelcomeGiven) -> None:
    """Say who writes here, and the two words that always work. Ask nothing."""
    talk.say(
        together(
            _(
                "Hello {first_name}. This is the assistant of {organisation}.",
                first_name=given.first_name,
                organisation=given.organisation,
            ),
            _("From now on we can write to you here. HELP and STOP always work."),
        )
    )
