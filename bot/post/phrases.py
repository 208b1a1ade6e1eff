"""The words with which we may begin on WhatsApp, as data: whole sentences that it must approve.

Outside the 24 hours nothing else goes. A phrase is one sentence for each language, with values
that WhatsApp numbers. Its version is part of its name there: who changes the words counts it up.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.tongues import TONGUES, render, tongue
from channels.base import Option, Template
from handlers.offer import terms
from handlers.outreach import greeting, opening
from handlers.sentences import together
from handlers.talk import Question
from models.facts import OfferGiven, OutreachGiven, PingGiven
from models.outbox import Outbox
from models.person import Person, Role
from models.text import Text, _

LONGEST = 1024  # signs of words and values together (63021)
OPEN = "open"  # what the nudge's button brings back
UNVERIFIED = frozenset({Role.PARENT, Role.UNKNOWN})  # they are told nothing, not even our name

LANGUAGES = tuple(one.code for one in TONGUES.values() if one.complete)
"""The languages in which there are phrases. In others nothing can begin but by a human."""


@dataclass(frozen=True)
class Button:
    """A choice under a phrase. Without an `id` of its own, the message gives its payload."""

    label: Text
    id: str = ""


@dataclass(frozen=True)
class Phrase:
    """Words for one purpose. The values in its sentence are examples, as WhatsApp may see them."""

    key: str
    version: int
    sentence: Text
    buttons: tuple[Button, ...] = ()

    @property
    def samples(self) -> dict[str, str]:
        """Its values, in the order in which WhatsApp numbers them."""
        return {name: value for name, value in self.sentence.values if isinstance(value, str)}

    def name(self, language: str) -> str:
        """What we know it by, in one language: `offer.spa.1`."""
        return f"{self.key}.{language}.{self.version}"

    def friendly_name(self, language: str) -> str:
        """What Twilio and WhatsApp know it by. They take a-z, 0-9 and _."""
        return f"enlace_{self.key}_{language}_v{self.version}"

    def words(self, language: str, values: Mapping[str, str]) -> str:
        """Say it, with these values."""
        filled = Text(self.sentence.source, tuple(values.items())) if values else self.sentence
        return render(filled, language)

    def body(self, language: str) -> str:
        """Say it as WhatsApp wants it: with {{1}}, {{2}} for the values."""
        return self.words(
            language, {name: f"{{{{{n}}}}}" for n, name in enumerate(self.samples, 1)}
        )

    def options(self, language: str) -> list[tuple[str, str]]:
        """Its own choices, as the outbox keeps them: payload and label."""
        return [(button.id, render(button.label, language)) for button in self.buttons]

    def actions(self, language: str) -> tuple[Option, ...]:
        """Its choices as WhatsApp wants them: payloads that come with the message are numbered."""
        numbered = iter(range(len(self.samples) + 1, len(self.samples) + len(self.buttons) + 1))
        return tuple(
            Option(payload or f"{{{{{next(numbered)}}}}}", label)
            for payload, label in self.options(language)
        )

    def examples(self) -> dict[str, str]:
        """An example for each number, which WhatsApp asks for."""
        payloads = [f"c{n}" for n, button in enumerate(self.buttons, 1) if not button.id]
        values = [*self.samples.values(), *payloads]
        return {str(n): tidy(value) for n, value in enumerate(values, 1)}


BOOK: Mapping[str, Phrase] = {
    phrase.key: phrase
    for phrase in (
        Phrase(
            "nudge",
            1,
            _(
                "You have a message from {organisation}. To read it, answer OPEN.",
                organisation="Red de Defensoras",
            ),
            (Button(_("OPEN"), OPEN),),
        ),
        Phrase(
            "knock",  # the nudge for whoever may be the person looked for
            1,
            together(greeting(), _("You have a message. To read it, answer OPEN.")),
            (Button(_("OPEN"), OPEN),),
        ),
        Phrase(
            "ping",
            1,
            _("There is news on {code}. If you want to know more, write to us.", code="GT-0417"),
        ),
        Phrase(
            "offer",
            1,
            _(
                "Hello {first_name}. We ask for your help. {work} Do you take it?",
                first_name="Marta",
                work="GT-0417: búsqueda en Todos Santos.",
            ),
            (Button(_("I accept")), Button(_("I cannot")), Button(_("I have a question"))),
        ),
        Phrase(
            "outreach",
            1,
            opening(),
            (Button(_("Yes")), Button(_("Not now")), Button(_("Do not write here"))),
        ),
    )
}
NONE = ("", None)
"""No phrase says it."""

NUDGES = ("nudge", "knock")
"""Those that only say that something waits."""


def nudge_for(person: Person) -> Phrase:
    """The nudge that this person may read."""
    return BOOK["knock" if person.role in UNVERIFIED else "nudge"]


def chosen(given: object, asks: Question | None, language: str) -> tuple[str, str | None]:
    """Give the phrase that says the same as a conversation's first words, and its values as JSON.

    What else a conversation says has none, and waits for the person.
    """
    asked = asks.name if asks else ""
    match given:
        case PingGiven(code=code):
            return "ping", json.dumps({"code": code})
        case OutreachGiven() if asked == "safe":
            return "outreach", "{}"
        case OfferGiven() if asked == "take 1":
            values = {"first_name": given.first_name, "work": render(terms(given), language)}
            return "offer", json.dumps(values)
        case _:
            return NONE


def fill(phrase: Phrase, sid: str, language: str, row: Outbox) -> tuple[Template, str] | None:
    """Fill a phrase for a message, and say how it then reads. None where it does not fit.

    WhatsApp takes no empty value, no line break in one, and no more than its length.
    """
    given = json.loads(row.variables or "{}")
    values = {name: tidy(str(given.get(name, ""))) for name in phrase.samples}
    options = [(str(payload), str(label)) for payload, label in json.loads(row.options)]
    own = phrase.options(language)
    if [label for _payload, label in options] != [label for _payload, label in own]:
        return None
    payloads = [
        payload for (payload, _label), (fixed, _own) in zip(options, own, strict=True) if not fixed
    ]
    numbered = {str(n): value for n, value in enumerate([*values.values(), *payloads], 1)}
    words = phrase.words(language, values)
    if not all(numbered.values()) or len(words) > LONGEST:
        return None
    return Template(sid, numbered), words


def tidy(value: str) -> str:
    """Set a value on one line, without gaps: WhatsApp takes no other."""
    return re.sub(r"\s+", " ", value).strip()


def two_letters(language: str) -> str:
    """A language as Twilio names it."""
    return tongue(language).catalogs[0]
