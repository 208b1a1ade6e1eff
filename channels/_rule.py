"""One line of a table of errors: what a provider's word means, and what is to be done."""

from dataclasses import dataclass

from channels.failures import Busy, Failure, Remedy, Scope

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
NOTHING_TO_DO = Remedy()


@dataclass(frozen=True)
class Rule:
    """The verdict, what happened in one English sentence, and the remedy.

    `wait` is for `Busy` alone: the seconds until the message is tried again, where the provider
    does not say; `everyone`, whether the whole sender waits as long.
    """

    kind: type[Failure]
    reason: str
    remedy: Remedy = NOTHING_TO_DO
    wait: float = 1.0
    everyone: bool = True

    def failure(self, code: str, wait: float | None = None) -> Failure:
        """Make the failure for one occurrence. `wait` is what the provider asks for, in seconds."""
        if self.kind is Busy:
            return Busy(
                self.reason,
                code=code,
                remedy=self.remedy,
                wait=self.wait if wait is None else wait,
                everyone=self.everyone,
            )
        return self.kind(self.reason, code=code, remedy=self.remedy)


def ours(tell: str, holds: Scope = Scope.CHANNEL, *, elsewhere: bool = False) -> Remedy:
    """Wait until staff have mended something of our own."""
    return Remedy(holds=holds, alert=True, tell=tell, elsewhere=elsewhere)
