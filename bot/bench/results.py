"""What was measured, and how it stands against the goals of the design."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from statistics import median


@dataclass(frozen=True)
class Measured:
    """One figure of one thing, round by round."""

    what: str
    unit: str
    rounds: tuple[float, ...]
    note: str = ""

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return median(self.rounds)

    @property
    def told(self) -> str:
        """The median with the least and the most."""
        middle = number(self.middle)
        if len(self.rounds) == 1:
            return middle
        return f"{middle} ({number(min(self.rounds))}-{number(max(self.rounds))})"


class Side(Enum):
    """On which side of its goal a ratio should be."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True)
class Goal:
    """A goal of the design, and the ratio that was measured; None: it was not measured, and why."""

    what: str
    side: Side
    wanted: float
    ratio: float | None
    why: str = ""

    @property
    def verdict(self) -> str:
        """Say whether it was met."""
        if self.ratio is None:
            return "not measured"
        above = self.ratio >= self.wanted
        return "met" if above == (self.side is Side.AT_LEAST) or self.exactly else "missed"

    @property
    def exactly(self) -> bool:
        """Whether the ratio is just the goal."""
        return self.ratio == self.wanted


@dataclass
class Part:
    """One part of the bench: its figures, the goals they serve, and what must be known of them."""

    name: str
    title: str
    drawn: str = "/s"  # the units in its plot end so
    figures: list[Measured] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, unit: str, rounds: Sequence[float], note: str = "") -> Measured:
        """Keep a figure."""
        figure = Measured(what, unit, tuple(rounds), note)
        self.figures.append(figure)
        return figure


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """Give the median of the ratios of rounds that stood side by side."""
    pairs = [one / other for one, other in zip(ours, theirs, strict=True) if other]
    return median(pairs) if pairs else None


def number(value: float) -> str:
    """Write a number as one reads it."""
    if abs(value) >= 100:  # noqa: PLR2004 - from here on a fraction tells nothing
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004 - the same
