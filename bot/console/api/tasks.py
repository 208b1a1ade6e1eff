"""Tasks: what waits for a human, and what became of it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Cursor, Limit, Page, RowId, Words, pack, unpack
from bot.console.records import tasks
from bot.console.records.found import NotFound, the_task
from bot.office.tasks import finish
from models.task import TaskKind, TaskState

router = APIRouter(prefix="/tasks", tags=["tasks"])


class TaskOut(BaseModel):
    """One thing to do."""

    id: int
    kind: TaskKind
    state: TaskState
    case: str | None
    person_id: int | None
    detail: Words
    due_at: datetime
    created_at: datetime
    done_at: datetime | None
    done_by: int | None
    done_note: Words


class DoneIn(BaseModel):
    """What was done."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(min_length=1, max_length=1000)]


@router.get("", summary="List tasks")
async def listing(
    caller: Annotated[Caller, may("tasks:read")],
    state: TaskState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TaskOut]:
    """Give tasks, the newest first."""
    below = unpack(cursor)
    found = await caller.read(lambda s: tasks.listing(s, state, below=below, most=limit))
    return Page(items=[_task(line) for line in found.items], next=pack(found.next))


@router.post("/{task_id}/done", summary="Mark a task done", response_model=TaskOut)
async def done(
    task_id: RowId, body: DoneIn, caller: Annotated[Caller, may("tasks:write")], once: Once
) -> JSONResponse:
    """Mark a task done, in the name of the staff account that the token belongs to."""

    def act(s: Session) -> TaskOut:
        finish(s, the_task(s, task_id), caller.human, body.note, caller.now)
        s.flush()
        line = tasks.find(s, task_id)
        if line is None:
            raise NotFound
        return _task(line)

    return await create(caller, once, act, status=200)


def _task(line: tasks.Line) -> TaskOut:
    task = line.task
    return TaskOut(
        id=task.id or 0,
        kind=task.kind,
        state=task.state,
        case=line.case.reference if line.case else None,
        person_id=task.person_id,
        detail=task.detail,
        due_at=task.due_at,
        created_at=task.created_at,
        done_at=task.done_at,
        done_by=task.done_by,
        done_note=task.done_note,
    )
