import re

import pytest

from bot.tongues import render
from handlers import duty

SAID = [
    duty.waits("12"),
    duty.due("12"),
    duty.yours("12"),
    duty.others("12"),
    duty.done("12"),
    duty.none("12"),
    duty.which(),
    duty.nobody(),
]


@pytest.mark.parametrize("text", SAID, ids=[text.source for text in SAID])
def test_whoever_is_on_call_reads_a_number_and_nothing_of_whom_it_is_about(text):
    for language in ("spa", "eng"):
        words = render(text, language)
        assert set(re.findall(r"\d+", words)) <= {"12"}
        assert len(words) <= 160


def test_staff_are_told_which_word_takes_it():
    assert render(duty.waits("12"), "spa").count("VOY 12") == 1
