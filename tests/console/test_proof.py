"""Enrolment as staff do it: cards to print, vouching, a table by the API, a colleague's account."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session

from bot.office import hiring
from bot.office.reach import invites, proof
from bot.office.refusal import Refusal
from models.person import Address, Invite, Link, Person, Role, Trust, Via
from models.proof import How, Proof
from models.staff import Duty, Staff, StaffInvite
from models.task import Task, TaskKind, TaskState
from models.trail import Trail
from tests.console.desk import KEYS, PASSWORD, Desk

TABLE = "nombre,rol,país,idioma,sms\nRosa Inventada,defensora,Honduras,español,+504 9999 0102\n"


# --- cards ----------------------------------------------------------------------------------------


async def test_cards_are_shown_once_with_all_that_a_defender_needs(desk: Desk):
    marta, ana = desk.person("Marta Ficticia"), desk.person("Ana Ficticia")
    desk.person("Tomasa Novela", Role.PARENT)
    async with desk.browser("marisol") as browser:
        page = (await browser.get("/console/people/cards")).text
        assert "Tomasa" not in page, "families are not enrolled by a card"
        sheet = await browser.post(
            "/console/people/cards", via="sms", person_ids=[marta.id, ana.id]
        )
        assert sheet.status_code == 201
        assert sheet.text.count("<svg") == 2
        assert "Nunca pedimos dinero" in sheet.text
        codes = re.findall(r"ALTA ([A-Z0-9]{5}-[A-Z0-9]{5})", sheet.text)
        assert len(set(codes)) == 2
        assert not [one for one in desk.all(Invite) if one.token_hash in codes]
        refused = await browser.post("/console/people/cards", via="sms")
        assert refused.status_code == 422
        many = [str(number) for number in range(1, 70)]
        assert (await browser.post("/console/people/cards", person_ids=many)).status_code == 422

    def redeem(typed: str, wire: str) -> str | None:
        def act(s: Session) -> str | None:
            token = invites.token_in(typed)
            address = Address(via=Via.SMS, wire=wire, lookup=f"l{wire}", created_at=desk.clock.at)
            s.add(address)
            s.flush()
            found = invites.redeem(s, KEYS, token, address, desk.clock.at)
            return found.name if found else None

        return desk.write(act)

    # The newest person stands first. However it is typed, it holds once, and for one phone.
    assert redeem(f"alta {codes[0].lower().replace('-', ' ')}", "+50255550301") == ana.name
    assert redeem(f"ALTA {codes[0]}", "+50255550302") is None
    desk.clock.pass_(timedelta(days=8))
    assert redeem(f"ALTA {codes[1]}", "+50255550303") is None


async def test_an_invite_is_taken_back_and_a_new_one_ends_the_one_before(desk: Desk):
    marta = desk.person()
    async with desk.browser("marisol") as browser:
        await browser.get("/console/")
        for _twice in range(2):
            await browser.post(f"/console/people/{marta.id}/invites", via="telegram")
        first, second = desk.all(Invite)
        assert (first.revoked_at, second.revoked_at) == (desk.clock.at, None)
        await browser.follow(await browser.post(f"/console/people/{marta.id}/proof", step="revoke"))
        assert desk.all(Invite)[1].revoked_at == desk.clock.at
    async with desk.program(desk.token(staff_id=1)) as program:
        assert (await program.delete(f"/people/{marta.id}/invites")).json() == {"revoked": 0}


# --- vouching -------------------------------------------------------------------------------------


async def test_staff_vouch_and_doubt_and_drop_a_pin_in_their_own_name(desk: Desk):
    marta = desk.person()
    address = desk.address(marta)
    path = f"/console/people/{marta.id}"
    desk.write(lambda s: proof.keep_pin(s, s.get_one(Person, marta.id), "4821", desk.clock.at))
    async with desk.browser("marisol") as browser:
        await browser.get(path)
        assert "se sabe quién escribe" in browser.page
        here = f"{path}/addresses/{address.id}"
        assert browser.page.count('value="doubt"') == 1, "there is one way to doubt"
        await browser.follow(await browser.post(here, step="doubt"))
        await browser.get(path)
        assert "no se sabe quién escribe" in browser.page
        assert 'value="doubt"' not in browser.page
        assert browser.page.count('value="confirm"') == 1
        await browser.follow(await browser.post(here, step="confirm"))
        assert desk.only(Task, Task.kind == TaskKind.DOUBT).state is TaskState.DONE
        await browser.get(path)
        assert "no se sabe quién escribe" not in browser.page
        kept = desk.only(Proof)
        assert (kept.how, kept.doubted_at) == (How.STAFF, None)
        (line,) = desk.all(Trail, Trail.act == "address.proved")
        assert line.actor == "staff:1"
        await browser.follow(await browser.post(f"{path}/proof", step="forget"))
        assert not desk.read(lambda s: proof.has_pin(s, s.get_one(Person, marta.id)))
        wrong = await browser.post(f"{path}/addresses/999", step="confirm")
        assert wrong.status_code == 404


async def test_a_program_does_the_same(desk: Desk):
    marta = desk.person()
    address = desk.address(marta)
    path = f"/people/{marta.id}/addresses/{address.id}/proof"
    async with desk.program(desk.token(staff_id=1)) as program:
        for method, known in (("DELETE", False), ("PUT", True)):
            assert (await program.request(method, path)).status_code == 204
            sheet = (await program.get(f"/people/{marta.id}")).json()
            assert [one["proved"] for one in sheet["addresses"]] == [known]
        assert (await program.delete(f"/people/{marta.id}/pin")).status_code == 204
    async with desk.program(desk.token()) as nobody:
        assert (await nobody.put(path)).status_code == 403, "a named human vouches"


# --- a table by the API ---------------------------------------------------------------------------


async def test_a_table_is_looked_at_first_and_then_brings_all_or_nobody(desk: Desk):
    async with desk.program(desk.token(staff_id=1)) as program:
        looked = (await program.post("/people/import", json={"table": TABLE})).json()
        assert (looked["joined"], desk.all(Person)) == (False, [])
        assert [(one["line"], one["name"], one["vias"]) for one in looked["new"]] == [
            (2, "Rosa Inventada", ["sms"])
        ]
        other = {"table": f"{TABLE}Ana,staff,GT,spa,\n", "confirm": looked["confirm"]}
        changed = await program.post("/people/import", json=other)
        assert (changed.status_code, desk.all(Person)) == (409, [])
        assert "Nobody was brought in" in changed.json()["detail"]
        confirmed = {"table": TABLE, "confirm": looked["confirm"]}
        done = await program.post("/people/import", json=confirmed)
        assert done.json()["joined"]
        assert desk.only(Link).trust is Trust.ENROLLED
        again = (await program.post("/people/import", json={"table": TABLE})).json()
        assert (again["new"], again["known"]) == ([], 1)


async def test_each_wrong_line_of_a_table_is_named_with_what_to_do(desk: Desk):
    table = "name,role,country,language,sms\nAna,chief,GT,spa,\nRosa,staff,Hunduras,spa,12\n"
    async with desk.program(desk.token(staff_id=1)) as program:
        answer = await program.post("/people/import", json={"table": table})
        assert answer.status_code == 422
        reasons = answer.json()["reasons"]
        assert reasons[0] == (
            'Line 2, role: "chief" is no role. Write "Defender", "lawyer" or "staff".'
        )
        assert reasons[1].startswith("Line 3, country:")
        assert "Honduras" in reasons[1]
    assert desk.all(Person) == []


# --- a colleague's account ------------------------------------------------------------------------


def hired(desk: Desk, username: str = "Noe") -> str:
    return desk.write(
        lambda s: hiring.invite(s, KEYS, username, "Noé Ficticio", Duty.READER, desk.clock.at)
    )


async def test_a_colleague_opens_her_account_once_with_a_password_of_her_own(desk: Desk):
    token = hired(desk)
    path = f"/console/join/{token}"
    assert token not in desk.only(StaffInvite).token_hash
    async with desk.browser() as browser:
        for _looked_at in range(2):
            page = await browser.get(path)
            assert "Noé Ficticio" in page.text
        short = await browser.post(path, password="corta", again="corta")
        assert (short.status_code, "corta" in short.text) == (422, False)
        other = await browser.post(path, password=PASSWORD, again="otra frase bastante larga")
        assert other.status_code == 422
        await browser.follow(await browser.post(path, password=PASSWORD, again=PASSWORD))
        assert desk.only(Staff, Staff.username == "noe").duty is Duty.READER
        late = await browser.post(path, password=PASSWORD, again=PASSWORD)
        assert late.status_code == 422
        assert "ya se usó o ya venció" in late.text
        assert (await browser.sign_in("noe")).status_code == 303
        assert (await browser.get(path)).status_code == 303, "signed in, she is past this"


async def test_a_link_that_is_over_taken_back_or_invented_opens_nothing(desk: Desk):
    over = hired(desk)
    desk.clock.pass_(timedelta(days=4))
    first = hired(desk, "eva")
    hired(desk, "eva")  # a new link ends the one before
    desk.write(lambda s: hiring.take_back(s, "Eva", desk.clock.at))
    told = set()
    async with desk.browser() as browser:
        for token in (over, first, "x" * 22):
            page = await browser.get(f"/console/join/{token}")
            told.add((page.status_code, re.sub(r'value="[^"]*"', "", page.text)))
    assert len(told) == 1
    with pytest.raises(Refusal):
        hired(desk, "marisol")
    assert {one.username for one in desk.all(Staff)} == {"marisol", "lector"}
