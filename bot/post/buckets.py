"""The buckets of one process: how much went lately, and whether a message more may go now.

The same rules are in gcra.lua for processes that share a Redis; tests hold them to each other.

- A sender's rate is a window that slides and is counted exactly: in no second is there more than
  the limit, and yet nothing of it is lost, which a leaky bucket cannot have both when messages
  cost several segments. A message larger than a whole window waits for an empty one, and fills it
  for as long as it is worth.
- A recipient's rate is a leaky bucket (GCRA): one each so many seconds, with a small burst.
- Broadcasts flow through a leaky bucket at the sender's rate, so that they never fill a second at
  its start. While anything more urgent waits for the sender, it leaks at a fifth of the rate.
- While broadcasts wait, the others flow through a leaky bucket at a little less than nine tenths
  of the rate, so that broadcasts never stand still.
- New people are counted by name, in 24 hours that slide.
- A 429 halves the rate, which comes back evenly over a minute.

Times are whole microseconds of a clock that never goes back.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from bot.post.limits import Limits, Rate, Sender

SECOND = 1_000_000
DAY = 86_400 * SECOND
BULK = 0.2  # of the rate, for broadcasts while others wait
REST = 0.88  # of the rate, for the others while broadcasts wait: their first burst takes the rest
SMOOTH = 0.1  # of a second's worth may broadcasts send at once
GRACE = SECOND // 20  # how long somebody who was told to come back is waited for
RECOVERY = 60 * SECOND  # until half of the rate is the whole again
LOWEST = 0.125  # of the rate, however many 429s there are
FRESH = 60 * SECOND  # for how long it counts what the record told of others, and no less
AGAIN = SECOND  # when to ask again while it is not known who was written to


@dataclass(frozen=True)
class Demand:
    """A message that wants to go. `cost` is its segments for SMS, else 1.

    `bulk` is a broadcast, `first` a template to somebody outside of their window, `group` a group
    chat.
    """

    via: str
    address_id: int
    cost: int = 1
    bulk: bool = False
    first: bool = False
    group: bool = False


Send = tuple[str, int, int, int]
"""What went: the channel, the address, when, and its cost."""
Meeting = tuple[str, int, int]
"""Who was written to outside of their window: the channel, the address, and when."""


@dataclass
class Lane:
    """What is remembered of one sender."""

    log: deque[tuple[int, int]] = field(default_factory=deque)  # when, and how much, in order
    used: int = 0  # of the window, by what is in the log
    bulk: int = 0  # until when broadcasts are worth (GCRA)
    rest: int = 0  # until when the others are (GCRA), while broadcasts wait
    others_wait: int = 0  # until when somebody urgent is expected back
    bulk_waits: int = 0
    factor: float = 1.0  # of the rate, since the last 429 …
    factor_at: int = 0  # … which was then
    until: int = 0  # nothing goes before: the provider said so
    people: dict[int, int] = field(default_factory=dict)  # who was first written to when, in order
    room: int = 0  # how many new people more before the record must be asked again
    each: dict[tuple[int, bool], int] = field(default_factory=dict)  # GCRA of each recipient


class Buckets:
    """What one process remembers, and what it allows. `part` is its part of the limits."""

    def __init__(self, limits: Limits, part: int, now: int) -> None:
        self._senders = {via: one.part(part) for via, one in limits.senders.items()}
        self._part = part
        self._lanes = {via: Lane() for via in limits.senders}
        self._known_at = self._tidied = now
        self.knows_people = False
        self.empty(now)

    def empty(self, now: int) -> None:
        """Begin with nothing to give: others may have sent up to the limit just now."""
        self._born = now
        for via, old in self._lanes.items():
            self._lanes[via] = Lane(
                until=old.until, people=old.people, factor=old.factor, factor_at=old.factor_at
            )
        self.knows_people = self.knows_people and self._part == 1

    def restore(self, sends: Sequence[Send], people: Sequence[Meeting], now: int) -> None:
        """Take over what the record knows: all sends of the last minute, all people of the day.

        Nothing need be held back then for what is not known.
        """
        self._born = now - DAY
        for via, old in self._lanes.items():
            self._lanes[via] = Lane(
                until=old.until, people=old.people, factor=old.factor, factor_at=old.factor_at
            )
        for via, address_id, at, cost in sorted(sends, key=lambda send: send[2]):
            self._spend(self._senders[via], self._lanes[via], Demand(via, address_id, cost), at)
        self.meet(people)
        self.know(now)

    def meet(self, people: Sequence[Meeting]) -> None:
        """Take over who was written to first in the last day."""
        for via, lane in self._lanes.items():
            known = dict(lane.people)
            for other, who, at in people:
                if other == via:
                    known[who] = max(at, known.get(who, 0))
            lane.people = dict(sorted(known.items(), key=lambda pair: pair[1]))

    def met(self, via: str, who: int, now: int) -> None:
        """Note that somebody is written to first now."""
        lane = self._lanes[via]
        if lane.people.pop(who, None) is None:
            lane.room -= 1
        lane.people[who] = now

    def know(self, now: int) -> None:
        """Trust that nobody is missing of whom all processes wrote to first until now.

        Where others write too, a process may take a part of what is left, and must look again
        after a while. In that time each of them takes its part at most twice: hence the half.
        """
        self.knows_people = True
        self._known_at = now
        for via, lane in self._lanes.items():
            left = (self._senders[via].tier or 0) - len(lane.people)
            lane.room = max(0, left) // (2 * self._part)

    def is_sure(self, now: int) -> bool:
        """Tell whether it is known who was written to first, also by others."""
        return self.knows_people and (self._part == 1 or now < self._known_at + FRESH)

    def people(self, now: int) -> list[Meeting]:
        """Say who was written to first, and how long ago."""
        return [
            (via, who, now - at)
            for via, lane in self._lanes.items()
            for who, at in lane.people.items()
            if at > now - DAY
        ]

    def ahead(self, now: int) -> list[tuple[str, int, int, int]]:
        """Say how far ahead of now the bucket of each recipient is: channel, who, group, time."""
        return [
            (via, who, int(group), due - now)
            for via, lane in self._lanes.items()
            for (who, group), due in lane.each.items()
            if due > now
        ]

    def rest(self, via: str, until: int, now: int) -> None:
        """Stop a sender until then, and halve its rate if it was not stopped already."""
        lane = self._lanes[via]
        if lane.until <= now:
            lane.factor = max(LOWEST, _factor(lane, now) / 2)
            lane.factor_at = now
        lane.until = max(lane.until, until)

    def factor(self, via: str, now: int) -> float:
        """Say how much of its rate a sender uses since the last 429."""
        return _factor(self._lanes[via], now)

    def take(self, demands: Sequence[Demand], now: int) -> list[int]:
        """Give each demand 0, and its tokens, or the time until it is worth asking again.

        Demands come in the order of their urgency: one that waits for its sender is not overtaken
        by a smaller one behind it.
        """
        if now > self._tidied + FRESH:
            self._tidy(now)
        stuck: dict[tuple[str, bool], int] = {}
        return [self._take(self._senders[one.via], one, stuck, now) for one in demands]

    def _take(
        self, sender: Sender, demand: Demand, stuck: dict[tuple[str, bool], int], now: int
    ) -> int:
        lane = self._lanes[demand.via]
        wait = max(
            lane.until - now,
            self._born + micro(sender.rate.seconds) - now,
            self._each(sender, lane, demand, now),
            self._first(sender, lane, demand, now),
        )
        if wait > 0:
            return wait  # not for want of the rate: nobody behind need wait for it
        wait = stuck.get((demand.via, demand.bulk), 0)
        if not wait:
            full = _full(sender.rate, lane, demand, now)
            wait = max(full, _share(sender.rate, lane, demand, now))
            if full > 0:
                stuck[demand.via, not demand.bulk] = full
            if wait > 0:
                stuck[demand.via, demand.bulk] = wait
        if wait > 0:
            if demand.bulk:
                lane.bulk_waits = max(lane.bulk_waits, now + wait + GRACE)
            else:
                lane.others_wait = max(lane.others_wait, now + wait + GRACE)
            return wait
        self._spend(sender, lane, demand, now)
        return 0

    def _each(self, sender: Sender, lane: Lane, demand: Demand, now: int) -> int:
        """Say how long the recipient must be left alone."""
        rate = sender.group if demand.group else sender.each
        if rate is None:
            return 0
        step = worth(rate)
        return max(self._due(rate, lane, demand), now) + step - rate.burst * step - now

    def _due(self, rate: Rate, lane: Lane, demand: Demand) -> int:
        """Say how far a recipient's bucket is filled; one that nothing is known of is empty."""
        unknown = self._born + rate.burst * worth(rate)
        return lane.each.get((demand.address_id, demand.group), unknown)

    def _first(self, sender: Sender, lane: Lane, demand: Demand, now: int) -> int:
        """Say how long a new person must wait for their turn."""
        if not demand.first or sender.tier is None:
            return 0
        if not self.is_sure(now):
            return AGAIN
        people = lane.people
        while people and next(iter(people.values())) <= now - DAY:
            del people[next(iter(people))]
        if demand.address_id in people:
            return 0
        if len(people) >= sender.tier:
            return next(iter(people.values())) + DAY - now
        return 0 if self._part == 1 or lane.room > 0 else AGAIN

    def _spend(self, sender: Sender, lane: Lane, demand: Demand, now: int) -> None:
        """Take from every bucket of a demand."""
        rate, factor = sender.rate, _factor(lane, now)
        _note(rate, lane, demand.cost, now)
        step = worth(rate) / factor
        if demand.bulk:
            slow = BULK if lane.others_wait > now else 1.0
            lane.bulk = max(lane.bulk, now) + int(demand.cost * step / slow)
        elif lane.bulk_waits > now:
            lane.rest = max(lane.rest, now) + int(demand.cost * step / REST)
        person = sender.group if demand.group else sender.each
        if person is not None:
            due = max(self._due(person, lane, demand), now) + worth(person)
            lane.each[demand.address_id, demand.group] = due
        if demand.first:
            self.met(demand.via, demand.address_id, now)

    def _tidy(self, now: int) -> None:
        """Let go of recipients who may be written to freely."""
        self._tidied = now
        for lane in self._lanes.values():
            lane.each = {which: due for which, due in lane.each.items() if due > now}


def micro(seconds: float) -> int:
    """Give seconds as whole microseconds, rounded up."""
    return ceil(seconds * SECOND)


def worth(rate: Rate) -> int:
    """Give the time that one message is worth, in microseconds."""
    return micro(rate.seconds / rate.count)


def _factor(lane: Lane, now: int) -> float:
    return min(1.0, lane.factor + 0.5 * (now - lane.factor_at) / RECOVERY)


def _life(rate: Rate, cost: int, factor: float) -> int:
    """Say for how long a message counts."""
    return ceil(micro(rate.seconds) * max(1.0, cost / rate.count) / factor)


def _note(rate: Rate, lane: Lane, cost: int, now: int) -> None:
    lane.used += min(cost, rate.count)
    if lane.log and lane.log[-1][0] == now and cost < rate.count:
        cost += lane.log.pop()[1]
    lane.log.append((now, cost))


def _full(rate: Rate, lane: Lane, demand: Demand, now: int) -> int:
    """Say how long until the window has room."""
    factor = _factor(lane, now)
    while lane.log and lane.log[0][0] + _life(rate, lane.log[0][1], factor) < now:
        lane.used -= min(lane.log.popleft()[1], rate.count)
    over = lane.used + min(demand.cost, rate.count) - rate.count
    until = now - 1
    for at, cost in lane.log:
        if over <= 0:
            break
        over -= min(cost, rate.count)
        until = at + _life(rate, cost, factor)
    return until + 1 - now


def _share(rate: Rate, lane: Lane, demand: Demand, now: int) -> int:
    """Say how long until a demand's kind may have more of the rate."""
    step = worth(rate) / _factor(lane, now)
    if demand.bulk:
        due, part, burst = lane.bulk, BULK if lane.others_wait > now else 1.0, SMOOTH
    elif lane.bulk_waits > now:
        due, part, burst = lane.rest, REST, REST
    else:
        return 0
    ahead = max(0.0, max(2.0, burst * rate.per_second) - demand.cost) * step / part
    return ceil(due - ahead) - now
