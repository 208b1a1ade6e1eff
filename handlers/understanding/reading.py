"""What a messy reply means, by rules on its words in order."""

import re
from collections.abc import Sequence
from itertools import pairwise

from handlers.understanding.lexicon import Kind, lexicon
from handlers.understanding.meaning import Expect, Meaning
from handlers.understanding.message import Clause, read
from handlers.understanding.options import leading, says_nothing, trailing
from handlers.understanding.senses import Sense, senses
from handlers.understanding.stopping import starts, stops
from handlers.understanding.weighing import weigh
from handlers.understanding.words import fold

# A word that is the whole message.
_ALONE = {
    Kind.DONE_ALONE: Meaning.DONE,
    Kind.HELP_ALONE: Meaning.HELP,
    Kind.PERSON_ALONE: Meaning.PERSON,
    Kind.LANGUAGE_ALONE: Meaning.LANGUAGE,
    Kind.STATUS_ALONE: Meaning.STATUS,
    Kind.READ_ALONE: Meaning.READ,
    Kind.BACK_ALONE: Meaning.BACK,
    Kind.SKIP_ALONE: Meaning.SKIP,
}
# A phrase that may stand anywhere; the first of these found is the meaning.
_ANYWHERE = {
    Kind.WRONG_PERSON: Meaning.WRONG_PERSON,
    Kind.STRANGER: Meaning.WRONG_PERSON,
    Kind.WHO_ARE_YOU: Meaning.WHO_ARE_YOU,
    Kind.BROKE: Meaning.WHO_ARE_YOU,
    Kind.LANGUAGE: Meaning.LANGUAGE,
    Kind.SPEAKS: Meaning.LANGUAGE,
    Kind.HELP: Meaning.HELP,
    Kind.PERSON: Meaning.PERSON,
    Kind.STATUS: Meaning.STATUS,
    Kind.BACK: Meaning.BACK,
    Kind.SKIP: Meaning.SKIP,
    Kind.DONE: Meaning.DONE,
}
# To an offer these answer the offer: it may need a language, a place one knows, money for the road.
_ABOUT_THE_OFFER = frozenset({Kind.BROKE, Kind.SPEAKS, Kind.STRANGER})
# Told of somebody else, or in the middle of a story, these are no message to us.
_TOLD = frozenset({Kind.WRONG_PERSON, Kind.STRANGER, Kind.BACK, Kind.DONE, Kind.PERSON, Kind.SKIP})
_STORY = 4
# How a phrase begins that answers a «no» and is not denied by it: «no, ya es todo».
_NOT_TURNED = frozenset({"ia", "ya", "no", "nada", "solo", "eso", "numero", "kien", "se"})
# «¿Es seguro ir? Si sí, la tomo»: the yes waits for our answer.
_HANGING = re.compile(r"\b(?:si (?:si|es asi|lo es)|de ser asi|if (?:yes|so))\b")
_BY_NUMBER = {1: Meaning.YES, 2: Meaning.NO}


def understand(text: str, expect: Expect = Expect.OPEN, language: str = "es") -> Meaning:
    """What the person meant. UNCLEAR when a careful coordinator would ask once more."""
    if stops(text, language):
        return Meaning.STOP
    if starts(text, language):
        return Meaning.START
    message = read(text, lexicon(language))
    command = _command(message, expect, language)
    if command is not None:
        return command
    if expect is not Expect.OPEN:
        numbered = _numbered(text, expect, language)
        if numbered is not None:
            return numbered
    meant = _weighed(message, expect, language)
    return _no_light_yes(text, message, expect) if meant is Meaning.YES else meant


def _no_light_yes(text: str, message: Sequence[Clause], expect: Expect) -> Meaning:
    """A yes, unless it hangs on an answer of ours, or only says that they are done."""
    if "?" in text and _HANGING.search(fold(text)):
        return Meaning.UNCLEAR
    done = any(mark.kind is Kind.DONE_ALONE for clause in message for mark in clause.content)
    return Meaning.DONE if done and expect is Expect.OPEN else Meaning.YES


def _weighed(message: Sequence[Clause], expect: Expect, language: str) -> Meaning:
    return weigh(senses(message, expect, lexicon(language)), expect)


def _numbered(text: str, expect: Expect, language: str) -> Meaning | None:
    """A reply by digit, where 1 is yes and 2 is no; its words must not say otherwise."""
    first = leading(text, language)
    if first is not None and (first[0] in _BY_NUMBER or not first[1].strip()):
        position, rest = first
        agreed = _BY_NUMBER.get(position, Meaning.UNCLEAR)
        if says_nothing(rest, language):
            return Meaning.UNCLEAR if "?" in rest else agreed
        whole = _weighed(read(text, lexicon(language)), expect, language)
        if whole is Meaning.LATER:
            return whole
        said = _weighed(read(rest, lexicon(language)), expect, language)
        return said if said is agreed else Meaning.UNCLEAR
    last = trailing(text)
    if last is not None:
        position, rest = last
        said = _weighed(read(rest, lexicon(language)), expect, language)
        meant = _BY_NUMBER.get(position)
        alone = read(text, lexicon(language))[-1].marks[-1].sounds == (str(position),)
        if said is meant:
            return said
        if alone and meant and said in _BY_NUMBER.values():
            return Meaning.UNCLEAR  # «sí, 2»
    return None


def _command(message: Sequence[Clause], expect: Expect, language: str) -> Meaning | None:
    """A meaning that does not depend on the question: who, wrong person, help, done, back."""
    content = [mark for clause in message for mark in clause.content]
    asks = any(clause.asks for clause in message)
    if len(content) == 1 and content[0].kind in _ALONE:
        meaning = _ALONE[content[0].kind]
        return None if asks and meaning is Meaning.DONE else meaning
    if any(_kinds(clause) == [Kind.HELP_ALONE] for clause in message):
        return Meaning.HELP
    for clause in message:
        found = lexicon(language).apart[Kind.WHO_IF_ASKED].longest(clause.sounds, 0)
        if (
            clause.asks
            and found
            and (found[1] == len(clause.sounds) or clause.sounds[found[1] - 1] == "ke")
        ):
            return Meaning.WHO_ARE_YOU
    told = len([mark for mark in content if mark.kind in {None, Kind.PLAIN}]) > _STORY
    reported = any(mark.kind is Kind.REPORT for mark in content)
    for kind, meaning in _ANYWHERE.items():
        if expect is Expect.OFFER and kind in _ABOUT_THE_OFFER:
            continue
        if kind in _TOLD and (reported or told):
            continue
        if any(_says(clause, kind) for clause in message):
            return _beside(meaning, message, expect, language)
    return None


def _kinds(clause: Clause) -> list[Kind | None]:
    return [mark.kind for mark in clause.content]


def _says(clause: Clause, kind: Kind) -> bool:
    """Whether the clause says a phrase of that kind that nothing before it turns around."""
    marks = clause.content
    # «de qué caso me habla» asks nobody to call.
    asked = kind is Kind.PERSON and any(mark.kind in {Kind.ASK, Kind.DOUBT} for mark in marks)
    for before, mark in pairwise((None, *marks)):
        if mark is None or mark.kind is not kind:
            continue
        if before is None or mark.sounds[0] in _NOT_TURNED:
            return True
        # «no son todas», «todavía no son todas»
        if before.sounds[-1] != "no" and before.kind is not Kind.NOT:
            return not asked
    return False


def _beside(
    meaning: Meaning, message: Sequence[Clause], expect: Expect, language: str
) -> Meaning | None:
    """The meaning, unless the answer beside it weighs more: «llámeme mañana», «listo, la tomo»."""
    said = frozenset(one.sense for one in senses(message, expect, lexicon(language)))
    if meaning is Meaning.PERSON:
        if Sense.LATER in said:
            return Meaning.LATER
        if Sense.YES in said:
            return None
    if meaning is Meaning.DONE and Sense.YES in said and expect is Expect.YES_NO:
        return Meaning.YES  # «sí, son todas»
    if meaning is Meaning.DONE and (Sense.TAKE in said or any(clause.asks for clause in message)):
        return None
    return meaning
