"""Thanks for files: once a burst, naming the count that is stored, and what did not arrive."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from bot.office import tasks
from bot.post.screen import Cause, Screen
from bot.vault.evidence import LIMIT
from channels.base import MediaKind
from handlers import always
from models.conversation import ConversationState, Talked
from models.evidence import Evidence, EvidenceState
from models.person import Address, Person
from models.task import TaskKind
from models.text import Text

POOR = ("dark", "blurred")  # what a look calls a photo that is hard to read


class Thanks:
    """Says what came of a burst. All inside the caller's transaction."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def give(self, s: Session, person: Person, found: Sequence[Evidence], now: datetime) -> None:
        """Thank once for the files of a burst, naming the count that is stored, and go on."""
        for one in found:
            one.acked_at = now
            s.add(one)
        if person.stopped_at or person.frozen_at or person.held_at:
            return
        talked = s.get(Talked, found[0].conversation_id) if found[0].conversation_id else None
        address = s.get(Address, found[-1].address_id) if found[-1].address_id else None
        row = self._say(s, person, talked, found, Cause(f"burst{found[-1].id}", address), now)
        for one in found:
            one.ack_id = row
            s.add(one)

    def _say(
        self,
        s: Session,
        person: Person,
        talked: Talked | None,
        found: Sequence[Evidence],
        cause: Cause,
        now: datetime,
    ) -> int | None:
        stored = [one for one in found if one.state is EvidenceState.STORED]
        troubles = troubles_of(found)
        if talked is None:
            when = self._ask(s, person, found[0], cause, now)
            texts = [*([received(stored)] if stored else []), *when]
            return self._screen.tell(s, person, [*texts, *troubles], cause, now)
        if stored and talked.state is ConversationState.ASKING:
            row = self._screen.burst(s, talked, len(stored), cause, now, before=troubles)
            if row is not None:
                return row
        texts = [received(stored, talked.code)] if stored else []
        return self._screen.tell(s, person, [*texts, *troubles], cause, now, talked=talked)

    @staticmethod
    def _ask(
        s: Session, person: Person, first: Evidence, cause: Cause, now: datetime
    ) -> list[Text]:
        """Ask for a human who places the files; say when one answers, if that was not said yet."""
        before = f"files:{person.id}:"
        if tasks.waiting(s, person.id, before) is not None:
            return []
        task = tasks.need(
            s,
            kind=TaskKind.UNPLACED,
            cause=f"{before}{first.id}",
            now=now,
            person_id=person.id,
            detail="Files came that belong to no request yet.",
        )
        return [tasks.promise(s, task, person, cause.address, now)]


def received(stored: Sequence[Evidence], code: str = "") -> Text:
    """Thank for what is stored, by its count, and call it what it is."""
    photos = all(one.kind == MediaKind.PHOTO.value for one in stored)
    thanks = always.photos_received if photos else always.files_received
    return thanks(len(stored), code)


def troubles_of(found: Sequence[Evidence]) -> list[Text]:
    """Say what was lost of a burst, and what may have to be sent again."""
    lost = [one for one in found if one.state is EvidenceState.FAILED]
    unreadable = any(
        one.state is EvidenceState.STORED and one.quality == "unreadable" for one in found
    )
    texts = []
    if any(one.failure == "too_big" for one in lost):
        texts.append(always.photo_too_big(LIMIT // 1024 // 1024))
    if any(one.failure != "too_big" for one in lost):
        texts.append(always.photo_failed())
    if unreadable:
        texts.append(always.kept_but_unreadable())
    poor = sum(one.state is EvidenceState.STORED and one.quality in POOR for one in found)
    if poor:
        texts.append(always.hard_to_read(poor))
    return texts
