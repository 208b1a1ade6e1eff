"""What a chat never does: verify, decide, serve papers, take testimony, advise (I1, I12)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import tongues

ROOT = Path(__file__).resolve().parent.parent

VERDICTS = frozenset({"established", "standing", "decided_by", "recorded_by"})
"""Columns in which stands what a named human made of something."""

ACTS = frozenset({"record_call", "confirm_whereabouts", "decide_document", "let_back"})
"""What only a named human brings about."""

CHATS = ("handlers", "channels", "bot/post")
"""Where what people write is read and answered."""

ADVICE = re.compile(
    r"\bnotificad|\bnotificaci[oó]n (?:legal|judicial|oficial)|emplaz|\bjurament|bajo juramento"
    r"|\btestimonio|\btestigo|\btiene derecho|\ble conviene|\bdebe firmar|\bcalifica para|\bgana"
    r"|\bserved?\b.*\bpapers|\bunder oath|\btestimon|\bwitness|\byou have (?:a|the) right"
    r"|\byou should sign|\byou qualify|\blegal advice",
    re.IGNORECASE,
)
"""What a lawyer says, or a court, and never a bot."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def trees(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    """Read every file of some rooms."""
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path, ast.parse(path.read_text("utf-8"))


def deciding(tree: ast.AST) -> Iterator[Function]:
    """Find the functions that write a verdict into a row."""
    for function in ast.walk(tree):
        if not isinstance(function, Function):
            continue
        for node in ast.walk(function):
            targets = node.targets if isinstance(node, ast.Assign) else []
            named = [one for target in targets for one in ast.walk(target)]
            if any(isinstance(one, ast.Attribute) and one.attr in VERDICTS for one in named):
                yield function
                break


def test_whoever_writes_a_verdict_is_told_which_human_gives_it():
    found = {
        f"{path.relative_to(ROOT)}::{function.name}": {
            one.arg for one in (*function.args.args, *function.args.kwonlyargs)
        }
        for path, tree in trees("bot")
        for function in deciding(tree)
    }
    assert len(found) >= 3  # calls, reports, documents
    assert {name for name, given in found.items() if not given & {"staff_id", "staff"}} == set()


def test_nothing_that_reads_or_answers_a_chat_brings_about_what_only_a_human_does():
    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path, tree in trees(*CHATS)
        for node in ast.walk(tree)
        for name in [getattr(node, "attr", getattr(node, "id", getattr(node, "name", "")))]
        if name in ACTS | VERDICTS
    }
    assert found == set()


def test_no_row_is_made_with_a_verdict_in_it():
    found = {
        f"{path.relative_to(ROOT)}: {word.arg}"
        for path, tree in trees("bot/post", "bot/office")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Appointment", "Claim"}
        for word in node.keywords
        if word.arg in VERDICTS
    }
    assert found == set()


def test_no_sentence_of_ours_serves_papers_takes_testimony_or_advises():
    assert [said for said in tongues.said() if ADVICE.search(said)] == []


@pytest.mark.parametrize(
    "said",
    [
        "Queda notificado.",
        "Su testimonio quedó guardado.",
        "Usted tiene derecho a pedir asilo.",
        "Le conviene aceptar.",
        "You qualify for it.",
    ],
)
def test_what_a_bot_must_not_say_would_be_found(said: str):
    assert ADVICE.search(said)
