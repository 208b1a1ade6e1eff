"""Tasks: what waits for a human, and what became of it."""

from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import live
from bot.console.doors import Doors
from bot.console.records import tasks
from bot.console.records.found import NotFound, the_task
from bot.console.visit import Visit
from bot.office.tasks import finish
from models.task import TaskKind, TaskState
from models.text import _

doors = Doors()


@doors.get("/tasks")
async def listing(visit: Visit) -> Response:
    """List what waits, the most pressing first; or what is done, the newest first."""
    visit.form.values["kind"] = [visit.asked("kind")]
    kind = visit.form.choice("kind", TaskKind)
    visit.form.errors.clear()
    done = visit.asked("show") == "done"

    def gather(s: Session) -> dict[str, object]:
        if not done:
            waiting = tasks.waiting(s, kind=kind, most=200)
            return {"lines": waiting, "older": "", "live": live.address(s, "all")}
        part = tasks.listing(s, TaskState.DONE, below=visit.cursor())
        query = urlencode({"show": "done", "before": str(part.next)})
        return {"lines": part.items, "older": f"?{query}" if part.next else "", "live": ""}

    return visit.page(
        "tasks.html", **await visit.read(gather), done=done, kind=kind, kinds=list(TaskKind)
    )


@doors.get("/tasks/{task}")
async def sheet(visit: Visit) -> Response:
    """Show a task."""
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


async def _sheet(visit: Visit) -> Response:
    number = visit.number("task")

    def gather(s: Session) -> tasks.Line:
        line = tasks.find(s, number)
        if line is None:
            raise NotFound
        return line

    return visit.again("task.html", line=await visit.read(gather))
