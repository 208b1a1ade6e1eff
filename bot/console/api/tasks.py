"""Tasks: what waits for a human, whose it is, and what became of it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session
from starlette.responses import JSONResponse

from bot.console.api.callers import Caller, may
from bot.console.api.creations import Once, create
from bot.console.api.lists import Cursor, Limit, Page, RowId, Words, pack, unpack
from bot.console.records import looks, tasks
from bot.console.records.found import NotFound, the_account, the_task
from bot.console.records.tasks import Whose
from bot.office.duty import hands
from bot.office.tasks import finish
from bot.vault import trail
from models.task import TaskKind, TaskState, Urgency

router = APIRouter(prefix="/tasks", tags=["tasks"])


class TaskOut(BaseModel):
    """One thing to do."""

    id: int
    kind: TaskKind
    state: TaskState
    case: str | None
    person_id: int | None
    detail: Words
    urgency: Urgency
    owner_id: int | None
    due_at: datetime
    told_by: datetime | None
    snoozed_until: datetime | None
    created_at: datetime
    done_at: datetime | None
    done_by: int | None
    done_note: Words


class DoneIn(BaseModel):
    """What was done."""

    model_config = ConfigDict(extra="forbid")

    note: Annotated[str, Field(min_length=1, max_length=1000)]


class HandIn(BaseModel):
    """What to change. What is left out stays; null takes an owner or a delay away.

    `state` may only be set to open: it undoes that the task was done.
    """

    model_config = ConfigDict(extra="forbid")

    owner_id: RowId | None = None
    urgency: Urgency | None = None
    snoozed_until: AwareDatetime | None = None
    state: Literal["open"] | None = None


class NoteIn(BaseModel):
    """Something for the others."""

    model_config = ConfigDict(extra="forbid")

    words: Annotated[str, Field(min_length=1, max_length=1000)]


class NoteOut(BaseModel):
    """What somebody wrote about a task."""

    id: int
    staff_id: int | None
    words: Words
    created_at: datetime


class TaskSheet(TaskOut):
    """A task with its notes, the oldest first."""

    notes: list[NoteOut] = []


@router.get("", summary="List tasks")
async def listing(
    caller: Annotated[Caller, may("tasks:read")],
    state: TaskState | None = None,
    whose: Whose | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TaskOut]:
    """Give tasks, the newest first; `whose` gives only some of those that wait."""
    await caller.looks(*looks.at_list("tasks"))
    below = unpack(cursor)
    mine, now = caller.token.staff_id, caller.now
    where = tasks.which(whose, mine, now) if whose is not None else []
    found = await caller.read(
        lambda s: tasks.listing(s, state, where=where, below=below, most=limit)
    )
    return Page(items=[_task(line) for line in found.items], next=pack(found.next))


@router.get("/{task_id}", summary="Look at a task")
async def sheet(task_id: RowId, caller: Annotated[Caller, may("tasks:read")]) -> TaskSheet:
    """Give a task with what was written about it."""
    await caller.looks(looks.TASK, f"task:{task_id}", looks.at_task(task_id))
    return await caller.read(lambda s: _sheet(s, task_id))


@router.patch("/{task_id}", summary="Take a task, give it, put it off, or open it again")
async def hand(
    task_id: RowId, body: HandIn, caller: Annotated[Caller, may("tasks:write")]
) -> TaskSheet:
    """Change whose a task is, how pressing, until when it is put off, or that it was done."""
    given, now, actor = body.model_fields_set, caller.now, trail.by_staff(caller.human)

    def act(s: Session) -> TaskSheet:
        task = the_task(s, task_id)
        if body.state is not None:
            hands.reopen(s, task, now, actor)
        if body.urgency is not None:
            hands.press(s, task, body.urgency, now, actor)
        if "owner_id" in given:
            owner = the_account(s, body.owner_id) if body.owner_id is not None else None
            hands.give(s, task, owner, now, actor)
        if "snoozed_until" in given:
            hands.snooze(s, task, body.snoozed_until, now, actor)
        s.flush()
        return _sheet(s, task_id)

    changed = await caller.world.db.write(act)
    caller.world.ring()
    return changed


@router.post(
    "/{task_id}/notes", status_code=201, summary="Write about a task", response_model=TaskSheet
)
async def write(
    task_id: RowId, body: NoteIn, caller: Annotated[Caller, may("tasks:write")], once: Once
) -> JSONResponse:
    """Keep a note for the others."""

    def act(s: Session) -> TaskSheet:
        hands.write(s, the_task(s, task_id), body.words, caller.human, caller.now)
        return _sheet(s, task_id)

    return await create(caller, once, act)


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


def _sheet(s: Session, task_id: int) -> TaskSheet:
    line = tasks.find(s, task_id)
    if line is None:
        raise NotFound
    notes = [
        NoteOut(
            id=one.note.id or 0,
            staff_id=one.note.staff_id,
            words=one.note.words,
            created_at=one.note.created_at,
        )
        for one in tasks.notes(s, task_id)
    ]
    return TaskSheet(**_task(line).model_dump(), notes=notes)


def _task(line: tasks.Line) -> TaskOut:
    task = line.task
    return TaskOut(
        id=task.id or 0,
        kind=task.kind,
        state=task.state,
        case=line.case.reference if line.case else None,
        person_id=task.person_id,
        detail=task.detail,
        urgency=task.urgency,
        owner_id=task.owner_id,
        due_at=task.due_at,
        told_by=task.told_by,
        snoozed_until=task.snoozed_until,
        created_at=task.created_at,
        done_at=task.done_at,
        done_by=task.done_by,
        done_note=task.done_note,
    )
