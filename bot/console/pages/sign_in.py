"""Signing in and out, and one's own account."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console import accounts, sessions
from bot.console.doors import Doors, Needs
from bot.console.visit import Visit
from bot.office import staff
from models.staff import Staff
from models.text import _

doors = Doors()


@doors.get("/sign-in", Needs.ANYONE)
async def sign_in(visit: Visit) -> Response:
    """Show the form to sign in."""
    if visit.staff is not None:
        return visit.go("/console/")
    return sessions.sign_in_page(visit, then=_ours(visit.asked("then")))


@doors.post("/sign-in", Needs.ANYONE)
async def signed_in(visit: Visit) -> Response:
    """Sign in. Says the same whether the name or the password is wrong."""
    form = visit.form
    then, draft = _ours(form.raw("then")), form.raw("draft")
    username = form.words("username", need=_("Write your user name."), most=80).casefold()
    password = form.raw("password")
    if not password:
        form.wrong("password", _("Write your password."))
    if form.fine:
        known = await _known(visit, username, password)
        if known is not None:
            return await _begin(visit, known, then, draft)
    return sessions.sign_in_page(visit, draft=draft, then=then, status=422)


@doors.post("/sign-out", Needs.READ)
async def sign_out(visit: Visit) -> Response:
    """End the session, on this browser and in the record."""
    keys, token = visit.world.keys, visit.token
    await visit.write(lambda s: staff.sign_out(s, keys, token, visit.now))
    response = visit.go(sessions.SIGN_IN)
    sessions.end(visit, response)
    return response


@doors.get("/account")
async def account(visit: Visit) -> Response:
    """Show one's own account."""
    visit.form.values["language"] = [visit.me.language]
    return visit.page("account.html")


@doors.post("/account", Needs.READ)
async def settle_account(visit: Visit) -> Response:
    """Choose the language the console speaks."""
    language = visit.form.raw("language")
    if language not in sessions.LANGUAGES:
        visit.form.wrong("language", _("Choose one of the list."))
        return visit.again("account.html")
    await visit.write(lambda s: accounts.speak(s, visit.my_id, language, visit.now))
    return visit.go("/console/account", done="language")


@doors.get("/here")
async def here(visit: Visit) -> Response:  # noqa: ARG001 - the doors noted the visit already
    """Hear that somebody is still at the page, reading or typing."""
    return Response(status_code=204)


async def _known(visit: Visit, username: str, password: str) -> Staff | None:
    keys = visit.world.keys
    client = visit.request.client
    house = keys.lookup("house", sessions.block_of(client.host if client else ""))
    wait = await visit.read(lambda s: accounts.must_wait(s, keys, username, house, visit.now))
    if wait:
        visit.form.refuse(
            _("Too many tries. Wait {seconds} seconds, then try again.", seconds=str(wait))
        )
        return None
    known = await visit.read(lambda s: staff.check_password(s, username, password))
    if known is None:
        await visit.world.db.write(lambda s: accounts.refused(s, keys, username, house, visit.now))
        visit.form.refuse(_("The user name or the password is wrong. Check both and try again."))
    return known


async def _begin(visit: Visit, known: Staff, then: str, draft: str) -> Response:
    keys, before = visit.world.keys, visit.token

    def act(s: Session) -> tuple[str, str]:
        if before:
            staff.sign_out(s, keys, before, visit.now)
        token, session = staff.sign_in(s, keys, known, visit.now)
        return token, session.csrf

    token, csrf = await visit.write(act)
    kept = sessions.unpack(visit, draft) if draft else None
    if kept is not None and kept.staff_id == known.id:
        visit.csrf, visit.staff = csrf, known
        visit.form.values.clear()
        response = visit.page("resume.html", path=kept.path, fields=kept.fields)
    else:
        response = visit.go(then or "/console/")
    sessions.begin(visit, response, token)
    return response


def _ours(path: str) -> str:
    """Go on only to a page of the console."""
    fits = path.startswith("/console/") and "\\" not in path and "//" not in path
    return path if fits else ""
