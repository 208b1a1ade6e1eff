import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.tongues import render
from handlers.seen import read_answer, read_seen, shown
from handlers.talk import (
    SILENCE,
    Answer,
    Conversation,
    Kind,
    Photos,
    Place,
    Question,
    Silence,
    Stranded,
    Talk,
    back,
    play,
)
from handlers.understanding import Meaning
from models.text import Text, _


class Take(Enum):
    """Whether the work is taken."""

    YES = "yes"
    NO = "no"


class Why(Enum):
    """Why it is not."""

    FAR = "far"
    OTHER = "other"


@dataclass(frozen=True)
class Taken:
    """It was taken."""

    what: str


@dataclass(frozen=True)
class Refused:
    """It was refused."""

    what: str
    why: Why
    note: str = ""


FAREWELLS = {"Thank you.", "Understood.", "Good bye."}


def take(talk: Talk, text: str = "Do you take it?") -> Any:
    return talk.choose(
        "take",
        Text(text),
        {Take.YES: Text("Yes"), Take.NO: Text("No")},
        means={Take.YES: Meaning.YES, Take.NO: Meaning.NO},
    )


def why(talk: Talk) -> Any:
    options = {Why.FAR: Text("Too far"), Why.OTHER: Text("Another reason")}
    return talk.choose("why", Text("Why?"), options, otherwise=Why.OTHER)


async def first(talk: Talk, what: str) -> None:
    if await take(talk) is Take.YES:
        talk.record(Taken(what))
        talk.say(Text("Thank you."))
        return
    talk.say(Text("Thank you for telling us."))
    reason = await why(talk)
    note = await talk.hear("note", Text("Tell us.")) if reason is Why.OTHER else ""
    talk.record(Refused(what, reason, note))
    talk.say(Text("Understood."))


async def second(talk: Talk, what: str) -> None:
    """A question is inserted before the one that may be pending."""
    if await take(talk) is Take.YES:
        day = await talk.hear("day", Text("On which day?"))
        talk.record(Taken(what))
        talk.say(Text("Thank you."))
        talk.say(Text(f"You said {day}."))
        return
    talk.say(Text("Thank you for telling us."))
    await talk.choose("sure", Text("Sure?"), {Take.YES: Text("Yes"), Take.NO: Text("No")})
    reason = await why(talk)
    note = await talk.hear("note", Text("Tell us.")) if reason is Why.OTHER else ""
    talk.record(Refused(what, reason, note))
    talk.say(Text("Understood."))


async def third(talk: Talk, what: str) -> None:
    """A question is gone, the record is made earlier, and a farewell is new."""
    if await take(talk) is Take.YES:
        talk.record(Taken(what))
        talk.say(Text("Thank you."))
        talk.say(Text("Good bye."))
        return
    reason = await why(talk)
    talk.record(Refused(what, reason))
    await talk.hear("more", Text("Anything else?"))
    talk.say(Text("Understood."))
    talk.say(Text("Good bye."))


VERSIONS: tuple[Conversation[str], ...] = (first, second, third)


# --- one play ---------------------------------------------------------------------------------


def test_the_first_missing_answer_is_the_question_on_the_screen():
    turn = play(first, "A-7", {})
    assert turn.says == ()
    assert turn.records == ()
    assert turn.settles == ("",)
    assert turn.asks is not None
    assert (turn.asks.name, turn.asks.kind, turn.asks.text) == (
        "take",
        Kind.CHOICE,
        Text("Do you take it?"),
    )
    assert [(option.value, option.meaning) for option in turn.asks.options] == [
        ("yes", Meaning.YES),
        ("no", Meaning.NO),
    ]


def test_words_are_said_once_and_facts_recorded_once():
    turn = play(first, "A-7", {"take": "yes"}, settled=("",))
    assert turn.says == (Text("Thank you."),)
    assert turn.records == (Taken("A-7"),)
    assert turn.asks is None
    again = play(first, "A-7", {"take": "yes"}, ("", "take"), (Taken("A-7"),))
    assert again.says == again.records == again.settles == ()


def test_a_fact_stated_twice_is_one_fact():
    async def twice(talk: Talk, what: str) -> None:
        talk.record(Taken(what))
        talk.record(Taken(what))
        talk.record(Taken("another"))

    assert play(twice, "A-7", {}).records == (Taken("A-7"), Taken("another"))


def test_history_is_not_rewritten_by_a_version_that_words_a_fact_otherwise():
    journal: dict[str, Answer] = {"take": "no", "why": "other", "note": {"words": "ill"}}
    recorded = [Refused("A-7", Why.OTHER)]  # the third version had recorded it before the note
    assert play(first, "A-7", journal, ("", "take"), recorded).records == ()


def test_a_question_asked_twice_is_refused_with_what_to_do():
    async def twice(talk: Talk, _given: None) -> None:
        await talk.hear("name", Text("Name?"))
        await talk.hear("name", Text("Name?"))

    with pytest.raises(ValueError, match="give each question its own name"):
        play(twice, None, {"name": "Marta"})


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_conversation_may_wait_for_nothing_but_answers(seconds: int):
    async def sleeps(_talk: Talk, _given: None) -> None:
        await asyncio.sleep(seconds)

    with pytest.raises((TypeError, RuntimeError)):
        play(sleeps, None, {})


# --- answers out of the journal -----------------------------------------------------------------


def hear(answer: Answer) -> object:
    heard: list[object] = []

    async def asks(talk: Talk, _given: None) -> None:
        heard.append(await talk.hear("q", Text("?"), patience_hours=1))

    play(asks, None, {"q": answer})
    return heard[0]


def place(answer: Answer) -> Place:
    places: list[Place] = []

    async def asks(talk: Talk, _given: None) -> None:
        places.append(await talk.place("q", Text("?")))

    play(asks, None, {"q": answer})
    return places[0]


def photos(answer: Answer) -> object:
    found: list[object] = []

    async def asks(talk: Talk, _given: None) -> None:
        found.append(await talk.photos("q", Text("?"), patience_hours=1))

    play(asks, None, {"q": answer})
    return found[0]


def test_words_are_read_as_they_were_kept():
    assert hear("Marta") == "Marta"
    assert hear({"words": "Marta"}) == "Marta"
    assert hear({"silence": True}) is SILENCE
    with pytest.raises(Stranded, match="holds no words"):
        hear({"choice": "far"})


def test_a_place_is_words_or_a_pin():
    assert place("Xela") == Place("Xela")
    assert place({"words": "Xela"}) == Place("Xela")
    assert place({"words": "", "latitude": 15, "longitude": -91.5}) == Place("", 15.0, -91.5)
    assert place({"latitude": 15, "longitude": -91.5}) == Place("", 15.0, -91.5)
    assert place({"words": "Xela", "latitude": 15, "longitude": None}) == Place("Xela")
    with pytest.raises(Stranded):
        place({"silence": True})


def test_photos_are_a_count_and_the_words_with_them():
    assert photos({"count": 3}) == Photos(3)
    assert photos({"count": 0, "words": "listo", "meaning": "done"}) == Photos(
        0, "listo", Meaning.DONE
    )
    assert photos({"count": 1, "meaning": "of another version"}) == Photos(1)
    assert photos({"silence": True}) is SILENCE
    for strange in ("three", {"words": "three"}):
        with pytest.raises(Stranded, match="not about photos"):
            photos(strange)


def test_a_choice_that_is_gone_strands_the_conversation():
    with pytest.raises(Stranded, match="'perhaps' to 'take' is not a choice any more"):
        play(first, "A-7", {"take": {"choice": "perhaps"}})


def test_silence_answers_only_a_question_with_patience():
    async def patient(talk: Talk, _given: None) -> None:
        answer = await talk.choose("take", Text("?"), {Take.YES: Text("Yes")}, patience_hours=72)
        talk.record(answer)

    assert play(patient, None, {"take": {"silence": True}}).records == (Silence.SILENCE,)
    with pytest.raises(Stranded, match="does not take silence"):
        play(first, "A-7", {"take": {"silence": True}})


def test_what_is_written_beyond_the_choice_is_an_aside():
    talk = Talk({"take": {"choice": "yes", "aside": "yes, how far?"}, "why": "far"})
    assert talk.aside("take") == "yes, how far?"
    assert talk.aside("why") == ""
    assert talk.aside("never asked") == ""


# --- going back -----------------------------------------------------------------------------------


def test_going_back_forgets_the_newest_answer():
    journal = {"take": "no", "why": "other"}
    assert back(first, "A-7", journal, ["", "take", "why"], []) == ({"take": "no"}, ["", "take"])


def test_there_is_no_way_back_before_the_first_answer_or_after_a_fact():
    assert back(first, "A-7", {}, [""], []) is None
    journal = {"take": "no", "why": "far", "more": "bye"}
    assert back(third, "A-7", journal, ["", "take"], [Refused("A-7", Why.FAR)]) is None


def test_files_that_are_stored_cannot_be_unsent():
    async def collects(talk: Talk, _given: None) -> None:
        await talk.photos("photos", Text("Send it."))
        await talk.hear("note", Text("What is it?"))

    assert back(collects, None, {"photos": {"count": 2}}, ["", "photos"], []) is None
    assert back(collects, None, {"photos": {"count": 0, "words": "no"}}, ["", "photos"], []) == (
        {},
        [""],
    )


def test_the_newest_answer_is_the_last_one_on_the_way_not_the_last_one_kept():
    journal = {"why": "far", "take": "no"}  # as a store that sorts its keys would keep them
    assert back(second, "A-7", journal, ["", "take"], []) == ({"why": "far"}, [""])


# --- lives ------------------------------------------------------------------------------------


@dataclass
class Life:
    """A conversation as it is lived: kept between answers, and deployed anew at any time."""

    journal: dict[str, Answer] = field(default_factory=dict)
    settled: list[str] = field(default_factory=list)
    recorded: list[object] = field(default_factory=list)
    said: list[Text] = field(default_factory=list)
    asked: Mapping[str, Any] | None = None

    def turn(self, version: Conversation[str]) -> None:
        """Play with whatever version is deployed now, and keep what is new."""
        turn = play(version, "A-7", self.journal, self.settled, self.recorded)
        self.said += turn.says
        self.recorded += turn.records
        self.settled += turn.settles
        self.asked = shown(turn.asks, english) if turn.asks else None

    def hears(self, words: str) -> None:
        """File a reply, if it answers the question that was shown."""
        name, answer = read(json.dumps(self.asked), words)
        if answer is not None:
            self.journal[name] = answer

    def goes_back(self, version: Conversation[str]) -> None:
        """Forget the newest answer, where there is a way back."""
        way = back(version, "A-7", self.journal, self.settled, self.recorded)
        if way is not None:
            self.journal, self.settled = way


def english(text: Text) -> str:
    return render(text, "eng")


@cache  # thousands of lives meet the same few questions and replies
def read(asked: str, words: str) -> tuple[str, Answer | None]:
    seen = read_seen(json.loads(asked))
    return seen.name, read_answer(seen, words, "en")


BACK = "«back»"
REPLIES = ("1", "2", "3", "yes", "no", "too far", "my son is ill and I stay with him", BACK)
steps = st.lists(
    st.tuples(st.sampled_from(VERSIONS), st.sampled_from(REPLIES)), min_size=1, max_size=9
)


def live(story: list[tuple[Conversation[str], str]]) -> Life:
    life = Life()
    life.turn(story[0][0])
    for version, words in story:
        if life.asked is None:
            break
        if words == BACK:
            life.goes_back(version)
        else:
            life.hears(words)
        life.turn(version)
    for _n in range(9):  # nobody is kept for ever: in the end every question gets an answer
        if life.asked is None:
            break
        life.hears("1")
        life.turn(story[-1][0])
    return life


@settings(max_examples=3000)
@given(steps)
def test_whatever_is_replied_and_deployed_an_end_has_one_outcome_and_one_farewell(
    story: list[tuple[Conversation[str], str]],
):
    life = live(story)
    assert life.asked is None
    assert len(life.recorded) == 1
    farewells = [text.source for text in life.said if text.source in FAREWELLS]
    assert len(farewells) == len(set(farewells))


@settings(max_examples=1000)
@given(st.sampled_from(VERSIONS), st.lists(st.sampled_from(REPLIES[:-1]), max_size=9))
def test_the_turns_as_lived_equal_the_conversation_as_remembered(
    version: Conversation[str], replies: list[str]
):
    life = live([(version, words) for words in ["what?", *replies]])
    remembered = play(version, "A-7", life.journal)
    assert list(remembered.says) == life.said
    assert list(remembered.records) == life.recorded
    assert list(remembered.settles) == life.settled


def test_two_hundred_answers_are_replayed_in_one_go():
    async def long(talk: Talk, _given: None) -> None:
        for n in range(200):
            await talk.hear(f"page {n}", _("Page {n}", n=str(n)))

    turn = play(long, None, {f"page {n}": "x" for n in range(200)})
    assert turn.asks is None
    assert len(turn.settles) == 201
    assert isinstance(play(long, None, {}).asks, Question)
