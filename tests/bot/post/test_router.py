"""Which request a message answers: scenes, in the order that keeps people safe."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zlib import crc32

import pytest

from bot.post.router import decide, payload, without
from bot.post.routes import (
    Adopt,
    Closed,
    Files,
    Message,
    Nothing,
    Open,
    Person,
    Quiet,
    Repeat,
    Reply,
    Route,
    Rules,
    Start,
    Stop,
    Thread,
    Want,
    Which,
    Wish,
    WrongPerson,
)
from bot.tongues import render
from handlers.repertoire import REPERTOIRE, SAMPLES
from handlers.seen import read_seen, shown
from handlers.talk import play
from models.conversation import ConversationState
from tests.bot.scene import NOW

RULES = Rules(floor=timedelta(minutes=10), fresh=timedelta(hours=24))
MARTA = Person("es")
READY, WAITING, ASKING, ENDED, CANCELLED = (
    ConversationState.READY,
    ConversationState.WAITING,
    ConversationState.ASKING,
    ConversationState.ENDED,
    ConversationState.CANCELLED,
)
YES, NO, LATER = {"choice": "yes"}, {"choice": "no"}, {"choice": "later"}


def thread(
    number: int,
    name: str,
    *answers: tuple[str, Mapping[str, Any]],
    code: str | None = None,
    state: ConversationState = ASKING,
    ago: timedelta = timedelta(minutes=1),
) -> Thread:
    """A real conversation after these answers, with what it now has on the screen."""
    given = SAMPLES[name]
    asks = play(REPERTOIRE[name].conversation, given, dict(answers)).asks
    on_screen = state is ASKING
    assert asks is not None or not on_screen
    return Thread(
        id=number,
        name=name,
        code=getattr(given, "code", "") if code is None else code,
        state=state,
        seen=read_seen(shown(asks, lambda text: render(text, "spa"))) if asks else None,
        asked_at=NOW - ago if on_screen else None,
        begun=bool(answers),
    )


OFFER = thread(1, "offer")  # GT-0417
OTHER = thread(2, "offer", code="HN-0233", ago=timedelta(hours=3))
REASON = thread(3, "offer", ("take 1", NO))
WORDS = thread(4, "offer", ("take 1", {"choice": "question"}))
SAFE = thread(5, "outreach", code="")
WHEN = thread(6, "outreach", ("safe", LATER), code="")
PHOTOS = thread(7, "papers")  # HN-0233
ALL = thread(8, "papers", ("photos 1", {"count": 2, "words": ""}))
SEARCH = thread(9, "search")  # GT-0417
PLACE = thread(10, "search", ("outcome 1", {"choice": "found"}))
WHICH = thread(11, "which", code="", ago=timedelta(seconds=5))
NEWS = thread(12, "announce")  # AV-0031


def old(one: Thread, **ago: float) -> Thread:
    """The same question, asked longer ago."""
    return Thread(
        one.id, one.name, one.code, one.state, one.seen, NOW - timedelta(**ago), one.begun
    )


def resting(one: Thread, state: ConversationState) -> Thread:
    """The same conversation with nothing on the screen."""
    return Thread(one.id, one.name, one.code, state, None, None, one.begun)


def says(
    text: str,
    *threads: Thread,
    person: Person = MARTA,
    adoptable: bool = False,
    **more: Any,
) -> Route:
    """Decide about one message."""
    return decide(Message(text, **more), person, threads, NOW, RULES, adoptable=adoptable)


def chosen(route: Route, number: int) -> str:
    """What a reply to one conversation chooses."""
    assert isinstance(route, Reply), route
    assert route.thread == number, route
    assert isinstance(route.answer, Mapping)
    return str(route.answer.get("choice", ""))


# --- stop first -----------------------------------------------------------------------------------

STOPS = ["alto", "ALTO", "stop", "ya no me escriban por favor", "no me escriban", "baja", "parar"]
NO_STOPS = ["no paren la busqueda porfavor", "es alto, moreno, con gorra", "no pare, siga"]


@pytest.mark.parametrize("text", STOPS)
@pytest.mark.parametrize(
    "threads",
    [(), (OFFER,), (WORDS,), (WHEN,), (PHOTOS,), (WHICH, OFFER, OTHER), (OFFER, PLACE)],
)
def test_stop_wins_over_every_open_question(text: str, threads: tuple[Thread, ...]) -> None:
    assert says(text, *threads) == Stop()


def test_stop_wins_over_a_quote_a_button_a_code_and_files() -> None:
    assert says("alto", OFFER, quoted=1) == Stop()
    assert says("alto", OFFER, button=payload(1, "take 1", 0)) == Stop()
    assert says("alto", PHOTOS, files=3) == Stop()
    assert says("alto", OFFER, person=Person("es", held=True)) == Stop()


@pytest.mark.parametrize("text", NO_STOPS)
@pytest.mark.parametrize("threads", [(), (OFFER,), (WORDS,)])
def test_what_only_holds_the_word_is_no_stop(text: str, threads: tuple[Thread, ...]) -> None:
    assert says(text, *threads) != Stop()


def test_who_has_stopped_is_left_in_peace_until_they_ask_for_more() -> None:
    stopped = Person("es", stopped=True)
    for text in ("si", "hola", "quien era?", "417", "1", "de que se trata?"):
        assert says(text, OFFER, person=stopped) == Quiet("stopped")
    assert says("si", OFFER, person=stopped, quoted=1) == Quiet("stopped")
    assert says("", PHOTOS, person=stopped, files=2) == Quiet("stopped")
    assert says("", OFFER, person=stopped, button=payload(1, "take 1", 0)) == Quiet("stopped")
    for text in ("volver", "VOLVER", "start"):
        assert says(text, OFFER, person=stopped) == Start()


def test_an_ordinary_message_does_not_start_again_who_never_stopped() -> None:
    assert says("volver") != Start()


def test_who_is_frozen_hears_nothing() -> None:
    frozen = Person("es", frozen=True)
    for text in ("si", "ayuda", "volver", "417"):
        assert says(text, OFFER, person=frozen) == Quiet("frozen")
    assert says("", PHOTOS, person=frozen, files=1) == Quiet("frozen")


def test_a_stop_counts_also_of_somebody_frozen() -> None:
    assert says("alto", OFFER, person=Person("es", frozen=True)) == Stop()


def test_while_a_human_talks_the_bot_answers_nothing_but_a_call_for_help() -> None:
    held = Person("es", held=True)
    for text in ("si", "417", "estado", "persona"):
        assert says(text, OFFER, person=held) == Quiet("held")
    assert says("si", OFFER, person=held, quoted=1) == Quiet("held")
    assert says("ayuda", OFFER, person=held) == Want(Wish.HELP)


@pytest.mark.parametrize("text", ["ayuda", "AYUDA", "help", "Ayuda!"])
@pytest.mark.parametrize("threads", [(), (OFFER,), (WORDS,), (PHOTOS,), (PLACE,)])
def test_help_is_answered_whoever_asks(text: str, threads: tuple[Thread, ...]) -> None:
    assert says(text, *threads) == Want(Wish.HELP)


def test_help_inside_a_sentence_answers_the_question_that_takes_words() -> None:
    route = says("necesita ayuda con los papeles y no hay quien la lleve", WORDS)
    assert isinstance(route, Reply)


# --- the wrong person -----------------------------------------------------------------------------

EQUIVOCADO = "Numero ekivocado yo soy doña Carmen no conosco a nadie"


def test_a_wrong_number_ends_an_outreach() -> None:
    assert says(EQUIVOCADO, SAFE) == WrongPerson()
    assert says("numero equivocado", SAFE) == WrongPerson()


def test_a_wrong_number_ends_an_outreach_also_where_it_asks_for_words() -> None:
    assert says("numero equivocado", WHEN) == WrongPerson()


def test_only_whom_we_wrote_to_first_can_be_the_wrong_person() -> None:
    assert says(EQUIVOCADO) != WrongPerson()
    assert says(EQUIVOCADO, OFFER) != WrongPerson()


# --- quote > button > code > fresh ----------------------------------------------------------------


def test_a_quoted_message_says_which_request_is_meant_however_old_it_is() -> None:
    assert chosen(says("si", OFFER, OTHER, quoted=2), 2) == "yes"
    assert chosen(says("no", OFFER, old(OTHER, days=2), quoted=2), 2) == "no"
    assert chosen(says("si 417", OFFER, OTHER, quoted=2), 2) == "yes"


def test_a_quote_that_answers_nothing_has_its_question_asked_again() -> None:
    assert says("asdf qwer", OFFER, SAFE, quoted=5) == Repeat(5)
    assert says("si", OFFER, resting(OTHER, READY), quoted=2) == Repeat(2)


def test_a_quote_of_a_request_that_is_closed_answers_no_other() -> None:
    for state in (ENDED, CANCELLED, ConversationState.STRANDED):
        assert says("si", OFFER, resting(OTHER, state), quoted=2) == Closed(2)


def test_a_quote_of_what_is_nobody_s_request_counts_as_none() -> None:
    assert chosen(says("si", OFFER, quoted=99), 1) == "yes"


def test_a_pressed_button_is_just_that_answer() -> None:
    for index, value in enumerate(("yes", "no", "question")):
        route = says("", old(OFFER, days=2), OTHER, button=payload(1, "take 1", index))
        assert chosen(route, 1) == value
    route = says("Acepto", OFFER, OTHER, quoted=2, button=payload(1, "take 1", 0))
    assert chosen(route, 1) == "yes"


def test_a_button_of_an_earlier_question_answers_nothing() -> None:
    assert says("", REASON, button=payload(3, "take 1", 0)) == Repeat(3)
    assert says("", resting(OFFER, WAITING), button=payload(1, "take 1", 0)) == Repeat(1)
    assert says("", OFFER, button=payload(1, "take 1", 9)) == Repeat(1)


def test_a_button_of_a_request_that_is_closed_or_not_theirs_answers_nothing() -> None:
    assert says("", resting(OFFER, CANCELLED), button=payload(1, "take 1", 0)) == Closed(1)
    assert says("", OFFER, button=payload(77, "take 1", 0)) == Closed(77)


@pytest.mark.parametrize(
    "button", ["c1", "c1.x.0", "1 OR 1", "c1..0", "c1.ffffffffff.0", "enlace:1", "c-1.0.0"]
)
def test_a_button_that_is_none_of_ours_is_no_answer(button: str) -> None:
    assert says("", OFFER, button=button) == Nothing()


def test_a_payload_fits_every_channel_and_tells_nothing() -> None:
    made = payload(2**40, "a very long name of a question " * 9, 9)
    assert len(made.encode()) <= 64
    assert payload(1, "take 1", 0) == f"c1.{crc32(b'take 1'):x}.0"


@pytest.mark.parametrize("code", ["GT-0417", "gt0417", "GT 417", "417", "caso 417", "gt-0417"])
def test_a_code_says_which_request_is_meant(code: str) -> None:
    stale = old(OFFER, days=2)
    assert chosen(says(f"si {code}", stale, OTHER), 1) == "yes"
    assert chosen(says(f"{code} no", stale, OTHER), 1) == "no"
    assert says(code, stale, OTHER) == Repeat(1)
    assert says(code, resting(SEARCH, READY), OTHER) == Open(9, "")


def test_a_code_with_words_opens_the_request_that_waits_for_it() -> None:
    assert says("417 la encontre", resting(SEARCH, READY)) == Open(9, "la encontre")


def test_a_code_of_a_request_that_is_closed_answers_no_other() -> None:
    assert says("si 417", resting(OFFER, CANCELLED), OTHER) == Closed(1)


def test_a_code_alone_adopts_what_came_before_it() -> None:
    assert says("HN-0233", PHOTOS, OFFER, adoptable=True) == Adopt(7)
    assert says("HN-0233", PHOTOS, OFFER) == Repeat(7)
    assert chosen(says("417 si", OFFER, adoptable=True), 1) == "yes"


def test_a_number_that_is_nobody_s_code_is_no_code() -> None:
    assert isinstance(says("999", OFFER), Reply | Repeat)
    assert says("999") == Nothing()


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("GT-0417", ""),
        ("si gt0417", "si"),
        ("417: la encontré", "la encontré"),
        ("caso 417 no puedo", "no puedo"),
        ("#417 listo", "listo"),
        ("gt – 417 sí", "sí"),
        ("tengo 4170 fotos", "tengo 4170 fotos"),
    ],
)
def test_a_code_is_taken_out_of_its_sentence(text: str, rest: str) -> None:
    assert without(text, "GT-0417") == rest


# --- the question on the screen -------------------------------------------------------------------


def test_a_bare_word_answers_the_one_question_that_is_fresh() -> None:
    assert chosen(says("si", OFFER), 1) == "yes"
    assert chosen(says("si la agaro", OFFER), 1) == "yes"
    assert chosen(says("2", OFFER), 1) == "no"
    assert says("sin novedad", PHOTOS) != Nothing()


def test_an_acceptance_with_typos_a_code_and_a_question() -> None:
    route = says("si la agaro 417 cuanto dan d viaticos", OFFER, OTHER)
    assert chosen(route, 1) == "yes"
    assert isinstance(route, Reply)
    assert isinstance(route.answer, Mapping)
    assert "viaticos" in str(route.answer["aside"])


def test_a_polite_refusal_closes_only_what_it_answers() -> None:
    text = "Fijese q esta semana no voy a poder, ando en audiencia. Talvez Lic. Reyes"
    assert chosen(says(text, OFFER), 1) == "no"
    route = says(text, OFFER, OTHER)
    assert route == Which((1, 2))


@pytest.mark.parametrize("text", ["si", "no", "1", "👍", "dale"])
def test_two_fresh_questions_are_told_apart_by_asking(text: str) -> None:
    assert says(text, OFFER, OTHER) == Which((1, 2))
    assert says(text, OTHER, OFFER) == Which((1, 2))  # whatever the order they are kept in


def test_who_is_in_the_middle_of_one_request_is_not_asked_which() -> None:
    assert chosen(says("1", REASON, OTHER), 3) == "time"
    assert says("1", old(REASON, minutes=11), OTHER) == Which((3, 2))


def test_the_answer_to_which_is_not_taken_for_another() -> None:
    assert chosen(says("1", WHICH, OFFER, OTHER), 11) == "1"
    assert chosen(says("2", OFFER, WHICH, OTHER), 11) == "2"


def test_which_may_be_answered_by_the_code_itself() -> None:
    assert chosen(says("HN-0233", OFFER, WHICH, OTHER), 11) == "2"
    assert chosen(says("la 417", OFFER, WHICH, OTHER), 11) == "1"


@pytest.mark.parametrize("text", ["si", "no", "1", "2", "dale", "👍", "claro que si"])
@pytest.mark.parametrize("one", [OFFER, SAFE, NEWS])
def test_a_late_yes_answers_nothing(text: str, one: Thread) -> None:
    assert says(text, old(one, hours=24, seconds=1)) == Repeat(one.id, stale=True)
    assert says(text, old(one, days=6)) == Repeat(one.id, stale=True)
    assert isinstance(says(text, old(one, hours=24)), Reply)


def test_a_late_yes_does_not_answer_the_fresh_question_it_does_not_fit() -> None:
    late = old(OFFER, days=3)
    assert says("si", late, resting(OTHER, READY)) == Repeat(1, stale=True)
    assert chosen(says("si", late, OTHER), 2) == "yes"  # the fresh one, and only it


def test_words_may_come_a_week_later() -> None:
    route = says("que fueron tres viajes", old(WORDS, days=6))
    assert isinstance(route, Reply)
    assert says("que fueron tres viajes", old(WORDS, days=8)) == Repeat(4, stale=True)


def test_a_place_may_be_a_pin_or_words() -> None:
    pin = says("", PLACE, OFFER, pin=(15.5, -91.6))
    assert isinstance(pin, Reply)
    assert pin.thread == 10
    assert isinstance(says("aldea San Martin", PLACE), Reply)
    assert says("", PLACE, pin=(0.0, 0.0)) == Nothing()  # where a phone does not know
    assert says("", OFFER, pin=(15.5, -91.6)) == Nothing()


def test_what_does_not_answer_has_the_question_asked_again_while_it_is_fresh() -> None:
    assert says("asdf qwer", SAFE) == Repeat(5)
    assert says("asdf qwer", old(SAFE, hours=25)) == Nothing()
    assert says("asdf qwer") == Nothing()
    assert says("") == Nothing()


# --- files ----------------------------------------------------------------------------------------


def test_files_go_to_the_one_request_that_waits_for_them() -> None:
    assert says("", PHOTOS, files=3) == Files(7)
    assert says("", PHOTOS, OFFER, files=3) == Files(7)
    assert says("esta es el acta", PHOTOS, OFFER, files=1) == Files(7)
    assert says("", ALL, OFFER, files=2) == Files(8)
    assert says("", OFFER, files=1) == Files(1)


def test_files_with_a_code_go_there() -> None:
    assert says("417", OFFER, PHOTOS, files=1) == Files(1)
    assert says("HN-0233 reverso", OFFER, PHOTOS, files=1) == Files(7)


def test_files_that_fit_several_requests_are_asked_about() -> None:
    more = thread(20, "papers", code="GT-0099")
    several = says("", PHOTOS, more, OFFER, files=2)
    assert isinstance(several, Files)
    assert (several.thread, set(several.among)) == (None, {7, 20})
    several = says("", OFFER, thread(21, "offer", code="SV-0005"), files=2)
    assert isinstance(several, Files)
    assert (several.thread, set(several.among)) == (None, {1, 21})


def test_files_that_fit_nothing_are_kept_without_a_place() -> None:
    assert says("", files=1) == Files(None)
    assert says("", SAFE, files=1) == Files(None)
    assert says("", resting(PHOTOS, ENDED), files=1) == Files(None)


def test_a_caption_answers_no_question() -> None:
    assert says("si", OFFER, PHOTOS, files=1) == Files(7)
    assert says("si", OFFER, PHOTOS, files=1, quoted=1) == Files(7)


# --- commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("persona", Wish.PERSON),
        ("quiero hablar con una persona", Wish.PERSON),
        ("idioma", Wish.LANGUAGE),
        ("estado", Wish.STATUS),
        ("atras", Wish.BACK),
        ("quien es? no tengo dinero, ya nos estafaron", Wish.WHO_ARE_YOU),
    ],
)
@pytest.mark.parametrize("threads", [(), (SAFE,)])
def test_a_word_of_command_is_obeyed(text: str, wish: Wish, threads: tuple[Thread, ...]) -> None:
    assert says(text, *threads) == Want(wish)


@pytest.mark.parametrize(
    ("text", "wish"), [("idioma", Wish.LANGUAGE), ("estado", Wish.STATUS), ("atras", Wish.BACK)]
)
def test_a_word_of_command_is_obeyed_also_where_words_are_asked_for(text: str, wish: Wish) -> None:
    assert says(text, WORDS) == Want(wish)


def test_a_sentence_that_holds_a_command_answers_the_question_that_takes_words() -> None:
    route = says("quiero hablar con la persona que lleva el caso de mi cuñado", WORDS)
    assert isinstance(route, Reply)
