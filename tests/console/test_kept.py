"""What is kept in English, said again: every provider's reason, and what our own tasks say."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.console import kept
from bot.office import guard
from bot.post import templates
from bot.tongues import render
from channels import _telegram_verdicts, _twilio_verdicts
from channels._rule import Rule
from models.text import Text

ROOT = Path(__file__).parent.parent.parent
RULES: list[Rule] = [
    *_twilio_verdicts.RULES.values(),
    *(rule for _kind, _words, rule in _telegram_verdicts.RULES),
]


def spanish(text: str) -> str:
    return kept.again(text, lambda one: render(one, "spa"))


def english(text: str) -> str:
    return kept.again(text, lambda one: render(one, "eng"))


def test_every_reason_of_a_provider_and_what_to_do_is_said_in_spanish() -> None:
    """As a gate, a message and a task keep them: the reason, its code, what to do."""
    for rule in RULES:
        tell = rule.remedy.tell
        failure = rule.failure("30007")
        said = spanish(f"Messages by sms wait. {failure} {tell}".strip())
        assert said.startswith("Los mensajes por sms esperan. ")
        assert "(30007)" in said
        assert rule.reason not in said
        assert not tell or tell not in said
        assert english(f"{failure} {tell}".strip()) == f"{failure} {tell}".strip()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Marta wrote what fits no request: Ya llegué. ¿Y ahora?\nEspero. (1)",
            (
                "Marta escribió algo que no corresponde a ninguna solicitud: "
                "Ya llegué. ¿Y ahora?\nEspero. (1)"
            ),
        ),
        ("Somebody wrote to us first: hola", "Alguien nos escribió primero: hola"),
        (
            f"A message by sms did not arrive. It was kept back: {guard.STOPPED.source}",
            "Un mensaje por sms no llegó. Se retuvo: Esta persona pidió no recibir más mensajes.",
        ),
        (
            f"WhatsApp now counts the words «offer» as marketing. {templates.RECOUNTED}",
            (
                "WhatsApp ahora cuenta las palabras «offer» como marketing. Todavía salen, cuestan "
                "más y no llegan a números de Estados Unidos. Pida a WhatsApp que lo revise, o "
                "haga aprobar palabras más sencillas."
            ),
        ),
        (
            "Carriers took 21 of 300 messages of the last hour for spam. Broadcasts by sms wait.",
            (
                "Las compañías tomaron por spam 21 de 300 mensajes de la última hora. "
                "Los envíos por sms esperan."
            ),
        ),
    ],
)
def test_what_holds_a_value_is_said_with_it(text: str, said: str) -> None:
    assert spanish(text) == said
    assert english(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Cambia el número.",
        "Two lines.\nOf a person.  So.",
        "{who} {0} }{",
        "x: {why}",
        "(1) (2)",
    ],
)
def test_what_nobody_of_ours_wrote_stays_as_it_is(text: str) -> None:
    assert spanish(text) == text


def test_every_task_s_own_words_have_a_spanish_form() -> None:
    """What is written into a task or a reason in the code, with a value where one stands."""
    silent = [one for one in written() if spanish(one) == one]
    assert silent == []


def test_every_form_is_still_written_somewhere() -> None:
    code = "".join(
        path.read_text("utf-8").replace('"\n            f"', "").replace('"\n    "', "")
        for room in ("bot/post", "bot/office", "channels")
        for path in (ROOT / room).rglob("*.py")
    )
    words = " ".join(code.replace('" f"', "").replace('" "', "").split())
    missing = [form.source for form in (*kept.WHOLE, *kept.SENTENCES) if not _found(form, words)]
    assert missing == []


def _found(form: Text, words: str) -> bool:
    """Whether the longest stretch of a form without a value is in the code, or begins there."""
    longest = max(kept.literals(form.source), key=len).strip(" :.")
    return longest[:30] in words


def written() -> Iterator[str]:
    """Give the English that the code keeps: a task's detail, a message's reason."""
    for room in ("bot/post", "bot/office"):
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _calls(node, "need"):
                    yield from _strings(
                        *(one.value for one in node.keywords if one.arg == "detail")
                    )
                elif isinstance(node, ast.Call) and _calls(node, "close"):
                    yield from _strings(*node.args)
                elif isinstance(node, ast.Assign) and _sets(node, "reason"):
                    yield from _strings(node.value)


def _calls(node: ast.Call, name: str) -> bool:
    called = node.func
    return name in (getattr(called, "attr", ""), getattr(called, "id", ""))


def _sets(node: ast.Assign, name: str) -> bool:
    return any(isinstance(one, ast.Attribute) and one.attr == name for one in node.targets)


def _strings(*nodes: ast.expr) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (one.value if isinstance(one, ast.Constant) else "7" for one in node.values)
            whole = re.sub("^7 (?=[A-Z])", "Siete. ", "".join(map(str, parts)))
            if re.search(r"[a-z]{3}", whole):
                yield whole
