"""The parts of the simulator that both providers and the phones share."""

from dataclasses import dataclass

from bot.simulator.record.book import Book
from bot.simulator.record.deliveries import Deliveries
from bot.simulator.record.faults import Switches
from bot.simulator.record.files import Files
from bot.simulator.record.journal import Journal
from bot.simulator.record.live import Live
from bot.simulator.record.store import Store
from bot.simulator.record.threads import Threads
from bot.simulator.settings import SimulatorSettings


@dataclass(frozen=True)
class House:
    """One store, and everything that keeps something in it."""

    settings: SimulatorSettings
    store: Store
    live: Live
    threads: Threads
    files: Files
    book: Book
    switches: Switches
    journal: Journal
    deliveries: Deliveries

    @classmethod
    def open(cls, settings: SimulatorSettings) -> "House":
        """Open the state file, or begin a new one."""
        store = Store(settings.data)
        live = Live()
        switches = Switches(store)
        journal = Journal(store)
        return cls(
            settings=settings,
            store=store,
            live=live,
            threads=Threads(store, live),
            files=Files(store),
            book=Book(store),
            switches=switches,
            journal=journal,
            deliveries=Deliveries(store, switches, journal),
        )
