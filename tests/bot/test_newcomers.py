"""People of a file at the command: shown, brought in by somebody, or refused line by line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from bot import newcomers
from bot.cli import app
from bot.db import Database
from bot.office import staff
from bot.settings import WrongSetting
from models.person import Person
from models.staff import Duty
from models.trail import Trail
from tests.bot.conftest import MASTER

FILE = """Nombre;Rol;País;Idioma;WhatsApp
Marta Ficticia;Defensora;Guatemala;Mam;5557 0001
Rosa Ficticia;abogada;México;español;55 1234 5678
"""


@pytest.fixture
def environment(record_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    settings = {
        "DATABASE_URL": record_url,
        "DATA_DIR": str(tmp_path),
        "MASTER_KEY": MASTER.hex(),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def run(environment: dict[str, str], text: str, **how: object) -> str:
    file = Path(environment["DATA_DIR"]) / "people.csv"
    file.write_text(text, "utf-8")
    said: list[str] = []
    options = {"yes": False, "by": "", "language": "en", **how}
    newcomers.bring_in(environment, file, said.append, **options)  # type: ignore[arg-type]
    return "\n".join(said)


def hire(db: Database, username: str, duty: Duty = Duty.COORDINATOR) -> None:
    now = datetime.now(UTC)
    db.write_now(
        lambda s: staff.add_staff(s, username, username.title(), "una frase larga", duty, now)
    )


def names(db: Database) -> list[str]:
    return sorted(person.name for person in db.read_now(lambda s: s.exec(select(Person)).all()))


def test_a_file_is_shown_first_then_brought_in_once_in_somebodys_name(
    environment: dict[str, str], db: Database
):
    shown = run(environment, FILE)
    assert (
        "People who would join the record: 2.\nDefender, Guatemala: 1\nLawyer, Mexico: 1" in shown
    )
    assert "Line 2: Marta Ficticia, Mam, America/Guatemala. WhatsApp …001" in shown
    assert shown.endswith("run this again with --yes.")
    assert "55570001" not in shown.replace(" ", "")
    assert names(db) == []
    with pytest.raises(WrongSetting, match="Say it with --as"):
        run(environment, FILE, yes=True)
    hire(db, "ana")
    assert run(environment, FILE, yes=True) == "People who joined the record: 2."
    assert names(db) == ["Marta Ficticia", "Rosa Ficticia"]
    again = run(environment, FILE, yes=True, language="es")
    assert again.splitlines() == [
        "Personas que entraron en el registro: 0.",
        "Ya están en el registro y quedan como están: 2.",
    ]
    assert len(names(db)) == 2
    by = db.read_now(lambda s: s.exec(select(Trail.actor).where(Trail.act == "person.added")).all())
    assert by == ["staff:1", "staff:1"]


def test_only_a_coordinator_brings_people_in(environment: dict[str, str], db: Database):
    hire(db, "ana")
    hire(db, "eva")
    hire(db, "lee", Duty.READER)
    for by, why in (("", "Say it with --as"), ("lee", "may read"), ("nadie", "no staff account")):
        with pytest.raises(WrongSetting, match=why):
            run(environment, FILE, yes=True, by=by)
    assert names(db) == []
    run(environment, FILE, yes=True, by="eva")
    assert len(names(db)) == 2


def test_one_bad_line_keeps_everybody_out_and_each_is_named(
    environment: dict[str, str], db: Database
):
    hire(db, "ana")
    bad = FILE + "Eva Ficticia;jefa;GT;mam;12\n"
    with pytest.raises(WrongSetting) as refused:
        run(environment, bad, yes=True)
    assert [line.partition(": ")[0] for line in str(refused.value).splitlines()] == [
        "Line 4, Rol",
        "Line 4, WhatsApp",
        "Nobody was brought in. Faults",
    ]
    assert "+52" not in str(refused.value)
    assert names(db) == []


def test_the_command_names_a_file_that_is_not_there(environment: dict[str, str]):
    missing = f"{environment['DATA_DIR']}/none.csv"
    result = CliRunner().invoke(app, ["people", "import", missing])
    assert isinstance(result.exception, WrongSetting)
    assert "none.csv cannot be read" in str(result.exception)
