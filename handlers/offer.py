"""A Defender is offered an assignment, and takes it, asks first, or says why not."""

import re
from typing import assert_never

from handlers.seen import asks
from handlers.sentences import together
from handlers.talk import SILENCE, Silence, Talk
from handlers.understanding import Expect, Meaning, normal
from models.assignment import AssignmentKind, DeclineReason, LeftOut, Taken
from models.facts import Accepted, Asked, Declined, FreeNextWeek, Lapsed, OfferGiven
from models.text import Day, Text, _

VERSION = 2
"""The version that new offers are made in. An older one goes on as it began."""

OFFER_HOURS = 72
"""How long an offer stands."""

REASON_HOURS = 4
"""How long we wait for a reason. The work needs somebody else, so not long."""

LEFT_OUT_HOURS = 24
"""How long she may still say that she can next week. Her no stands already."""

NO_TIME = re.compile(
    r"\b(esta semana|estos dias|no tengo tiempo|falta de tiempo|audiencias?|ocupad[oa]|this week"
    r"|no time|busy|hearings?)\b"
)
"""What tells, in the words of a no, that it is only a matter of time."""

NOT_ONLY_TIME = re.compile(
    r"\b(lejos|distancia|far|distance|segur[oa]|seguridad|peligr\w*|miedo|amenaz\w*|risk\w*"
    r"|safe\w*|danger\w*|threat\w*|afraid)\b"
)
"""What tells that there is more to a no: then she is asked."""


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
            _("When you have news, write {code}.", code=code)
            if given.details
            else _(
                "Coordination will give you the details. When you have news, write {code}.",
                code=code,
            ),
        )
    )


async def _decline(talk: Talk, given: OfferGiven, words: str) -> None:
    if given.version > 1 and _only_no_time(words):
        talk.record(Declined(given.assignment, DeclineReason.TIME, words))
        await _leave_out(talk, given, _("Thank you for telling us."))
        return
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
    if given.version > 1 and reason is DeclineReason.TIME:
        await _leave_out(talk, given, _("Understood."))
        return
    talk.say(_closed(given))


async def _leave_out(talk: Talk, given: OfferGiven, thanks: Text) -> None:
    """Ask whose no is one of time, and is recorded, whether next week is another matter."""
    left_out = await talk.choose(
        "left out",
        together(thanks, _("Shall we leave you out of {code}?", code=given.code)),
        {LeftOut.YES: _("Yes"), LeftOut.NEXT_WEEK: _("I can next week")},
        means={LeftOut.YES: Meaning.YES, LeftOut.NEXT_WEEK: Meaning.LATER},
        words={
            LeftOut.YES: ("no puedo", "no voy a poder", "de plano", "i cannot", "fuera", "out"),
            LeftOut.NEXT_WEEK: (
                "otra semana",
                "proxima semana",
                "semana que viene",
                "siguiente semana",
                "next week",
                "semana",
                "week",
            ),
        },
        patience_hours=LEFT_OUT_HOURS,
    )
    match left_out:
        case LeftOut.YES:
            talk.say(_closed(given))
        case LeftOut.NEXT_WEEK:
            talk.record(FreeNextWeek(given.assignment))
            talk.say(_("Thank you. Coordination will know that you can next week."))
        case Silence.SILENCE:
            pass  # her no stands
        case _:
            assert_never(left_out)


def _only_no_time(words: str) -> bool:
    said = normal(words)
    return bool(NO_TIME.search(said)) and not NOT_ONLY_TIME.search(said)


def _closed(given: OfferGiven) -> Text:
    return _("Understood. We will not ask you about {code} again. Thank you.", code=given.code)


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
