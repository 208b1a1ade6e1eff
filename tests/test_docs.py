"""The README tells of every setting and every command that there is; decisions are numbered."""

from pathlib import Path

import pytest
import typer.main

from bot.cli import app
from bot.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_the_readme_says_what_each_setting_is(name: str) -> None:
    assert f"| `{name.upper()}` |" in README


@pytest.mark.parametrize("name", sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
def test_the_readme_names_each_command(name: str) -> None:
    assert name in README


def test_each_decision_has_a_number_of_its_own_and_says_it() -> None:
    papers = sorted((ROOT / ".github" / "decisions").glob("*.md"))
    numbers = [int(paper.name[:4]) for paper in papers]
    assert numbers == list(range(1, len(papers) + 1))
    for number, paper in zip(numbers, papers, strict=True):
        assert paper.read_text("utf-8").startswith(f"# {number}. "), paper.name
