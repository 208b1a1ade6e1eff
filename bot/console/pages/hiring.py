"""Colleagues: who there is, links by which new ones come, and how one opens her account."""

from sqlmodel import Session
from starlette.responses import Response

from bot.console import sessions
from bot.console.doors import Doors, Needs
from bot.console.records.found import the_account, the_staff_invite
from bot.console.visit import Visit
from bot.office import hiring, leaving, staff
from bot.office.refusal import Refusal
from models.staff import Duty, StaffInvite
from models.text import _

doors = Doors()


@doors.get("/staff", Needs.ACT)
async def colleagues(visit: Visit) -> Response:
    """Show who may sign in, and which links wait to be used."""
    visit.form.values |= {"duty": [Duty.COORDINATOR.value], "days": [str(hiring.LIFE)]}
    return await _colleagues(visit)


@doors.post("/staff/invites")
async def invite(visit: Visit) -> Response:
    """Make a link for a new colleague, and show it once: the record keeps only its hash."""
    form, keys = visit.form, visit.world.keys
    name = form.words("name", need=_("Write the name that colleagues read."), most=80)
    username = form.words("username", need=_("Write what she signs in with."), most=80)
    duty = form.choice("duty", Duty, need=_("Say what she may do."))
    days = form.number("days", need=_("Choose how long the link works."))
    if not form.fine or duty is None or days is None:
        return await _colleagues(visit)

    def act(s: Session) -> str:
        return hiring.invite(s, keys, username, name, duty, visit.now, days=days, actor=visit.actor)

    token = await visit.attempt(act)
    if token is None:
        return await _colleagues(visit)
    link = visit.world.join_link(token)
    return visit.page(
        "staff_invite.html", 201, name=name, username=username, duty=duty, days=days, link=link
    )


@doors.post("/staff/invites/{invite}/revoke")
async def revoke(visit: Visit) -> Response:
    """Let a link hold no more."""
    number = visit.number("invite")

    def act(s: Session) -> bool:
        hiring.revoke(s, the_staff_invite(s, number), visit.now, visit.actor)
        return True

    await visit.write(act)
    return visit.go("/console/staff", done="staff-invite-revoked")


@doors.post("/staff/{staff}/end")
async def end(visit: Visit) -> Response:
    """End an account, with all that is signed in by it."""
    number = visit.number("staff")

    def act(s: Session) -> bool:
        leaving.end(s, the_account(s, number), visit.now, visit.actor)
        return True

    done = await visit.attempt(act)
    return visit.go("/console/staff", done="staff-ended") if done else await _colleagues(visit)


@doors.post("/staff/{staff}/reopen")
async def reopen(visit: Visit) -> Response:
    """Undo that an account was ended."""
    number = visit.number("staff")

    def act(s: Session) -> bool:
        leaving.reopen(s, the_account(s, number), visit.now, visit.actor)
        return True

    await visit.write(act)
    return visit.go("/console/staff", done="staff-reopened")


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


async def _colleagues(visit: Visit) -> Response:
    accounts, waiting = await visit.read(
        lambda s: (staff.everybody(s), hiring.waiting(s, visit.now))
    )
    return visit.again(
        "staff.html",
        accounts=accounts,
        waiting=waiting,
        duties=list(Duty),
        lives=[(str(days), days) for days in hiring.LIVES],
    )


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
