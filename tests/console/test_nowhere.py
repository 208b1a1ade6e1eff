"""An address that nobody serves: a page for a person, in their language, JSON for a program."""

from bot.console.headers import POLICY
from tests.console.desk import Desk

PATHS = ["/nada", "/consola", "/u/a/b", "/favicon.ico"]
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SPANISH, ENGLISH = "Aquí no hay nada.", "There is nothing here."


async def test_a_person_is_told_so_on_a_page_and_a_program_in_json(desk: Desk):
    for path in PATHS:
        await judged(desk, path)


async def judged(desk: Desk, path: str) -> None:
    async with desk.browser() as browser:
        page = await browser.client.get(path, headers={"accept": HTML})
        assert page.status_code == 404
        assert page.headers["content-type"].startswith("text/html")
        assert page.headers["content-security-policy"] == POLICY
        assert SPANISH in page.text
        told = await browser.client.get(path, headers={"accept": "application/json"})
        assert (told.status_code, told.json()) == (404, {"detail": "Not Found"})


PREFERRED = [
    ("", SPANISH),
    ("es-GT,es;q=0.9,en;q=0.8", SPANISH),
    ("en-US,en;q=0.9,es;q=0.8", ENGLISH),
    ("en;q=0.5, es-HN", SPANISH),
    ("mam, en;q=0.3", ENGLISH),
    ("en;q=0, fr", SPANISH),
    ("en;q=x;;,,=", SPANISH),
]


async def test_it_is_said_in_the_language_of_whoever_asks(desk: Desk):
    async with desk.browser() as browser:
        for prefers, said in PREFERRED:
            headers = {"accept": HTML, "accept-language": prefers}
            assert said in (await browser.client.get("/nada", headers=headers)).text, prefers
        browser.client.cookies.set("language", "eng")  # as the console speaks to who was here
        headers = {"accept": HTML, "accept-language": "es"}
        assert ENGLISH in (await browser.client.get("/nada", headers=headers)).text


async def test_what_may_not_be_asked_so_is_said_on_a_page_too(desk: Desk):
    async with desk.browser() as browser:
        page = await browser.client.put("/u/xxxxxxxxxxxxxxxxxxxxxx", headers={"accept": HTML})
    assert page.status_code == 405
    assert SPANISH in page.text
    assert "GET" in page.headers["allow"]
