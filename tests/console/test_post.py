"""The post room: what it shows, and what staff do about it, on the page and through the API."""

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from bot.office import gates
from bot.post import outbox_decisions
from bot.post.phrases import BOOK
from bot.post.spool import OUTCOME, Spool
from models.gate import Gate
from models.inbox import Inbox, InboxState, Lane
from models.outbox import Held, Outbox, OutboxState, Part, Weight
from models.person import Via
from models.staff import Staff
from models.task import Task, TaskKind, TaskState
from models.template import Approval, TemplateRow
from models.trail import Trail
from tests.console.desk import Desk
from tests.console.story import Day

POST = "/console/post"
MINUTE = timedelta(minutes=1)


def section(page: str, name: str) -> str:
    """Cut a section out of the page."""
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def unknown(desk: Desk) -> Outbox:
    return desk.only(Outbox, Outbox.state == OutboxState.UNKNOWN)


def dead(desk: Desk) -> Inbox:
    return desk.only(Inbox, Inbox.state == InboxState.DEAD)


def acts(desk: Desk, beginning: str) -> list[tuple[str, str, str]]:
    return [
        (one.actor, one.act, one.object)
        for one in desk.all(Trail)
        if one.act.startswith(f"{beginning}.")
    ]


async def test_an_empty_post_room_says_what_would_fill_it(desk: Desk):
    async with desk.browser("marisol") as browser:
        page = (await browser.get(POST)).text
    assert page.count('class="empty"') == 4
    assert section(page, "h-waits").count("<b>0</b>") == 3


async def test_everything_that_is_wrong_is_shown_with_whose_it_is_and_why(desk: Desk, day: Day):
    async with desk.browser("marisol") as browser:
        page = (await browser.get(POST)).text
    doubtful, stuck = section(page, "h-doubtful"), section(page, "h-stuck")
    assert f"/console/people/{day.marta.id}#newest" in doubtful
    assert "El proveedor no contestó: puede que sí se haya enviado." in doubtful
    assert "Avísenos cuando llegue." in doubtful
    assert stuck.count("KeyError in bot/post/turns.py:1") == 2
    assert stuck.count(f"/console/people/{day.marta.id}#newest") == 2
    assert "Intentos hasta ahora: 2." in stuck
    gone = section(page, "h-gone")
    assert "El teléfono está apagado o sin señal. (30003)" in gone
    assert gone.count("30003") == 1
    assert "No es como Telegram lo documenta: poll." in section(page, "h-odd")
    assert "tomaron por spam 21 de 300 mensajes" in section(page, "h-shut-1")
    assert 'class="empty"' not in page


async def test_words_that_whatsapp_took_back_are_shown_with_what_they_say(desk: Desk, day: Day):
    def fill(s: Session) -> None:
        for key, approval, category in (
            ("nudge", Approval.PAUSED, "UTILITY"),
            ("offer", Approval.APPROVED, "MARKETING"),
            ("ping", Approval.APPROVED, "UTILITY"),
        ):
            s.add(
                TemplateRow(
                    key=key,
                    language="spa",
                    version=BOOK[key].version,
                    approval=approval,
                    category=category,
                    created_at=desk.clock.at,
                )
            )

    async with desk.browser("marisol") as browser:
        assert "h-amiss" not in (await browser.get(POST)).text
        desk.write(fill)
        amiss = section((await browser.get(POST)).text, "h-amiss")
    assert "Para leerlo, responda ABRIR." in amiss
    assert "Pausada por WhatsApp" in amiss
    assert "contada como marketing" in amiss
    assert amiss.count("<li") == 2
    assert day.marta.id


async def test_what_waits_is_counted_by_channel_and_urgency_with_its_age(desk: Desk, day: Day):
    row = desk.only(Outbox, Outbox.key == "waits")

    def act(s: Session) -> None:
        held = s.get_one(Outbox, row.id)
        held.held = Held.WINDOW

    desk.write(act)
    desk.clock.pass_(3 * MINUTE)
    async with desk.browser("marisol") as browser:
        waits = section((await browser.get(POST)).text, "h-waits")
    counts = [int(number) for number in re.findall(r"<b>(\d+)</b>", waits)]
    pending = desk.all(Outbox, Outbox.state == OutboxState.PENDING)
    assert counts[:4] == [1, len(pending) - 1, 1, 0]
    assert sum(counts[4:]) == len(pending)
    assert "3 min" in waits
    assert "De estos, 1 esperan a que la persona escriba por WhatsApp" in waits
    assert day.marta.id == row.person_id


async def test_what_lies_beside_the_record_and_why_it_takes_no_more_is_said(
    desk: Desk, tmp_path: Path
):
    async with desk.browser("marisol") as browser, desk.program(desk.token("post:read")) as program:
        assert "h-beside" not in (await browser.get(POST)).text
        assert (await program.get("/post")).json()["spool"] is None
        desk.world.spool = spool = Spool(tmp_path / "beside", desk.world.keys)
        spool.prepare()
        assert "h-beside" not in (await browser.get(POST)).text  # nothing is wrong
        for _ in range(3):
            await spool.put(OUTCOME, b"x")
        spool.set_aside(spool.names(OUTCOME)[0])
        said = section((await browser.get(POST)).text, "h-beside")
        assert "Archivos que van a entrar: 2." in said
        assert "Archivos que no se pudieron leer: 1." in said
        assert (await program.get("/post")).json()["spool"] == {
            "waiting": 2,
            "bad": 1,
            "trouble": "",
        }
        shutil.rmtree(spool.folder)
        said = section((await browser.get(POST)).text, "h-beside")
        assert "No recibe archivos" in said
        assert (await program.get("/post")).json()["spool"]["trouble"] in said


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("arrived", OutboxState.ACCEPTED),
        ("repeat", OutboxState.PENDING),
        ("leave", OutboxState.UNKNOWN),
    ],
)
async def test_a_named_human_decides_about_a_message_nobody_knows_of(
    desk: Desk, day: Day, decision: str, state: OutboxState
):
    row = unknown(desk)
    async with desk.browser("marisol") as browser:
        await browser.get(POST)
        answer = await browser.post(f"{POST}/messages/{row.id}", decision=decision)
        page = (await browser.follow(answer)).text
    assert 'role="status"' in page
    assert "Avísenos cuando llegue." not in section(page, "h-doubtful")
    assert desk.only(Outbox, Outbox.id == row.id).state is state
    assert desk.only(Part, Part.outbox_id == row.id).state is state
    assert acts(desk, "message") == [("staff:1", f"message.{decision}", f"outbox:{row.id}")]
    assert day.marta.id == row.person_id


async def test_what_the_bot_still_asks_about_cannot_be_sent_again(desk: Desk, day: Day):
    row = unknown(desk)

    def ask(s: Session) -> None:
        s.get_one(Outbox, row.id).next_at = desk.clock.at

    desk.write(ask)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(POST)).text
        assert 'value="repeat"' not in page
        answer = await browser.post(f"{POST}/messages/{row.id}", decision="repeat")
    assert answer.status_code == 422
    told = desk.world.render(outbox_decisions.ASKING, "spa")
    assert told in answer.text
    assert unknown(desk).id == row.id
    assert day.marta.id


async def test_a_decision_that_is_none_changes_nothing(desk: Desk, day: Day):
    row = unknown(desk)
    async with desk.browser("marisol") as browser:
        await browser.get(POST)
        for decision in ("", "explode"):
            answer = await browser.post(f"{POST}/messages/{row.id}", decision=decision)
            assert answer.status_code == 422
        answer = await browser.post(f"{POST}/messages/99999", decision="leave")
        assert answer.status_code == 404
        known = desk.only(Outbox, Outbox.key == "waits")
        answer = await browser.post(f"{POST}/messages/{known.id}", decision="arrived")
        assert answer.status_code == 422
    assert acts(desk, "message") == []
    assert day.marta.id


async def test_a_parked_envelope_goes_back_into_its_line_once(desk: Desk, day: Day):
    row = dead(desk)
    desk.write(
        lambda s: s.add(
            Task(
                kind=TaskKind.BROKEN,
                cause=f"dead:{row.id}",
                due_at=desk.clock.at,
                created_at=desk.clock.at,
            )
        )
    )
    async with desk.browser("marisol") as browser:
        await browser.get(POST)
        answer = await browser.post(f"{POST}/envelopes/{row.id}")
        page = (await browser.follow(answer)).text
        assert f'action="{POST}/envelopes/' not in page
        twice = await browser.post(f"{POST}/envelopes/{row.id}")
        assert twice.status_code == 422
        assert (await browser.post(f"{POST}/envelopes/99999")).status_code == 404
    assert desk.only(Inbox, Inbox.id == row.id).state is InboxState.NEW
    lane = desk.only(Lane)
    assert (lane.pending, lane.next_at) == (True, desk.clock.at)
    assert acts(desk, "envelope") == [("staff:1", "envelope.replayed", f"inbox:{row.id}")]
    assert desk.only(Task, Task.cause == f"dead:{row.id}").state is TaskState.DONE
    assert day.marta.id


async def test_a_pause_says_how_many_it_holds_and_asks_why_and_is_seen_by_all(desk: Desk):
    marta = desk.person("Marta Ficticia", vias=(Via.SMS,))
    address = desk.address(marta)

    def fill(s: Session) -> None:
        for number in range(7):
            weight = Weight.BROADCAST if number < 4 else Weight.NOTICE
            s.add(
                Outbox(
                    key=str(number),
                    person_id=marta.id or 0,
                    address_id=address.id or 0,
                    via="whatsapp",
                    weight=weight.value,
                    text="x",
                    created_at=desk.clock.at,
                    next_at=desk.clock.at,
                )
            )

    desk.write(fill)
    for kind, holds in (("channel", 7), ("broadcasts", 4)):
        key = f"{kind}:whatsapp"
        async with desk.browser("marisol") as browser:
            page = (await browser.get(f"{POST}/gates/{key}")).text
            assert f"Pausar ({holds} en espera)" in page
            silent = await browser.post(f"{POST}/gates/{key}/pause", reason="  ")
            assert silent.status_code == 422
            assert desk.read(lambda s: gates.closed(s, desk.clock.at)) == frozenset()
            answer = await browser.post(f"{POST}/gates/{key}/pause", reason="Cambia el número.")
            page = (await browser.follow(answer)).text
            shut = section(page, "h-shut-1")
            assert "Marisol Ficticia" in shut
            assert "Cambia el número." in shut
            assert f": {holds}</p>" in shut
            page = (await browser.get(f"{POST}/gates/{key}")).text
            assert f"Reanudar ({holds} en espera)" in page
            await browser.follow(await browser.post(f"{POST}/gates/{key}/resume"))
            again = await browser.post(f"{POST}/gates/{key}/resume")
            assert again.status_code == 422
    assert acts(desk, "gate") == [
        ("staff:1", "gate.shut", "channel:whatsapp"),
        ("staff:1", "gate.opened", "channel:whatsapp"),
        ("staff:1", "gate.shut", "broadcasts:whatsapp"),
        ("staff:1", "gate.opened", "broadcasts:whatsapp"),
    ]


async def test_what_providers_pause_is_named_and_can_be_resumed_but_not_paused(desk: Desk):
    keys = [gates.of_template("offer.spa.1"), gates.of_region("sms", "+505"), "odd"]
    later = desk.clock.at + 30 * MINUTE

    def act(s: Session) -> None:
        for key in keys:
            gates.shut(s, key, "63041", desk.clock.at, until=later)

    desk.write(act)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(POST)).text
        assert "offer.spa.1" in section(page, "h-shut-3")
        assert "+505" in section(page, "h-shut-2")
        for key in keys:
            page = (await browser.get(f"{POST}/gates/{key}")).text
            assert "el bot" in page
            answer = await browser.post(f"{POST}/gates/{key}/resume")
            assert answer.status_code == 303
            assert (await browser.get(f"{POST}/gates/{key}")).status_code == 404
            answer = await browser.post(f"{POST}/gates/{key}/pause", reason="x")
            assert answer.status_code == 404
    assert desk.read(lambda s: gates.closed(s, desk.clock.at)) == frozenset()


async def test_a_reader_sees_the_post_and_is_offered_no_act(desk: Desk, day: Day):
    async with desk.browser("lector") as browser:
        page = (await browser.get(POST)).text
    assert "El proveedor no contestó" in page
    main = page.partition("<main")[2]
    assert "<form" not in main
    assert "/console/post/" not in main
    assert day.marta.id


async def test_older_failures_are_a_page_further(desk: Desk):
    marta = desk.person("Marta Ficticia")
    address = desk.address(marta)

    def fill(s: Session) -> None:
        for number in range(52):
            s.add(
                Outbox(
                    key=str(number),
                    person_id=marta.id or 0,
                    address_id=address.id or 0,
                    via="whatsapp",
                    text="x",
                    state=OutboxState.FAILED,
                    created_at=desk.clock.at,
                )
            )

    desk.write(fill)
    async with desk.browser("marisol") as browser:
        first = (await browser.get(POST)).text
        link = first.partition('class="older"><a href="')[2].partition('"')[0]
        second = (await browser.get(f"{POST}{link}")).text
    assert section(first, "h-gone").count('class="strong"') == 50
    assert section(second, "h-gone").count('class="strong"') == 2


async def test_in_english_the_room_is_english(desk: Desk, day: Day):
    def speak(s: Session) -> None:
        s.get_one(Staff, 1).language = "eng"

    desk.write(speak)
    async with desk.browser("marisol") as browser:
        page = (await browser.get(POST)).text
    assert "Nobody knows whether it arrived" in page
    assert day.marta.id


# --- the same through the API ---------------------------------------------------------------------


async def test_programs_read_how_the_post_stands(desk: Desk, day: Day):
    async with desk.program(desk.token("post:read")) as program:
        post = (await program.get("/post")).json()
        assert post["envelopes"] == 1
        assert (post["lanes"], post["resting"]) == (1, 1)
        assert (post["dead"], post["odd"]) == (1, 1)
        assert {"state": "unknown", "count": 1}.items() <= next(
            one.items() for one in post["messages"] if one["state"] == "unknown"
        )
        assert post["unknown_parts"] == {"whatsapp": 1}
        (shut,) = post["gates"]
        assert (shut["key"], shut["by"]) == ("broadcasts:sms", "")
        assert (await program.get("/gates")).json()["items"] == [shut]
        wrong = (await program.get("/post/messages?state=unknown")).json()["items"]
        assert [(one["person_id"], one["state"]) for one in wrong] == [(day.marta.id, "unknown")]
        both = (await program.get("/post/messages?limit=1")).json()
        assert len(both["items"]) == 1
        rest = (await program.get(f"/post/messages?cursor={both['next']}")).json()
        assert [one["state"] for one in (*both["items"], *rest["items"])] == ["unknown", "failed"]
        parked = (await program.get("/envelopes?state=dead")).json()["items"]
        assert [(one["state"], one["person_id"]) for one in parked] == [("dead", day.marta.id)]
        assert len((await program.get("/envelopes")).json()["items"]) == 2


async def test_programs_decide_and_replay_once_for_a_key(desk: Desk, day: Day):
    message, envelope = unknown(desk), dead(desk)
    token = desk.token("post:write", staff_id=1)
    steps: list[tuple[str, Any]] = [
        (f"/messages/{message.id}/decision", {"decision": "repeat"}),
        (f"/envelopes/{envelope.id}/replay", None),
    ]
    async with desk.program(token) as program:
        for path, body in steps:
            headers = {"Idempotency-Key": f"once-{path}"}
            first = await program.post(path, json=body, headers=headers)
            again = await program.post(path, json=body, headers=headers)
            assert (first.status_code, again.json()) == (200, first.json())
            refused = await program.post(path, json=body)
            assert refused.status_code == 422
            assert refused.json()["type"] == "urn:enlace:problem:refused"
        assert (await program.post("/envelopes/99999/replay")).status_code == 404
        answer = await program.post("/messages/99999/decision", json={"decision": "leave"})
        assert answer.status_code == 404
    assert acts(desk, "message") == [("staff:1", "message.repeat", f"outbox:{message.id}")]
    assert acts(desk, "envelope") == [("staff:1", "envelope.replayed", f"inbox:{envelope.id}")]
    assert day.marta.id


async def test_programs_pause_and_resume_in_somebody_s_name(desk: Desk):
    token = desk.token("post:write", staff_id=1)
    until = (desk.clock.at + 60 * MINUTE).isoformat()
    async with desk.program(token) as program:
        for wrong, status in (
            ({"reason": ""}, 422),
            ({"reason": "  "}, 422),
            ({"reason": "x", "until": (desk.clock.at - MINUTE).isoformat()}, 422),
            ({"reason": "x", "until": "2026-12-01T00:00:00"}, 422),
        ):
            assert (await program.put("/gates/channel:sms", json=wrong)).status_code == status
        assert (await program.put("/gates/odd", json={"reason": "x"})).status_code == 404
        assert desk.all(Gate) == []
        shut = await program.put("/gates/channel:sms", json={"reason": "Lunch.", "until": until})
        assert shut.status_code == 200
        assert shut.json()["by"] == "Marisol Ficticia"
        assert shut.json()["until"].startswith(until[:19])
        opened = await program.delete("/gates/channel:sms")
        assert (opened.status_code, opened.json()["items"]) == (200, [])
        assert (await program.delete("/gates/channel:sms")).status_code == 422
