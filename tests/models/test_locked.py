"""A lock is put on, and taken off again, by statements of each database."""

import pytest

from models.locked import locks, unlocks


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_whatever_a_lock_makes_its_unlock_drops(dialect):
    made = [one.split()[1:3] for one in locks("log", dialect)]
    dropped = [one.split()[1:3] for one in unlocks("log", dialect)]
    assert sorted(made) == sorted(dropped)
    assert ["TRIGGER", "log_no_update"] in made
    assert ["TRIGGER", "log_no_delete"] in made
