"""The README tells of every setting and every command that there is."""

from pathlib import Path

import pytest
import typer.main

from bot.cli import app
from bot.settings import Settings

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_the_readme_says_what_each_setting_is(name: str) -> None:
    assert f"| `{name.upper()}` |" in README


@pytest.mark.parametrize("name", sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
def test_the_readme_names_each_command(name: str) -> None:
    assert name in README
