"""The whole simulator: one ASGI app, and the deliverers behind it."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from bot.simulator.acts import Handset
from bot.simulator.house import House
from bot.simulator.line import Channel
from bot.simulator.phones import Phones
from bot.simulator.record.book import person_of
from bot.simulator.record.faults import Provider
from bot.simulator.settings import SimulatorSettings
from bot.simulator.telegram.api import TelegramApi
from bot.simulator.telegram.handset import TelegramHandset
from bot.simulator.telegram.webhook import TelegramRound
from bot.simulator.twilio.api import TwilioApi
from bot.simulator.twilio.handset import TwilioHandset
from bot.simulator.twilio.progress import Progress
from bot.simulator.twilio.rounds import TwilioRound
from bot.simulator.wires.postman import Postman


class Simulator:
    """Stands in for Twilio and Telegram, and shows three phones; mount `app` at /simulator."""

    def __init__(self, settings: SimulatorSettings) -> None:
        self._house = House.open(settings)
        self._progress = Progress(self._house)
        self._postmen = [
            Postman(self._house, TwilioRound(self._house)),
            Postman(self._house, TelegramRound(self._house)),
        ]
        twilio = TwilioHandset(self._house, self._progress)
        handsets: dict[Channel, Handset] = {
            Channel.WHATSAPP: twilio,
            Channel.SMS: twilio,
            Channel.TELEGRAM: TelegramHandset(self._house),
        }
        self.app = Starlette(
            routes=[
                Mount("/twilio", routes=TwilioApi(self._house, self._progress).routes()),
                Mount("/telegram", routes=TelegramApi(self._house).routes()),
                *Phones(self._house, handsets).routes(),
            ]
        )

    def write_book(self, people: Sequence[dict[str, Any]]) -> None:
        """Say who the people are, as PUT /api/book does; refuses an entry that nobody can reach.

        Each has a name, and a phone, a telegram_id, whether Start was pressed, and channels.
        """
        self._house.book.write([person_of(one) for one in people])

    def switch(self, provider: str, **changes: Any) -> None:
        """Turn switches of a provider, as PATCH /api/faults does; refuses what is no switch."""
        self._house.switches.set(Provider(provider), changes)

    async def start(self) -> None:
        """Begin, or go on, delivering what was accepted."""
        self._house.deliveries.resume()
        await self._progress.start()
        for postman in self._postmen:
            await postman.start()

    async def stop(self) -> None:
        """Stop delivering, end every open page's stream, and close the file."""
        self.end_streams()
        await self._progress.stop()
        for postman in self._postmen:
            await postman.stop()
        self._house.store.close()

    def end_streams(self) -> None:
        """End every open page's stream, so that a server can shut down without waiting for it."""
        self._house.live.close()
