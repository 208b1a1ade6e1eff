"""A new colleague opens her account by the link she was given, and chooses her password."""

from starlette.responses import Response

from bot.console import sessions
from bot.console.doors import Doors, Needs
from bot.console.visit import Visit
from bot.office import hiring, staff
from bot.office.refusal import Refusal
from models.staff import StaffInvite
from models.text import _

doors = Doors()


@doors.get("/join/{token}", Needs.ANYONE)
async def welcome(visit: Visit) -> Response:
    """Show the form to choose a password. Looking uses nothing up: programs look at links too."""
    if visit.staff is not None:
        return visit.go("/console/")
    found = await _invited(visit)
    return _lapsed(visit) if found is None else _page(visit, found)


@doors.post("/join/{token}", Needs.ANYONE)
async def join(visit: Visit) -> Response:
    """Open the account, once."""
    form, keys, token = visit.form, visit.world.keys, visit.place("token")
    found = await _invited(visit)
    if found is None:
        return _lapsed(visit)
    if form.raw("password") != form.raw("again"):
        form.wrong("again", _("This is not the same as above. Write it once more."))
        return _page(visit, found)
    try:
        # In a read: it takes a tenth of a second, and no write waits for it.
        password = await visit.read(lambda _s: staff.hashed(form.raw("password")))
    except Refusal as refusal:
        form.wrong("password", refusal.reasons[0])
        return _page(visit, found)
    opened = await visit.attempt(lambda s: hiring.join(s, keys, token, password, visit.now))
    if opened is None:
        return _lapsed(visit)
    return visit.go(sessions.SIGN_IN, done="account-opened")


async def _invited(visit: Visit) -> StaffInvite | None:
    keys, token = visit.world.keys, visit.place("token")
    return await visit.read(lambda s: hiring.invited(s, keys, token, visit.now))


def _page(visit: Visit, found: StaffInvite) -> Response:
    status = 200 if visit.form.fine else 422
    return sessions.strangers_page(visit, "join.html", status, invite=found)


def _lapsed(visit: Visit) -> Response:
    if not visit.form.refusals:
        visit.form.refuse(hiring.lapsed())
    return sessions.sign_in_page(visit, status=422)
