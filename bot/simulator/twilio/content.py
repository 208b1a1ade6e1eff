"""Twilio's Content API: templates with buttons or a list, made once and sent by their SID."""

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.simulator.house import House
from bot.simulator.record.faults import Provider
from bot.simulator.twilio.errors import Rejected
from bot.simulator.wires.call import Answer, Call

_BODY = 1024
_BUTTONS_IN_SESSION = 3
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
_QUICK_REPLY = "twilio/quick-reply"
_LIST_PICKER = "twilio/list-picker"
_TEXT = "twilio/text"


class Contents:
    """Keeps content templates and renders them for a phone."""

    def __init__(self, house: House) -> None:
        self._house = house

    def create(self, call: Call) -> Answer:
        """Keep a template; refuses one that no phone could show."""
        document = call.document
        if not isinstance(document, dict) or not isinstance(document.get("types"), dict):
            raise Rejected(20001, "types")
        if not document.get("language"):
            raise Rejected(20001, "language")
        types = {name: part for name, part in document["types"].items() if part}
        for name, part in types.items():
            _check(name, part)
        sid = f"HX{secrets.token_hex(16)}"
        kept = {
            "friendly_name": document.get("friendly_name") or sid,
            "language": document["language"],
            "variables": document.get("variables") or {},
            "types": types,
        }
        self._house.store.write(
            "INSERT INTO contents(sid, document, made) VALUES(?, ?, ?)",
            sid,
            json.dumps(kept),
            time.time(),
        )
        return Answer(201, self._resource(sid), accepted=True)

    def fetch(self, call: Call, sid: str) -> Answer:
        """Show a template."""
        return Answer(200, self._resource(sid, call.path))

    def remove(self, call: Call, sid: str) -> Answer:
        """Delete a template; messages sent with it stay on the phones."""
        self._resource(sid, call.path)
        self._house.store.write("DELETE FROM contents WHERE sid = ?", sid)
        return Answer(204, accepted=True)

    def list(self, call: Call) -> Answer:
        """Show all templates, a page at a time."""
        return self._page(call, "Content", self._resource)

    def approvals(self, call: Call) -> Answer:
        """Show all templates with what WhatsApp says of each, a page at a time."""

        def both(sid: str) -> dict[str, Any]:
            return {**self._resource(sid), "approval_requests": self._approval(sid)}

        return self._page(call, "ContentAndApprovals", both)

    def _page(self, call: Call, path: str, shown: Callable[[str], dict[str, Any]]) -> Answer:
        size = max(1, min(int(call.asked("PageSize", "50")), 1000))
        page = int(call.asked("Page", "0"))
        rows = self._house.store.rows(
            "SELECT sid FROM contents ORDER BY made LIMIT ? OFFSET ?", size + 1, page * size
        )
        url = f"{self._house.settings.rest_url}/v1/{path}?PageSize={size}&Page="
        return Answer(
            200,
            {
                "meta": {
                    "page": page,
                    "page_size": size,
                    "first_page_url": f"{url}0",
                    "previous_page_url": f"{url}{page - 1}" if page else None,
                    "url": f"{url}{page}",
                    "next_page_url": f"{url}{page + 1}" if len(rows) > size else None,
                    "key": "contents",
                },
                "contents": [shown(row["sid"]) for row in rows[:size]],
            },
        )

    def approve(self, call: Call, sid: str) -> Answer:
        """Take a request for WhatsApp's approval, which is given at once, or as a switch says."""
        kept = self._kept(sid, call.path)
        if _LIST_PICKER in kept["types"]:
            raise Rejected(20001, "a list-picker cannot be approved by WhatsApp")
        asked = call.document or {}
        name = asked.get("name") or ""
        if not _TEMPLATE_NAME.fullmatch(name):
            raise Rejected(20001, "name: only a-z, 0-9 and _")
        approval = {"name": name, "category": asked.get("category", "UTILITY")}
        self._house.store.write(
            "UPDATE contents SET approved = 1, document = ? WHERE sid = ?",
            json.dumps({**kept, "approval": approval}),
            sid,
        )
        return Answer(201, self._approval(sid), accepted=True)

    def approval(self, call: Call, sid: str) -> Answer:
        """Show whether WhatsApp approved a template."""
        self._kept(sid, call.path)
        settings = self._house.settings
        return Answer(
            200,
            {
                "sid": sid,
                "account_sid": settings.account_sid,
                "whatsapp": self._approval(sid),
                "url": f"{settings.rest_url}/v1/Content/{sid}/ApprovalRequests",
            },
        )

    def state(self, sid: str) -> str:
        """What WhatsApp says of a template. Only an approved one goes outside the 24 hours."""
        row = self._house.store.row("SELECT approved, document FROM contents WHERE sid = ?", sid)
        if row is None or not row["approved"]:
            return "unsubmitted"
        kept = json.loads(row["document"])
        if _why_never(kept):
            return "rejected"
        faults = self._house.switches[Provider.TWILIO]
        return faults.approvals.get(kept["friendly_name"], faults.approval)

    def render(self, sid: str, variables: str | None) -> tuple[str, dict[str, Any] | None]:
        """The text and the choices that the phone shows; refuses what Twilio would."""
        row = self._house.store.row("SELECT document FROM contents WHERE sid = ?", sid)
        if row is None:
            raise Rejected(21655)
        kept = json.loads(row["document"])
        values = {**kept["variables"], **_variables(variables)}
        name, part = next(iter(kept["types"].items()))
        filled = _filled(part, values)
        _check(name, filled, code=21658)
        return str(filled["body"]), _choices(name, filled)

    def _kept(self, sid: str, path: str) -> dict[str, Any]:
        row = self._house.store.row("SELECT document FROM contents WHERE sid = ?", sid)
        if row is None:
            raise Rejected(20404, path)
        kept: dict[str, Any] = json.loads(row["document"])
        return kept

    def _resource(self, sid: str, path: str = "") -> dict[str, Any]:
        kept = self._kept(sid, path)
        row = self._house.store.row("SELECT made FROM contents WHERE sid = ?", sid)
        made = datetime.fromtimestamp(row["made"] if row else 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        url = f"{self._house.settings.rest_url}/v1/Content/{sid}"
        return {
            "sid": sid,
            "account_sid": self._house.settings.account_sid,
            "friendly_name": kept["friendly_name"],
            "language": kept["language"],
            "variables": kept["variables"],
            "types": kept["types"],
            "date_created": made,
            "date_updated": made,
            "url": url,
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
        }

    def _approval(self, sid: str) -> dict[str, Any]:
        kept = self._kept(sid, sid)
        approval = kept.get("approval", {})
        name = kept["friendly_name"]
        recounted = self._house.switches[Provider.TWILIO].categories.get(name)
        return {
            "name": approval.get("name", name),
            "category": recounted or approval.get("category", ""),
            "content_type": next(iter(kept["types"])),
            "status": (state := self.state(sid)),
            "rejection_reason": (_why_never(kept) or "NONE") if state == "rejected" else "",
            "allow_category_change": True,
            "type": "whatsapp",
        }


def _why_never(kept: Mapping[str, Any]) -> str:
    """Why WhatsApp refuses such words, or nothing: variables in the wrong place, or unexplained."""
    body = next(iter(kept["types"].values()))["body"]
    between = [re.sub(r"\W", "", words) for words in _PLACEHOLDER.split(body)[::2]]
    if len(between) > 1 and not (between[0] and between[-1]):
        return "Variables can't be at the start or end of the template."
    if not all(between):
        return "Variables can't stand next to each other."
    asked = set(_PLACEHOLDER.findall(json.dumps(kept["types"])))
    return "" if asked <= set(kept["variables"]) else "Every variable needs an example."


def too_many_buttons(choices: Mapping[str, Any] | None) -> bool:
    """Whether WhatsApp shows so many buttons only in an approved template."""
    return bool(
        choices
        and choices["kind"] == "buttons"
        and sum(len(row) for row in choices["rows"]) > _BUTTONS_IN_SESSION
    )


def _variables(text: str | None) -> dict[str, str]:
    """The values of a send; refuses what is no JSON object of filled strings."""
    if not text:
        return {}
    try:
        values = json.loads(text)
    except ValueError:
        raise Rejected(21656) from None
    if not isinstance(values, dict) or not all(values.values()):
        raise Rejected(21656)
    return {str(name): str(value) for name, value in values.items()}


def _filled(part: Any, values: Mapping[str, str]) -> Any:
    """A part of a template with its placeholders filled; refuses one that has no value."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise Rejected(21656)
        return values[match[1]]

    if isinstance(part, str):
        return _PLACEHOLDER.sub(value, part)
    if isinstance(part, list):
        return [_filled(one, values) for one in part]
    if isinstance(part, dict):
        return {name: _filled(one, values) for name, one in part.items()}
    return part


def _check(name: str, part: Any, code: int = 21658) -> None:
    """Refuse a part that breaks one of WhatsApp's limits, or a type the phones here cannot show."""
    if not isinstance(part, dict) or not part.get("body"):
        raise Rejected(20001, f"{name}: body")
    _short(part["body"], _BODY, f"{name}: body", code)
    if name == _QUICK_REPLY:
        actions = part.get("actions") or []
        if not 1 <= len(actions) <= 10:  # noqa: PLR2004 - Twilio's limit
            raise Rejected(20001, "actions: 1 to 10 buttons")
        for action in actions:
            _short(action.get("title"), 20, "action title", code)
            _short(action.get("id"), 200, "action id", code)
        _distinct([action["title"] for action in actions])
    elif name == _LIST_PICKER:
        items = part.get("items") or []
        _short(part.get("button"), 20, "button", code)
        if not 1 <= len(items) <= 10:  # noqa: PLR2004 - Twilio's limit
            raise Rejected(20001, "items: 1 to 10 rows")
        for item in items:
            _short(item.get("item"), 24, "item", code)
            _short(item.get("id"), 200, "item id", code)
            _short(item.get("description") or "-", 72, "item description", code)
        _distinct([item["id"] for item in items])
    elif name != _TEXT:
        raise Rejected(20001, f"{name} is a content type that this stand-in does not show")


def _short(text: Any, limit: int, what: str, code: int) -> None:
    if not isinstance(text, str) or not text:
        raise Rejected(20001, what)
    if len(text) > limit and not (_PLACEHOLDER.search(text)):
        raise Rejected(code, f"{what} is longer than {limit}")


def _distinct(names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise Rejected(20001, "titles and ids must differ from each other")


def _choices(name: str, part: dict[str, Any]) -> dict[str, Any] | None:
    """What can be tapped, in the form that every phone here understands."""
    if name == _QUICK_REPLY:
        rows = [[{"label": one["title"], "id": one["id"]}] for one in part["actions"]]
        return {"kind": "buttons", "rows": rows}
    if name == _LIST_PICKER:
        rows = [
            [{"label": one["item"], "id": one["id"], "description": one.get("description") or ""}]
            for one in part["items"]
        ]
        return {"kind": "list", "button": part["button"], "rows": rows}
    return None
