"""Plays one seed again and tells its whole story: `python -m tests.simulation 17`."""

import sys

from tests.simulation.invariants import breaches
from tests.simulation.town import played

DAYS = 0.3


def main() -> None:
    """Play the seed that was given, for the days that were given."""
    seed = int(sys.argv[1])
    days = float(sys.argv[2]) if len(sys.argv) > 2 else DAYS
    with played(seed, days) as town:
        found = breaches(town)
        story = "\n".join(town.trace)
    sys.stdout.write(f"{story}\n\nseed {seed}, {days} days, story {town.digest()}\n")
    sys.stdout.write("\n".join(found) + "\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
