"""Where every request of the product passes: switches, one transaction, the log, the answer."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bot.simulator.house import House
from bot.simulator.record.faults import Provider
from bot.simulator.wires.call import Answer, Call, Cut, Silence, read


@dataclass(frozen=True)
class Manners:
    """How a provider says that it cannot serve now."""

    busy: Callable[[int], Answer]
    down: Callable[[], Answer]
    broken: Callable[[], Answer]


class Gate:
    """Lets one provider's requests through."""

    def __init__(self, house: House, provider: Provider) -> None:
        self._store = house.store
        self._journal = house.journal
        self._switches = house.switches
        self._provider = provider

    async def serve(
        self, request: Request, name: str, manners: Manners, act: Callable[[Call], Answer]
    ) -> Response:
        """Carry a request out, keep it in the log, and answer as the switches allow."""
        call = await read(request)
        with self._store.transaction():
            answer = self._refusal(manners) or act(call)
            spoilt = answer.accepted and self._strikes("fail_after")
            how = self._switches[self._provider].fail_how if spoilt else ""
            self._journal.request(
                self._provider.value,
                name,
                how or str(answer.status),
                {"verb": call.verb, "sent": _sent(call), "answer": _shown(answer)},
            )
        await asyncio.sleep(self._switches[self._provider].delay)
        match how:
            case "500":
                return manners.broken().response()
            case "cut":
                return Cut()
            case "silence":
                return Silence()
            case _:
                return answer.response()

    def _refusal(self, manners: Manners) -> Answer | None:
        """The answer of a provider that does not even look at the request."""
        if self._strikes("unavailable"):
            return manners.down()
        if self._strikes("too_many"):
            return manners.busy(self._switches[self._provider].retry_after)
        return None

    def _strikes(self, name: str) -> bool:
        return self._switches.strikes(self._provider, name)


def _sent(call: Call) -> dict[str, Any]:
    """The fields of a request, with files by name and size only."""
    asked = {name: values[0] for name, values in call.query.items()}
    fields = {
        name: values[0] if len(values) == 1 else values for name, values in call.fields.items()
    }
    body = {"json": call.document} if call.document is not None else {}
    sizes = {name: f"{file.name}, {len(file.content)} bytes" for name, file in call.files.items()}
    return {**asked, **fields, **body, **sizes}


def _shown(answer: Answer) -> Any:
    if answer.content is not None:
        return f"{len(answer.content)} bytes of {answer.type}"
    return answer.document
