"""`python3 -m bot` makes what it needs, once, and never leaves half of it behind.

Each test has a small checkout: the real starter, a command line that only says where it runs, and
locks of two tiny packages that stand ready as files, so that nothing is fetched. The installer uv
is a stand-in that unpacks those files; pip is the real one.
"""

import ast
import base64
import hashlib
import importlib.util
import json
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import missing

STARTER = Path(__file__).resolve().parent.parent / "bot" / "__main__.py"
SENTENCE = (
    "Enlace needs Python's venv package; install it and start again: "
    "sudo apt-get install -y python3-venv\n"
)
CLI = """
import json, sys
from importlib.metadata import distributions

def main():
    here = {d.name: d.version for d in distributions() if d.name in {"pebble", "sand"}}
    print(json.dumps({"prefix": sys.prefix, "words": sys.argv[1:], "packages": here}))
"""
UV = """#!{python}
import glob, os, pathlib, sys, time, zipfile
tools = pathlib.Path(__file__).parent
with open(tools / "uv.log", "a") as log:
    print(*sys.argv[1:-2], os.environ["UV_PYTHON_DOWNLOADS"], file=log)
if (tools / "broken").exists():
    sys.exit("uv: no such index")
while (tools / "slow").exists():
    time.sleep(0.05)
python, lock = sys.argv[-2:]
(site,) = glob.glob(python.replace("bin/python", "lib/python*/site-packages"))
pins = [line.split(" ")[0].split("==") for line in open(lock) if "==" in line]
for name, version in pins:
    wheel = tools.parent / "wheels" / f"{{name}}-{{version}}-py3-none-any.whl"
    zipfile.ZipFile(wheel).extractall(site)
"""


@dataclass(frozen=True)
class Checkout:
    """A checkout in miniature, and the words to start it with."""

    root: Path

    @property
    def venv(self) -> Path:
        """What the set-up makes."""
        return self.root / ".venv"

    @property
    def stamp(self) -> Path:
        """What says that it was finished."""
        return self.venv / "enlace-stamp"

    @property
    def tools(self) -> Path:
        """The only folder on the PATH."""
        return self.root.parent / "tools"

    def uv_calls(self) -> list[str]:
        """What the stand-in for uv was told, a line for each time."""
        log = self.tools / "uv.log"
        return log.read_text().splitlines() if log.exists() else []

    def locks(self, *, pebble: str) -> None:
        """Write both locks, for this version of the package that run time needs."""
        run = self._pin("pebble", pebble)
        (self.root / "requirements.txt").write_text(run)
        (self.root / ".ci/requirements-test.txt").write_text(run + self._pin("sand", "1.0"))

    def popen(
        self, *words: str, given: str = "", python: Path | str = sys.executable, path: str = ""
    ) -> subprocess.Popen[str]:
        """Start it, where `given` is Python that sets up what the machine is like."""
        code = f"import runpy, sys\n{given}\nrunpy.run_module('bot', run_name='__main__')"
        return subprocess.Popen(
            [python, *(("-c", code) if given else ("-m", "bot")), *words],
            cwd=self.root,
            env={
                "PATH": str(self.tools),
                "HOME": str(self.root.parent / "home"),
                "PIP_CONFIG_FILE": "/dev/null",
                "PIP_FIND_LINKS": str(self.root.parent / "wheels"),
                "PIP_NO_INDEX": "1",
                "PYTHONPATH": path,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, *words: str, given: str = "", python: Path | str = sys.executable) -> "Ended":
        """Start it and wait until it ends."""
        return ended(self.popen(*words, given=given, python=python))

    def _pin(self, name: str, version: str) -> str:
        wheel = self.root.parent / "wheels" / f"{name}-{version}-py3-none-any.whl"
        if not wheel.exists():
            write_wheel(wheel, name, version)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


@dataclass(frozen=True)
class Ended:
    """How a start ended, and what was said on the way."""

    code: int
    out: str
    err: str

    @property
    def packages(self) -> dict[str, str]:
        """The packages that the command line found where it ran."""
        found: dict[str, str] = json.loads(self.out)["packages"]
        return found


def ended(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=300)
    return Ended(process.returncode, out, err)


def write_wheel(wheel: Path, name: str, version: str) -> None:
    folder = f"{name}-{version}.dist-info"
    files = {
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.py": "",
    }
    record = ""
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
            record += f"{file},sha256={digest.decode()},{len(text)}\n"
        archive.writestr(f"{folder}/RECORD", record + f"{folder}/RECORD,,\n")


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "waited a minute in vain"
        time.sleep(0.02)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Give a clean clone, on a machine without uv."""
    made = Checkout(tmp_path / "clone")
    for folder in (made.root / "bot", made.root / ".ci", made.tools, tmp_path / "wheels"):
        folder.mkdir(parents=True)
    shutil.copy(STARTER, made.root / "bot")
    (made.root / "bot/__init__.py").touch()
    (made.root / "bot/cli.py").write_text(CLI)
    (made.root / ".ci/requirements-uv.txt").write_text("uv==1.0 \\\n    --hash=sha256:00\n")
    made.locks(pebble="1.0")
    return made


@pytest.fixture
def with_uv(checkout: Checkout) -> Checkout:
    """Give a clean clone, on a machine with uv."""
    uv = checkout.tools / "uv"
    uv.write_text(UV.format(python=sys.executable))
    uv.chmod(0o755)
    return checkout


@pytest.fixture
def real_pip() -> None:
    """Skip where the tests themselves run on a Python that cannot make a pip."""
    if importlib.util.find_spec("ensurepip") is None:
        missing("Python's venv package", "apt-get install -y python3-venv")


@pytest.mark.usefixtures("real_pip")
def test_the_first_start_sets_up_with_pip_alone_and_runs_the_command(checkout: Checkout):
    first = checkout.start("demo", "--port", "80")
    assert first.code == 0, first.err
    assert json.loads(first.out) == {
        "prefix": str(checkout.venv),
        "words": ["demo", "--port", "80"],
        "packages": {"pebble": "1.0"},
    }
    assert "Setting up Enlace in .venv" in first.err


@pytest.mark.usefixtures("real_pip")
def test_pip_takes_over_where_uv_fails(with_uv: Checkout):
    (with_uv.tools / "broken").touch()
    first = with_uv.start("demo")
    assert first.packages == {"pebble": "1.0"}
    assert "uv could not; pip will" in first.err
    assert len(with_uv.uv_calls()) == 1


def test_uv_checks_hashes_and_fetches_no_python(with_uv: Checkout):
    assert with_uv.start("demo").packages == {"pebble": "1.0"}
    assert with_uv.uv_calls() == ["pip sync --require-hashes --python never"]


def test_the_second_start_does_nothing_and_says_nothing(with_uv: Checkout):
    with_uv.start("demo")
    second = with_uv.start("demo")
    assert second.packages == {"pebble": "1.0"}
    assert second.err == ""
    assert len(with_uv.uv_calls()) == 1


def test_nothing_is_written_outside_the_checkout(with_uv: Checkout):
    with_uv.start("demo")
    assert not (with_uv.root.parent / "home").exists()
    assert {path.name for path in with_uv.root.iterdir()} == {
        *(".ci", ".venv", "bot", "requirements.txt")
    }


def test_the_test_tools_are_added_to_what_run_time_has(with_uv: Checkout):
    with_uv.start("demo")
    (with_uv.venv / "kept").touch()
    assert with_uv.start("test").packages == {"pebble": "1.0", "sand": "1.0"}
    assert (with_uv.venv / "kept").exists()


def test_the_scaled_demo_has_the_servers_of_the_tests(with_uv: Checkout):
    assert with_uv.start("demo").packages == {"pebble": "1.0"}
    assert with_uv.start("demo", "--scale").packages == {"pebble": "1.0", "sand": "1.0"}


def test_what_the_tests_have_is_enough_for_run_time(with_uv: Checkout):
    with_uv.start("test")
    assert with_uv.start("demo").err == ""


def test_a_new_lock_is_a_new_environment(with_uv: Checkout):
    with_uv.start("demo")
    (with_uv.venv / "old").touch()
    with_uv.locks(pebble="2.0")
    assert with_uv.start("demo").packages == {"pebble": "2.0"}
    assert not (with_uv.venv / "old").exists()


def test_another_python_is_a_new_environment(with_uv: Checkout):
    with_uv.start("demo")
    stamp = with_uv.stamp.read_text()
    version = f"python3.{sys.version_info[1]}"
    assert version in stamp
    with_uv.stamp.write_text(stamp.replace(version, "python3.9"))
    assert "Setting up" in with_uv.start("demo").err
    assert with_uv.stamp.read_text() == stamp


def test_an_activated_environment_is_renewed_by_the_python_it_came_from(with_uv: Checkout):
    with_uv.start("demo")
    with_uv.locks(pebble="2.0")
    again = with_uv.start("demo", python=with_uv.venv / "bin/python")
    assert again.packages == {"pebble": "2.0"}


def test_a_half_made_environment_is_made_anew(with_uv: Checkout):
    with_uv.venv.mkdir()
    (with_uv.venv / "half").touch()
    assert with_uv.start("demo").packages == {"pebble": "1.0"}
    assert not (with_uv.venv / "half").exists()


@pytest.mark.usefixtures("real_pip")
def test_a_file_that_is_not_the_locked_one_is_refused(checkout: Checkout):
    with (checkout.root.parent / "wheels/pebble-1.0-py3-none-any.whl").open("ab") as wheel:
        wheel.write(b"something else")
    refused = checkout.start("demo")
    assert refused.code == 1
    assert "Setting up failed while installing 1 packages" in refused.err
    assert "Traceback" not in refused.err
    assert not checkout.stamp.exists()


def test_a_killed_set_up_leaves_no_stamp_and_the_next_waits_for_its_installer(with_uv: Checkout):
    (with_uv.tools / "slow").touch()
    killed = with_uv.popen("demo")
    until(with_uv.uv_calls)
    killed.kill()
    killed.communicate()
    assert not with_uv.stamp.exists()
    following = with_uv.popen("demo")
    assert following.stderr
    assert "Another set-up is running" in following.stderr.readline()
    (with_uv.tools / "slow").unlink()
    assert ended(following).packages == {"pebble": "1.0"}
    assert len(with_uv.uv_calls()) == 2


def test_an_interrupted_set_up_says_so_and_leaves_no_stamp(with_uv: Checkout):
    (with_uv.tools / "slow").touch()
    process = with_uv.popen("demo")
    until(with_uv.uv_calls)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    (with_uv.tools / "slow").unlink()
    stopped = ended(process)
    assert stopped.code == 130
    assert stopped.err.endswith("Set-up stopped. The same command starts it again.\n")
    assert not with_uv.stamp.exists()


def test_two_starts_at_once_set_up_once(with_uv: Checkout):
    (with_uv.tools / "slow").touch()
    one = with_uv.popen("demo")
    until(with_uv.uv_calls)
    two = with_uv.popen("demo")
    assert two.stderr
    assert "Another set-up is running" in two.stderr.readline()
    (with_uv.tools / "slow").unlink()
    assert ended(one).packages == ended(two).packages == {"pebble": "1.0"}
    assert len(with_uv.uv_calls()) == 1


def test_packages_that_a_host_installed_are_used_as_they_are(checkout: Checkout):
    site = checkout.root.parent / "site"
    with zipfile.ZipFile(checkout.root.parent / "wheels/pebble-1.0-py3-none-any.whl") as wheel:
        wheel.extractall(site)
    assert ended(checkout.popen("serve", path=str(site))).packages == {"pebble": "1.0"}
    assert not checkout.venv.exists()


def test_without_venv_a_user_is_told_the_one_line_to_run(checkout: Checkout):
    bare = "import os; sys.modules['ensurepip'] = None; os.geteuid = lambda: 1000"
    told = checkout.start("demo", given=bare)
    assert told.code == 1
    assert told.err == SENTENCE
    assert not checkout.venv.exists()


def test_without_venv_uv_is_enough(with_uv: Checkout):
    bare = "import os; sys.modules['ensurepip'] = None; os.geteuid = lambda: 1000"
    assert with_uv.start("demo", given=bare).packages == {"pebble": "1.0"}


def test_without_venv_root_on_debian_gets_it_installed(checkout: Checkout):
    apt = checkout.tools / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$@" "$DEBIAN_FRONTEND" >> {checkout.tools}/apt.log\nexit 1\n')
    apt.chmod(0o755)
    bare = "import os; sys.modules['ensurepip'] = None; os.geteuid = lambda: 0"
    failed = checkout.start("demo", given=bare)
    assert failed.code == 1
    assert "Setting up failed while fetching the list of packages with apt-get" in failed.err
    assert (checkout.tools / "apt.log").read_text().splitlines() == [
        "install -y -qq --no-install-recommends python3-venv noninteractive",
        "update -qq noninteractive",
    ]


def test_an_old_python_is_refused_by_name(checkout: Checkout):
    refused = checkout.start("demo", given="sys.version_info = (3, 9, 2)")
    assert refused.code == 1
    assert refused.err == (
        "Enlace needs Python 3.11 or newer, and this is Python 3.9. "
        "Install a newer Python and start Enlace with it, for example: python3.11 -m bot demo\n"
    )
    assert not checkout.venv.exists()


def test_an_old_python_can_read_the_refusal():
    assert ast.parse(STARTER.read_text(), feature_version=(3, 7)).body
