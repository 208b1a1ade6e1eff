import json

import pytest

from handlers.seen import Seen, asks, pinned, pressed, read_answer, read_photos, read_seen, shown
from handlers.talk import Kind, Option, Question
from handlers.understanding import Expect, Meaning, Shown
from models.text import Text, _

YES_NO = Seen(
    "take",
    Kind.CHOICE,
    "¿La toma?",
    (Shown("yes", "Acepto", Meaning.YES), Shown("no", "No puedo", Meaning.NO)),
)
REASON = Seen(
    "why",
    Kind.CHOICE,
    "¿Por qué?",
    (Shown("time", "Falta de tiempo"), Shown("other", "Otro motivo", None, ("otra",))),
    otherwise="other",
)
HOURS = Seen(
    "call",
    Kind.CHOICE,
    "¿Cuándo?",
    (Shown("first", "mar 24 nov 5pm"), Shown("second", "mié 25 nov 9am"), Shown("other", "Otra")),
    otherwise="other",
)
PHOTOS = Seen("photos", Kind.PHOTOS, "Mande fotos.")
ALL = Seen("all", Kind.CHOICE, "¿Es todo?", YES_NO.options, on_photos="more")
PLACE = Seen("place", Kind.PLACE, "¿Dónde?")
WORDS = Seen("note", Kind.WORDS, "¿Por qué?")


def test_a_question_is_kept_as_it_was_shown_and_read_back_whole():
    question = Question(
        "why",
        Kind.CHOICE,
        _("Which language do you prefer?"),
        (Option("spa", Text("Español"), Meaning.YES, ("castilla",)), Option("x", _("Another"))),
        72,
        Expect.OFFER,
        otherwise="x",
        on_photos="spa",
    )
    kept = json.loads(json.dumps(shown(question, lambda text: text.source.upper())))
    assert read_seen(kept) == Seen(
        "why",
        Kind.CHOICE,
        "WHICH LANGUAGE DO YOU PREFER?",
        (Shown("spa", "ESPAÑOL", Meaning.YES, ("castilla",)), Shown("x", "ANOTHER", None, ())),
        72,
        Expect.OFFER,
        "x",
        "spa",
    )


def test_what_another_version_kept_otherwise_is_left_out():
    kept = shown(Question("q", Kind.CHOICE, Text("?"), (Option("a", Text("A")),)), str)
    kept["options"][0]["meaning"] = "of another version"
    del kept["expects"]
    assert read_seen(kept).expects is Expect.YES_NO
    assert read_seen(kept).options == (Shown("a", str(Text("A")), None, ()),)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("1", {"choice": "yes"}),
        ("acepto", {"choice": "yes"}),
        ("sí", {"choice": "yes"}),
        ("no puedo", {"choice": "no"}),
        ("sí, ¿cuándo?", {"choice": "yes", "aside": "sí, ¿cuándo?"}),
        (
            "si la agaro 417 cuanto dan d viaticos",
            {"choice": "yes", "aside": "si la agaro 417 cuanto dan d viaticos"},
        ),
        ("déjeme ver", None),
        ("7", None),
        ("xx", None),
        ("   ", None),
    ],
)
def test_a_yes_or_a_no_is_read_with_what_it_carries(words: str, answer: object):
    assert read_answer(YES_NO, words, "es") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("2", {"choice": "other"}),
        ("otra", {"choice": "other"}),
        (
            "mi hermana está enferma",
            {"choice": "other", "aside": "mi hermana está enferma"},
        ),
        ("enfermedad", {"choice": "other", "aside": "enfermedad"}),
        ("sí", None),
        ("5", None),
        ("x", None),
    ],
)
def test_own_words_choose_what_is_meant_for_them_and_a_slip_chooses_nothing(
    words: str, answer: object
):
    assert read_answer(REASON, words, "es") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("5", {"choice": "first"}),
        ("a las 9", {"choice": "second"}),
        ("2", {"choice": "second"}),
        ("el 25", {"choice": "second"}),
        ("mañana a las 5", {"choice": "other", "aside": "mañana a las 5"}),
        ("a las 7 de la noche", {"choice": "other", "aside": "a las 7 de la noche"}),
        ("el 5 o el 9 me da igual", {"choice": "other", "aside": "el 5 o el 9 me da igual"}),
    ],
)
def test_an_hour_is_chosen_by_its_number(words: str, answer: object):
    assert read_answer(HOURS, words, "es") == answer


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("no pude ir", {"choice": "kept away"}),
        ("fíjese que no pude ir", {"choice": "kept away"}),
        ("no", {"choice": "not there"}),
        ("no está", {"choice": "not there"}),
    ],
)
def test_a_phrase_tells_one_no_from_another(words: str, answer: dict[str, str]):
    outcome = Seen(
        "outcome",
        Kind.CHOICE,
        "¿La encontró?",
        (
            Shown("found", "Sí, la encontré", Meaning.YES),
            Shown("not there", "No está ahí", Meaning.NO),
            Shown("kept away", "No pude buscar", None, ("no pude ir",)),
        ),
    )
    read = read_answer(outcome, words, "es")
    assert isinstance(read, dict)
    assert read["choice"] == answer["choice"]


def test_a_denied_phrase_and_one_of_two_choices_say_nothing():
    source = Seen(
        "source",
        Kind.CHOICE,
        "¿Cómo lo sabe?",
        (
            Shown("saw", "La vi", None, ("la vi", "en persona")),
            Shown("told", "Me contaron", None, ("me dijo su gente",)),
        ),
    )
    assert read_answer(source, "la vi en persona", "es") == {"choice": "saw"}
    assert read_answer(source, "no la vi en persona", "es") is None
    assert read_answer(source, "la vi y me dijo su gente", "es") is None


def test_a_no_is_not_now_where_nothing_else_is_a_no():
    now = (Shown("now", "Sí", Meaning.YES), Shown("later", "Ahora no", Meaning.LATER))
    assert read_answer(Seen("safe", Kind.CHOICE, "¿?", now), "no puedo hablar", "es") == {
        "choice": "later",
        "aside": "no puedo hablar",
    }
    refusing = (*now, Shown("no", "No quiero", Meaning.NO))
    assert read_answer(Seen("safe", Kind.CHOICE, "¿?", refusing), "no puedo hablar", "es") == {
        "choice": "no",
        "aside": "no puedo hablar",
    }


def test_a_number_that_two_labels_hold_chooses_neither():
    twice = Seen("call", Kind.CHOICE, "¿?", (Shown("a", "mar 5pm"), Shown("b", "mié 5pm")))
    assert read_answer(twice, "5", "es") is None


def test_any_words_are_words_and_a_place_is_more_than_a_yes():
    assert read_answer(WORDS, " no ", "es") == {"words": "no"}
    assert read_answer(PLACE, "Xela", "es") == {"words": "Xela"}
    assert read_answer(PLACE, "si en la aldea", "es") == {"words": "si en la aldea"}
    for bare in ("sí", "no", "1", "12.", "s"):
        assert read_answer(PLACE, bare, "es") is None


def test_a_burst_is_its_count_and_what_its_words_mean():
    assert read_photos(PHOTOS, 3, "", "es") == {"count": 3, "words": ""}
    assert read_photos(PHOTOS, 3, "el acta", "es") == {"count": 3, "words": "el acta"}
    assert read_answer(PHOTOS, "listo", "es") == {"count": 0, "words": "listo", "meaning": "done"}
    assert read_answer(PHOTOS, "no", "es") == {"count": 0, "words": "no", "meaning": "no"}
    excuse = "no puedo mandarla hoy, no hay señal"
    assert read_answer(PHOTOS, excuse, "es") == {"count": 0, "words": excuse}
    assert read_photos(PHOTOS, 0, "", "es") is None


def test_photos_may_stand_for_a_choice():
    assert read_photos(ALL, 2, "", "es") == {"choice": "more"}
    assert read_photos(ALL, 0, "listo", "es") is None
    assert read_photos(YES_NO, 2, "", "es") is None
    assert read_photos(WORDS, 2, "", "es") is None


def test_only_a_choice_that_was_shown_can_be_pressed():
    assert pressed(YES_NO, "yes") == {"choice": "yes"}
    assert pressed(YES_NO, "perhaps") is None


def test_the_middle_of_the_ocean_is_not_a_place():
    assert pinned(15.5, -91.6, "aquí") == {"words": "aquí", "latitude": 15.5, "longitude": -91.6}
    assert pinned(0, 0) is None


def test_a_question_is_known_by_its_mark_or_its_words():
    for words in (
        "¿va",
        "va?",
        "cuanto dan de viaticos",
        "para qué es",
        "que llevo",
        "how far is it",
    ):
        assert asks(words), words
    for words in ("si con gusto", "dígale que voy", "yes I can", ""):
        assert not asks(words), words
