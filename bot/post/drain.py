"""The drain: brings what was put beside the record into it, the oldest first.

A file is taken away only when what it holds is committed. Brought in twice, it changes nothing: so
any number of processes may do this at once, and any of them may die at any moment.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from sqlmodel import Session

from bot import crash
from bot.db import Unavailable
from bot.log import log
from bot.office import tasks
from bot.post.inbox import Kept, insert, kept
from bot.post.outcomes import Outcomes, unpacked
from bot.post.spool import BAD, ENVELOPE, OUTCOME, Spool, Unreadable
from bot.world import World
from models.task import TaskKind

AT_ONCE = 100  # envelopes brought in in one transaction
REST = 1.0  # seconds between looks, in a process that only serves


class Drain:
    """Empties the folder beside the record."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._outcomes = Outcomes(world)
        self._alone = asyncio.Lock()

    async def work(self) -> None:
        """Return when nothing waits beside the record: only then may anything be sent.

        Raises `Unavailable` while the record takes nothing, and `OSError` where the folder cannot
        be looked into: then nobody knows what waits there, and it may be a stop.
        """
        spool = self._world.spool
        if spool is None or not spool.waits():
            return
        async with self._alone:
            count = 0
            while spool.waits():
                envelopes = await asyncio.to_thread(spool.names, ENVELOPE)
                for start in range(0, len(envelopes), AT_ONCE):
                    await self._insert(spool, envelopes[start : start + AT_ONCE])
                outcomes = await asyncio.to_thread(spool.names, OUTCOME)
                for name in outcomes:
                    await self._apply(spool, name)
                count += len(envelopes) + len(outcomes)
        if count:
            log.info("spool.drained", count=count)
            self._world.ring()

    async def run(self) -> None:
        """Do so for ever, in a process that has no worker."""
        while True:
            try:
                await self.work()
            except Exception as problem:  # noqa: BLE001 - it is tried again until it succeeds
                log.error("spool.not_drained", error=type(problem).__name__)
            await asyncio.sleep(REST)

    async def _insert(self, spool: Spool, names: Sequence[str]) -> None:
        world = self._world
        good, problems = await asyncio.to_thread(self._read, spool, names)
        try:
            if good:
                await world.db.write(partial(insert, kept=good, keys=world.keys))
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - one that cannot be kept costs no other its place
            if len(names) > 1:
                for name in names:
                    await self._insert(spool, [name])
                return
            problems = {names[0]: problem}
        crash.point("in.drained")
        for name, why in problems.items():
            await self._give_up(spool, name, why)
        await asyncio.to_thread(spool.remove, set(names) - problems.keys())

    def _read(self, spool: Spool, names: Sequence[str]) -> tuple[list[Kept], dict[str, Exception]]:
        """Read envelopes, and say of some why they cannot be read."""
        good: list[Kept] = []
        problems: dict[str, Exception] = {}
        for name in names:
            try:
                found = spool.envelope(name)
            except Unreadable as problem:
                problems[name] = problem
                continue
            if found is not None:
                envelope, received_at = found
                good.append(kept(envelope, self._world.keys, received_at))
        return good, problems

    async def _apply(self, spool: Spool, name: str) -> None:
        try:
            content = await asyncio.to_thread(spool.read, name)
            if content is None:
                return
            await self._world.db.write(partial(self._outcomes.ended, [unpacked(content)]))
        except Unavailable:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, the others are brought in
            await self._give_up(spool, name, problem)
            return
        crash.point("out.drained")
        await asyncio.to_thread(spool.remove, [name])

    async def _give_up(self, spool: Spool, name: str, why: Exception) -> None:
        """Let a human see to a file that cannot be brought in, before it is set aside."""
        log.error(
            "spool.bad", error=str(why) if isinstance(why, Unreadable) else type(why).__name__
        )
        await self._world.db.write(partial(self._ask_human, spool, name))
        await asyncio.to_thread(spool.set_aside, name)

    def _ask_human(self, spool: Spool, name: str, s: Session) -> None:
        tasks.need(
            s,
            kind=TaskKind.BROKEN,
            cause=f"spool:{name}",
            now=self._world.now(),
            due_hours=1,
            detail=f"A file that was kept while the database was away cannot be read. It is "
            f"{spool.folder / name}.{BAD} now. Was MASTER_KEY another one then? With that key, "
            f"take .{BAD} from its name and it is read again. Else a message or its fate is lost: "
            "ask whoever wrote at that time.",
        )
