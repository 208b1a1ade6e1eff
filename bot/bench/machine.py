"""The machine: which core does what, what a process costs, and how all this is told."""

import contextlib
import importlib.metadata
import os
import platform
import sqlite3
import subprocess
import sys
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "psycopg", "aiohttp", "aiogram", "twilio")


def cores() -> tuple[frozenset[int], frozenset[int]] | None:
    """Give the cores of what is measured and of the rest; None where nothing can be pinned."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    ours = sorted(os.sched_getaffinity(0))
    return (frozenset(ours[:1]), frozenset(ours[1:])) if len(ours) > 1 else None


def pin(process: int, to: frozenset[int] | None) -> None:
    """Keep a process, and what it starts from now on, on these cores."""
    if to and sys.platform == "linux":
        for thread in Path(f"/proc/{process}/task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(int(thread.name), to)


def pin_here(to: frozenset[int] | None) -> frozenset[int] | None:
    """Keep this process on these cores; give those it was on. Nothing where none can be named."""
    if not to or not hasattr(os, "sched_setaffinity"):
        return None
    before = frozenset(os.sched_getaffinity(0))
    os.sched_setaffinity(0, to)
    return before


def cpu(process: int) -> float:
    """Give the seconds of processor time that a process and its ended children have used."""
    if sys.platform != "linux":
        return _clock(_ps("time=", process))
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(word) for word in words[11:15]) / TICKS


def memory(process: int) -> float:
    """Give the megabytes of memory that a process holds."""
    if sys.platform != "linux":
        return int(_ps("rss=", process)) / 1024
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def told() -> list[str]:
    """Describe the machine and the versions, for the report."""
    pinned = cores()
    packages = (f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return [
        f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores, "
        + (
            f"measured processes on core {min(pinned[0])}, load and provider on the others"
            if pinned
            else "nothing pinned"
        ),
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        ", ".join(packages),
        f"load average at the start: {os.getloadavg()[0]:.2f}",
    ]


def _ps(column: str, process: int) -> str:
    asked = ["ps", "-o", column, "-p", str(process)]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    return done.stdout.strip()


def _clock(text: str) -> float:
    seconds = 0.0
    for part in text.replace("-", ":").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds
