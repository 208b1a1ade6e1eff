"""A Defender is offered an assignment, and takes it, asks first, or says why not."""

from typing import assert_never

from handlers.seen import asks
from handlers.sentences import together
from handlers.talk import SILENCE, Silence, Talk
from handlers.understanding import Expect, Meaning
from models.assignment import AssignmentKind, DeclineReason, Taken
from models.facts import Accepted, Asked, Declined, Lapsed, OfferGiven
from models.text import Day, Text, _

OFFER_HOURS = 72
"""How long an offer stands."""

REASON_HOURS = 4
"""How long we wait for a reason. The work needs somebody else, so not long."""


async def offer(talk: Talk, given: OfferGiven) -> None:
    """Ask whether she takes it; pass on what she asks first; close it either way."""
    question, n = _offered(given), 1
    while True:
        taken = await talk.choose(
            f"take {n}",
            question,
            {
                Taken.YES: _("I accept"),
                Taken.NO: _("I cannot"),
                Taken.QUESTION: _("I have a question"),
            },
            means={Taken.YES: Meaning.YES, Taken.NO: Meaning.NO},
            words={Taken.QUESTION: ("duda", "dudas", "pregunta", "question")},
            expects=Expect.OFFER,
            otherwise=Taken.QUESTION,
            patience_hours=OFFER_HOURS,
        )
        words = talk.aside(f"take {n}")
        match taken:
            case Taken.YES:
                _accept(talk, given, words)
                return
            case Taken.NO:
                await _decline(talk, given, words)
                return
            case Silence.SILENCE:
                talk.record(Lapsed(given.assignment))
                return
            case Taken.QUESTION:
                words = words or await talk.hear(
                    f"question {n}", _("{code}: what would you like to know?", code=given.code)
                )
                talk.record(Asked(given.code, words))
                question, n = _again(given), n + 1
            case _:
                assert_never(taken)


def _accept(talk: Talk, given: OfferGiven, words: str) -> None:
    talk.record(Accepted(given.assignment))
    asked = asks(words)
    if asked:
        talk.record(Asked(given.code, words))
    name, code = given.first_name, given.code
    talk.say(
        together(
            _("Thank you, {first_name}. {code} is yours.", first_name=name, code=code),
            _("Coordination has your question.") if asked else None,
            _(
                "Coordination will give you the details. When you have news, write {code}.",
                code=code,
            ),
        )
    )


async def _decline(talk: Talk, given: OfferGiven, words: str) -> None:
    reason = await talk.choose(
        "reason",
        _("{code}: thank you for telling us. What is the reason?", code=given.code),
        {
            DeclineReason.TIME: _("No time"),
            DeclineReason.DISTANCE: _("It is too far"),
            DeclineReason.OTHER: _("Another reason"),
        },
        words={
            DeclineReason.TIME: ("tiempo", "audiencia", "ocupada", "ocupado", "time", "busy"),
            DeclineReason.DISTANCE: ("lejos", "distancia", "far", "distance"),
            DeclineReason.OTHER: ("otra", "otro", "other"),
        },
        otherwise=DeclineReason.OTHER,
        patience_hours=REASON_HOURS,
    )
    if reason is SILENCE:
        talk.record(Declined(given.assignment, DeclineReason.UNSAID, words))
        return
    note = "\n".join(part for part in (words, talk.aside("reason")) if part)
    if reason is DeclineReason.OTHER and not note:
        told = await talk.hear(
            "note",
            _("{code}: tell us in your own words.", code=given.code),
            patience_hours=REASON_HOURS,
        )
        note = "" if told is SILENCE else told
    talk.record(Declined(given.assignment, reason, note))
    talk.say(_("Understood. We will not ask you about {code} again. Thank you.", code=given.code))


def _offered(given: OfferGiven) -> Text:
    return together(_("Hello {first_name}.", first_name=given.first_name), terms(given))


def terms(given: OfferGiven) -> Text:
    """Say what the work is, and nothing of whom it is for."""
    language, due = given.language_needed, given.due
    return together(
        _work(given.kind, given.code, given.municipality),
        _("Language: {language}.", language=language) if language else None,
        _("By {day:short}.", day=Day(due)) if due else None,
        _("Costs: {budget}.", budget=given.budget) if given.budget else None,
    )


def _again(given: OfferGiven) -> Text:
    return together(
        _("Coordination has your message and will answer you."),
        _("Do you take {code}?", code=given.code),
    )


def _work(kind: AssignmentKind, code: str, place: str) -> Text:
    match kind:
        case AssignmentKind.FIELD_SEARCH if place:
            return _("{code}: a search in {place}.", code=code, place=place)
        case AssignmentKind.FIELD_SEARCH:
            return _("{code}: a search on the ground.", code=code)
        case AssignmentKind.DOCUMENTS if place:
            return _("{code}: documents in {place}.", code=code, place=place)
        case AssignmentKind.DOCUMENTS:
            return _("{code}: documents to obtain.", code=code)
        case AssignmentKind.DECLARATION if place:
            return _("{code}: a declaration in {place}.", code=code, place=place)
        case AssignmentKind.DECLARATION:
            return _("{code}: a declaration to take.", code=code)
        case AssignmentKind.OTHER if place:
            return _("{code}: work in {place}.", code=code, place=place)
        case AssignmentKind.OTHER:
            return _("{code}: a piece of work.", code=code)
        case _:
            assert_never(kind)
