"""Programs that call: who they act for, and what they may."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from sqlmodel import Session

from bot.console.api.problems import Problem
from bot.office import staff
from bot.vault import trail
from bot.vault.readers import Seen
from bot.world import World
from models.staff import ApiToken, Staff

T = TypeVar("T")

RESOURCES = (
    *("people", "cases", "evidence", "messages", "tasks", "broadcasts", "post"),
    *("facts", "keeping", "staff"),
)
SCOPES = tuple(
    f"{resource}:{verb}"
    for resource in RESOURCES
    for verb in ("read", "write")
    if (resource, verb) != ("evidence", "write")  # files come from channels and upload links only
)
"""Everything a token may be allowed."""

BEARER = HTTPBearer(auto_error=False, description="A token made with `token create`.")


@dataclass(frozen=True)
class Caller:
    """A program with a token that holds."""

    world: World
    token: ApiToken
    now: datetime

    @property
    def actor(self) -> str:
        """Who acts, as the trail writes it."""
        if self.token.staff_id is not None:
            return trail.by_staff(self.token.staff_id)
        return f"token:{self.token.id}"

    @property
    def human(self) -> int:
        """The member of staff in whose name a decision is made. Raises a `Problem`."""
        if self.token.staff_id is None:
            raise Problem(
                403,
                "no-human",
                "Only a named human does this. Make a token that belongs to a staff account.",
            )
        return self.token.staff_id

    async def looks(self, act: str, place: str, seen: Seen) -> None:
        """Write down that this program looks, before anything is told."""
        await self.world.readers.note(self.world.db, act, place, self.actor, self.now, seen)

    async def read(self, act: Callable[[Session], T]) -> T:
        """Read from the record."""
        return await self.world.db.read(act)


async def called(
    scopes: SecurityScopes,
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller:
    """Find out which program calls, and whether it may. Raises a `Problem`."""
    world: World = request.app.state.world
    token = None
    if bearer is not None:
        token = await world.db.read(lambda s: _token(s, world, bearer.credentials))
    if token is None:
        raise Problem(
            401,
            "unauthorised",
            "Send a token that holds: `Authorization: Bearer …`.",
            headers={"www-authenticate": "Bearer"},
        )
    missing = set(scopes.scopes) - set(token.scopes.split())
    if missing:
        raise Problem(403, "scope", "This token may not do that.", needs=sorted(scopes.scopes))
    return Caller(world, token, world.now())


def may(*scopes: str) -> Any:
    """Declare what a caller of an operation must be allowed."""
    return Security(called, scopes=list(scopes))


def _token(s: Session, world: World, bearer: str) -> ApiToken | None:
    token = staff.token_for(s, world.keys, bearer)
    if token is None or token.staff_id is None:
        return token
    owner = s.get(Staff, token.staff_id)
    return token if owner is not None and owner.disabled_at is None else None
