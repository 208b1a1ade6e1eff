"""The texts that carry our own name, number and website, as people read them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.console.preview import said
from bot.office import guard, organisation
from bot.post.phrases import BOOK
from bot.world import World
from channels import plain
from handlers import always
from models.facts import IntakeGiven, OutreachGiven, WelcomeGiven
from models.organisation import Organisation
from models.text import Text, _

ZONE = "America/Guatemala"
SOMEBODY = "María"  # stands for whoever is written to


@dataclass(frozen=True)
class Carried:
    """One text: to whom it goes, its words, how many SMS it is, and whether it would be kept back.

    `kept_back`: somebody whom no human has verified may not read a word of it, so it never leaves.
    """

    to: Text
    words: str
    segments: int
    kept_back: bool


def carried(world: World, ours: Organisation, language: str, now: datetime) -> list[Carried]:
    """Give the texts that would say who we are, the answer to a fear of swindlers first."""
    phone, website = organisation.phone(ours, now), organisation.website(ours, now)
    face = (ours.name, phone, website)
    hour = (now + timedelta(days=1)).isoformat()
    first = OutreachGiven(0, (hour,), ZONE, ours.name, phone)
    yes = {"safe": {"choice": "now"}}
    found = (
        (
            _("Somebody fears a swindle, or asks who we are"),
            world.render(always.who_are_you(*face), language),
        ),
        (_("Somebody writes HELP"), world.render(always.help_text(*face), language)),
        (
            _("A possible parent says that it is safe to talk"),
            said(world, "outreach", first, language, yes),
        ),
        (
            _("Somebody unknown writes first"),
            said(world, "intake", IntakeGiven(ours.name), language),
        ),
        (
            _("A Defender has come in by an invite"),
            said(world, "welcome", WelcomeGiven(SOMEBODY, ours.name), language),
        ),
        (
            _("A message waits behind WhatsApp's 24 hours"),
            BOOK["nudge"].words(language, {"organisation": ours.name}),
        ),
    )
    return [
        Carried(to, words, plain.segments(plain.fold(words)), guard.tells(words, language))
        for to, words in found
    ]
