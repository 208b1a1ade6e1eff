"""Our own engine stays small enough to be one decision, and not a framework.

What is counted, and why, is told in .github/decisions/0011-our-own-lanes.md.
"""

import ast
import io
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAPER = ROOT / ".github" / "decisions" / "0011-our-own-lanes.md"
BOUND = 900  # lines of code

# Whatever is written into these files counts, but for what would be ours with any engine.
ENGINE: dict[str, frozenset[str]] = {
    "bot/post/inbox.py": frozenset(
        {"Kept", "kept", "Full", "Keeper", "_tell", "_give_up", "_values"}  # keeping an envelope
    ),
    "bot/post/lanes.py": frozenset(
        {"_read", "_release_buttons", "_released"}  # what a channel is asked
    ),
    "bot/post/outbox.py": frozenset({"put", "_insert"}),  # a message and its key
    "bot/post/sender.py": frozenset(
        {"_demand", "_segments", "_let_go", "_drawn", "_fly", "_learn"}  # one send
    ),
    "bot/post/clockwork.py": frozenset(
        {"_silence", "_next", "_burst", "_in_line", "_sending", "_expand"}  # what time brings about
    ),
    "bot/worker.py": frozenset(),
    "bot/doorbell.py": frozenset(),
}
# Of these files, only so much is an engine's: a third claim, the leases' clock, depths of lanes.
PARTS: dict[str, frozenset[str]] = {
    "bot/post/media.py": frozenset({"claim", "free_files", "_later", "_again"}),
    "bot/db.py": frozenset({"clock", "_steady"}),
    "bot/post/depths.py": frozenset({"_lanes", "_parked", "_due_since"}),
}

NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def lines(node: ast.stmt) -> set[int]:
    decorators = node.decorator_list if isinstance(node, Definition) else []
    first = min([node.lineno, *(one.lineno for one in decorators)])
    return set(range(first, (node.end_lineno or first) + 1))


def code(text: str) -> set[int]:
    """Number the lines that hold code: no blank ones, no comments, no docstrings."""
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            found.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | Definition) and ast.get_docstring(node) is not None:
            found -= lines(node.body[0])
    return found


def named(text: str, names: frozenset[str]) -> set[int]:
    """Number the lines of these definitions, each of which must be there."""
    found: dict[str, set[int]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, Definition) and node.name in names:
            found[node.name] = found.get(node.name, set()) | lines(node)
    assert set(found) == names, f"not there any more: {sorted(names - set(found))}"
    return set().union(*found.values())


def sizes() -> dict[str, int]:
    counted: dict[str, int] = {}
    for path, ours in ENGINE.items():
        text = (ROOT / path).read_text("utf-8")
        counted[path] = len(code(text) - named(text, ours))
    for path, engine in PARTS.items():
        text = (ROOT / path).read_text("utf-8")
        counted[path] = len(code(text) & named(text, engine))
    return counted


def test_our_own_engine_is_no_larger_than_was_decided():
    counted = sizes()
    total = sum(counted.values())
    assert total <= BOUND, f"{total} lines: hold the contest of {PAPER.name} anew. {counted}"


@pytest.mark.parametrize("path", [*ENGINE, *PARTS])
def test_the_paper_names_each_file_of_the_engine(path: str):
    assert f"`{path}`" in PAPER.read_text("utf-8")


def test_only_code_is_counted():
    text = '''"""What it is."""

import os  # why

@cache
def one():
    """Say one."""
    # nothing else
    return """
    1
    """
'''
    assert code(text) == {3, 5, 6, 9, 10, 11}
    assert named(text, frozenset({"one"})) == set(range(5, 12))
    with pytest.raises(AssertionError, match="two"):
        named(text, frozenset({"two"}))
