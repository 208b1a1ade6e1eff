"""A case's timeline: words in and out, files, and acts, merged by time, newest first.

Four tables are read side by side, each below its own mark, so that going back through a long case
costs the same at every step.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlmodel import Session, col, select

from bot.console.records import looks
from bot.console.records.people import names
from bot.console.records.slices import readable
from models.evidence import Evidence
from models.inbox import Heard
from models.outbox import Outbox
from models.staff import Staff
from models.trail import Trail

PAGE = 60
LOOKS = ("evidence.viewed", "evidence.downloaded")  # shown with the file itself
# Who looked is in the trail, and would bury what was done; a task is shown as such.
UNSHOWN = (*LOOKS, *looks.ALL, "file.looked_at", "task.needed")


class Kind(Enum):
    """What a line of the timeline is."""

    HEARD = "heard"
    SAID = "said"
    FILE = "file"
    ACT = "act"


@dataclass(frozen=True)
class Entry:
    """One line. The row it is of, whose it is, and the files that came with it."""

    kind: Kind
    at: datetime
    id: int
    row: Heard | Outbox | Evidence | Trail
    who: str
    files: tuple[Evidence, ...] = ()
    author: str = ""  # which human wrote it, where one did


@dataclass(frozen=True)
class Marks:
    """How far back each table was read."""

    heard: int | None = None
    said: int | None = None
    file: int | None = None
    act: int | None = None

    def pack(self) -> str:
        """Write the marks for an address."""
        raw = json.dumps([self.heard, self.said, self.file, self.act])
        return urlsafe_b64encode(raw.encode()).decode().rstrip("=")

    @classmethod
    def unpack(cls, text: str) -> "Marks":
        """Read marks from an address. Raises `ValueError` for anything else."""
        raw = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(raw, list) or len(raw) != 4:  # noqa: PLR2004 - one a table
            raise ValueError("These are not marks of a timeline.")
        if any(not (mark is None or (type(mark) is int and 0 <= mark < 2**63)) for mark in raw):
            raise ValueError("These are not marks of a timeline.")
        return cls(*raw)


@dataclass(frozen=True)
class Stretch:
    """A part of a timeline, newest first, and the marks to go on below, if there is more."""

    entries: tuple[Entry, ...]
    next: Marks | None


def of_case(s: Session, case_id: int, marks: Marks | None = None, *, most: int = PAGE) -> Stretch:
    """Read a case's timeline."""
    marks = marks or Marks()
    heard = _newest(s, Heard, marks.heard, most, Heard.case_id == case_id)
    said = _newest(s, Outbox, marks.said, most, Outbox.case_id == case_id)
    alone = col(Evidence.inbox_id).is_(None)  # the others are shown with the message they came in
    files = _newest(s, Evidence, marks.file, most, Evidence.case_id == case_id, alone)
    shown = col(Trail.act).not_in(UNSHOWN)
    acts = _newest(s, Trail, marks.act, most, Trail.case_id == case_id, shown)
    return merge(s, heard, said, files, acts, marks, most)


def merge(
    s: Session,
    heard: Sequence[Heard],
    said: Sequence[Outbox],
    files: Sequence[Evidence],
    acts: Sequence[Trail],
    marks: Marks,
    most: int,
) -> Stretch:
    """Put rows of the four tables in one order, and say whose they are."""
    people = names(
        s,
        [
            *(row.person_id for row in heard),
            *(row.person_id for row in said),
            *(row.person_id for row in files),
            *(_number(row.actor, "person:") for row in acts),
        ],
    )
    staff = staff_names(
        s, [*(row.written_by for row in said), *(_number(row.actor, "staff:") for row in acts)]
    )
    came = _files_with(s, heard)
    entries = [
        *(
            Entry(
                Kind.HEARD,
                row.received_at,
                row.id or 0,
                row,
                people.get(row.person_id, ""),
                came.get(row.inbox_id, ()),
            )
            for row in heard
        ),
        *(
            Entry(
                Kind.SAID,
                row.created_at,
                row.id or 0,
                row,
                people.get(row.person_id, ""),
                author=staff.get(row.written_by or 0, ""),
            )
            for row in said
        ),
        *(
            Entry(
                Kind.FILE, row.received_at, row.id or 0, row, people.get(row.person_id, ""), (row,)
            )
            for row in files
        ),
        *(
            Entry(Kind.ACT, row.at, row.id or 0, row, actor_name(row.actor, people, staff))
            for row in acts
        ),
    ]
    order = {Kind.HEARD: 0, Kind.FILE: 1, Kind.ACT: 2, Kind.SAID: 3}
    entries.sort(key=lambda entry: (entry.at, order[entry.kind], entry.id), reverse=True)
    kept = entries[:most]
    if len(entries) <= most:
        return Stretch(tuple(kept), None)
    return Stretch(tuple(kept), _marks(kept, marks))


def actor_name(actor: str, people: dict[int, str], staff: dict[int, str]) -> str:
    """Say who acted, by name where it has one."""
    person, member = _number(actor, "person:"), _number(actor, "staff:")
    if person is not None:
        return people.get(person, actor)
    if member is not None:
        return staff.get(member, actor)
    return "" if actor == "bot" else actor


def staff_names(s: Session, ids: Sequence[int | None]) -> dict[int, str]:
    """Give the names of staff by number."""
    wanted = {number for number in ids if number is not None}
    rows = s.exec(select(Staff.id, Staff.name).where(col(Staff.id).in_(wanted)))
    return {number: readable(name) for number, name in rows if number is not None}


def _newest(s: Session, table: Any, below: int | None, most: int, *where: Any) -> list[Any]:
    query = select(table).where(*where).order_by(col(table.id).desc())
    if below is not None:
        query = query.where(col(table.id) < below)
    return list(s.exec(query.limit(most + 1)))


def _files_with(s: Session, heard: Sequence[Heard]) -> dict[int, tuple[Evidence, ...]]:
    inboxes = [row.inbox_id for row in heard if row.files]
    rows = s.exec(
        select(Evidence).where(col(Evidence.inbox_id).in_(inboxes)).order_by(col(Evidence.id))
    )
    found: dict[int, tuple[Evidence, ...]] = {}
    for row in rows:
        if row.inbox_id is not None:
            found[row.inbox_id] = (*found.get(row.inbox_id, ()), row)
    return found


def _marks(kept: Sequence[Entry], before: Marks) -> Marks:
    def lowest(kind: Kind, mark: int | None) -> int | None:
        ids = [entry.id for entry in kept if entry.kind is kind]
        return min(ids) if ids else mark

    return Marks(
        lowest(Kind.HEARD, before.heard),
        lowest(Kind.SAID, before.said),
        lowest(Kind.FILE, before.file),
        lowest(Kind.ACT, before.act),
    )


def _number(actor: str, kind: str) -> int | None:
    rest = actor.removeprefix(kind)
    return int(rest) if rest != actor and rest.isdigit() else None
