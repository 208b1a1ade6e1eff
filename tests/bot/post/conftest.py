"""What the tests of the post share: an office that sends, on a record of each kind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.db import Database
from tests.bot.post.office import Office, opened
from tests.simulator.conftest import ears, stand

__all__ = ["ears", "office", "stand"]


@pytest.fixture
async def office(db: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """Give a sender whose provider takes everything, unless it is told otherwise."""
    async with opened(db, tmp_path) as made:
        yield made
