"""Runs the tests: all of them over every core with coverage, or just the part that was named."""

import os
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent

# What makes a run partial, or interactive: it is then run plainly, and measures nothing.
NARROWING = (
    *("-k", "-m", "--lf", "--last-failed", "--ff", "--failed-first", "--sw", "--stepwise"),
    *("--deselect", "--ignore", "--pdb", "--trace", "--co", "--collect-only", "--fixtures"),
    *("-h", "--help", "--version", "--markers", "--no-cov"),
)


def run(args: list[str]) -> NoReturn:
    """Become pytest, so that its output, its exit code and every signal are its own."""
    command = [sys.executable, "-m", "pytest", *(() if is_partial(args) else whole(args)), *args]
    os.chdir(ROOT)
    os.execv(sys.executable, command)  # noqa: S606  # no shell wanted


def is_partial(args: list[str]) -> bool:
    """Tell whether these words choose some of the tests."""
    named = (Path(word.partition("::")[0]).exists() for word in args if not word.startswith("-"))
    return any(named) or any(word.partition("=")[0] in NARROWING for word in args)


def whole(args: list[str]) -> list[str]:
    """Give the words for a whole run: branches counted, and a worker more than there are cores.

    Many tests wait: for processes to start, for leases to end.
    """
    workers = min((os.cpu_count() or 1) + 1, 8)
    if any(word.startswith(("-n", "--numprocesses")) for word in args):
        return ["--cov", "--cov-report="]
    return ["-n", str(workers), "--dist", "worksteal", "--cov", "--cov-report="]
