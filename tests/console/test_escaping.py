"""Whatever people write anywhere, no page runs it, loads it or breaks on it."""

from html.parser import HTMLParser
from typing import Any

import pytest
from sqlmodel import Session, SQLModel, select

from bot.console import DOORS
from models.appointment import Appointment
from models.assignment import Assignment, Offer
from models.base import SealedText
from models.broadcast import Broadcast, Recipient
from models.case import Case
from models.document import DocumentRequest
from models.evidence import Evidence
from models.gate import Gate
from models.inbox import Heard, Inbox
from models.outbox import Outbox
from models.person import Address, Link, Person
from models.regrouping import Regrouping
from models.staff import Staff
from models.task import Task, TaskNote
from models.trail import Trail
from models.whereabouts import Whereabouts
from tests.console.desk import Desk
from tests.console.story import Day
from tests.console.test_doors import address

ATTACK = "<script src=//x.example></script>\"'><img src=x onerror=alert(1)>{{7*7}}\ud83d\u202e"
PLAIN = ATTACK.replace("\ud83d", "?")
TABLES: tuple[type[SQLModel], ...] = (
    Address,
    Appointment,
    Assignment,
    Broadcast,
    Case,
    DocumentRequest,
    Evidence,
    Heard,
    Link,
    Offer,
    Outbox,
    Person,
    Recipient,
    Regrouping,
    Staff,
    Task,
    TaskNote,
    Trail,
    Whereabouts,
)
UNSEALED = {
    Assignment: ("language_needed", "budget"),
    Gate: ("reason",),
    Evidence: ("mime_declared", "quality", "failure", "kind"),
    Heard: ("note",),
    Inbox: ("error", "kind"),
    Outbox: ("reason", "code"),
}
KEPT_AS_THEY_ARE = {
    ("regrouping", "kept"),
    ("outbox", "options"),
    ("evidence", "locator"),
    ("whereabouts", "pin"),
}


class Tags(HTMLParser):
    """Every element of a page, and every attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))


def everything_hostile(s: Session) -> None:
    """Put the attack into every field that holds words."""
    s.connection().exec_driver_sql("DROP TRIGGER trail_no_update")  # a burglar would do so too
    tables: tuple[Any, ...] = (*TABLES, Inbox, Gate)
    for table in tables:
        sealed = [
            column.name
            for column in table.__table__.columns
            if isinstance(column.type, SealedText)
            and (table.__tablename__, column.name) not in KEPT_AS_THEY_ARE
        ]
        plain: tuple[str, ...] = UNSEALED.get(table, ())
        for row in s.exec(select(table)):
            for name in sealed:
                setattr(row, name, ATTACK)
            for name in plain:
                setattr(row, name, PLAIN[:40])
            s.add(row)


def judge(page: str) -> None:
    """Look for anything that a stranger's words could have put into a page."""
    tags = Tags()
    tags.feed(page)
    for tag, attributes in tags.elements:
        assert tag not in {"iframe", "object", "embed", "style", "base"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        source: Any = attributes.get("src") or ""
        assert not source or source.startswith("/console/")
        assert (attributes.get("href") or "/").partition(":")[0] != "javascript"
    assert [tag for tag, _ in tags.elements].count("script") == 2


READ = [door for door in DOORS if door.method == "GET" and door.path not in {"/live", "/here"}]
PAGES = [door for door in READ if not door.path.startswith("/files/{file}/")]


@pytest.mark.parametrize("door", PAGES, ids=lambda door: door.path)
async def test_words_stay_words_on_every_page(desk: Desk, day: Day, door: Any):
    desk.write(everything_hostile)
    async with desk.browser("marisol") as browser:
        answer = await browser.get(address(door, day))
        if answer.status_code == 303:
            return
        assert answer.status_code == 200
        judge(answer.text)


async def test_hostile_pages_really_hold_the_words(desk: Desk, day: Day):
    desk.write(everything_hostile)
    async with desk.browser("marisol") as browser:
        for path in (f"/console/cases/{day.case.reference}", f"/console/people/{day.marta.id}"):
            assert "&lt;script src=//x.example&gt;" in (await browser.get(path)).text


POSTS = [door for door in DOORS if door.method == "POST" and door.path != "/sign-out"]
FIELDS = [
    "username",
    "password",
    "then",
    "draft",
    "language",
    "reference",
    "program",
    "country",
    "summary",
    "sought",
    "guarded",
    "lawyer_id",
    "parent_id",
    "kind",
    "municipality",
    "language_needed",
    "due",
    "budget",
    "details",
    "documents",
    "person_ids",
    "type",
    "person_id",
    "slot_1",
    "slot_2",
    "state",
    "established",
    "note",
    "standing",
    "verdict",
    "name",
    "role",
    "via",
    "wire",
    "text",
    "address_id",
    "key",
    "title",
    "body_es",
    "body_en",
    "number",
    "step",
    "looked_at",
    "reason",
    "decision",
    "trust",
    "quiet",
    "other",
    "moved",
    "new_wire",
    "why",
    "mark",
]


@pytest.mark.parametrize("door", POSTS, ids=lambda door: door.path)
async def test_words_stay_words_when_a_form_is_shown_again(desk: Desk, day: Day, door: Any):
    hostile = dict.fromkeys(FIELDS, PLAIN + "\x00")
    async with desk.browser("" if door.path == "/sign-in" else "marisol") as browser:
        await browser.get("/console/sign-in")
        answer = await browser.post(address(door, day), **hostile)
        assert answer.status_code in {303, 422}
        if answer.status_code == 422:
            judge(answer.text)


async def test_an_invite_shows_a_link_that_only_links(desk: Desk, day: Day):
    desk.write(everything_hostile)
    async with desk.browser("marisol") as browser:
        answer = await browser.post(f"/console/people/{day.rosa.id}/invites", via="telegram")
        assert answer.status_code == 201
        judge(answer.text)
        assert "<svg" in answer.text
