"""The house rules hold: arrows, style, types, and locks that say what pyproject.toml asks for."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
RUN_LOCK = ROOT / "requirements.txt"
TEST_LOCK = ROOT / ".ci" / "requirements-test.txt"
LOCKS = (RUN_LOCK, TEST_LOCK, ROOT / ".ci" / "requirements-uv.txt")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[.*\])?==(?P<version>[^ ;]+)(?P<rest>.*)$", re.MULTILINE)


def pins(lock: Path) -> dict[str, Version]:
    found = PIN.finditer(lock.read_text())
    return {canonicalize_name(pin["name"]): Version(pin["version"]) for pin in found}


def obey(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)


def test_the_arrows_between_the_rooms_point_down():
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    obey("-c", lint, "--no-logo")


def test_ruff_finds_nothing():
    obey("-m", "ruff", "check", "--output-format", "concise")


def test_every_file_is_formatted():
    obey("-m", "ruff", "format", "--check", "--output-format", "concise")


def test_every_type_holds():
    obey("-m", "mypy")


@pytest.mark.parametrize(
    ("asked", "lock"),
    [(text, RUN_LOCK) for text in PROJECT["project"]["dependencies"]]
    + [(text, TEST_LOCK) for text in PROJECT["dependency-groups"]["dev"]],
)
def test_each_dependency_is_locked_at_an_allowed_version(asked: str, lock: Path):
    requirement = Requirement(asked)
    locked = pins(lock).get(canonicalize_name(requirement.name))
    assert locked, f"{lock.name} lacks {asked}: refresh the locks, as .github/CONTRIBUTING.md says"
    assert locked in requirement.specifier, f"{lock.name} holds {locked}, which is not {asked}"


def test_the_test_lock_holds_the_run_time_lock_pin_for_pin():
    tested = pins(TEST_LOCK)
    assert {name: tested.get(name) for name in pins(RUN_LOCK)} == pins(RUN_LOCK)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_files_by_hash_and_no_host(lock: Path):
    text = lock.read_text()
    assert "://" not in text
    assert "--index" not in text
    assert pins(lock)
    for pin in PIN.finditer(text):
        assert pin["rest"].endswith("\\"), f"{pin[0]} has no hash"
