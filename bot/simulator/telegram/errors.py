"""The refusals of the Bot API, in Telegram's own words and JSON."""

from typing import Any

from bot.simulator.wires.call import Answer
from bot.simulator.wires.gate import Manners


class Denied(Exception):  # noqa: N818 - Telegram denies; nothing here is in error
    """A call that Telegram denies."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description

    def answer(self) -> Answer:
        """The denial on the wire."""
        return denial(self.code, self.description)


def bad_request(words: str) -> Denied:
    """The commonest denial."""
    return Denied(400, f"Bad Request: {words}")


def denial(code: int, description: str, retry_after: int | None = None) -> Answer:
    """Telegram's JSON for a failure."""
    document: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    headers = {}
    if retry_after is not None:
        document["parameters"] = {"retry_after": retry_after}
        headers["Retry-After"] = str(retry_after)
    return Answer(code, document, headers=headers)


MANNERS = Manners(
    busy=lambda seconds: denial(429, f"Too Many Requests: retry after {seconds}", seconds),
    down=lambda: denial(503, "Service Unavailable"),
    broken=lambda: denial(500, "Internal Server Error"),
)
