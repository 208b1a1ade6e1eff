"""One request of a page: who asks, in which language, what was typed, and what to answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.console.forms import Form
from bot.console.notices import NOTICES
from bot.console.paper import Paper, Reader
from bot.console.records.found import NotFound
from bot.office.notices import Notice
from bot.office.refusal import Refusal
from bot.post.screen import Screen
from bot.vault import trail
from bot.vault.readers import Seen
from bot.world import World
from models.staff import Duty, Staff
from models.text import Text

T = TypeVar("T")


@dataclass
class Visit:
    """A request with everything a page needs. `staff` is nobody before signing in."""

    world: World
    paper: Paper
    request: Request
    reader: Reader
    now: datetime
    staff: Staff | None = None
    form: Form = field(default_factory=Form)
    csrf: str = ""
    token: str = ""  # of the session

    @property
    def me(self) -> Staff:
        """Who is signed in."""
        if self.staff is None:
            raise NotFound
        return self.staff

    @property
    def my_id(self) -> int:
        """The number of who is signed in."""
        return self.me.id or 0

    @property
    def actor(self) -> str:
        """Who acts, as the trail writes it."""
        return trail.by_staff(self.my_id)

    @property
    def may_act(self) -> bool:
        """Whether this reader may change anything."""
        return self.staff is not None and self.staff.duty is Duty.COORDINATOR

    @property
    def fragment(self) -> bool:
        """Whether a part of a page asks for news of itself, without anybody's doing."""
        return self.request.headers.get("hx-request") == "true"

    def asked(self, name: str) -> str:
        """Give a value of the address, or nothing."""
        return self.request.query_params.get(name, "").replace("\x00", "")

    def place(self, name: str) -> str:
        """Give a part of the path."""
        value: str = self.request.path_params[name]
        return value.replace("\x00", "")

    def number(self, name: str) -> int:
        """Give a part of the path that names a row. Raises `NotFound`."""
        value = self.place(name)
        if not (value.isascii() and value.isdigit()) or int(value) >= 2**31:
            raise NotFound
        return int(value)

    def cursor(self, name: str = "before") -> int | None:
        """Give the row to go on from, when the address names one."""
        value = self.asked(name)
        if value.isascii() and value.isdigit() and int(value) < 2**63:
            return int(value)
        return None

    async def read(self, act: Callable[[Session], T]) -> T:
        """Read from the record."""
        return await self.world.db.read(act)

    async def looks(self, act: str, place: str, seen: Seen) -> None:
        """Write down that this reader looks, before anything is shown. Raises `NotFound`."""
        await self.world.readers.note(self.world.db, act, place, self.actor, self.now, seen)

    async def write(self, act: Callable[[Session], T]) -> T:
        """Change the record, and wake the workers."""
        result = await self.world.db.write(act)
        self.world.ring()
        return result

    async def attempt(self, act: Callable[[Session], T]) -> T | None:
        """Change the record; a refusal is noted on the form, and nothing is given back."""
        try:
            return await self.write(act)
        except Refusal as refusal:
            self.form.refuse(*refusal.reasons)
            return None

    def tell(self, s: Session, notices: Sequence[Notice]) -> None:
        """Put words for other people into the outbox, in the caller's transaction."""
        Screen(self.world).notices(s, notices, self.now)

    def page(self, template: str, status: int = 200, /, **values: Any) -> Response:
        """Draw a page."""
        context: Mapping[str, Any] = {
            "visit": self,
            "form": self.form,
            "now": self.now,
            "path": self.request.url.path,
            "notice": NOTICES.get(self.asked("done")) if self.form.fine else None,
            **values,
        }
        drawn = self.paper.draw(template, self.reader, context)
        return Response(drawn, status, media_type="text/html; charset=utf-8")

    def again(self, template: str, /, **values: Any) -> Response:
        """Draw a page again because of what was typed, with all of it still there."""
        return self.page(template, 200 if self.form.fine else 422, **values)

    def go(self, path: str, **values: str) -> Response:
        """Send the reader on after an act."""
        query = f"?{urlencode(values)}" if values else ""
        return RedirectResponse(f"{path}{query}", 303)

    def sorry(self, status: int, title: Text, what_to_do: Text) -> Response:
        """Say what went wrong and what to do."""
        return self.page("sorry.html", status, title=title, what_to_do=what_to_do)
