"""Files that people send: announced with their message, thanked for once when a burst is over."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from bot.db import clock
from bot.post.arrival import Arrival
from bot.world import Rhythm
from channels.base import MediaKind
from models.conversation import Talked
from models.evidence import Evidence, EvidenceState, Provenance
from models.facts import request_of


@dataclass
class Burst:
    """The files somebody sent in one go, for one request or none."""

    person_id: int
    conversation_id: int | None
    files: list[Evidence] = field(default_factory=list)

    def over(self, now: datetime, rhythm: Rhythm) -> bool:
        """Whether every file is settled and nothing more came for a while."""
        if any(one.state is EvidenceState.ANNOUNCED for one in self.files):
            # A file that takes long keeps the thanks back only for so long.
            return now - self._first() > rhythm.burst_most and self._settled()
        last = max(max(one.received_at, one.stored_at or one.received_at) for one in self.files)
        return now - last >= rhythm.burst_quiet or now - self._first() > rhythm.burst_most

    def ripe(self) -> list[Evidence]:
        """The files of which something true can be said."""
        return [one for one in self.files if one.state is not EvidenceState.ANNOUNCED]

    def _first(self) -> datetime:
        return min(one.received_at for one in self.files)

    def _settled(self) -> bool:
        return bool(self.ripe())


def announce(s: Session, arrival: Arrival, talked: Talked | None) -> None:
    """Write down that files exist, before anybody has fetched them."""
    for position, attachment in enumerate(arrival.inbound.attachments):
        item = Evidence(
            inbox_id=arrival.heard.inbox_id,
            position=position,
            person_id=arrival.person.id or 0,
            address_id=arrival.address.id,
            conversation_id=talked.id if talked else None,
            case_id=talked.case_id if talked else None,
            request_id=request_of(talked.given) if talked else None,
            via=arrival.inbound.channel,
            kind=attachment.kind.value,
            provenance=(
                Provenance.RECOMPRESSED
                if attachment.kind in (MediaKind.PHOTO, MediaKind.VIDEO)
                else Provenance.DOCUMENT
            ),
            provider_message_id=arrival.inbound.message_id,
            locator=attachment.locator,
            filename=attachment.filename,
            caption=arrival.inbound.text,
            mime_declared=attachment.mime.replace("\0", "")[:120],
            sent_at=arrival.inbound.sent_at,
            received_at=arrival.heard.received_at,
            next_at=clock(s),
        )
        s.add(item)
    s.flush()


def belongs(s: Session, arrival: Arrival, talked: Talked | None) -> None:
    """Put the files of a message that was announced before where they belong, if anywhere."""
    if talked is not None:
        found = s.exec(select(Evidence).where(Evidence.inbox_id == arrival.heard.inbox_id)).all()
        place(s, found, talked, request_of(talked.given))


def waiting(s: Session, *, person_id: int | None = None, most: int = 500) -> list[Burst]:
    """The bursts whose senders have not been told what was stored."""
    found: dict[tuple[int, int | None], Burst] = {}
    query = (
        select(Evidence)
        .where(col(Evidence.acked_at).is_(None))
        .order_by(col(Evidence.id))
        .limit(most)
    )
    if person_id is not None:
        query = query.where(Evidence.person_id == person_id)
    for item in s.exec(query):
        key = (item.person_id, item.conversation_id)
        found.setdefault(key, Burst(*key)).files.append(item)
    return list(found.values())


def unplaced(s: Session, person_id: int, since: timedelta, now: datetime) -> Sequence[Evidence]:
    """The files of somebody that belong to no request yet."""
    return s.exec(
        select(Evidence).where(
            Evidence.person_id == person_id,
            col(Evidence.case_id).is_(None),
            col(Evidence.conversation_id).is_(None),
            col(Evidence.received_at) > now - since,
        )
    ).all()


def place(s: Session, files: Sequence[Evidence], talked: Talked, request: int | None) -> None:
    """Put files where they belong."""
    for item in files:
        item.conversation_id = talked.id
        item.case_id = talked.case_id
        item.request_id = request
        s.add(item)
