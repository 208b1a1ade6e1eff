"""Bringing people in from a file: chosen, looked at, and then all of them or nobody."""

import httpx
import pytest

from bot.office.reach import roster
from models.person import Address, Person, Role
from models.trail import Trail
from tests.console.desk import Browser, Desk

PATH = "/console/people/import"
TABLE = (
    "Nombre;Rol;País;Idioma;WhatsApp\r\n"
    '"<b>Ñandú</b>\r\nFicticia";Defensora;Guatemala;Mam;5557 0001\r\n'
    "Rosa Ficticia;abogada;México;español;55 1234 5678\r\n"
)


async def send(browser: Browser, data: bytes | None = None, **fields: str) -> httpx.Response:
    """Send the form as a browser does, with a file where one is chosen."""
    files = {"file": ("people.csv", data or b"", "text/csv")}
    answer = await browser.client.post(PATH, data={"csrf": browser.csrf, **fields}, files=files)
    browser._keep(answer)
    return answer


async def test_a_file_is_looked_at_first_and_then_everybody_is_in_the_record(desk: Desk):
    async with desk.browser("marisol") as browser:
        assert PATH in (await browser.get("/console/people")).text
        await browser.get(PATH)
        page = await send(browser, TABLE.encode("cp1252"))
        assert page.status_code == 200
        assert "Personas que entrarían en el registro: 2." in page.text
        assert "Guatemala: 1</li>" in page.text
        assert "&lt;b&gt;Ñandú&lt;/b&gt; Ficticia" in page.text
        assert "…001" in page.text
        assert desk.all(Person) == []
        kept = page.text.partition('name="table" value="')[2].partition('"')[0]
        assert "55 1234 5678" in kept
        signed_out_meanwhile = await send(browser, table=TABLE, step="join", resumed="yes")
        assert signed_out_meanwhile.status_code == 422
        assert 'value="join"' in signed_out_meanwhile.text
        assert desk.all(Person) == []
        done = await send(browser, table=TABLE, step="join")
        assert "Las personas del archivo están en el registro." in (await browser.follow(done)).text
        again = await send(browser, TABLE.encode())
        assert "Ya están en el registro y quedan como están: 2." in again.text
        assert 'value="join"' not in again.text
    assert [person.role for person in desk.all(Person)] == [Role.DEFENDER, Role.LAWYER]
    assert [address.wire for address in desk.all(Address)] == ["+50255570001", "+525512345678"]
    assert {row.actor for row in desk.all(Trail, Trail.act == "person.added")} == {"staff:1"}


async def test_every_bad_line_is_shown_and_nobody_joins(desk: Desk):
    bad = TABLE + "Eva Ficticia;jefa;GT;mam;12\r\n"
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        for step in ("", "join"):
            page = await send(browser, table=bad, step=step)
            assert page.status_code == 422
            assert "Línea 5, Rol: &#34;jefa&#34; no es una función." in page.text
            assert "Línea 5, WhatsApp: «12» es demasiado corto" in page.text
        many = "name,role,country,language\n" + "Ana,x,GT,mam\n" * roster.MOST_PEOPLE
        page = await send(browser, many.encode())
        assert page.text.count("Línea ") == 100
        assert f"… y {roster.MOST_PEOPLE - 100} más." in page.text
    assert desk.all(Person) == []


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"", 422, "Elija el archivo"),
        (b"PK\x03\x04", 422, "libro de Excel"),
        (b"x" * 600_000, 422, "pasa de 500 kB"),
        (b"x" * 1_100_000, 413, "más de lo que cabe"),
    ],
    ids=["nothing", "workbook", "large", "larger than a form"],
)
async def test_what_is_no_table_is_said(desk: Desk, data: bytes, status: int, said: str):
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        page = await send(browser, data)
    assert page.status_code == status
    assert said in page.text


async def test_a_form_that_is_broken_changes_nothing(desk: Desk):
    async with desk.browser("marisol") as browser:
        await browser.get(PATH)
        for kind in (
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=x; charset=klingon",
        ):
            answer = await browser.client.post(
                PATH, content=b"--x\r\nbroken", headers={"content-type": kind}
            )
            assert answer.status_code in {403, 413}
    assert desk.all(Person) == []
