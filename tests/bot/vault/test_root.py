"""Another master key: the keys are wrapped anew, and nothing that is sealed is touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from bot.db import Database
from bot.post.spool import Spool, Unreadable
from bot.settings import WrongSetting
from bot.vault import root
from bot.vault.keys import BESIDE, Keys, Unsealable
from channels.base import Envelope, Kind
from models.base import use_sealer
from models.data_key import DataKey, Subject
from models.person import Person
from models.trail import Trail
from tests.bot import scene
from tests.bot.scene import KEYS, MARTA, NOW
from tests.bot.vault.test_keyring import again

OLD, NEW = b"1" * 32, b"2" * 32


@pytest.fixture(autouse=True)
def afterwards() -> Iterator[None]:
    yield
    use_sealer(KEYS)


def start(db: Database, *masters: bytes) -> tuple[Database, Keys]:
    """Start a process with these master keys."""
    keys = Keys(*masters)
    use_sealer(keys)
    other = again(db)
    try:
        root.take(other, keys)
    except WrongSetting:
        other.close()
        raise
    return other, keys


def names(db: Database) -> list[str]:
    return db.read_now(lambda s: list(s.exec(select(Person.name).order_by(col(Person.id)))))


def test_a_new_master_key_takes_the_place_of_the_old_one(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        scene.somebody(db, f"P{n}", f"+5025555{n:04}")
    with pytest.raises(WrongSetting, match="a comma and the old one"):
        start(db, NEW)
    both, keys = start(db, NEW, OLD)
    scene.somebody(both, "P5", MARTA)
    monkeypatch.setattr(root, "PAGE", 4)

    def dies(_said: str) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        root.rotate(both, keys, dies)
    said: list[str] = []
    assert root.rotate(both, keys, said.append) == 6  # ten people's and addresses', four were done
    assert root.rotate(both, keys, said.append) == 0
    assert said == [f"{n} keys are wrapped by master key {keys.newest} now." for n in (4, 6)]
    both.close()
    alone, keys = start(db, NEW)
    assert names(alone) == [f"P{n}" for n in range(6)]
    assert keys.lookup("sms", MARTA) == KEYS.lookup("sms", MARTA)
    assert keys.public() == KEYS.public()
    assert alone.read_now(lambda s: s.exec(select(Trail.detail)).all())[-1].startswith("6 keys")
    alone.close()
    for wrong in (OLD, b"3" * 32):
        with pytest.raises(WrongSetting, match="MASTER_KEY"):
            start(db, wrong)


def test_a_key_that_was_tampered_with_is_named(sqlite_db: Database) -> None:
    root.rotate(sqlite_db, KEYS, print)
    row = sqlite_db.read_now(
        lambda s: s.exec(select(DataKey).where(DataKey.kind == Subject.ROOT)).one()
    )
    bad = bytes([(row.wrapped or b"?")[0] ^ 1]) + (row.wrapped or b"?")[1:]
    sqlite_db.write_now(lambda s: setattr(s.get_one(DataKey, row.id), "wrapped", bad))
    with pytest.raises(WrongSetting, match=r"data_key\.wrapped"):
        root.take(sqlite_db, Keys(OLD))
    with pytest.raises(Unsealable, match="which is not here"):
        Keys(NEW).unwrap(row.wrapped or b"", row.token, row.generation)


async def test_what_lies_beside_the_record_opens_whoever_put_it_there(tmp_path: Path) -> None:
    sent = Envelope("sms", "AC1", "SM1", Kind.MESSAGE, MARTA, b"Body=Nebaj", "Nebaj")
    for putting, bringing in (((OLD,), (NEW, OLD)), ((NEW,), (NEW, OLD)), ((NEW, OLD), (NEW,))):
        spool = Spool(tmp_path / "spool", Keys(*putting))
        spool.prepare()
        await spool.keep(sent, NOW)
        (name,) = spool.names("envelope")
        assert (spool.folder / name).read_bytes().startswith(BESIDE)
        other = Spool(spool.folder, Keys(*bringing))
        assert other.envelope(name) == (sent, NOW)
        with pytest.raises(Unreadable):
            Spool(spool.folder, Keys(b"3" * 32)).envelope(name)
        spool.remove([name])
    with pytest.raises(Unsealable):
        KEYS.open_beside(KEYS.seal_beside(b"x", "a")[:-1], "a")
    assert KEYS.open_beside(KEYS.seal(b"of before", "a"), "a") == b"of before"
