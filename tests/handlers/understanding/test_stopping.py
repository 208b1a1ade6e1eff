"""Who asks us to stop, who comes back, and whose words only look like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.understanding import Meaning, starts, stops, stops_anybody, understand

NOT_STOPS = [
    "no paren la búsqueda",
    "no pare, siga",
    "no dejen de buscar",
    "no me dejen de escribir",
    "no quiero que dejen de buscar",
    "no cancelen la búsqueda",
    "que no paren los trámites",
    "es alto y moreno",
    "don't stop the search",
    "never stop looking",
]
WORDS = ["alto", "baja", "pare", "la casa", "mi hijo", "por favor", "stop", "gracias", "salir"]


@pytest.mark.parametrize(
    "text",
    [
        "ALTO",
        "alto por favor",
        "Hola, baja.",
        "¡¡pare!!",
        "cancelar",
        "no más",
        "stop all",
        "🛑",
        "ya no me escriban por favor",
        "no quiero mensajes, gracias",
        "dejen de escrivirme",
        "borren mi número",
        "quítenme de la lista",
        "no gracias, ya no me manden mensajes",
        "buenas, por favor no me escriba más que me revisan el teléfono",
        "don't text me anymore",
        "please remove me from your list",
    ],
)
def test_these_ask_us_to_stop(text: str):
    assert stops(text)
    assert understand(text) is Meaning.STOP


@pytest.mark.parametrize(
    "text",
    [
        *NOT_STOPS,
        "vive en Alta Verapaz",
        "no me escribieron ayer",
        "¿por qué ya no me escriben?",
        "no me escriba de noche",
        "no me llame ahorita",
        "no me escriba a este, escríbame al otro número",
        "cancelar la cita",
        "salto",
        "",
    ],
)
def test_these_do_not(text: str):
    assert not stops(text)


@given(
    st.sampled_from(NOT_STOPS), st.lists(st.sampled_from(WORDS)), st.lists(st.sampled_from(WORDS))
)
def test_who_asks_us_to_go_on_never_stops_us(wish: str, before: list[str], after: list[str]):
    assert not stops(" ".join([*before, wish, *after]))


@pytest.mark.parametrize(
    "text",
    ["VOLVER", "volver por favor", "bolber", "start", "unstop", "alta", "/start", "/start abc"],
)
def test_these_bring_us_back(text: str):
    assert starts(text)
    assert understand(text) is Meaning.START


@pytest.mark.parametrize(
    "text",
    ["quiero volver a mi pueblo", "es alta y morena", "sí", "empezar de nuevo", "", "gracias"],
)
def test_an_ordinary_message_does_not(text: str):
    assert not starts(text)


@given(st.text())
def test_any_text_is_one_or_the_other_or_neither(text: str):
    assert not (stops(text) and starts(text))


@given(
    st.lists(
        st.sampled_from(
            [*NOT_STOPS, *WORDS, "ya no me escriban", "stop texting me", "no", "y", "k"]
        )
    )
)
def test_before_we_know_the_language_a_stop_in_any_counts(words: list[str]):
    text = " ".join(words)
    assert stops_anybody(text) == (stops(text, "es") or stops(text, "en"))
