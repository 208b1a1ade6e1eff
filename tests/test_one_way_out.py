"""There is one way out to a phone, and the last look stands in it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOT = ROOT / "bot"
APART = ("simulator", "bench", "demo")  # what stands in for providers, and what measures
UTTERING = {"send", "send_message", "send_photo", "send_document", "edit_message_text"}


def files() -> Iterator[tuple[str, ast.Module]]:
    """Give what the product is made of."""
    for path in sorted(BOT.rglob("*.py")):
        name = path.relative_to(BOT).as_posix()
        if not name.startswith(APART):
            yield name, ast.parse(path.read_text("utf-8"))


def calls(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """Give each call: on what, which name, and the call itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "", node.func.id, node


def drawing() -> ast.Module:
    return ast.parse((BOT / "post" / "drawing.py").read_text("utf-8"))


def test_only_the_sender_lets_a_channel_speak():
    spoken = {
        (name, on)
        for name, tree in files()
        for on, called, _call in calls(tree)
        if called in UTTERING and on  # a web server's own `send` is a plain function
    }
    assert spoken == {("post/sender.py", "channel")}


def test_the_sender_lets_it_say_only_what_was_drawn():
    tree = ast.parse((BOT / "post" / "sender.py").read_text("utf-8"))
    said = [ast.unparse(call) for _on, called, call in calls(tree) if called == "send"]
    assert said == ["channel.send(one.outbound)"]
    made = {name for name, one in files() for _on, called, _c in calls(one) if called == "Ready"}
    assert made == {"post/drawing.py"}


def test_what_is_drawn_has_passed_the_last_look():
    """Whatever makes a part ready stands after the guard's refusal, over the same pieces."""
    ways = [
        one
        for one in ast.walk(drawing())
        if isinstance(one, ast.FunctionDef)
        and any(called == "Going" for _on, called, _call in calls(one))
    ]
    assert [way.name for way in ways] == ["_next_part"]
    told = [ast.unparse(line) for line in ways[0].body]
    looked = next(n for n, line in enumerate(told) if "guard.verdict(" in line)
    assert "whole" in told[looked]
    assert "OutboxState.REFUSED" in told[looked + 1]
    assert told[looked + 1].startswith("if why is not None")
    assert all("Going(" not in line for line in told[: looked + 1])
    assert "pieces = channel.pieces(base)" in told[:looked]
    assert "pieces[" in " ".join(told[looked:])
    assert not any(line.startswith("pieces =") for line in told[looked:])
