import json

import pytest

from handlers.papers import PAPERS
from handlers.repertoire import REPERTOIRE, SAMPLES
from handlers.search import HOW_SURE, KNOWN_BY
from handlers.talk import Kind
from models.document import DocumentType
from models.facts import pack, unpack
from models.whereabouts import Certainty, Source
from tests.handlers.walk import walk

NAMES = sorted(REPERTOIRE)


def test_every_conversation_has_a_sample_of_what_it_is_given():
    assert set(SAMPLES) == set(REPERTOIRE)
    for name, sample in SAMPLES.items():
        assert type(sample) is REPERTOIRE[name].given
        assert unpack(json.loads(json.dumps(pack(sample)))) == sample


@pytest.mark.parametrize("name", NAMES)
def test_every_way_through_asks_or_ends_and_what_it_finds_can_be_kept(name: str):
    ends = 0
    for _journal, turn in walk(name, SAMPLES[name]):
        for fact in turn.records:
            assert unpack(json.loads(json.dumps(pack(fact)))) == fact
        if turn.asks is None:
            ends += 1
        elif turn.asks.kind is Kind.CHOICE:
            assert 2 <= len(turn.asks.options) <= 3
            values = [option.value for option in turn.asks.options]
            assert len(set(values)) == len(values)
            assert turn.asks.otherwise in {"", *values}
            assert turn.asks.on_photos in {"", *values}
    assert ends


@pytest.mark.parametrize("name", NAMES)
def test_an_outcome_is_recorded_once_on_every_way_to_an_end(name: str):
    for journal, turn in walk(name, SAMPLES[name]):
        kinds = [type(fact).__name__ for fact in turn.records]
        for outcome in ("Accepted", "Declined", "SearchReported", "PapersSent", "Answered"):
            assert kinds.count(outcome) <= 1, journal


def test_what_is_named_from_a_table_is_named_whole():
    assert set(PAPERS) == set(DocumentType)
    assert set(KNOWN_BY) == set(Source)
    assert set(HOW_SURE) == set(Certainty)
