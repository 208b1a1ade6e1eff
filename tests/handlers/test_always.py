import ast
import inspect

from bot.tongues import render
from handlers import always, promise
from handlers.talk import Kind
from models.text import Hour, Text
from tests.handlers.spoken import NAME, PAGE, PHONE, everything


def spanish(text: Text) -> str:
    return render(text, "spa")


def test_help_says_who_we_are_how_to_check_us_how_to_reach_a_human_and_how_to_stop():
    words = (
        "Escriba PERSONA para hablar con alguien, ALTO para no recibir más, IDIOMA para cambiarlo."
    )
    assert spanish(always.help_text(NAME, PHONE, PAGE)) == (
        "Soy el asistente de la Red de Defensoras. Puede comprobarlo: llame usted al"
        f" +502 2222 0000, o busque ese número en defensoras.example. {words}"
    )
    assert spanish(always.help_text(NAME, PHONE)) == (
        "Soy el asistente de la Red de Defensoras."
        f" Puede comprobarlo: llame usted al {PHONE}. {words}"
    )
    assert spanish(always.help_text(NAME)) == (
        "Soy el asistente de la Red de Defensoras."
        f" Puede preguntar por nosotros a alguien de su confianza. {words}"
    )


def test_a_worry_about_a_swindle_is_answered_without_pressing():
    assert spanish(always.who_are_you(NAME, PHONE)) == (
        "Entiendo. Nunca pedimos dinero ni contraseñas. Somos la Red de Defensoras."
        " Puede comprobarlo: llame usted al +502 2222 0000. No hay prisa."
    )
    assert render(always.who_are_you("Justice in Motion"), "eng") == (
        "I understand. We never ask for money or passwords. We are Justice in Motion."
        " To check, ask somebody you trust about us. There is no hurry."
    )


def test_a_stop_is_confirmed_in_one_sentence_that_names_the_way_back():
    words = spanish(always.stopped())
    assert words == "Listo: no le escribiremos más; si algún día quiere, escriba VOLVER."
    assert words.count(".") == 1


def test_a_human_is_promised_at_a_stated_time():
    hour = Hour("2026-12-02T23:00:00+00:00", "America/Guatemala")
    at = promise.clock(hour)
    said = {
        promise.within(1): "Tendrá respuesta en menos de una hora.",
        promise.within(24): "Tendrá respuesta en menos de 24 horas.",
        promise.before(at): "Una persona le responde antes de las 5 de la tarde.",
        promise.later(at): "Una persona le responde hoy a partir de las 5 de la tarde.",
        promise.tomorrow(at): "Una persona le responde mañana a partir de las 5 de la tarde.",
        promise.on_day(hour, at): (
            "Una persona le responde el miércoles 2 de diciembre a partir de las 5 de la tarde."
        ),
        promise.some_time(): "Una persona le responde. No podemos decirle todavía a qué hora.",
    }
    for when, words in said.items():
        assert spanish(when) == words
        assert spanish(always.person_called(when)) == f"Ya avisé a nuestro equipo. {words}"
        assert spanish(always.not_placed(when)) == f"Recibimos su mensaje. {words}"
        assert spanish(always.a_person_will_write(when)).endswith(words)
        assert spanish(always.given_up(when)).endswith(words)
    one = promise.before(promise.clock(Hour("2026-12-02T19:30:00+00:00", "America/Guatemala")))
    assert spanish(one) == "Una persona le responde antes de la 1:30 de la tarde."
    assert render(one, "eng") == "A person answers you before 1:30 in the afternoon."


def test_each_misunderstanding_is_met_more_plainly():
    for kind in Kind:
        first, second = (spanish(always.not_understood(kind, times)) for times in (1, 2))
        assert first.startswith("No entendí.")
        assert len(second) <= len(
            "Escriba solo aldea y municipio. Por ejemplo: Las Flores, San Juan"
        )


def test_who_comes_too_late_is_thanked_and_nobody_is_named():
    assert always.covered_by_others("offer", "GT-0417") == always.covered("GT-0417")
    assert spanish(always.covered_by_others("announce", "AV-0031")) == (
        "Gracias. AV-0031 ya se cubrió; le tendremos en cuenta."
    )


def test_thanks_for_photos_name_the_count_that_is_stored():
    assert spanish(always.photos_received(1)) == "Recibí 1 foto."
    assert spanish(always.photos_received(3)) == "Recibí 3 fotos."
    assert spanish(always.photos_received(1, "GT-0417")) == "Recibí 1 foto para GT-0417."
    assert spanish(always.photos_received(3, "GT-0417")) == "Recibí 3 fotos para GT-0417."


def test_everything_that_can_be_said_is_listed_for_the_tests_of_words():
    source = inspect.getsource(always)
    functions = {
        node.name
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    listed = {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(everything)))
        if isinstance(node, ast.Attribute)
    }
    assert functions <= listed
