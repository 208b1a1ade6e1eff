"""A lawyer is told that there is news: the code, and nothing else."""

from handlers.talk import Talk
from models.facts import PingGiven
from models.text import _


async def ping(talk: Talk, given: PingGiven) -> None:
    """Say that something is new. A lock screen may show it, so it says no more."""
    talk.say(_("There is news on {code}.", code=given.code))
