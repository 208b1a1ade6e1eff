"""What waits behind WhatsApp's closed hours, over real sockets: nudge, ABRIR, answer."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.simulator.remote import Phone, Phones
from tests.world import Staff, Town, coordinator_token, count, town

MARTA = "+50255550101"
BODY = "¿Quién puede tomar una declaración en q'eqchi' esta semana?"
OWN = "Marta, soy Ana. ¿Me puede llamar hoy?"


async def test_a_message_waits_behind_the_nudge_until_she_opens_it_and_answers(
    tmp_path: Path, sqlite_url: str
) -> None:
    """She wrote last 25 hours ago, and the simulated WhatsApp holds us to its 24.

    A coordinator's own words wait behind the same nudge.
    """
    async with (
        town(tmp_path, sqlite_url) as place,
        Staff(place.url, coordinator_token(place)) as staff,
        Phones(place.simulator) as phones,
    ):
        await phones.faults("twilio", whatsapp_window=True)
        marta, person = await _enrolled(staff, phones)
        _last_heard(place, hours=25)
        code = await _broadcast(staff, person)
        nudge = await marta.hears("Para leerlo, responda ABRIR.")
        assert code not in nudge["text"]
        assert "declaraci" not in nudge["text"]
        await staff.post("/messages", person_id=person, text=OWN)
        await marta.taps("ABRIR")
        await marta.hears(OWN)
        await marta.hears(BODY)
        await marta.says("yo puedo")
        await marta.hears("Gracias")
        board = await staff.until(f"/broadcasts/{code}", lambda found: found["replies"])
        assert board["replies"] == {"yes": 1}
        thread = await marta.thread()
        assert (count(thread, "ABRIR"), count(thread, BODY)) == (2, 1)  # the nudge, and her press
        assert (await staff.get("/tasks"))["items"] == []


async def _enrolled(staff: Staff, phones: Phones) -> tuple[Phone, int]:
    name = "Marta Ficticia"
    await phones.book([{"name": name, "phone": MARTA, "channels": ["whatsapp"]}])
    made = await staff.post(
        "/people",
        name=name,
        role="defender",
        country="GT",
        language="spa",
        address={"via": "whatsapp", "wire": MARTA},
    )
    return phones.whatsapp(MARTA), made["id"]


async def _broadcast(staff: Staff, person: int) -> str:
    made = await staff.post("/broadcasts", title="Declaración", body_es=BODY, person_ids=[person])
    code: str = made["code"]
    await staff.post(f"/broadcasts/{code}/confirmation", number=1)
    return code


def _last_heard(place: Town, *, hours: float) -> None:
    """Say in the record when everybody last wrote."""
    at = (datetime.now(UTC) - timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S.000000")
    file = place.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, timeout=10)) as record, record:
        record.execute("UPDATE address SET last_heard_at = ?", (at,))
