"""Holds the pure rooms to their branch coverage: a whole run fails where it is lower."""

import io
from collections.abc import Generator
from typing import Any

import coverage
import pytest

FLOORS = {"models": 100.0, "channels": 100.0, "handlers": 99.5}
"""Per cent. Of `handlers` only the reader of messy replies leaves a few branches untaken."""
NARROWING = ("keyword", "markexpr", "lf", "deselect", "ignore", "ignore_glob")


def is_whole(config: pytest.Config) -> bool:
    """Tell whether this run measures every test, so that its figures mean something."""
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    narrowed = any(config.getoption(name, default=None) for name in NARROWING)
    return bool(config.getoption("cov_source", default=None)) and everything and not narrowed


class Gate:
    """Reads the measurements when all workers are done, and fails the run for an open branch."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._open = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Look after pytest-cov has joined what the workers measured: this wraps around it."""
        result = yield
        if session.testsfailed == 0:  # a failed test leaves branches untaken that are not at fault
            self._read()
            session.testsfailed += self._open
        return result

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say each room's figure, and for an open one where the branches are."""
        if self._lines:
            terminalreporter.section("branch coverage", red=self._open, green=not self._open)
            for line in self._lines:
                terminalreporter.write_line(line)

    def _read(self) -> None:
        measured = coverage.Coverage()
        measured.load()
        for room, floor in FLOORS.items():
            table = io.StringIO()
            total = measured.report(
                include=[f"{room}/*"], file=table, skip_covered=True, ignore_errors=True
            )
            self._lines.append(f"{room}: {total:.1f} %")
            if total < floor:
                self._open = True
                self._lines.append(f"must be {floor:.0f} %:\n{table.getvalue()}")
