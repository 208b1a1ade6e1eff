"""A conversation typed in the terminal, before it has a channel or a database."""

import json
from collections.abc import Callable, Iterable

from bot.settings import WrongSetting
from bot.tongues import render, tongue
from channels.base import Option
from channels.plain import numbered
from handlers.repertoire import REPERTOIRE, SAMPLES
from handlers.seen import Seen, read_answer, read_photos, read_seen, shown
from handlers.talk import Answer, Kind, Question, play
from models.facts import pack


def play_through(
    name: str, language: str, say: Callable[[str], None], lines: Iterable[str]
) -> None:
    """Play one conversation with what is typed. Prints what it says, asks and records.

    At a question for photos, type how many you send, such as: 3
    """
    entry = REPERTOIRE.get(name)
    if entry is None:
        raise WrongSetting(
            f"There is no conversation {name!r}. There are: {', '.join(REPERTOIRE)}."
        )
    given = SAMPLES[name]
    journal: dict[str, Answer] = {}
    settled: list[str] = []
    recorded: list[object] = []
    typed = iter(lines)
    while True:
        turn = play(entry.conversation, given, journal, settled, recorded)
        settled += turn.settles
        recorded += turn.records
        for text in turn.says:
            say(render(text, language))
        for fact in turn.records:
            say(f"  [recorded: {json.dumps(pack(fact), ensure_ascii=False)}]")
        if turn.asks is None:
            return
        seen = _ask(turn.asks, language, say)
        answer = _answer(seen, language, typed, say)
        if answer is None:
            return
        journal[seen.name] = answer


def _ask(question: Question, language: str, say: Callable[[str], None]) -> Seen:
    kept = shown(question, lambda text: render(text, language))
    seen = read_seen(kept)
    say(numbered(seen.text, tuple(Option("", option.label) for option in seen.options)))
    return seen


def _answer(
    seen: Seen, language: str, typed: Iterable[str], say: Callable[[str], None]
) -> Answer | None:
    spoken = tongue(language).catalogs[0]
    for line in typed:
        words = line.strip()
        if seen.kind is Kind.PHOTOS and words.isdigit():
            answer = read_photos(seen, int(words), "", spoken)
        else:
            answer = read_answer(seen, words, spoken)
        if answer is not None:
            return answer
        say("  [not understood; try again]")
    return None
