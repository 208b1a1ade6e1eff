"""What Twilio keeps for WhatsApp: buttons and lists made once, and templates to be approved."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels._twilio_rest import Rest
from channels.base import Option

PAGE = 500


@dataclass(frozen=True)
class Content:
    """A message with buttons or a list, as Twilio keeps it: words and ids are filled in later."""

    name: str
    types: Mapping[str, Any]
    variables: Mapping[str, str]
    language: str = "es"


@dataclass(frozen=True)
class Approval:
    """What WhatsApp says of one content.

    `status` is its own word: unsubmitted, received, pending, approved, rejected, paused or
    disabled. `category` is what it counts the words as, and charges: UTILITY, MARKETING, …
    """

    name: str
    sid: str
    language: str
    status: str
    reason: str = ""
    category: str = ""


class Contents:
    """The contents of one Twilio account."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest
        self._sids: dict[str, str] | None = None
        self._lock = asyncio.Lock()

    async def sid(self, wanted: Content) -> str:
        """Find or make a content and give its id. It is kept at Twilio under its name."""
        client = await self._rest.open()
        async with self._lock:
            if self._sids is None:
                kept = await self._rest.call(client.content.v1.contents.list_async(page_size=PAGE))
                self._sids = {content.friendly_name: content.sid for content in kept}
            if wanted.name not in self._sids:
                self._sids[wanted.name] = await self.make(wanted)
            return self._sids[wanted.name]

    def forget(self, content: Content) -> None:
        """Look for this content anew next time: Twilio does not know its id any more."""
        if self._sids is not None:
            self._sids.pop(content.name, None)

    async def make(self, wanted: Content) -> str:
        """Make a content and give its id. Twilio makes another of the same name if asked twice."""
        client = await self._rest.open()
        from twilio.rest.content.v1.content import (  # type: ignore[import-untyped]  # noqa: PLC0415
            ContentList,
        )

        request = ContentList.ContentCreateRequest(
            {
                "friendly_name": wanted.name,
                "language": wanted.language,
                "variables": dict(wanted.variables),
                "types": dict(wanted.types),
            }
        )
        made = await self._rest.call(client.content.v1.contents.create_async(request))
        return str(made.sid)

    async def submit(self, sid: str, name: str, category: str) -> None:
        """Ask WhatsApp to approve a content under a name of a-z, 0-9 and _."""
        client = await self._rest.open()
        from twilio.rest.content.v1.content.approval_create import (  # type: ignore[import-untyped]  # noqa: PLC0415
            ApprovalCreateList,
        )

        request = ApprovalCreateList.ContentApprovalRequest({"name": name, "category": category})
        asked = client.content.v1.contents(sid).approval_create.create_async(request)
        await self._rest.call(asked)

    async def approvals(self) -> list[Approval]:
        """List every content of the account with what WhatsApp says of it."""
        client = await self._rest.open()
        listed = client.content.v1.content_and_approvals.list_async(page_size=PAGE)
        found = []
        for one in await self._rest.call(listed):
            asked = one.approval_requests or {}
            found.append(
                Approval(
                    name=str(one.friendly_name),
                    sid=str(one.sid),
                    language=str(one.language),
                    status=str(asked.get("status") or "unsubmitted"),
                    reason=str(asked.get("rejection_reason") or ""),
                    category=str(asked.get("category") or ""),
                )
            )
        return found


def template(
    name: str, language: str, body: str, variables: Mapping[str, str], actions: Sequence[Option]
) -> Content:
    """Draw a template: a text, with buttons under it where there are actions."""
    buttons = [{"type": "QUICK_REPLY", "title": one.label, "id": one.id} for one in actions]
    types = {"twilio/quick-reply": {"body": body, "actions": buttons}} if buttons else {}
    return Content(name, types or {"twilio/text": {"body": body}}, variables, language)
