"""Signing in and out: what a right and a wrong password do, how long it lasts, what is not lost."""

from datetime import timedelta

from sqlmodel import Session

from models.staff import Staff, StaffSession
from models.trail import Trail
from tests.console.desk import PASSWORD, Desk

HTTPS = "https://bot.example.org"


async def test_the_right_password_opens_the_console_and_a_wrong_one_does_not(desk: Desk):
    async with desk.browser() as browser:
        wrong = await browser.sign_in("marisol", "otra frase bastante larga")
        assert wrong.status_code == 422
        assert (await browser.get("/console/")).status_code == 303
        right = await browser.sign_in(" Marisol ")
        assert right.headers["location"] == "/console/"
        assert (await browser.get("/console/")).status_code == 200


async def test_an_unknown_name_is_told_the_same_as_a_wrong_password(desk: Desk):
    async with desk.browser() as browser:
        unknown = await browser.sign_in("nadie", "una frase bastante larga")
        known = await browser.sign_in("marisol", "otra frase bastante larga")
    assert unknown.text.partition("<main")[2].replace("nadie", "") == known.text.partition("<main")[
        2
    ].replace("marisol", "")


async def test_a_disabled_account_is_out_at_once(desk: Desk):
    async with desk.browser("marisol") as browser:

        def disable(s: Session) -> None:
            member = s.get_one(Staff, 1)
            member.disabled_at = desk.clock.at
            s.add(member)

        desk.write(disable)
        assert (await browser.get("/console/")).status_code == 303
        assert (await browser.sign_in("marisol")).status_code == 422


async def test_what_is_missing_is_asked_for_and_the_name_stays(desk: Desk):
    async with desk.browser() as browser:
        await browser.get("/console/sign-in")
        answer = await browser.post("/console/sign-in", username="marisol")
    assert answer.status_code == 422
    assert 'value="marisol"' in answer.text
    assert 'href="#f-password"' in answer.text


async def test_signing_in_goes_on_where_it_was_asked_for_and_only_there(desk: Desk):
    async with desk.browser() as browser:
        asked = await browser.get("/console/cases?state=open")
        await browser.follow(asked)
        assert browser.field("then") == "/console/cases?state=open"
        for elsewhere in ("https://evil.example/", "//evil.example", "/console/\\evil", "/u/x"):
            browser.client.cookies.clear()
            await browser.get("/console/sign-in")
            answer = await browser.post(
                "/console/sign-in", username="marisol", password=PASSWORD, then=elsewhere
            )
            assert answer.headers["location"] == "/console/"


async def test_the_session_is_a_cookie_that_only_this_site_gets(desk: Desk):
    async with desk.browser() as browser:
        answer = await browser.sign_in("marisol")
        (cookie,) = [
            value
            for value in answer.headers.get_list("set-cookie")
            if value.startswith("enlace=") and "Max-Age=0" not in value
        ]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    token = cookie.partition("=")[2].partition(";")[0]
    kept = desk.only(StaffSession)
    assert kept.token_hash != token
    assert token not in repr(desk.all(StaffSession))


async def test_over_https_the_cookie_is_bound_to_the_host(desk: Desk):
    desk.world.settings.public_url = HTTPS
    async with desk.browser() as browser:
        browser.client.base_url = HTTPS
        browser.client.headers["origin"] = HTTPS
        answer = await browser.sign_in("marisol")
    cookies = [value for value in answer.headers.get_list("set-cookie") if "__Host-enlace" in value]
    assert len(cookies) == 1
    assert "Secure" in cookies[0]
    assert "Path=/" in cookies[0]


async def test_each_sign_in_is_a_new_session_and_the_one_before_ends(desk: Desk):
    async with desk.browser() as browser:
        await browser.sign_in("marisol")
        first = browser.client.cookies["enlace"]
        await browser.get("/console/account")
        await browser.post("/console/sign-in", username="marisol", password=PASSWORD)
        assert browser.client.cookies["enlace"] != first
    before, after = desk.all(StaffSession)
    assert before.ended_at is not None
    assert after.ended_at is None
    assert before.csrf != after.csrf


async def test_who_is_signed_in_is_led_past_the_form(desk: Desk):
    async with desk.browser("marisol") as browser:
        assert (await browser.get("/console/sign-in")).headers["location"] == "/console/"


async def test_signing_out_ends_the_session_in_the_record(desk: Desk):
    async with desk.browser("marisol") as browser:
        token = browser.client.cookies["enlace"]
        assert (await browser.client.get("/console/sign-out")).status_code == 404
        await browser.get("/console/")
        answer = await browser.post("/console/sign-out")
        assert answer.headers["location"] == "/console/sign-in"
        browser.client.cookies.set("enlace", token)
        assert (await browser.get("/console/")).status_code == 303
    assert desk.only(StaffSession).ended_at == desk.clock.at


async def test_a_session_lasts_while_somebody_is_there_and_not_much_longer(desk: Desk):
    async with desk.browser("marisol") as browser:
        for _ in range(3):
            desk.clock.pass_(timedelta(hours=3))
            assert (await browser.get("/console/here")).status_code == 204
        desk.clock.pass_(timedelta(hours=4))  # thirteen in all
        assert (await browser.get("/console/")).status_code == 303


async def test_a_page_that_asks_for_news_of_itself_keeps_nobody_signed_in(desk: Desk):
    async with desk.browser("marisol") as browser:
        for _ in range(4):
            desk.clock.pass_(timedelta(hours=2))
            await browser.get("/console/", **{"hx-request": "true"})
        desk.clock.pass_(timedelta(hours=2))
        answer = await browser.get("/console/", **{"hx-request": "true"})
        assert answer.status_code == 401
        assert answer.content == b""


async def test_after_five_wrong_tries_each_further_one_waits_longer(desk: Desk):
    async with desk.browser() as browser:
        for _ in range(5):
            await browser.sign_in("marisol", "otra frase bastante larga")
        early = await browser.sign_in("marisol")
        assert early.status_code == 422
        assert "2 segundos" in early.text or "2 seconds" in early.text
        desk.clock.pass_(timedelta(seconds=2))
        assert (await browser.sign_in("marisol")).status_code == 303


async def test_strangers_can_slow_a_name_down_and_never_lock_it(desk: Desk):
    async with desk.browser() as browser:
        for _ in range(15):
            await browser.sign_in("marisol", "otra frase bastante larga")
            desk.clock.pass_(timedelta(seconds=30))
        desk.clock.pass_(timedelta(seconds=42))
        assert (await browser.sign_in("marisol")).status_code == 303
    tries = [row for row in desk.all(Trail) if row.act == "staff.refused"]
    assert tries
    assert all("marisol" not in row.object for row in tries)


async def test_one_house_may_not_try_many_names(desk: Desk):
    async with desk.browser() as browser:
        for number in range(20):
            await browser.sign_in(f"nombre{number}", "otra frase bastante larga")
        assert (await browser.sign_in("marisol")).status_code == 422
        desk.clock.pass_(timedelta(minutes=1))
        assert (await browser.sign_in("marisol")).status_code == 303


async def test_the_console_speaks_spanish_until_somebody_chooses_english(desk: Desk):
    async with desk.browser("marisol") as browser:
        assert '<html lang="es">' in (await browser.get("/console/")).text
        await browser.get("/console/account")
        await browser.follow(await browser.post("/console/account", language="eng"))
        assert '<html lang="en">' in browser.page
        assert "The console now speaks your language." in browser.page
        answer = await browser.post("/console/account", language="mam")
        assert answer.status_code == 422


async def test_what_was_typed_when_the_session_ended_is_kept_for_the_same_account(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/cases/new")
        desk.clock.pass_(timedelta(hours=13))
        lost = await browser.post(
            "/console/cases/new", reference="GT-0007", summary="Largo <b>texto</b>", country="GT"
        )
        assert lost.status_code == 401
        assert "Largo" not in lost.text
        draft = browser.field("draft")
        again = await browser.post(
            "/console/sign-in", username="marisol", password=PASSWORD, draft=draft
        )
        assert again.status_code == 200
        assert "Largo &lt;b&gt;texto&lt;/b&gt;" in again.text
        resumed = await browser.post(
            "/console/cases/new",
            resumed="1",
            reference="GT-0007",
            summary="Largo <b>texto</b>",
            country="GT",
            program="sij",
        )
        assert resumed.status_code == 422  # shown again, not done
        assert "Largo &lt;b&gt;texto&lt;/b&gt;" in resumed.text


async def test_what_one_account_typed_is_not_given_to_another(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get("/console/cases/new")
        desk.clock.pass_(timedelta(hours=13))
        await browser.post("/console/cases/new", summary="Solo para Marisol")
        draft = browser.field("draft")
        answer = await browser.post(
            "/console/sign-in", username="lector", password=PASSWORD, draft=draft
        )
    assert answer.status_code == 303
    async with desk.browser() as browser:
        await browser.get("/console/sign-in")
        forged = await browser.post(
            "/console/sign-in", username="marisol", password=PASSWORD, draft="AAAA"
        )
    assert forged.status_code == 303
