"""A deployment for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.desk import Desk, make


@pytest.fixture
def desk(tmp_path: Path, sqlite_url: str) -> Iterator[Desk]:
    """Give a console over an empty record, with one coordinator and one reader."""
    made = make(tmp_path / "data", sqlite_url)
    made.hire("marisol")
    yield made
    made.world.db.close()
