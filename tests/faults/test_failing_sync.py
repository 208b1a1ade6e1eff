"""The disk says that it could not make something safe: the process ends, and never asks again.

Asked a second time, the system may well say that all is safe when it is not.
"""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.db import ENDED
from tests.faults.postbox import Postbox
from tests.world import town

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("syncs", [0, 1, 7, 320, 420])
def test_after_a_failed_sync_the_process_ends_and_what_it_had_said_is_kept(
    sqlite_ground: Path, tmp_path: Path, syncs: int
) -> None:
    """Security D14. The failing sync is that of a commit, or of a checkpoint."""
    path = Path(shutil.copy(sqlite_ground, tmp_path / "enlace.db"))
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.keeper", str(path), str(syncs)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == ENDED, ended.stderr
    said = ended.stdout.split()
    assert "again" not in said
    assert "unkept" not in said  # nobody was told anything after the failure
    assert "record.not_synced" in ended.stderr
    with closing(sqlite3.connect(path)) as found:
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = [event for (event,) in found.execute("SELECT event_id FROM inbox ORDER BY id")]
    assert rows[: len(said)] == said
    assert len(rows) <= len(said) + 1


@pytest.mark.skipif(not shutil.which("strace"), reason="No strace to make the system's sync fail.")
async def test_so_does_the_whole_product_when_it_is_the_system_that_fails(
    tmp_path: Path, sqlite_url: str
) -> None:
    async with town(tmp_path, sqlite_url) as place, Postbox(place) as postbox:
        await postbox.post(30)
        web = place.processes.pop("web")
        with failing_syncs(web.pid):
            await postbox.post(20)
            assert web.wait(30) == ENDED
        assert "record.not_synced" in place.log("web")
        place.start()
        await place.up()
        await postbox.post_again()
        assert postbox.refused == set()
        postbox.look(sqlite_url)
        assert len(postbox.kept) == 50


@contextmanager
def failing_syncs(process: int) -> Iterator[None]:
    """Have the system tell a process that nothing can be made safe."""
    words = ["strace", "-f", "-e", "trace=fsync,fdatasync", "-p", str(process)]
    words += ["-e", "inject=fsync,fdatasync:error=EIO"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        if "attached" not in line:
            tracer.kill()
            pytest.skip(f"Nothing may be traced here: {line}")
        try:
            yield
        finally:  # it waits for the traced for ever
            tracer.kill()
