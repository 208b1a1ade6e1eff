"""Keeping WhatsApp's approvals: what is missing is asked for, and what it says of it is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from bot.log import log
from bot.office import gates, tasks
from bot.post.phrases import BOOK, LANGUAGES, Phrase, two_letters
from bot.world import World
from channels._twilio import Line
from channels._twilio_contents import Approval as Told
from channels.base import Failure, Refused
from channels.whatsapp import WhatsApp
from models.outbox import Held, Outbox, OutboxState
from models.task import TaskKind
from models.template import Approval, TemplateRow

HOUR = timedelta(hours=1)  # between looks at what WhatsApp says
SOON = timedelta(minutes=5)  # where it has not decided yet, or Twilio could not be asked
CATEGORY = "UTILITY"
GONE = {
    Approval.REJECTED: "WhatsApp rejected the words «{name}».",
    Approval.PAUSED: "WhatsApp paused the words «{name}».",
    Approval.DISABLED: "WhatsApp disabled the words «{name}».",
}
"""What staff must hear of."""
SETTLED = {Approval.APPROVED, *GONE}
WAITING = "Messages that need them wait."
RECOUNTED = (
    "They still go, cost more, and do not reach numbers in the United States. "
    "Ask WhatsApp to review it, or have plainer words approved."
)


def amiss(s: Session) -> list[TemplateRow]:
    """List our present words that WhatsApp has not approved as we asked, by their names."""
    rows = s.exec(select(TemplateRow).order_by(TemplateRow.key, TemplateRow.language)).all()
    current = _every()
    return [
        row
        for row in rows
        if (row.key, row.language, row.version) in current
        and (row.approval is not Approval.APPROVED or row.category not in ("", CATEGORY))
    ]


def kept(s: Session, phrase: Phrase, language: str) -> TemplateRow | None:
    """Give what is known of a phrase at WhatsApp, in one language and in its present version."""
    return s.exec(
        select(TemplateRow).where(
            TemplateRow.key == phrase.key,
            TemplateRow.language == language,
            TemplateRow.version == phrase.version,
        )
    ).first()


def recheck(s: Session) -> None:
    """Look at once at what WhatsApp says: a message came back because of its template."""
    s.connection().execute(sa.update(TemplateRow).values(checked_at=None))


@dataclass(frozen=True)
class Wanted:
    """A phrase in a language whose approval is ours to look after now."""

    id: int
    phrase: Phrase
    language: str

    @property
    def name(self) -> str:
        """What it is called at Twilio."""
        return self.phrase.friendly_name(self.language)


class Templates:
    """Registers our phrases at WhatsApp, and follows what becomes of them.

    Among several processes one takes a look at a time. Twilio makes another content of the same
    name when it is asked twice, so what is there is looked for first, by its name.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        channel = world.channels.get("whatsapp")
        self._line: Line | None = channel.line if isinstance(channel, WhatsApp) else None

    async def work(self) -> bool:
        """Look after what is due. Never more at once than there is."""
        world = self._world
        if self._line is None or not await world.db.read(partial(_due, world.now())):
            return False
        wanted = await world.db.write(partial(_take, world.now()))
        try:
            for one, told in await _asked(self._line, wanted):
                await world.db.write(partial(_keep, one, told, world.now()))
        except Failure as failure:
            log.warning("templates.unasked", why=type(failure).__name__, code=failure.code)
            await world.db.write(partial(_later, [one.id for one in wanted], world.now()))
        world.ring()
        return False


async def _asked(line: Line, wanted: Sequence[Wanted]) -> list[tuple[Wanted, Told]]:
    """Ask Twilio what it has, make and submit what it has not, and say how each stands."""
    if not wanted:
        return []
    there = _by_name(await line.approvals())
    refused: dict[str, Told] = {}
    submitted = False
    for one in wanted:
        told = there.get(one.name)
        if told is not None and told.status != Approval.UNSUBMITTED.value:
            continue
        submitted = True
        try:
            await line.submit(told.sid if told else await _make(line, one), one.name, CATEGORY)
        except Refused as failure:
            refused[one.name] = Told(one.name, "", "", Approval.REJECTED.value, str(failure))
    there = (_by_name(await line.approvals()) if submitted else there) | refused
    return [(one, there[one.name]) for one in wanted if one.name in there]


async def _make(line: Line, one: Wanted) -> str:
    phrase, language = one.phrase, one.language
    return await line.create_template(
        one.name,
        two_letters(language),
        phrase.body(language),
        phrase.examples(),
        phrase.actions(language),
    )


def _by_name(listed: Iterable[Told]) -> dict[str, Told]:
    """Give what Twilio has, by its name. Of several of one name, the one that may go first."""
    last = len(_ORDER)
    ranked = sorted(listed, key=lambda told: _ORDER.get(told.status, last), reverse=True)
    return {told.name: told for told in ranked}


_ORDER = {
    approval.value: n
    for n, approval in enumerate(
        (
            Approval.APPROVED,
            Approval.PENDING,
            Approval.RECEIVED,
            Approval.PAUSED,
            Approval.REJECTED,
            Approval.DISABLED,
        )
    )
}


def _due(now: datetime, s: Session) -> bool:
    """Tell whether something is missing or not looked at for a while."""
    known = s.exec(select(TemplateRow)).all()
    names = {(row.key, row.language, row.version) for row in known}
    return _every() - names != set() or any(_is_due(row, now) for row in known)


def _is_due(row: TemplateRow, now: datetime) -> bool:
    pause = HOUR if row.approval in SETTLED else SOON
    return row.checked_at is None or row.checked_at + pause <= now


def _every() -> set[tuple[str, str, int]]:
    return {
        (phrase.key, language, phrase.version) for phrase in BOOK.values() for language in LANGUAGES
    }


def _take(now: datetime, s: Session) -> list[Wanted]:
    """Write down what we have, and take what is due, so that no other process does too."""
    connection = s.connection()
    build: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    for key, language, version in sorted(_every()):
        connection.execute(
            build.insert(TemplateRow)
            .values(
                key=key,
                language=language,
                version=version,
                content_sid="",
                approval=Approval.UNSUBMITTED,
                category=CATEGORY,
                reason="",
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=["key", "language", "version"])
        )
    # One lock for all: who comes second finds them looked at.
    rows = s.exec(select(TemplateRow).order_by(col(TemplateRow.id)).with_for_update()).all()
    current = _every()
    taken = []
    for row in rows:
        if (row.key, row.language, row.version) in current and _is_due(row, now):
            row.checked_at = now
            s.add(row)
            taken.append(Wanted(row.id or 0, BOOK[row.key], row.language))
    return taken


def _keep(one: Wanted, told: Told, now: datetime, s: Session) -> None:
    """Keep what WhatsApp says, and let go or report what hangs on it."""
    row = s.get_one(TemplateRow, one.id, with_for_update=True)
    before, counted = row.approval, row.category
    try:
        row.approval = Approval(told.status)
    except ValueError:
        row.approval = Approval.PENDING  # a state we do not know is not yet a yes
    row.content_sid = told.sid
    row.category = told.category[:20] or counted
    row.reason = told.reason[:300]
    row.checked_at = now
    s.add(row)
    if row.category not in (counted, CATEGORY):
        what = f"WhatsApp now counts the words «{one.name}» as {row.category.lower()}. {RECOUNTED}"
        _tell(s, one, row.category.lower(), what, now)
    if before is row.approval:
        return
    if row.approval is Approval.APPROVED:
        gates.open_(s, gates.of_template(one.phrase.name(one.language)), now)
    if row.approval in SETTLED:
        _look_again(s, one.phrase.key, now)
    if row.approval in GONE:
        mute = row.reason in ("", "NONE")
        said = "It gives no reason." if mute else f"It says: {row.reason}."
        what = f"{GONE[row.approval].format(name=one.name)} {said} {WAITING}"
        _tell(s, one, row.approval.value, what, now)


def _tell(s: Session, one: Wanted, news: str, what: str, now: datetime) -> None:
    """Have staff hear of it, once a day."""
    cause = f"template:{one.phrase.name(one.language)}:{news}:{now:%Y-%m-%d}"
    tasks.need(s, kind=TaskKind.NOT_SENT, cause=cause, now=now, detail=what)


def _look_again(s: Session, key: str, now: datetime) -> None:
    """Have the sender look again at the messages that waited for these words."""
    s.connection().execute(
        sa.update(Outbox)
        .where(
            col(Outbox.state) == OutboxState.PENDING,
            col(Outbox.held) == Held.WINDOW,
            col(Outbox.template) == key,
        )
        .values(next_at=now, changed_at=now)
    )


def _later(ids: Sequence[int], now: datetime, s: Session) -> None:
    """Look again soon at what is settled too: Twilio could not be asked."""
    s.connection().execute(
        sa.update(TemplateRow)
        .where(col(TemplateRow.id).in_(ids), col(TemplateRow.approval).in_(SETTLED))
        .values(checked_at=now - HOUR + SOON)
    )
