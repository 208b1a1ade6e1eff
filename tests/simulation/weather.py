"""What goes wrong in one simulation, and how often: drawn from the seed before it begins."""

from dataclasses import dataclass
from random import Random

CODES = ("21211", "21610", "30003", "30005", "30007", "63015", "63024", "30008")
"""What Twilio may refuse a message with, at once or in a callback: final, and not our own fault."""


@dataclass
class Weather:
    """Shares are of what is asked or delivered; times are in seconds of the simulation."""

    shared: bool  # several processes on one record, as on PostgreSQL
    latency: float  # of the record
    wire: float  # of a provider
    slow: float  # share of answers that come after our patience
    busy: float  # share of requests answered 429
    away: float  # share of requests that reach nobody
    broken: float  # share answered 5xx, half of which were carried out
    silent: float  # share carried out and never answered
    refused: float  # share refused with a code
    failing: float  # share of accepted messages that fail on the way
    duplicate: float  # share of webhooks delivered twice
    lost: float  # share of webhooks that never come
    early: float  # share of callbacks that come before the answer
    deaf: float  # share of rings that nobody hears
    crash_every: float  # mean seconds between deaths of a process; 0: they live
    freeze_every: float  # mean seconds between standstills
    outage_every: float  # mean seconds between outages of the record
    skew: float  # seconds by which a process's wall clock may jump
    poison: float  # share of messages that our code cannot work

    @classmethod
    def draw(cls, chance: Random) -> "Weather":
        """Draw one: each fault is absent, seldom or common, each on its own."""

        def share(seldom: float, common: float) -> float:
            return chance.choice((0.0, 0.0, seldom, common))

        shared = chance.random() < 0.4
        return cls(
            shared=shared,
            latency=chance.choice((0.0005, 0.005, 0.05)),
            wire=chance.choice((0.05, 0.3, 2.0)),
            slow=share(0.01, 0.1),
            busy=share(0.02, 0.2),
            away=share(0.02, 0.2),
            broken=share(0.02, 0.2),
            silent=share(0.02, 0.15),
            refused=share(0.01, 0.1),
            failing=share(0.03, 0.15),
            duplicate=share(0.1, 0.5),
            lost=share(0.02, 0.1),
            early=share(0.1, 0.5),
            deaf=share(0.1, 0.9),
            crash_every=chance.choice((0.0, 14400.0, 3600.0, 1200.0)),
            freeze_every=chance.choice((0.0, 7200.0)) if shared else 0.0,
            outage_every=chance.choice((0.0, 0.0, 14400.0)),
            skew=0.0,
            poison=share(0.0, 0.03),
        )

    def clears(self) -> None:
        """Let everything work from now on."""
        self.slow = self.busy = self.away = self.broken = self.silent = self.refused = 0.0
        self.failing = self.duplicate = self.lost = self.early = self.deaf = self.poison = 0.0
        self.crash_every = self.freeze_every = self.outage_every = 0.0
