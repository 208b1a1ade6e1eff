"""Signed-in browsers: who they are, how long that lasts, and how typed words outlive it."""

import base64
import json
from dataclasses import dataclass
from ipaddress import ip_address
from secrets import token_urlsafe

from sqlmodel import Session, select
from starlette.responses import Response

from bot.console.paper import Reader
from bot.console.visit import Visit
from bot.office import staff
from bot.vault.keys import Unsealable
from models.staff import StaffSession
from models.text import _

LANGUAGES = ("spa", "eng")
SIGN_IN = "/console/sign-in"
STRANGER = "visitor"  # the cookie of a browser that is not signed in yet
DRAFT = "console.draft"


@dataclass(frozen=True)
class Draft:
    """What was typed when the session had ended, for the same account and the same page only."""

    staff_id: int
    path: str
    fields: tuple[tuple[str, str], ...]


def cookie_name(visit: Visit) -> str:
    """The session's cookie. Over HTTPS its name binds it to this very host."""
    return "__Host-enlace" if _secure(visit) else "enlace"


async def recognise(visit: Visit) -> None:
    """Find out who asks. Without a session that still holds, nobody."""
    keys, now = visit.world.keys, visit.now
    stranger = visit.request.cookies.get(STRANGER, "")
    if stranger:
        visit.csrf = keys.token_hash(f"csrf:{stranger}")
    token = visit.request.cookies.get(cookie_name(visit), "")
    if not token:
        return
    signed_in = await visit.read(lambda s: staff.session_for(s, keys, token, now))
    if signed_in is None:
        return
    visit.token, visit.staff = token, signed_in.staff
    visit.csrf = signed_in.session.csrf
    visit.reader = Reader(visit.world.render, signed_in.staff.language, visit.reader.zone.key, now)
    number = signed_in.session.id or 0
    if not visit.fragment and staff.is_stale(signed_in.session, now):
        await visit.world.db.write(lambda s: staff.touch(s, number, now))


def still_holds(s: Session, visit: Visit) -> bool:
    """Look again whether a session is good. For streams, which outlive their request."""
    return staff.session_for(s, visit.world.keys, visit.token, visit.now) is not None


def begin(visit: Visit, response: Response, token: str) -> None:
    """Give the browser its new session, and take what it was before."""
    response.set_cookie(
        cookie_name(visit), token, secure=_secure(visit), httponly=True, samesite="strict"
    )
    response.delete_cookie(STRANGER, secure=_secure(visit), httponly=True, samesite="strict")


def end(visit: Visit, response: Response) -> None:
    """Take the session's cookie back."""
    response.delete_cookie(
        cookie_name(visit), secure=_secure(visit), httponly=True, samesite="strict"
    )


def sign_in_page(visit: Visit, *, draft: str = "", then: str = "", status: int = 200) -> Response:
    """Draw the page to sign in on."""
    return strangers_page(visit, "sign_in.html", status, draft=draft, then=then)


def strangers_page(visit: Visit, template: str, status: int, **values: object) -> Response:
    """Draw a page with a form for somebody who is not signed in."""
    fresh = ""
    if not visit.request.cookies.get(STRANGER) or visit.staff is not None:
        fresh = token_urlsafe(16)
        visit.csrf = visit.world.keys.token_hash(f"csrf:{fresh}")
    response = visit.page(template, status, **values)
    if fresh:
        response.set_cookie(
            STRANGER, fresh, secure=_secure(visit), httponly=True, samesite="strict"
        )
    return response


async def rescue(visit: Visit) -> Response:
    """Ask to sign in again, and keep what was typed for the same account."""
    typed = visit.form
    whose = await _lapsed(visit)
    draft = ""
    if whose is not None:
        fields = [
            (name, value)
            for name, values in typed.values.items()
            for value in values
            if name not in {"csrf", "password", "resumed"}
        ]
        kept = json.dumps([whose, visit.request.url.path, fields])
        sealed = visit.world.keys.seal(kept.encode("utf-8", "surrogatepass"), DRAFT)
        draft = base64.urlsafe_b64encode(sealed).decode()
    typed.values.clear()
    typed.refuse(_("You were signed out. Sign in again; nothing was sent, nothing is lost."))
    return sign_in_page(visit, draft=draft, status=401)


def unpack(visit: Visit, draft: str) -> Draft | None:
    """Open what was kept, or nothing when it is not ours."""
    try:
        sealed = base64.urlsafe_b64decode(draft.encode())
        staff_id, path, fields = json.loads(visit.world.keys.open(sealed, DRAFT))
    except (ValueError, Unsealable):
        return None
    return Draft(staff_id, path, tuple((name, value) for name, value in fields))


def block_of(address: str) -> str:
    """The neighbourhood of an address: one house has many addresses, and may try no more often."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address
    width = 3 if ip.version == 4 else 8  # noqa: PLR2004 - IPv4 by /24, IPv6 by /64
    return ip.packed[:width].hex()


async def _lapsed(visit: Visit) -> int | None:
    """Whose session it was that has ended."""
    token = visit.request.cookies.get(cookie_name(visit), "")
    digest = visit.world.keys.token_hash(f"session:{token}")
    return await visit.read(
        lambda s: s.exec(
            select(StaffSession.staff_id).where(StaffSession.token_hash == digest)
        ).first()
    )


def _secure(visit: Visit) -> bool:
    return visit.world.settings.public_url.startswith("https://")
