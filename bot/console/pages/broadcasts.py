"""Writing a broadcast: the words, the people, and how it will look on each phone."""

from urllib.parse import urlencode

from sqlmodel import Session
from starlette.responses import Response

from bot.console import words
from bot.console.doors import Doors, Needs
from bot.console.preview import Preview, previews
from bot.console.records import broadcasts, people
from bot.console.rooms import Room, room
from bot.console.visit import Visit
from bot.office.broadcasts import Seat, audience, draft
from models.broadcast import Exclusion
from models.facts import AnnounceGiven
from models.person import Role
from models.text import _

doors = Doors()
SHOWN = 500
ROLES = (Role.DEFENDER, Role.LAWYER, Role.STAFF)  # a broadcast never goes to a possible parent
CODE = "AV-0000"  # how a code looks, until the draft has its own


@doors.get("/broadcasts")
async def listing(visit: Visit) -> Response:
    """List broadcasts."""
    found = await visit.read(lambda s: broadcasts.listing(s, below=visit.cursor()))
    older = f"?{urlencode({'before': str(found.next)})}" if found.next else ""
    return visit.page("broadcasts.html", broadcasts=found.items, older=older)


@doors.get("/broadcasts/new", Needs.ACT)
async def new(visit: Visit) -> Response:
    """Show the form to write a broadcast."""
    visit.form.values["role"] = [Role.DEFENDER.value]
    return await _form(visit)


@doors.post("/broadcasts/new")
async def write(visit: Visit) -> Response:
    """Filter people, look at the broadcast, and keep it as a draft. Nothing goes out yet."""
    form = visit.form
    step = form.raw("step")
    if step in {"people", "all"}:
        return await _form(visit)
    title = form.words("title", need=_("Give it a title. Only staff see it."), most=120)
    body_es, body_en = form.words("body_es", most=1000), form.words("body_en", most=1000)
    ids = form.numbers("person_ids")
    wanted = form.number("wanted", need=None)
    if wanted == 0:
        form.wrong("wanted", _("Write how many people are needed, or leave it empty."))
    if not body_es and not body_en:
        form.wrong("body_es", _("Write the request, in Spanish, in English, or in both."))
    if not ids:
        form.wrong("person_ids", _("Choose at least one person."))
    if not form.fine:
        return await _form(visit)
    if step != "draft" or form.raw("looked_at") != form.mark():
        return await _form(visit, look=True)

    def act(s: Session) -> str:
        made = draft(
            s,
            title=title,
            body_es=body_es,
            body_en=body_en,
            person_ids=ids,
            wanted=wanted,
            staff_id=visit.my_id,
            now=visit.now,
        )
        return made.code

    code = await visit.attempt(act)
    return await _form(visit) if code is None else visit.go(f"/console/broadcasts/{code}")


def looks(visit: Visit, code: str, body_es: str, body_en: str, who: Room) -> list[Preview]:
    """Draw a broadcast for each language and channel that somebody gets it in."""
    found: list[Preview] = []
    for language, body in (("spa", body_es), ("eng", body_en)):
        channels = {via for person, _why, via in who.gets if via and person.language == language}
        if channels:
            given = AnnounceGiven(broadcast=0, code=code, body=body)
            found += previews(visit.world, "announce", given, language, tuple(channels))
    return found


async def _form(visit: Visit, *, look: bool = False) -> Response:
    form = visit.form
    wanted = people.Filter(
        role=next((role for role in ROLES if role.value == form.raw("role")), None),
        country=form.raw("country") if form.raw("country") in words.COUNTRIES else "",
        language=form.raw("language") if form.raw("language") in words.LANGUAGES else "",
    )

    def gather(s: Session) -> tuple[list[Seat], list[Seat]]:
        shown = people.of_role(s, ROLES, wanted=wanted, most=SHOWN)
        seats = audience(s, [person.id or 0 for person in shown], visit.now)
        return seats, audience(s, form.numbers("person_ids"), visit.now) if look else []

    shown, chosen = await visit.read(gather)
    if form.raw("step") == "all":
        ticked = [str(person.id) for person, why, _via in shown if why is Exclusion.NONE]
        form.values["person_ids"] = [*form.every("person_ids"), *ticked]
    on_page = {str(person.id) for person, _why, _via in shown}
    body_es, body_en = form.raw("body_es"), form.raw("body_en")
    who = room(chosen, body_es, body_en)
    return visit.again(
        "broadcast_new.html",
        shown=shown,
        kept=[one for one in dict.fromkeys(form.every("person_ids")) if one not in on_page],
        roles=ROLES,
        countries=words.COUNTRIES,
        languages=words.LANGUAGES,
        look=look,
        room=who,
        previews=looks(visit, CODE, body_es, body_en, who) if look else [],
        mark=form.mark(),
    )
