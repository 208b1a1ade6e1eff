"""Starts Enlace on a machine that has nothing but Python: set up once, then hand over.

`python3 -m bot <command>` needs the packages of a lock file. They live in `.venv`, whose stamp
names the locks it was made from; where the stamp fits, this file costs a few milliseconds. Only the
standard library may be imported here, and the grammar must stay readable for old Pythons, which are
refused by name instead of by a syntax error.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  # this line is for whoever has an older one
    sys.exit(
        "Enlace needs Python 3.11 or newer, and this is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]}. "
        "Install a newer Python and start Enlace with it, for example: python3.11 -m bot demo"
    )

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "enlace-stamp"
RUN_LOCK = ROOT / "requirements.txt"
TEST_LOCK = ROOT / ".ci" / "requirements-test.txt"
UV_LOCK = ROOT / ".ci" / "requirements-uv.txt"

VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
PATIENCE = 10  # seconds of silence before a sign of life


def main() -> None:
    """Run the command line where its packages are, installing them first when they are nowhere."""
    lock = TEST_LOCK if needs_servers(sys.argv[1:]) else RUN_LOCK
    inside = Path(sys.prefix).resolve() == VENV.resolve()
    ready = fits(lock)
    if (inside and ready) or (not inside and not ready and holds(lock)):
        from bot import cli  # noqa: PLC0415  # its packages exist only from here on

        cli.main()
    elif inside:
        # A virtual environment cannot be rebuilt by itself; the Python it came from can.
        become(Path(sys.base_prefix) / "bin" / VERSION)
    else:
        if not ready:
            set_up(lock)
        become(PYTHON)


def needs_servers(words: list[str]) -> bool:
    """Tell whether a command starts PostgreSQL and Valkey, whose wheels the test lock has."""
    return words[:1] == ["test"] or (words[:1] == ["demo"] and "--scale" in words)


def become(python: Path) -> None:
    """Start this command over in another interpreter, in place of this process."""
    os.execv(python, [str(python), "-m", "bot", *sys.argv[1:]])  # noqa: S606  # no shell wanted


def marks(*locks: Path) -> set[str]:
    """Give the lines of a stamp: this Python, and each lock by its hash."""
    hashes = {lock.name: hashlib.sha256(lock.read_bytes()).hexdigest() for lock in locks}
    return {VERSION, *(f"{name} {value}" for name, value in hashes.items())}


def fits(lock: Path) -> bool:
    """Tell whether `.venv` was finished, for this Python and for what the lock says today."""
    if not (STAMP.exists() and PYTHON.exists()):
        return False
    return marks(lock) <= set(STAMP.read_text().splitlines())


def holds(lock: Path) -> bool:
    """Tell whether this very interpreter has the lock's packages, as where a host installs them."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  # rarely needed

    # A pin with a marker may be meant for another platform, so only the others are asked for.
    pins = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+) \\$", lock.read_text(), re.MULTILINE)
    try:
        return all(version(name) == pinned for name, pinned in pins)
    except PackageNotFoundError:
        return False


def set_up(lock: Path) -> None:
    """Bring `.venv` to the lock, one process at a time."""
    # The folder itself is what is locked, so no file is left behind. Children inherit the lock: an
    # installer that outlives a killed set-up keeps the next one waiting instead of meeting it.
    folder = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(folder, True)  # noqa: FBT003  # the standard library's signature
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another set-up is running in this folder; waiting for it …")
        fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        if not fits(lock):
            build(lock)
    except KeyboardInterrupt:
        say("Set-up stopped. The same command starts it again.")
        sys.exit(130)
    except OSError as error:
        sys.exit(f"Setting up failed: {error}. Mend that and run the same command again.")
    finally:
        os.close(folder)


def build(lock: Path) -> None:
    """Make `.venv`, or add the test tools to one that is right for run time; stamp it last."""
    started = time.monotonic()
    if shutil.which("uv") is None:
        require_ensurepip()
    say("Setting up Enlace in .venv, about 15 s, once only …")
    fresh = not fits(RUN_LOCK)
    STAMP.unlink(missing_ok=True)
    if fresh:
        venv = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)]
        must("making a virtual environment", venv)
    install(lock)
    # The test lock holds the run-time lock, pin for pin: tests/test_house.py sees to it.
    content = marks(RUN_LOCK, TEST_LOCK) if lock == TEST_LOCK else marks(RUN_LOCK)
    draft = STAMP.with_suffix(".draft")
    draft.write_text("\n".join(sorted(content)) + "\n")
    draft.replace(STAMP)
    say(f"Ready after {time.monotonic() - started:.0f} s.")


def install(lock: Path) -> None:
    """Install exactly the lock: with uv, which is fast, or else with pip, which is everywhere."""
    uv = shutil.which("uv") or str(VENV / "bin" / "uv")
    if not Path(uv).exists():
        give_pip()
        attempt("fetching the installer", pip(UV_LOCK))
    words = f"installing {len(re.findall('^[^ #]+==', lock.read_text(), re.MULTILINE))} packages"
    if Path(uv).exists():
        sync = [uv, "pip", "sync", "--require-hashes", "--python", str(PYTHON), str(lock)]
        if not attempt(words, sync):
            return
        say("  uv could not; pip will, more slowly")
    give_pip()
    must(words, pip(lock))


def pip(lock: Path) -> list[str]:
    """Build the command by which pip installs what a lock names by its hash, and nothing else."""
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-cache-dir"]
    return [str(PYTHON), "-m", "pip", "install", *quiet, "--require-hashes", "-r", str(lock)]


def give_pip() -> None:
    """Put pip into `.venv`; Debian and Ubuntu keep the part of Python for that in a package."""
    if (VENV / "bin" / "pip").exists():
        return
    require_ensurepip()
    if not has_ensurepip():
        apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "python3-venv"]
        if attempt("installing python3-venv with apt-get", apt):
            must("fetching the list of packages with apt-get", ["apt-get", "update", "-qq"])
            must("installing python3-venv with apt-get", apt)
    must("giving it pip", [str(PYTHON), "-m", "ensurepip", "--default-pip"])


def require_ensurepip() -> None:
    """End with the one line to run, where pip cannot be made and we may not mend that."""
    root_on_debian = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if not (has_ensurepip() or root_on_debian):
        sys.exit(
            "Enlace needs Python's venv package; install it and start again: "
            "sudo apt-get install -y python3-venv"
        )


def has_ensurepip() -> bool:
    """Tell whether this Python can make a pip."""
    return importlib.util.find_spec("ensurepip") is not None


def must(words: str, command: list[str]) -> None:
    """Take one step of the set-up, or end with what the step complained of."""
    complaint = attempt(words, command)
    if complaint:
        sys.exit(
            f"Setting up failed while {words}, by: {' '.join(command)}\n{complaint}\n"
            "If something could not be fetched, check the network. Then start again."
        )


def attempt(words: str, command: list[str]) -> str:
    """Take one step of the set-up, with signs of life; return its complaint, empty if it worked."""
    say(f"  {words} …")
    cache = VENV / ".uv-cache"
    settings = {
        "DEBIAN_FRONTEND": "noninteractive",
        "UV_CACHE_DIR": str(cache),  # nothing is written outside this folder
        "UV_PYTHON_DOWNLOADS": "never",
    }
    with tempfile.TemporaryFile() as log:
        step = subprocess.Popen(  # noqa: S603  # our own words, and no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **settings},
            close_fds=False,
        )
        started = time.monotonic()
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                step.wait(PATIENCE)
                break
            say(f"  … still {words}, {time.monotonic() - started:.0f} s")
        log.seek(0)
        lines = log.read().decode(errors="replace").strip().splitlines()
    shutil.rmtree(cache, ignore_errors=True)
    return "" if step.returncode == 0 else "\n".join(lines[-15:]) or f"code {step.returncode}"


def say(words: str) -> None:
    """Tell the person who waits, apart from what the command itself prints."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
