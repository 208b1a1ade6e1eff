"""Approvals: what is missing is asked for once, and what WhatsApp says of it has consequences."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select
from starlette.applications import Starlette
from starlette.routing import Mount

from bot.db import Database
from bot.office import gates
from bot.post import templates
from bot.post.phrases import BOOK, LANGUAGES
from bot.post.templates import Templates
from bot.simulator import Simulator
from bot.simulator.remote import Phones
from channels._twilio_contents import Approval as Told
from models.outbox import Held, Outbox
from models.template import Approval, TemplateRow
from tests.bot import here, scene
from tests.bot.here import Clock
from tests.channels.desk import ACCOUNT, TOKEN
from tests.simulator.conftest import free, serving, settings_for

COUNT = len(BOOK) * len(LANGUAGES)
MAKE, SUBMIT = "POST /v1/Content", "POST /v1/Content/{sid}/ApprovalRequests/whatsapp"
LIST = "GET /v1/ContentAndApprovals"


@dataclass
class Registry:
    """A process that looks after our phrases, and the simulated Twilio that it asks."""

    db: Database
    clock: Clock
    templates: Templates
    phones: Phones
    url: str

    async def works(self, **later: float) -> None:
        """Let time pass, and have it look."""
        self.clock.goes_on(**later)
        await self.templates.work()

    async def says(self, **switches: object) -> None:
        """Have WhatsApp, or Twilio, behave otherwise from now on."""
        await self.phones.faults("twilio", **switches)

    async def asked(self, name: str) -> int:
        """How often Twilio was asked for something."""
        return sum(one["name"] == name for one in await self.phones.log(limit=500))

    def rows(self) -> list[TemplateRow]:
        """What is known of our phrases."""

        def act(s: Session) -> list[TemplateRow]:
            found = list(s.exec(select(TemplateRow).order_by(col(TemplateRow.id))))
            s.expunge_all()
            return found

        return self.db.read_now(act)

    def states(self) -> set[Approval]:
        """What WhatsApp says of them."""
        return {row.approval for row in self.rows()}

    def waiting(self, template: str = "") -> int:
        """Put a message that waits behind closed hours, and give its number."""
        person = scene.somebody(self.db, wire=f"+502555500{len(scene.messages(self.db)):02}")
        number = scene.put(self.db, person, f"k{person}")

        def hold(row: Outbox) -> None:
            row.held, row.template = Held.WINDOW, template
            row.next_at = scene.later(hours=24)

        scene.change(self.db, number, hold)
        return number


@pytest.fixture
async def registry(db: Database, tmp_path: Path) -> AsyncIterator[Registry]:
    """Give a process that has registered nothing yet."""
    port = free()
    url = f"http://127.0.0.1:{port}/simulator"
    settings = settings_for(tmp_path / "simulator", url, f"http://127.0.0.1:{port}")
    simulator = Simulator(replace(settings, account_sid=ACCOUNT, auth_token=TOKEN))
    app = Starlette(routes=[Mount("/simulator", simulator.app)])
    async with serving(app, port), Phones(url) as phones:
        clock = Clock()
        world = here.world(db, tmp_path, provider=f"{url}/twilio", clock=clock)
        yield Registry(db, clock, Templates(world), phones, f"{url}/twilio")
        await here.closed(world)


async def test_what_is_missing_is_made_submitted_and_approved(registry: Registry) -> None:
    await registry.works()
    assert await registry.asked(MAKE) == await registry.asked(SUBMIT) == COUNT
    assert len(registry.rows()) == COUNT
    assert registry.states() == {Approval.APPROVED}
    assert all(row.content_sid.startswith("HX") for row in registry.rows())
    assert scene.tasks(registry.db) == []


async def test_what_is_there_is_looked_at_each_hour_and_not_made_again(registry: Registry) -> None:
    await registry.works()
    looks = await registry.asked(LIST)
    await registry.works(minutes=59)
    assert await registry.asked(LIST) == looks
    await registry.works(minutes=1)
    assert await registry.asked(LIST) == looks + 1
    assert await registry.asked(MAKE) == COUNT


async def test_another_deployment_takes_what_is_there_already(registry: Registry) -> None:
    """Its record is new; Twilio knows the phrases by their names."""
    await registry.works()
    registry.db.write_now(lambda s: s.connection().execute(sa.delete(TemplateRow)))
    await registry.works()
    assert await registry.asked(MAKE) == COUNT
    assert registry.states() == {Approval.APPROVED}


async def test_two_processes_register_once(registry: Registry, tmp_path: Path) -> None:
    other = here.world(registry.db, tmp_path, provider=registry.url, clock=registry.clock)
    await asyncio.gather(registry.templates.work(), Templates(other).work())
    await here.closed(other)
    assert await registry.asked(MAKE) == COUNT
    assert len(registry.rows()) == COUNT


async def test_a_process_that_ends_in_the_middle_is_followed_by_the_next(
    registry: Registry,
) -> None:
    """It had taken all of them, and made some."""
    registry.db.write_now(lambda s: templates._take(registry.clock.time, s))
    await registry.works()
    assert await registry.asked(MAKE) == 0
    await registry.works(minutes=5)
    assert registry.states() == {Approval.APPROVED}


async def test_while_whatsapp_has_not_decided_it_is_asked_more_often(registry: Registry) -> None:
    await registry.says(approval="pending")
    await registry.works()
    assert registry.states() == {Approval.PENDING}
    number = registry.waiting("offer")
    await registry.says()
    await registry.works(minutes=5)
    assert registry.states() == {Approval.APPROVED}
    assert scene.message(registry.db, number).next_at == registry.clock.time


async def test_only_what_waited_for_these_words_goes(registry: Registry) -> None:
    await registry.says(approval="pending")
    await registry.works()
    number = registry.waiting()
    await registry.says()
    await registry.works(minutes=5)
    assert scene.message(registry.db, number).next_at == scene.later(hours=24)


@pytest.mark.parametrize(
    ("state", "approval"),
    [
        ("rejected", Approval.REJECTED),
        ("paused", Approval.PAUSED),
        ("disabled", Approval.DISABLED),
    ],
)
async def test_staff_hear_what_may_go_no_more(
    registry: Registry, state: str, approval: Approval
) -> None:
    name = BOOK["offer"].friendly_name("spa")
    await registry.works()
    await registry.says(approvals={name: state})
    await registry.works(hours=1)
    await registry.works(hours=1)
    changed = [row for row in registry.rows() if row.approval is approval]
    assert [(row.key, row.language) for row in changed] == [("offer", "spa")]
    (task,) = scene.tasks(registry.db)
    assert task.detail.startswith(f"WhatsApp {state} the words «{name}».")


async def test_staff_hear_when_whatsapp_counts_approved_words_as_advertising(
    registry: Registry,
) -> None:
    """It may do so at any time, and says so only when it is asked."""
    name = BOOK["offer"].friendly_name("spa")
    await registry.works()
    assert registry.db.read_now(templates.amiss) == []
    await registry.says(categories={name: "MARKETING"})
    await registry.works(hours=1)
    await registry.works(hours=1)
    assert registry.states() == {Approval.APPROVED}
    (task,) = scene.tasks(registry.db)
    assert task.detail.startswith(f"WhatsApp now counts the words «{name}» as marketing.")
    found = registry.db.read_now(lambda s: [(one.key, one.category) for one in templates.amiss(s)])
    assert found == [("offer", "MARKETING")]
    await registry.says(categories={})
    await registry.works(hours=1)
    assert registry.db.read_now(templates.amiss) == []
    assert len(scene.tasks(registry.db)) == 1


async def test_words_paused_between_two_looks_are_seen_among_what_is_amiss(
    registry: Registry,
) -> None:
    await registry.works()
    await registry.says(approvals={BOOK["nudge"].friendly_name("eng"): "paused"})
    await registry.works(hours=1)
    found = registry.db.read_now(lambda s: [(one.key, one.language) for one in templates.amiss(s)])
    assert found == [("nudge", "eng")]


async def test_words_that_whatsapp_refuses_come_back_with_its_reason(registry: Registry) -> None:
    await registry.says(approval="rejected")
    await registry.works()
    assert registry.states() == {Approval.REJECTED}
    assert {row.reason for row in registry.rows()} == {"NONE"}
    assert len(scene.tasks(registry.db)) == COUNT


async def test_a_failed_template_is_looked_at_at_once_and_its_gate_opens_when_it_may_go_again(
    registry: Registry,
) -> None:
    name = BOOK["offer"].friendly_name("spa")
    key = gates.of_template(BOOK["offer"].name("spa"))
    await registry.works()
    await registry.says(approvals={name: "paused"})

    def came_back(s: Session) -> None:
        gates.shut(s, key, "63041", registry.clock.time)
        templates.recheck(s)

    registry.db.write_now(came_back)
    await registry.works(seconds=1)
    assert Approval.PAUSED in registry.states()
    assert registry.db.read_now(lambda s: gates.closed(s, registry.clock.time)) == {key}
    await registry.says()
    await registry.works(hours=1)
    assert registry.states() == {Approval.APPROVED}
    assert registry.db.read_now(lambda s: gates.closed(s, registry.clock.time)) == frozenset()


async def test_when_twilio_does_not_answer_it_is_asked_again_soon(registry: Registry) -> None:
    await registry.says(unavailable=1)
    await registry.works()
    assert registry.states() == {Approval.UNSUBMITTED}
    await registry.says()
    await registry.works(minutes=4)
    assert registry.states() == {Approval.UNSUBMITTED}
    await registry.works(minutes=1)
    assert registry.states() == {Approval.APPROVED}


async def test_what_twilio_made_without_saying_so_is_found(registry: Registry) -> None:
    """The answer to the first creation is lost; nothing is made twice."""
    await registry.says(fail_after=1, fail_how="cut", times={"fail_after": 1})
    for _ in range(3):
        await registry.works(minutes=5)
    assert registry.states() == {Approval.APPROVED}
    assert await registry.asked(MAKE) == COUNT


async def test_a_content_that_was_deleted_at_twilio_is_made_anew(registry: Registry) -> None:
    await registry.works()
    line = registry.templates._line
    assert line is not None
    client = await line._rest.open()
    sid = registry.rows()[0].content_sid
    assert await client.content.v1.contents(sid).delete_async()
    await registry.works(hours=1)
    assert registry.states() == {Approval.APPROVED}
    assert registry.rows()[0].content_sid != sid


async def test_without_whatsapp_nothing_is_asked(registry: Registry, tmp_path: Path) -> None:
    world = here.world(registry.db, tmp_path, provider=registry.url)
    world.channels = {"sms": world.channels["sms"]}
    assert await Templates(world).work() is False
    assert registry.rows() == []
    await here.closed(world)


async def test_words_that_twilio_itself_refuses_are_reported_and_the_others_go_on(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(BOOK["ping"], buttons=(BOOK["nudge"].buttons[0],) * 2)
    monkeypatch.setattr(templates, "BOOK", {**BOOK, "ping": wrong})
    await registry.works()
    states = {(row.key, row.approval) for row in registry.rows()}
    assert ("ping", Approval.REJECTED) in states
    assert ("offer", Approval.APPROVED) in states
    details = [task.detail for task in scene.tasks(registry.db)]
    assert len(details) == len(LANGUAGES)
    assert all("20001" in detail for detail in details)


def test_of_two_contents_of_one_name_the_approved_one_is_taken() -> None:
    def told(sid: str, status: str) -> Told:
        return Told("x", sid, "es", status)

    for order in ((0, 1), (1, 0)):
        both = [told("HX1", "rejected"), told("HX2", "approved")]
        assert templates._by_name([both[n] for n in order])["x"].sid == "HX2"


async def test_a_state_nobody_knows_is_not_yet_a_yes(registry: Registry) -> None:
    await registry.works()

    def act(s: Session) -> None:
        row = s.exec(select(TemplateRow)).first()
        assert row is not None
        phrase = BOOK[row.key]
        one = templates.Wanted(row.id or 0, phrase, row.language)
        templates._keep(one, Told(one.name, "HX1", "es", "in_appeal"), scene.NOW, s)

    registry.db.write_now(act)
    assert registry.states() == {Approval.APPROVED, Approval.PENDING}
    assert timedelta() < templates.SOON < templates.HOUR
