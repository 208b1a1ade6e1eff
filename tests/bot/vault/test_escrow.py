"""Copies of the master key: each recipient opens one alone, and it opens the record."""

import json
import stat
from pathlib import Path

import pytest
from sqlmodel import select

from bot import keyholding, settings
from bot.db import Database
from bot.settings import WrongSetting
from bot.vault import escrow
from bot.vault.escrow import Unfit
from bot.wiring import rooted
from models.trail import Trail
from tests.bot import scene


def test_a_copy_opens_for_each_recipient_and_nobody_else() -> None:
    (ana, anas), (luis, luiss), (_eva, evas) = (escrow.recipient() for _ in range(3))
    copy = escrow.sealed("ab" * 32, [ana, luis])
    assert "abab" not in copy
    assert {escrow.opened(copy, one) for one in (anas, luiss)} == {"ab" * 32}
    with pytest.raises(Unfit, match="not sealed to the one"):
        escrow.opened(copy, evas)
    told = json.loads(copy)
    told["for"][0]["sealed"] = told["for"][1]["sealed"]
    for bad in (json.dumps(told), "{}", "[]", "nothing", copy[:-9]):
        with pytest.raises(Unfit):
            escrow.opened(bad, anas)
    for wrong in ("", ana, "enlace-secret-zz", "enlace-secret-" + "ab" * 31):
        with pytest.raises(Unfit, match="must begin with"):
            escrow.opened(copy, wrong)
    for strange in ([], [anas], ["enlace-for-" + "00" * 32]):
        with pytest.raises(Unfit):
            escrow.sealed("ab" * 32, strange)


def test_a_lost_master_key_comes_back_and_opens_the_record(
    sqlite_db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.somebody(sqlite_db, "Marta")
    url = sqlite_db.url.render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "MASTER_KEY": "31" * 32, "DATA_DIR": str(tmp_path)}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    secret, copy, master = (tmp_path / name for name in ("ana.key", "copy.json", "master.key"))
    keyholding.recipient(secret, said.append)
    keyholding.back_up(environment, copy, [said[0]], said.append)
    with pytest.raises(WrongSetting, match="cannot be made"):
        keyholding.back_up(environment, copy, [said[0]], said.append)
    keyholding.restore(copy, secret, master, said.append)
    with pytest.raises(WrongSetting, match="cannot be read"):
        keyholding.restore(tmp_path / "none", secret, master, said.append)
    assert {stat.S_IMODE(one.stat().st_mode) for one in (secret, copy, master)} == {0o600}
    monkeypatch.delenv("MASTER_KEY")
    del environment["MASTER_KEY"]
    rooted(settings.load(environment | {"MASTER_KEY_FILE": str(master)}))
    acts = sqlite_db.read_now(lambda s: s.exec(select(Trail)).all())
    assert (acts[-1].act, acts[-1].detail) == ("keys.backed_up", said[0])
