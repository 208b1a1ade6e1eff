"""Tasks: what waits for a human, whose it is, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import live
from bot.console.doors import Doors
from bot.console.records import duty, looks, tasks
from bot.console.records.found import NotFound, the_account, the_task
from bot.console.records.tasks import Whose
from bot.console.visit import Visit
from bot.office.duty import hands
from bot.office.tasks import finish
from models.task import Task, TaskKind, TaskState, Urgency
from models.text import _

doors = Doors()


@doors.get("/tasks")
async def listing(visit: Visit) -> Response:
    """List what waits, the most pressing first; or what is done, the newest first."""
    await visit.looks(*looks.at_list("tasks"))
    visit.form.values["kind"] = [visit.asked("kind")]
    visit.form.values["whose"] = [visit.asked("whose")]
    kind = visit.form.choice("kind", TaskKind)
    whose = visit.form.choice("whose", Whose) or Whose.ALL
    visit.form.errors.clear()
    done = visit.asked("show") == "done"

    def gather(s: Session) -> dict[str, object]:
        if not done:
            waiting = tasks.waiting(s, visit.now, kind=kind, whose=whose, me=visit.my_id, most=200)
            return {"lines": waiting, "older": "", "live": live.address(s, "all")}
        part = tasks.listing(s, TaskState.DONE, below=visit.cursor())
        query = urlencode({"show": "done", "before": str(part.next)})
        return {"lines": part.items, "older": f"?{query}" if part.next else "", "live": ""}

    return visit.page(
        "tasks.html",
        **await visit.read(gather),
        done=done,
        kind=kind,
        kinds=list(TaskKind),
        whose=whose,
        all_of=list(Whose),
        query=urlencode({"whose": whose.value, **({"kind": kind.value} if kind else {})}),
    )


@doors.get("/tasks/{task}")
async def sheet(visit: Visit) -> Response:
    """Show a task."""
    number = visit.number("task")
    await visit.looks(looks.TASK, f"task:{number}", looks.at_task(number))
    return await _sheet(visit)


@doors.post("/tasks/{task}")
async def done(visit: Visit) -> Response:
    """Mark a task done, as the one who is signed in."""
    note = visit.form.words("note", need=_("Write what you did, so that others know."), most=1000)
    number = visit.number("task")
    if not visit.form.fine:
        return await _sheet(visit)

    def act(s: Session) -> int:
        finish(s, the_task(s, number), visit.my_id, note, visit.now)
        return number

    await visit.write(act)
    return visit.go("/console/tasks", done="task-done")


@doors.post("/tasks/{task}/hand")
async def hand(visit: Visit) -> Response:
    """Take a task, give it, put it off, say how pressing it is, write about it, or undo."""
    number, typed = visit.number("task"), _typed(visit)
    if not visit.form.fine:
        return await _sheet(visit)

    def act(s: Session) -> bool:
        _do(s, the_task(s, number), typed, visit)
        return True

    if await visit.attempt(act) is None:
        return await _sheet(visit)
    return visit.go(f"/console/tasks/{number}", done=f"task-{typed.what}")


@dataclass(frozen=True)
class Typed:
    """What is to become of a task: of the rest, only what that needs."""

    what: str
    owner_id: int = 0
    urgency: Urgency = Urgency.WAITS
    until: datetime | None = None
    words: str = ""


def _typed(visit: Visit) -> Typed:
    form, what = visit.form, visit.form.raw("act")
    match what:
        case "take":
            return Typed(what, visit.my_id)
        case "give":
            return Typed(what, form.number("owner", need=_("Choose whose it is.")) or 0)
        case "urgency":
            need = _("Choose how pressing it is.")
            return Typed(what, urgency=form.choice("urgency", Urgency, need=need) or Urgency.WAITS)
        case "snooze":
            until = form.moment("until", visit.reader.zone, now=visit.now)
            if until is None:
                form.wrong("until", _("Choose until when it is put off."))
            return Typed(what, until=until)
        case "note":
            need = _("Write the note.")
            return Typed(what, words=form.words("words", need=need, most=1000))
        case "leave" | "back" | "reopen":
            return Typed(what)
        case _:
            form.wrong("", _("Choose one of the list."))
            return Typed(what)


def _do(s: Session, task: Task, typed: Typed, visit: Visit) -> None:
    now, actor = visit.now, visit.actor
    match typed.what:
        case "take" | "give":
            hands.give(s, task, the_account(s, typed.owner_id), now, actor)
        case "leave":
            hands.give(s, task, None, now, actor)
        case "urgency":
            hands.press(s, task, typed.urgency, now, actor)
        case "snooze" | "back":
            hands.snooze(s, task, typed.until, now, actor)
        case "note":
            hands.write(s, task, typed.words, visit.my_id, now)
        case _:
            hands.reopen(s, task, now, actor)


async def _sheet(visit: Visit) -> Response:
    number = visit.number("task")

    def gather(s: Session) -> dict[str, object]:
        line = tasks.find(s, number)
        if line is None:
            raise NotFound
        return {
            "line": line,
            "notes": tasks.notes(s, number),
            "accounts": duty.accounts(s) if visit.may_act else [],
            "put_off": _put_off(line.task, visit),
        }

    return visit.again("task.html", **await visit.read(gather), urgencies=list(Urgency))


def _put_off(task: Task, visit: Visit) -> bool:
    return task.snoozed_until is not None and task.snoozed_until > visit.now
