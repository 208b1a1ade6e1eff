"""Every way through a conversation, up to a number of answers."""

from collections.abc import Iterator
from functools import cache

from handlers.repertoire import REPERTOIRE
from handlers.talk import Answer, Kind, Question, Turn, play
from handlers.understanding import Meaning

WORDS = "fíjese que no se puede, ¿quién me acompaña?"


def answers(question: Question) -> Iterator[Answer]:
    """Give one answer of each sort that a question takes."""
    match question.kind:
        case Kind.CHOICE:
            yield from ({"choice": option.value} for option in question.options)
            yield {"choice": question.options[-1].value, "aside": WORDS}
        case Kind.WORDS:
            yield {"words": WORDS}
        case Kind.PLACE:
            yield {"words": "aldea San Martín Cuchumatán, Todos Santos"}
            yield {"words": "", "latitude": 15.5, "longitude": -91.6}
        case Kind.PHOTOS:
            yield {"count": 1, "words": ""}
            yield {"count": 12, "words": WORDS}
            yield {"count": 2, "words": "listo", "meaning": Meaning.DONE.value}
            yield {"count": 0, "words": WORDS}
            yield {"count": 0, "words": "listo", "meaning": Meaning.DONE.value}
            yield {"count": 0, "words": "no", "meaning": Meaning.NO.value}
    if question.patience_hours:
        yield {"silence": True}


@cache
def walk(name: str, given: object, depth: int = 6) -> list[tuple[dict[str, Answer], Turn]]:
    """Play every journal of at most `depth` answers, and give it with its last turn."""
    entry = REPERTOIRE[name]
    paths: list[dict[str, Answer]] = [{}]
    walked = []
    while paths:
        journal = paths.pop()
        turn = play(entry.conversation, given, journal)
        walked.append((journal, turn))
        if turn.asks is not None and len(journal) < depth:
            paths += [{**journal, turn.asks.name: answer} for answer in answers(turn.asks)]
    return walked
