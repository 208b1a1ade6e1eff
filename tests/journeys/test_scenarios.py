"""Scenarios of the reference over real sockets: who writes first (E18), two are needed (E12)."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.simulator.remote import Phone, Phones
from tests.world import Staff, Town, coordinator_token, count, town

FATHER = "+50499990118"
STORY = "buenas me dijeron q aqui ayudan a los q les quitaron los niños alla en el norte"
TELLING = ("hij", "niñ", "HN-0119", "Honduras", "deport", "busca", "caso")
BODY = "Necesitamos 2 personas para tomar declaraciones en q'eqchi' esta semana. ¿Puede?"


@asynccontextmanager
async def a_town(root: Path, url: str) -> AsyncIterator[tuple[Town, Staff, Phones]]:
    """Give a deployment at which somebody answers on every day, from midnight to midnight."""
    async with (
        town(root, url) as place,
        Staff(place.url, coordinator_token(place)) as staff,
        Phones(place.simulator) as phones,
    ):
        body = {"staff_id": 1, "weekdays": list(range(7)), "begins": 0, "ends": 1440}
        await staff.post("/on-call/shifts", **body, zone="America/Guatemala")
        yield place, staff, phones


async def enrolled(staff: Staff, name: str, role: str, via: str, wire: str, country: str) -> int:
    """Write somebody down."""
    made = await staff.post(
        "/people",
        name=name,
        role=role,
        country=country,
        language="spa",
        address={"via": via, "wire": wire},
    )
    number: int = made["id"]
    return number


async def test_a_father_who_writes_first_and_a_call_for_two_of_many(
    tmp_path: Path, sqlite_url: str
) -> None:
    """One town for both: to build it takes longer than to live in it."""
    async with a_town(tmp_path, sqlite_url) as (place, staff, phones):
        await e18_who_writes_first_reaches_a_human_and_hears_nothing_of_our_search(staff, phones)
        await e12_two_are_needed_and_a_kill_in_the_middle_asks_nobody_twice(place, staff, phones)


async def e18_who_writes_first_reaches_a_human_and_hears_nothing_of_our_search(
    staff: Staff, phones: Phones
) -> None:
    """He is met and offered a call; only staff hear that he may be somebody they look for."""
    sought = await enrolled(staff, "Tomás Novela", "parent", "sms", FATHER, "HN")
    await staff.post(
        "/cases",
        reference="HN-0119",
        program="family_sep",
        country="HN",
        summary="Buscar a un padre.",
        sought="Tomás Novela",
        parent_id=sought,
    )
    book = {"name": "Chepe", "phone": FATHER, "channels": ["whatsapp"], "started": True}
    await phones.book([book])
    father = phones.whatsapp(FATHER)
    await father.says(STORY)
    hello = await father.hears("¿Es seguro hablar por aquí?")
    assert "Una persona le responde" in hello["text"]
    assert "es gratis" in hello["text"]
    await father.says("1")
    await father.hears("¿A qué hora?")
    await father.says("1")
    await father.hears("Nunca pedimos dinero")
    for one in await father.thread():
        if one["author"] != "person":
            assert not [word for word in TELLING if word in one["text"]], one["text"]
    found = await staff.until("/tasks", lambda page: len(page["items"]) == 2)
    tasks = {one["kind"]: one for one in found["items"]}
    assert tasks["lead"]["case"] == "HN-0119"
    assert tasks["lead"]["person_id"] == tasks["intake"]["person_id"] != sought
    assert STORY in tasks["intake"]["detail"]
    assert tasks["intake"]["told_by"] is not None


async def e12_two_are_needed_and_a_kill_in_the_middle_asks_nobody_twice(
    place: Town, staff: Staff, phones: Phones
) -> None:
    """Who is away is left out by name, and the third yes is thanked."""
    names = ("Marta", "Rosa", "Lucía", "Irma", "Elena", "Sara")
    wires = {name: f"+5025555{n:04d}" for n, name in enumerate(names, 1)}
    await phones.book(
        [{"name": name, "phone": wire, "channels": ["sms"]} for name, wire in wires.items()]
    )
    phone = {name: phones.sms(wire) for name, wire in wires.items()}
    ids = {
        name: await enrolled(staff, name, "defender", "sms", wire, "GT")
        for name, wire in wires.items()
    }
    today = datetime.now(UTC).date()
    days = {"first": str(today - timedelta(days=1)), "last": str(today + timedelta(days=1))}
    await staff.post(f"/people/{ids['Sara']}/leave", **days)
    code = await _sent(staff, list(ids.values()), but=ids["Sara"])
    place.kill()
    place.start()
    await place.up()
    for name in names[:5]:
        await phone[name].hears(BODY)
    await _says(phone["Marta"], "yo puedo", "sabe que puede")
    await _says(phone["Rosa"], "👍", "sabe que puede")
    await _says(phone["Lucía"], "si yo puedo", "le tendremos en cuenta")
    await _says(phone["Irma"], "no", "Gracias")
    board = await staff.until(
        f"/broadcasts/{code}", lambda found: sum(found["replies"].values()) == 4
    )
    assert board["replies"] == {"yes": 3, "no": 1}
    assert board["excluded"] == {"on_leave": 1}
    rows = (await staff.get(f"/broadcasts/{code}/recipients"))["items"]
    late = [one["person_id"] for one in rows if one["late"]]
    assert late == [ids["Lucía"]]
    _a_day_passes(place)
    await staff.until(f"/broadcasts/{code}", lambda found: found["remind_at"] is None)
    for name in names[:5]:
        assert count(await phone[name].thread(), BODY) == 1, name
    assert await phone["Sara"].thread() == []


async def _sent(staff: Staff, ids: list[int], *, but: int) -> str:
    made = await staff.post(
        "/broadcasts", title="Declaraciones", body_es=BODY, person_ids=ids, wanted=2
    )
    code: str = made["code"]
    audience: Any = await staff.get(f"/broadcasts/{code}/audience")
    why = {one["person_id"]: one["exclusion"] for one in audience["items"]}
    assert [person for person, reason in why.items() if reason == "on_leave"] == [but]
    await staff.post(f"/broadcasts/{code}/confirmation", number=audience["gets"])
    return code


async def _says(phone: Phone, words: str, answer: str) -> None:
    await phone.says(words)
    await phone.hears(answer)


def _a_day_passes(place: Town) -> None:
    """Say in the record that it is time to remind."""
    at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.000000")
    file = place.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, timeout=10)) as record, record:
        record.execute("UPDATE broadcast SET remind_at = ?", (at,))
