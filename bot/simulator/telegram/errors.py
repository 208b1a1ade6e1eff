"""The refusals of the Bot API, in Telegram's own words and JSON."""

from typing import Any

from bot.simulator.wires.call import Answer
from bot.simulator.wires.gate import Manners


class Denied(Exception):  # noqa: N818 - Telegram denies; nothing here is in error
    """A call that Telegram denies."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters

    def answer(self) -> Answer:
        """The denial on the wire."""
        return denial(self.code, self.description, **self.parameters)


def bad_request(words: str) -> Denied:
    """The commonest denial."""
    return Denied(400, f"Bad Request: {words}")


def denial(code: int, description: str, **parameters: int) -> Answer:
    """Telegram's JSON for a failure; `retry_after` stands in a header too."""
    document: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    if parameters:
        document["parameters"] = parameters
    wait = parameters.get("retry_after")
    return Answer(code, document, headers={} if wait is None else {"Retry-After": str(wait)})


MANNERS = Manners(
    busy=lambda seconds: denial(
        429, f"Too Many Requests: retry after {seconds}", retry_after=seconds
    ),
    down=lambda: denial(503, "Service Unavailable"),
    broken=lambda: denial(500, "Internal Server Error"),
)
