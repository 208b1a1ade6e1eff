"""A deployment for each test: empty but for two accounts, or with a whole day behind it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from models.staff import Duty
from tests.console.desk import NOW, Clock, Desk, make
from tests.console.story import Day, lived


@dataclass(frozen=True)
class Mould:
    """A deployment that was made once, for tests to have copies of."""

    root: Path
    at: datetime
    day: Day | None = None


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Mould:
    """Make a record with a coordinator and a reader in it."""
    root = tmp_path_factory.mktemp("console")
    made = make(root / "data", f"sqlite:///{root}/enlace.db")
    made.hire("marisol")
    made.hire("lector", Duty.READER)
    made.world.db.close()
    return Mould(root, NOW)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory, empty: Mould) -> Mould:
    """Live through a day there."""
    root = tmp_path_factory.mktemp("day") / "copy"
    shutil.copytree(empty.root, root)
    made = make(root / "data", f"sqlite:///{root}/enlace.db")
    day = lived(made)
    made.world.db.close()
    return Mould(root, made.clock.at, day)


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """Give a console; with the day behind it where a test asks for that too."""
    lived_in = "day" in request.fixturenames
    mould: Mould = request.getfixturevalue("full" if lived_in else "empty")
    root = tmp_path / "copy"
    shutil.copytree(mould.root, root)
    made = make(root / "data", f"sqlite:///{root}/enlace.db", clock=Clock(mould.at))
    yield made
    made.world.db.close()


@pytest.fixture
def day(full: Mould) -> Day:
    """Give who and what there is at the end of that day."""
    assert full.day is not None
    return full.day
