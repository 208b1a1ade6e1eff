"""Scenarios of the reference over real sockets, as their people would write them.

Who writes first (E18), two are needed (E12); a stop, no stop and coming back (E10), a wrong
number (E6), danger (E9); an offer taken with typos (E1), a first contact with somebody who was
swindled before (E5), a polite no (E2).
"""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from bot.simulator.remote import Phone, Phones
from bot.simulator.twilio.segments import segments
from tests.world import Staff, Town, coordinator_token, count, town

FATHER = "+50499990118"
STORY = "buenas me dijeron q aqui ayudan a los q les quitaron los niños alla en el norte"
TELLING = ("hij", "niñ", "HN-0119", "Honduras", "deport", "busca", "caso")
DETAILS = "Preguntar en la alcaldía auxiliar por los libros de 2018."
BODY = "Necesitamos 2 personas para tomar declaraciones en q'eqchi' esta semana. ¿Puede?"
WAY = "Buscamos quien lleve papeles a Nebaj. ¿Puede?"
REMINDED = "Le preguntamos otra vez, por si no lo vio."


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
    later = {name: ids[name] for name in ("Marta", "Irma")}
    await e12_only_the_silent_is_reminded_the_next_day(place, staff, phone, later)


async def e12_only_the_silent_is_reminded_the_next_day(
    place: Town, staff: Staff, phone: dict[str, Phone], ids: dict[str, int]
) -> None:
    """As many as can are wanted: whoever has not answered is asked once more."""
    made = await staff.post(
        "/broadcasts", title="Traslado", body_es=WAY, person_ids=list(ids.values())
    )
    code = made["code"]
    await staff.post(f"/broadcasts/{code}/confirmation", number=2)
    for name in ids:
        await phone[name].hears(WAY)
    await _says(phone["Marta"], "yo puedo el viernes", "sabe que puede")
    await staff.until(f"/broadcasts/{code}", lambda found: sum(found["replies"].values()) == 1)
    _a_day_passes(place)
    await phone["Irma"].hears(REMINDED)
    await staff.until(f"/broadcasts/{code}", lambda found: found["remind_at"] is None)
    assert count(await phone["Irma"].thread(), WAY) == 2
    assert count(await phone["Marta"].thread(), WAY) == 1


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


async def test_who_wants_no_more_words_who_is_somebody_else_and_who_is_in_danger(
    tmp_path: Path, sqlite_url: str
) -> None:
    """One town for the three in which the bot must fall silent."""
    async with a_town(tmp_path, sqlite_url) as (place, staff, phones):
        await e10_a_stop_is_one_on_every_channel_and_only_her_own_word_lifts_it(staff, phones)
        await e6_a_wrong_number_is_asked_pardon_and_left_in_peace(staff, phones)
        await e9_the_agreed_words_end_all_that_goes_to_her(place, staff, phones)


async def e10_a_stop_is_one_on_every_channel_and_only_her_own_word_lifts_it(
    staff: Staff, phones: Phones
) -> None:
    """He stops on one channel and is left in peace on both; what looks like a stop is none."""
    chepe, rosa, marta = "+50255551001", "+50255551002", "+50255551003"
    await phones.book(
        [
            {"name": "Chepe", "phone": chepe, "channels": ["whatsapp", "sms"]},
            {"name": "Rosa", "phone": rosa, "channels": ["sms"]},
            {"name": "Marta", "phone": marta, "channels": ["sms"]},
        ]
    )
    person = await enrolled(staff, "Chepe Novela", "defender", "whatsapp", chepe, "GT")
    sms = {"via": "sms", "wire": chepe}
    sheet = await staff.post(f"/people/{person}/addresses", **sms)
    by_sms = next(one["id"] for one in sheet["addresses"] if one["via"] == "sms")
    on_whatsapp, on_sms = phones.whatsapp(chepe), phones.sms(chepe)
    # 1. Heard on one channel, confirmed there once.
    await on_whatsapp.says("ya no me escriban por favor")
    listo = await on_whatsapp.hears("Listo")
    assert listo["text"] == "Listo: no le escribiremos más; si algún día quiere, escriba VOLVER."
    # 2. What is due by the other channel is kept back, and staff read why.
    why = await staff.refused("/messages", person_id=person, text="¿Pudo ir?", address_id=by_sms)
    assert "has asked for no more messages" in why
    made = await staff.post("/broadcasts", title="Aviso", body_es=BODY, person_ids=[person])
    seats = (await staff.get(f"/broadcasts/{made['code']}/audience"))["items"]
    assert [seat["exclusion"] for seat in seats] == ["stopped"]
    # 3. An ordinary message lifts nothing: a human reads it.
    await on_whatsapp.says("quien era?")
    await _read_by_staff(staff, "unplaced", person, "quien era?")
    assert (await staff.get(f"/people/{person}"))["stopped_at"] is not None
    assert await on_whatsapp.words() == [listo["text"]]
    assert await on_sms.thread() == []
    # 4. Their own word does, on whichever channel.
    await on_sms.says("volver")
    await on_sms.hears("Ya podemos escribirle otra vez.")
    assert (await staff.get(f"/people/{person}"))["stopped_at"] is None
    # 5, 6. What only looks like a stop is none.
    other = await enrolled(staff, "Rosa Inventada", "defender", "sms", rosa, "GT")
    for words in ("no paren la busqueda porfavor", "es alto, moreno, con gorra"):
        await phones.sms(rosa).says(words)
        await _read_by_staff(staff, "unplaced", other, words)
    assert (await staff.get(f"/people/{other}"))["stopped_at"] is None
    await _the_carrier_shuts_us_out(staff, phones, marta)


async def _the_carrier_shuts_us_out(staff: Staff, phones: Phones, wire: str) -> None:
    """7. She texts «cancel»: the carrier answers and blocks us, and only her START opens it."""
    marta = phones.sms(wire)
    person = await enrolled(staff, "Marta Ficticia", "defender", "sms", wire, "GT")
    await marta.says("cancel")
    await staff.until(f"/people/{person}", lambda sheet: sheet["stopped_at"])
    assert await marta.words() == []  # the carrier has answered
    # By phone she says that she wants to go on. Staff record it; that lifts no carrier's block.
    await staff.post(
        f"/people/{person}/consents",
        step="record",
        purpose="be_contacted_again",
        act="granted",
        version="call-1",
        language="spa",
        medium="call",
        giver="individual",
        words="Sí, escríbanme.",
    )
    await staff.post("/messages", person_id=person, text="¿Cómo le fue?")
    found = await staff.until("/tasks", lambda page: _tasks(page, "not_sent", person))
    assert "have them text START" in _tasks(found, "not_sent", person)[0]["detail"]
    (address,) = (await staff.get(f"/people/{person}"))["addresses"]
    assert address["blocked_at"] is not None
    refused = await staff.refused("/messages", person_id=person, text="¿Y ahora?")
    assert "no address this person can be written to" in refused
    await marta.says("START")
    await staff.until(f"/people/{person}", lambda sheet: not sheet["addresses"][0]["blocked_at"])
    # Who holds a phone that was shut for a while is to be shown anew; then what waits goes.
    await staff.post("/messages", person_id=person, text="Gracias por volver.")
    await marta.hears("una persona de nuestro equipo va a confirmar que es usted")
    await staff.put(f"/people/{person}/addresses/{address['id']}/proof")
    await marta.hears("Gracias por volver.")
    lines = (await staff.get("/messages", person_id=person))["items"]
    assert [one["state"] for one in lines if "le fue" in one["what"]] == ["failed"]
    assert count(await marta.thread(), "le fue") == 0  # nor is it tried again


async def e6_a_wrong_number_is_asked_pardon_and_left_in_peace(staff: Staff, phones: Phones) -> None:
    """The number is theirs no more for us; what she writes later goes to a human."""
    wire = "+50377770601"
    await phones.book([{"name": "Carmen", "phone": wire, "channels": ["sms"]}])
    rosa = await enrolled(staff, "Rosa Segunda", "defender", "sms", wire, "SV")  # she has it too
    sought = await enrolled(staff, "Tomás Novela", "parent", "sms", wire, "SV")
    await _reached_out_to(staff, "SV-0601", "SV", sought)
    carmen = phones.sms(wire)
    await carmen.hears("¿Es seguro hablar ahora?")
    said = "Numero ekivocado yo soy doña Carmen no conosco a nadie"
    await carmen.says(said)
    sorry = await carmen.hears("Disculpe la molestia. No le volveremos a escribir.")
    assert sorry["text"] == "Disculpe la molestia. No le volveremos a escribir."
    found = await staff.until("/tasks", lambda page: _tasks(page, "wrong_person", sought))
    assert said in _tasks(found, "wrong_person", sought)[0]["detail"]
    (conflict,) = _tasks(await staff.get("/tasks"), "conflict", rosa)
    assert "Carmen" not in conflict["detail"]
    assert (await staff.get(f"/people/{rosa}"))["addresses"][0]["doubt"] == "contradicted"
    sheet = await staff.get(f"/people/{sought}")
    assert [one["trust"] for one in sheet["addresses"]] == ["disproved"]
    assert sheet["name"] == "Tomás Novela"
    why = await staff.refused("/messages", person_id=sought, text="¿Nos llama?")
    assert "no address this person can be written to" in why
    before = await carmen.words()
    await carmen.says("de que se trata?")
    await staff.until(
        "/tasks", lambda page: [one for one in page["items"] if "de que se" in one["detail"]]
    )
    assert await carmen.words() == before
    assert (await staff.get("/people", search="Carmen"))["items"] == []  # her name is no record


async def e9_the_agreed_words_end_all_that_goes_to_her(
    place: Town, staff: Staff, phones: Phones
) -> None:
    """A bland word, silence on every channel, and whoever is on call is woken with a code only."""
    lupe, ana, rosa = "+525555550901", "+50255550909", "+50255550903"
    await phones.book(
        [
            {"name": "Lupe", "phone": lupe, "channels": ["whatsapp", "sms"], "started": True},
            {"name": "Ana", "phone": ana, "channels": ["sms"]},
            {"name": "Rosa", "phone": rosa, "channels": ["sms"]},
        ]
    )
    person = await enrolled(staff, "Lupe Imaginaria", "defender", "whatsapp", lupe, "MX")
    await staff.post(f"/people/{person}/addresses", via="sms", wire=lupe)
    woken = await enrolled(staff, "Ana Coordina", "staff", "sms", ana, "GT")
    other = await enrolled(staff, "Rosa Segunda", "defender", "sms", rosa, "GT")
    await staff.put(f"/people/{woken}/on-call")
    await staff.put(f"/people/{person}/duress", phrases=["¿todavía venden tamales?"])
    await _offered(staff, "MX-0901", "MX", [person])
    on_whatsapp, on_sms = phones.whatsapp(lupe), phones.sms(lupe)
    await on_whatsapp.hears("MX-0901")
    made = await staff.post("/broadcasts", title="Aviso", body_es=BODY, person_ids=[person, other])
    await staff.post(f"/broadcasts/{made['code']}/confirmation", number=2)
    await phones.sms(rosa).hears(BODY)  # it is on its way; hers waits until her talk is over
    await on_whatsapp.says("todavia benden tamales")
    await on_whatsapp.hears("Gracias, por ahora no. Buen día.")
    alarm = await phones.sms(ana).hears("Alerta de seguridad")
    assert f"P-{person}" in alarm["text"]
    for told in ("Lupe", lupe, "MX-0901", "tamales"):
        assert told not in alarm["text"]
    before = await on_whatsapp.words()
    assert before[-1] == "Gracias, por ahora no. Buen día."
    await on_whatsapp.says("hola, ya puedo. si la tomo")
    await _read_by_staff(staff, "danger", person, "ya puedo")
    why = await staff.refused("/messages", person_id=person, text="¿Está bien?")
    assert "frozen" in why
    again = await staff.post("/broadcasts", title="Otro", body_es=BODY, person_ids=[person])
    seats = (await staff.get(f"/broadcasts/{again['code']}/audience"))["items"]
    assert [seat["exclusion"] for seat in seats] == ["frozen"]
    assert await on_whatsapp.words() == before
    assert count(await on_whatsapp.thread(), BODY) == 0
    assert await on_sms.thread() == []
    await _two_thaw(place, staff, person)


async def _two_thaw(place: Town, staff: Staff, person: int) -> None:
    """One of staff alone ends no freeze, however often."""
    for _time in range(2):
        assert await staff.delete(f"/people/{person}/freeze") == {"thawed": False}
    place.command("staff", "add", "berta", "--name", "Berta", typed="otra-clave-muy-larga\n")
    words = ("--scope", "people:read", "--scope", "people:write", "--as", "berta")
    token = place.command("token", "create", *words, "--label", "two").strip()
    async with Staff(place.url, token) as second:
        assert await second.delete(f"/people/{person}/freeze") == {"thawed": True}
    assert (await staff.get(f"/people/{person}"))["frozen_at"] is None


async def test_an_offer_taken_with_typos_a_wary_father_and_a_polite_no(
    tmp_path: Path, sqlite_url: str
) -> None:
    """One town for the three in which somebody is asked."""
    async with a_town(tmp_path, sqlite_url) as (_place, staff, phones):
        await e1_an_offer_behind_closed_hours_is_taken_with_typos_and_a_question(staff, phones)
        await e5_a_father_who_was_swindled_checks_us_and_picks_an_hour(staff, phones)
        await e2_a_polite_no_closes_just_that_and_nothing_reminds_her(staff, phones)


async def e1_an_offer_behind_closed_hours_is_taken_with_typos_and_a_question(
    staff: Staff, phones: Phones
) -> None:
    """She has never written to us, so approved words ask her; she takes it and asks in one line."""
    marta, rosa = "+50255550101", "+50255550102"
    await phones.book(
        [
            {"name": "Marta", "phone": marta, "channels": ["whatsapp"]},
            {"name": "Rosa", "phone": rosa, "channels": ["sms"]},
        ]
    )
    await phones.faults("twilio", whatsapp_window=True)
    one = await enrolled(staff, "Marta Ficticia", "defender", "whatsapp", marta, "GT")
    two = await enrolled(staff, "Rosa Inventada", "defender", "sms", rosa, "GT")
    await _offered(staff, "GT-0417", "GT", [one, two], details=DETAILS)
    phone, late = phones.whatsapp(marta), phones.sms(rosa)
    asked = await phone.hears("GT-0417")
    for part in ("Marta", "Todos Santos Cuchumatán", "mam", "5 dic"):
        assert part in asked["text"]
    await late.hears("GT-0417")
    await phone.says("si la agaro 417 cuanto dan d viaticos")
    yours = await phone.hears("GT-0417 queda a su cargo")
    assert "Gracias, Marta" in yours["text"]
    assert "Coordinación ya tiene su pregunta" in yours["text"]
    found = await staff.until("/tasks", lambda page: _tasks(page, "question", one))
    assert "viaticos" in _tasks(found, "question", one)[0]["detail"]
    assert _tasks(found, "details", one) == []  # the link gives them
    await _read_once(yours["text"].rpartition(" ")[2])
    await late.hears("ya se cubr")
    assert await _offers(staff, "GT-0417") == {one: "accepted", two: "covered"}
    assert len(await phone.words()) == 2  # the offer and one thanks
    for words in [*await phone.words(), *await late.words()]:
        assert DETAILS not in words
        assert "Juan" not in words
        assert "Mendoza" not in words
    await phones.faults("twilio")


async def _read_once(link: str) -> None:
    """Look at a link as phones do, then open it: it shows the details once."""
    async with httpx.AsyncClient(timeout=20) as browser:
        shut = await browser.get(link)
        assert shut.status_code == 200
        assert DETAILS not in shut.text
        assert DETAILS in (await browser.post(link)).text
        assert (await browser.post(link)).status_code == 410


async def e5_a_father_who_was_swindled_checks_us_and_picks_an_hour(
    staff: Staff, phones: Phones
) -> None:
    """He is told nothing; he may check us without hurry; a human calls, and nothing is verified."""
    wire = "+50255550501"
    await phones.book([{"name": "Chepe", "phone": wire, "channels": ["whatsapp"]}])
    person = await enrolled(staff, "Tomás Novela", "parent", "whatsapp", wire, "GT")
    father = phones.whatsapp(wire)
    question = {"question": "¿Cómo le dicen en su comunidad?", "expected": "Chepe"}
    first = await _reached_out_to(staff, "GT-0501", "GT", person, question)
    await father.hears("¿Es seguro hablar ahora?")
    await father.says("quien es? no tengo dinero, ya nos estafaron")
    kit = await father.hears("Nunca pedimos dinero ni contraseñas")
    assert "No hay prisa" in kit["text"]
    await father.says("ya llame. si soy yo. q paso")
    await father.hears("Para cuidarle, una pregunta: ¿Cómo le dicen en su comunidad?")
    await father.says("me dicen Chepe")
    await father.hears("llamar")
    await father.says("5")
    await father.hears("le llamar")
    calls = await staff.until("/cases/GT-0501/calls", lambda page: page["items"])
    (call,) = calls["items"]
    assert (call["state"], call["established"], call["recorded_by"]) == ("booked", "nothing", None)
    assert datetime.fromisoformat(call["at"]) == first
    assert call["zone"] == "America/Guatemala"
    found = await staff.until("/tasks", lambda page: _tasks(page, "call", person))
    assert _tasks(found, "call", person)[0]["case"] == "GT-0501"
    (answer,) = (await staff.get("/cases/GT-0501/recognition"))["answers"]
    assert (answer["answer"], answer["likeness"]) == ("me dicen Chepe", "likely")
    assert answer["level"] == "provisional_match"  # a chat verifies nobody
    for words in await father.words():
        assert not [word for word in TELLING if word in words.casefold()], words


async def e2_a_polite_no_closes_just_that_and_nothing_reminds_her(
    staff: Staff, phones: Phones
) -> None:
    """She says no, why, and who else might; her other request stays, and one other is asked."""
    wire, reyes = "+50499990201", "+50499990202"
    await phones.book(
        [
            {"name": "Irma", "phone": wire, "channels": ["sms"]},
            {"name": "Reyes", "phone": reyes, "channels": ["sms"]},
        ]
    )
    irma = await enrolled(staff, "Irma Ficticia", "defender", "sms", wire, "HN")
    other = await enrolled(staff, "Reyes Inventado", "defender", "sms", reyes, "HN")
    await _offered(staff, "HN-0233", "HN", [irma], then=[other])
    await _offered(staff, "HN-0234", "HN", [irma])
    phone = phones.sms(wire)
    await phone.hears("HN-0233")
    said = "Fijese q esta semana no voy a poder, ando en audiencia. Talvez Lic. Reyes"
    await phone.says(said)
    asked = await phone.hears("Gracias por avisar")
    assert "La dejamos fuera de HN-0233?" in asked["text"]
    assert "Puedo la otra semana" in asked["text"]
    await phone.says("1")
    await phone.hears("No le preguntaremos mas por HN-0233")
    (work,) = (await staff.get("/cases/HN-0233/assignments"))["items"]
    offer, _next = work["offers"]
    assert (offer["state"], offer["reason"]) == ("declined", "time")
    assert "Talvez Lic. Reyes" in offer["note"]
    # What she was asked besides comes now, and her no was none to that.
    await phone.hears("HN-0234")
    assert await _offers(staff, "HN-0234") == {irma: "offered"}
    assert await _offers(staff, "HN-0233") == {irma: "declined", other: "offered"}
    next_one = await phones.sms(reyes).hears("HN-0233")
    assert "Irma" not in next_one["text"]
    assert count(await phone.thread(), "HN-0233") == 3
    for words in await phone.words():
        assert segments(words) == 1, words


async def _reached_out_to(
    staff: Staff, code: str, country: str, person: int, question: dict[str, str] | None = None
) -> datetime:
    """Open a case, write to a possible parent for the first time, and give the first hour."""
    await staff.post(
        "/cases",
        reference=code,
        program="family_sep",
        country=country,
        summary="Buscar al padre.",
        sought="Tomás Novela",
        parent_id=person,
    )
    if question is not None:
        await staff.put(f"/cases/{code}/recognition", **question)
    day = (datetime.now(UTC) + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
    slots = [day + timedelta(hours=hours) for hours in (23, 39)]  # 5 p. m. and 9 a. m. there
    told = [slot.isoformat() for slot in slots]
    await staff.post(f"/cases/{code}/outreach", person_id=person, slots=told)
    return slots[0]


async def _offered(
    staff: Staff,
    code: str,
    country: str,
    ids: list[int],
    *,
    then: Sequence[int] = (),
    details: str = "",
) -> None:
    """Open a case and offer a search, to some at once and to others one by one."""
    await staff.post(
        "/cases",
        reference=code,
        program="family_sep",
        country=country,
        summary="Buscar al padre.",
        sought="Juan Pérez Mendoza",
    )
    await staff.post(
        f"/cases/{code}/assignments",
        kind="field_search",
        municipality="Todos Santos Cuchumatán",
        language_needed="mam",
        due="2026-12-05",
        person_ids=ids,
        then_ids=list(then),
        details=details,
    )


async def _offers(staff: Staff, code: str) -> dict[int, str]:
    """Say how the offers of a case's newest work stand, by person."""
    work = (await staff.get(f"/cases/{code}/assignments"))["items"][0]
    return {offer["person_id"]: offer["state"] for offer in work["offers"]}


def _tasks(page: Any, kind: str, person: int) -> list[dict[str, Any]]:
    return [one for one in page["items"] if (one["kind"], one["person_id"]) == (kind, person)]


async def _read_by_staff(staff: Staff, kind: str, person: int, words: str) -> None:
    """Wait until a task of somebody's shows what they wrote."""
    await staff.until(
        "/tasks", lambda page: any(words in one["detail"] for one in _tasks(page, kind, person))
    )
