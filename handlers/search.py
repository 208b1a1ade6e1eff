"""A Defender reports a search, hears what we understood, and corrects it until it is right."""

from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from typing import assert_never

from handlers.sentences import together
from handlers.talk import Talk
from handlers.understanding import Meaning
from models.facts import SearchGiven, SearchReported
from models.text import Text, _
from models.whereabouts import Certainty, Finding, Source

KNOWN_BY: Mapping[Source, Text] = {
    Source.IN_PERSON: _("You saw the person."),
    Source.FAMILY: _("The family says so."),
    Source.COMMUNITY: _("People there say so."),
}
"""How a source is read back."""

HOW_SURE: Mapping[Certainty, Text] = {
    Certainty.SURE: _("It is sure."),
    Certainty.LIKELY: _("It is likely."),
    Certainty.UNSURE: _("It is doubtful."),
}
"""How a certainty is read back."""


class Outcome(Enum):
    """How the search ended, as it is asked first."""

    FOUND = "found"
    NOT_THERE = "not_there"
    COULD_NOT_LOOK = "could_not_look"


class Gone(Enum):
    """What is known of somebody who is not there."""

    KNOWN = "known"
    MOVED = "moved"
    NOTHING = "nothing"


class Right(Enum):
    """Whether we understood."""

    YES = "yes"
    CORRECT = "correct"


class Wrong(Enum):
    """What we misunderstood."""

    PLACE = "place"
    SOURCE = "source"
    ALL = "all"


async def search(talk: Talk, given: SearchGiven) -> None:
    """Take the report down, read it back, and record it only when she says that it is right."""
    report, n = await _report(talk, given, 1), 1
    while await _is_wrong(talk, given, report, n):
        n += 1
        report = await _corrected(talk, given, report, n)
    talk.record(report)
    talk.say(
        _(
            "Thank you. Your report on {code} is recorded, and coordination will look at it.",
            code=given.code,
        )
    )


async def _report(talk: Talk, given: SearchGiven, n: int) -> SearchReported:
    outcome = await talk.choose(
        f"outcome {n}",
        _("{code}: did you find the person?", code=given.code),
        {
            Outcome.FOUND: _("Yes, found"),
            Outcome.NOT_THERE: _("Not there"),
            Outcome.COULD_NOT_LOOK: _("I could not look"),
        },
        means={Outcome.FOUND: Meaning.YES, Outcome.NOT_THERE: Meaning.NO},
        words={
            Outcome.FOUND: (
                *("la encontre", "lo encontre", "la encontramos", "lo encontramos", "los encontre"),
                *("las encontre", "la halle", "lo halle", "found her", "found him", "found them"),
            ),
            Outcome.NOT_THERE: (
                *("no la encontre", "no lo encontre", "no la encontramos", "no lo encontramos"),
                *("no la halle", "no lo halle", "did not find", "didn't find"),
            ),
            Outcome.COULD_NOT_LOOK: (
                *("no pude ir", "no pude llegar", "no pude buscar", "no fui", "could not go"),
                *("no pudimos ir", "no pudimos llegar", "no pudimos buscar", "no fuimos"),
                *("couldn't go", "couldn't look", "did not go", "didn't go"),
            ),
        },
    )
    words = talk.aside(f"outcome {n}")
    match outcome:
        case Outcome.FOUND:
            report = SearchReported(given.assignment, Finding.FOUND, note=words)
            report = await _placed(talk, given, report, n)
            return await _sourced(talk, given, report, n)
        case Outcome.NOT_THERE:
            return await _gone(talk, given, words, n)
        case Outcome.COULD_NOT_LOOK:
            why = words or await talk.hear(
                f"why {n}",
                _("{code}: what kept you from it? Tell us in your own words.", code=given.code),
            )
            return SearchReported(given.assignment, Finding.COULD_NOT_LOOK, note=why)
        case _:
            assert_never(outcome)


async def _gone(talk: Talk, given: SearchGiven, words: str, n: int) -> SearchReported:
    gone = await talk.choose(
        f"gone {n}",
        _("{code}: is it known where the person went?", code=given.code),
        {
            Gone.KNOWN: _("Yes, I know where"),
            Gone.MOVED: _("Left, unknown where"),
            Gone.NOTHING: _("Nothing is known"),
        },
        means={Gone.KNOWN: Meaning.YES},
    )
    note = "\n".join(part for part in (words, talk.aside(f"gone {n}")) if part)
    match gone:
        case Gone.KNOWN:
            report = SearchReported(given.assignment, Finding.MOVED, note=note)
            report = await _placed(talk, given, report, n)
            return await _sourced(talk, given, report, n)
        case Gone.MOVED:
            return SearchReported(given.assignment, Finding.MOVED, note=note)
        case Gone.NOTHING:
            return SearchReported(given.assignment, Finding.NOT_THERE, note=note)
        case _:
            assert_never(gone)


async def _placed(talk: Talk, given: SearchGiven, report: SearchReported, n: int) -> SearchReported:
    place = await talk.place(
        f"place {n}",
        _(
            "{code}: where is the person? Write village and municipality, or send the location.",
            code=given.code,
        ),
    )
    return replace(report, place=place.words, latitude=place.latitude, longitude=place.longitude)


async def _sourced(
    talk: Talk, given: SearchGiven, report: SearchReported, n: int
) -> SearchReported:
    source = await talk.choose(
        f"source {n}",
        _("{code}: how do you know?", code=given.code),
        {
            Source.IN_PERSON: _("I saw the person"),
            Source.FAMILY: _("The family told me"),
            Source.COMMUNITY: _("People there said so"),
        },
        words={
            Source.IN_PERSON: ("la vi", "lo vi", "en persona", "saw", "in person"),
            Source.FAMILY: ("familia", "family"),
            Source.COMMUNITY: ("gente", "vecinos", "comunidad", "people", "neighbours"),
        },
    )
    certainty = await talk.choose(
        f"certainty {n}",
        _("{code}: how sure is this?", code=given.code),
        {
            Certainty.SURE: _("Sure"),
            Certainty.LIKELY: _("Likely"),
            Certainty.UNSURE: _("Doubtful"),
        },
        means={Certainty.SURE: Meaning.YES},
    )
    return replace(report, source=source, certainty=certainty)


async def _is_wrong(talk: Talk, given: SearchGiven, report: SearchReported, n: int) -> bool:
    right = await talk.choose(
        f"right {n}",
        _read_back(report, given.code),
        {Right.YES: _("Yes"), Right.CORRECT: _("Correct it")},
        means={Right.YES: Meaning.YES, Right.CORRECT: Meaning.NO},
        words={Right.CORRECT: ("corregir", "corrija", "correct", "wrong")},
    )
    return right is Right.CORRECT


async def _corrected(
    talk: Talk, given: SearchGiven, report: SearchReported, n: int
) -> SearchReported:
    if report.source is None:
        return await _report(talk, given, n)
    wrong = await talk.choose(
        f"wrong {n}",
        _("{code}: what shall we correct?", code=given.code),
        {
            Wrong.PLACE: _("The place"),
            Wrong.SOURCE: _("How I know it"),
            Wrong.ALL: _("Everything"),
        },
        words={
            Wrong.PLACE: ("lugar", "place"),
            Wrong.SOURCE: ("como lo se", "know"),
            Wrong.ALL: ("todo", "all"),
        },
    )
    match wrong:
        case Wrong.PLACE:
            return await _placed(talk, given, report, n)
        case Wrong.SOURCE:
            return await _sourced(talk, given, report, n)
        case Wrong.ALL:
            return await _report(talk, given, n)
        case _:
            assert_never(wrong)


def _read_back(report: SearchReported, code: str) -> Text:
    return together(
        _understood(report),
        KNOWN_BY[report.source] if report.source else None,
        HOW_SURE[report.certainty] if report.certainty else None,
        _("{code}: is that right?", code=code),
    )


def _understood(report: SearchReported) -> Text:
    place, on_map = report.place, report.latitude is not None
    match report.finding:
        case Finding.FOUND if place:
            return _("I understood: the person is in {place}.", place=place)
        case Finding.FOUND:
            return _("I understood: the person is at the location you sent.")
        case Finding.MOVED if place:
            return _("I understood: the person moved to {place}.", place=place)
        case Finding.MOVED if on_map:
            return _("I understood: the person moved to the location you sent.")
        case Finding.MOVED:
            return _("I understood: the person moved, and it is not known where.")
        case Finding.NOT_THERE:
            return _("I understood: the person is not there, and nothing is known.")
        case Finding.COULD_NOT_LOOK:
            return _("I understood: you could not look, for the reason you wrote.")
        case _:
            assert_never(report.finding)
