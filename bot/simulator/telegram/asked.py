"""The parameters of a Bot API call, whichever way they were sent."""

import json
from dataclasses import dataclass
from typing import Any

from bot.simulator.record.files import Upload
from bot.simulator.telegram.errors import bad_request
from bot.simulator.wires.call import Call

_DATA_BYTES = 64
_LABEL = 64


@dataclass(frozen=True)
class Asked:
    """Named parameters and uploaded files."""

    values: dict[str, Any]
    files: dict[str, Upload]

    @classmethod
    def of(cls, call: Call) -> "Asked":
        """Gather them from the address, the form or the JSON body."""
        query = {name: values[0] for name, values in call.query.items()}
        form = {name: values[0] for name, values in call.fields.items()}
        document = call.document if isinstance(call.document, dict) else {}
        return cls({**query, **form, **document}, call.files)

    def text(self, name: str) -> str:
        """A text parameter, or nothing written."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> int | None:
        """A whole number."""
        value = self.text(name)
        if not value:
            return None
        try:
            return int(value)
        except ValueError:
            raise bad_request(f"{name} must be a number") from None

    def object(self, name: str) -> Any:
        """A JSON parameter."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def upload(self, name: str) -> Upload | None:
        """A file that came with the call, if the parameter is one and not the id of an old one."""
        value = self.text(name)
        found = self.files.get(name) or self.files.get(value.removeprefix("attach://"))
        if found is None and value.startswith("attach://"):
            raise bad_request(f"there is no file attached as {value}")
        return found

    def keyboard(self) -> dict[str, Any] | None:
        """The inline keyboard as a phone shows it; refuses what Telegram refuses."""
        markup = self.object("reply_markup")
        if not isinstance(markup, dict) or "inline_keyboard" not in markup:
            return None
        rows = [[_button(one) for one in row] for row in markup["inline_keyboard"]]
        return {"kind": "inline", "rows": rows} if rows else None


def _button(one: dict[str, Any]) -> dict[str, Any]:
    label = str(one.get("text") or "")
    if not label:
        raise bad_request("can't parse inline keyboard button: text must be non-empty")
    if one.get("url"):
        return {"label": label, "url": str(one["url"])}
    key = str(one.get("callback_data") or "")
    if not 1 <= len(key.encode()) <= _DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return {"label": label[:_LABEL], "id": key}
