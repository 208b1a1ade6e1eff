"""Every conversation there is, by the name it is kept under.

To add one: give it a file with a single `async def`, a frozen dataclass for what it is given in
`models/facts.py`, a line in `REPERTOIRE`, a sample in `SAMPLES`, its words in `locale/`, and a few
journals in `tests/journals/`. The tests then walk it from end to end in every language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from handlers.added import added
from handlers.announce import announce
from handlers.consent import VERSION, consent
from handlers.intake import intake
from handlers.language import language
from handlers.offer import VERSION as OFFER_VERSION
from handlers.offer import offer
from handlers.outreach import outreach
from handlers.papers import papers
from handlers.pin import pin
from handlers.ping import ping
from handlers.proving import proving
from handlers.search import search
from handlers.talk import Conversation
from handlers.understanding import Expect
from handlers.welcome import welcome
from handlers.which import which
from models.assignment import AssignmentKind
from models.document import DocumentType
from models.facts import (
    AddedGiven,
    AnnounceGiven,
    ConsentGiven,
    IntakeGiven,
    LanguageChosen,
    OfferGiven,
    OutreachGiven,
    PapersGiven,
    PingGiven,
    PinGiven,
    ProvingGiven,
    SearchGiven,
    WelcomeGiven,
    WhichGiven,
)
from models.grant import Purpose
from models.outbox import Weight


@dataclass(frozen=True)
class Entry:
    """One conversation. `tier_zero`: whoever holds the phone may read it, so it tells nothing.

    `urgent` ones come onto the screen before others that wait. `repeatable` is what is done when
    nobody can tell whether its words arrived: a question may be asked twice, a notice to somebody
    who did not ask for it stays with a human. `aside`: it goes on beside the others, at one
    address; none waits for it, and no reply to another is taken for its answer. `neutral`: it
    says nothing of a case, so it may be said before somebody has shown who they are.
    """

    conversation: Conversation[Any]
    given: type[object]
    expects: Expect
    weight: Weight
    urgent: bool = False
    tier_zero: bool = False
    repeatable: bool = True
    aside: bool = False
    neutral: bool = False


REPERTOIRE: Mapping[str, Entry] = {
    "welcome": Entry(welcome, WelcomeGiven, Expect.OPEN, Weight.REPLY, urgent=True, neutral=True),
    "offer": Entry(offer, OfferGiven, Expect.OFFER, Weight.NOTICE),
    "search": Entry(search, SearchGiven, Expect.OPEN, Weight.REPLY),
    "papers": Entry(papers, PapersGiven, Expect.OPEN, Weight.NOTICE),
    "announce": Entry(
        announce, AnnounceGiven, Expect.OFFER, Weight.BROADCAST, repeatable=False, neutral=True
    ),
    "outreach": Entry(
        outreach, OutreachGiven, Expect.YES_NO, Weight.NOTICE, tier_zero=True, repeatable=False
    ),
    "consent": Entry(consent, ConsentGiven, Expect.YES_NO, Weight.NOTICE, tier_zero=True),
    "intake": Entry(
        intake,
        IntakeGiven,
        Expect.YES_NO,
        Weight.REPLY,
        urgent=True,
        tier_zero=True,
        neutral=True,
    ),
    "ping": Entry(ping, PingGiven, Expect.OPEN, Weight.NOTICE, repeatable=False, neutral=True),
    "language": Entry(
        language, LanguageChosen, Expect.OPEN, Weight.REPLY, urgent=True, neutral=True
    ),
    "which": Entry(which, WhichGiven, Expect.OPEN, Weight.REPLY, urgent=True),
    "proving": Entry(
        proving, ProvingGiven, Expect.OPEN, Weight.REPLY, urgent=True, aside=True, neutral=True
    ),
    "pin": Entry(pin, PinGiven, Expect.OPEN, Weight.REPLY, urgent=True, aside=True, neutral=True),
    "added": Entry(added, AddedGiven, Expect.YES_NO, Weight.NOTICE, aside=True, neutral=True),
}

SAMPLES: Mapping[str, object] = {
    "welcome": WelcomeGiven("Marta", "la Red de Defensoras"),
    "offer": OfferGiven(
        assignment=1,
        code="GT-0417",
        first_name="Marta",
        kind=AssignmentKind.FIELD_SEARCH,
        municipality="Todos Santos Cuchumatán",
        language_needed="mam",
        due="2026-12-05",
        budget="Q400",
        version=OFFER_VERSION,
    ),
    "search": SearchGiven(assignment=1, code="GT-0417"),
    "papers": PapersGiven(request=1, code="HN-0233", document=DocumentType.BIRTH_CERTIFICATE),
    "announce": AnnounceGiven(
        broadcast=1,
        code="AV-0031",
        body="¿Quién puede tomar una declaración en q'eqchi' esta semana?",
    ),
    "outreach": OutreachGiven(
        case=1,
        slots=("2026-11-24T23:00:00+00:00", "2026-11-25T15:00:00+00:00"),
        zone="America/Guatemala",
        organisation="la Red de Defensoras",
        phone="+502 2222 0000",
    ),
    "consent": ConsentGiven(Purpose.CONTACT, asked_by=1, version=VERSION),
    "intake": IntakeGiven(
        organisation="la Red de Defensoras",
        slots=("2026-11-24T14:00:00+00:00", "2026-11-24T23:00:00+00:00"),
        zone="America/Tegucigalpa",
    ),
    "ping": PingGiven("GT-0417"),
    "language": LanguageChosen("spa"),
    "which": WhichGiven(heard=0, codes=("GT-0417", "HN-0233")),
    "proving": ProvingGiven(address=1, pin=True, code=True),
    "pin": PinGiven(address=1),
    "added": AddedGiven(address=1, added=2),
}
"""Something to try each conversation with."""
