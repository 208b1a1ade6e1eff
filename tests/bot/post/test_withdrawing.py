"""Who takes back what they allowed is heard at once, whatever else the message is."""

from pathlib import Path

from sqlmodel import Session, select

from bot.db import Database
from models.grant import Grant, GrantAct, Purpose
from models.person import Role, Via
from models.task import TaskKind
from tests.bot import here, scene
from tests.bot.post.counter import Office, office_of, sms


def taken_back(office: Office) -> int:
    def act(s: Session) -> int:
        return len(s.exec(select(Grant.id).where(Grant.act == GrantAct.REVOKED)).all())

    return office.db.read_now(act)


def said(office: Office) -> list[str]:
    return [row.text for row in scene.messages(office.db)]


async def test_everything_is_taken_back_at_once_and_confirmed_once(
    sqlite_db: Database, tmp_path: Path
):
    office = office_of(sqlite_db, tmp_path)
    person = scene.somebody(sqlite_db, via=Via.SMS, role=Role.PARENT)
    await office.comes(sms(1, "retiro mi permiso"))
    await office.works()
    assert taken_back(office) == len(Purpose)
    done = "Listo: ya no usamos sus datos. Una persona se encarga de borrarlos."
    assert said(office) == [done]
    (task,) = scene.tasks(sqlite_db)
    assert (task.kind, task.person_id) == (TaskKind.FORGET, person)
    # These words are a stop as well: it is the stop that is confirmed.
    await office.comes(sms(2, "borren mis datos"))
    await office.works()
    assert taken_back(office) == 2 * len(Purpose)
    stopped = "Listo: no le escribiremos más; si algún día quiere, escriba VOLVER."
    assert said(office) == [done, stopped]
    # Also of somebody who has stopped it is kept, and nothing is said.
    await office.comes(sms(3, "retiro mi permiso"))
    await office.works()
    assert taken_back(office) == 3 * len(Purpose)
    assert said(office) == [done, stopped]
    await here.closed(office.world)
