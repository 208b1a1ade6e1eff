"""Journals are contracts: what people once answered must always play to a question or an end."""

import json
from pathlib import Path

import pytest

from handlers.repertoire import REPERTOIRE
from handlers.talk import Question, play
from models.facts import unpack

JOURNALS = sorted((Path(__file__).parent.parent / "journals").glob("*.json"))


@pytest.mark.parametrize("path", JOURNALS, ids=lambda path: path.stem)
def test_a_kept_journal_plays_to_a_question_or_an_end_and_repeats_nothing(path: Path):
    kept = json.loads(path.read_text("utf-8"))
    entry = REPERTOIRE[kept["conversation"]]
    given = unpack(kept["given"])
    recorded = [unpack(fact) for fact in kept["recorded"]]
    turn = play(entry.conversation, given, kept["journal"], kept["settled"], recorded)
    assert turn.asks is None or isinstance(turn.asks, Question)
    assert turn.says == ()
    assert turn.records == ()


def test_every_conversation_has_journals():
    kept = {json.loads(path.read_text("utf-8"))["conversation"] for path in JOURNALS}
    assert kept == set(REPERTOIRE)
