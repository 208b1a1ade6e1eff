"""A whole run is held to full branch coverage of the pure rooms; a part of it is not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot import suite

ROOT = suite.ROOT
PARTS = (
    *("pyproject.toml", "bot/suite.py", "tests/conftest.py"),
    *("tests/gate.py", "tests/loopback.py", "tests/servers.py"),
    *("bot/demo/__init__.py", "bot/demo/servers.py"),
)
SIGN = """
def sign(number):
    if number < 0:
        return "-"
    return "+"
"""
TEST = """
from handlers.sign import sign

def test_{name}():
    assert sign({number}) == {expected!r}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a house with one branch in it, and a test for each way."""
    for room in ("models", "handlers", "channels", "bot", "tests"):
        (tmp_path / room).mkdir()
    for room in ("models", "handlers", "channels", "bot"):
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "bot" / "demo").mkdir()
    (tmp_path / "tests" / "handlers").mkdir()
    for part in PARTS:
        shutil.copy(ROOT / part, tmp_path / part)
    (tmp_path / "handlers/sign.py").write_text(SIGN)
    for name, number, expected in (("plus", 1, "+"), ("minus", -1, "-")):
        test = TEST.format(name=name, number=number, expected=expected)
        (tmp_path / f"tests/handlers/test_{name}.py").write_text(test)
    return tmp_path


def run(project: Path, *words: str) -> tuple[int, str]:
    become_pytest = "import sys; from bot import suite; suite.run(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", become_pytest, *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_whole_run_passes_when_every_branch_is_taken(project: Path):
    code, said = run(project, "-n0")
    assert code == 0, said
    assert "handlers: 100.0 %" in said
    assert "2 passed" in said.splitlines()[-1]


def test_a_whole_run_fails_for_a_branch_that_is_never_taken(project: Path):
    (project / "tests/handlers/test_minus.py").unlink()
    code, said = run(project, "-n1")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "handlers: 66.7 %" in said
    assert "handlers/sign.py" in said
    assert "1 passed" in said.splitlines()[-1]


def test_a_branch_is_taken_only_by_a_test_of_its_own_room(project: Path):
    (project / "tests/handlers/test_minus.py").rename(project / "tests/test_minus.py")
    code, said = run(project, "-n0")
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "handlers: 66.7 %" in said


@pytest.mark.parametrize("words", [["tests/handlers/test_plus.py"], ["-kplus", "-n0"]])
def test_a_part_is_not_held_to_it(project: Path, words: list[str]):
    code, said = run(project, *words)
    assert code == 0, said
    assert "branch coverage" not in said


@pytest.mark.parametrize("words", [[], ["-v"], ["-x", "--durations=5"], ["-n", "4"]])
def test_options_do_not_make_a_part(words: list[str]):
    assert not suite.is_partial(words)
    assert "--cov" in suite.whole(words)


@pytest.mark.parametrize("words", [["--lf"], ["tests"], ["tests/gate.py::x"], ["--ignore=bot"]])
def test_a_choice_makes_a_part(words: list[str]):
    assert suite.is_partial(words)


def test_the_number_of_workers_may_be_given():
    assert suite.whole(["-n4"]) == ["--cov", "--cov-report="]
