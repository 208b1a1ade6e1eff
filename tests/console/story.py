"""A day at the desk: one case from offer to photo, a broadcast, a first contact, a few troubles."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session, col, select

from bot.office import broadcasts, casebook, gates, hiring, tasks
from bot.office.duty import hands, shifts
from bot.office.people import best_address
from bot.office.who import regrouping
from bot.post import outbox
from bot.post.screen import Screen
from models.appointment import Appointment
from models.assignment import Assignment, DeclineReason
from models.broadcast import Broadcast, Reply
from models.case import Case
from models.document import DocumentRequest
from models.facts import Accepted, Answered, CallBooked, Declined, PapersSent, SearchReported
from models.inbox import Inbox, InboxState, Lane
from models.outbox import Outbox, OutboxState, Part, Weight
from models.person import Person, Role, Via
from models.regrouping import RegroupingKind
from models.staff import Duty, Staff
from models.task import Task, TaskKind
from models.whereabouts import Certainty, Finding, Source, Whereabouts
from tests.console.desk import KEYS, Desk

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Day:
    """Who and what there is at the end of the day."""

    lawyer: Person
    marta: Person
    rosa: Person
    lucia: Person
    stopped: Person
    tomasa: Person
    case: Case
    assignment: Assignment
    report: Whereabouts
    request: DocumentRequest
    call: Appointment
    broadcast: Broadcast
    shift: int
    leave: int


def lived(desk: Desk) -> Day:
    """Live through a day."""
    lawyer = desk.person("Grace Example", Role.LAWYER, Via.SMS, language="eng", country="US")
    marta = desk.person("Marta Ficticia", Role.DEFENDER, Via.WHATSAPP, Via.SMS)
    rosa = desk.person("Rosa Inventada", Role.DEFENDER, Via.SMS, country="HN")
    lucia = desk.person("Lucía Imaginaria", Role.DEFENDER, Via.TELEGRAM, country="SV")
    stopped = desk.person("Irma Leyenda", Role.DEFENDER, Via.WHATSAPP, country="MX")
    tomasa = desk.person("Tomasa Novela", Role.PARENT, Via.WHATSAPP)
    _stop(desk, stopped)
    case = desk.case(lawyer_id=lawyer.id, parent_id=tomasa.id)
    desk.case("HN-0233", summary="Conseguir la copia de folio y el DNI.", guarded="")
    assignment = desk.offered(case, marta, rosa, lucia)
    _go_out(desk, marta, rosa, lucia)
    desk.clock.pass_(4 * MINUTE)
    desk.heard(rosa, "Fijese q esta semana no voy a poder, ando en audiencia", case)
    desk.record(rosa, "offer", Declined(assignment.id or 0, DeclineReason.TIME, "en audiencia"))
    desk.clock.pass_(3 * MINUTE)
    desk.heard(marta, "si la agaro 417 cuanto dan d viaticos", case)
    desk.record(marta, "offer", Accepted(assignment.id or 0))
    desk.clock.pass_(DAY)
    desk.heard(marta, "ya la encontre, vive en todos santos con su hermana", case)
    found = SearchReported(
        assignment.id or 0,
        Finding.FOUND,
        place="Todos Santos Cuchumatán, cantón Twitzí",
        source=Source.IN_PERSON,
        certainty=Certainty.SURE,
        note="Vive con su hermana. Se le puede llamar por las tardes.",
    )
    desk.record(marta, "search", found)
    desk.clock.pass_(20 * MINUTE)
    request = desk.only(DocumentRequest)
    desk.heard(marta, "aqui va el acta", case, photos=3, request_id=request.id)
    desk.record(marta, "papers", PapersSent(request.id or 0, 3))
    call = _first_contact(desk, case, tomasa)
    broadcast = _broadcast(desk, marta, rosa, lucia, stopped)
    _trouble(desk, lawyer)
    _stuck(desk, marta)
    _proposal(desk, marta)
    _hires(desk)
    return Day(
        lawyer,
        marta,
        rosa,
        lucia,
        stopped,
        tomasa,
        case,
        assignment,
        desk.only(Whereabouts),
        request,
        call,
        broadcast,
        *_planned(desk, marta),
    )


def _hires(desk: Desk) -> None:
    """Invite a colleague, who has not come yet."""
    desk.write(lambda s: hiring.invite(s, KEYS, "noe", "Noé Ficticio", Duty.READER, desk.clock.at))


def _planned(desk: Desk, marta: Person) -> tuple[int, int]:
    """Say who answers on Sundays, and that Marta is away next year; write about a task."""

    def act(s: Session) -> tuple[int, int]:
        now, days = desk.clock.at, (date(2027, 3, 1), date(2027, 3, 5))
        (shift,) = shifts.add(
            s,
            s.get_one(Staff, 1),
            weekdays=[6],
            begins=480,
            ends=1020,
            zone="America/Guatemala",
            now=now,
            actor="staff:1",
        )
        hands.write(s, s.get_one(Task, 1), "Llamar antes de las 5.", 1, now)
        leave = shifts.go_away(s, s.get_one(Person, marta.id), *days, now, "staff:1")
        return shift.id or 0, leave.id or 0

    return desk.write(act)


def _proposal(desk: Desk, person: Person) -> None:
    """Leave one proposal about who is who, which nobody has decided about."""

    def act(s: Session) -> None:
        regrouping.propose(
            s,
            kind=RegroupingKind.PART,
            person=s.get_one(Person, person.id),
            address=best_address(s, person),
            why="Contestó otra señora.",
            now=desk.clock.at,
            actor="staff:1",
        )

    desk.write(act)


def _stop(desk: Desk, person: Person) -> None:
    def act(s: Session) -> None:
        kept = s.get_one(Person, person.id)
        kept.stopped_at = desk.clock.at
        s.add(kept)

    desk.write(act)


def _go_out(desk: Desk, *people: Person) -> None:
    """Show what waits in line, and let it arrive."""
    screen = Screen(desk.world)

    def act(s: Session) -> None:
        for person in people:
            screen.next(s, person.id or 0, desk.clock.at)
        for row in s.exec(select(Outbox).where(Outbox.state == OutboxState.PENDING)):
            row.state = OutboxState.DELIVERED
            row.sent_at = row.changed_at = desk.clock.at
            s.add(row)

    desk.write(act)


def _first_contact(desk: Desk, case: Case, tomasa: Person) -> Appointment:
    slot = desk.clock.at + DAY
    desk.write(
        lambda s: casebook.outreach(
            s,
            case=case,
            person_id=tomasa.id or 0,
            slots=[slot],
            now=desk.clock.at,
            actor="staff:1",
        )
    )
    _go_out(desk, tomasa)
    desk.clock.pass_(5 * MINUTE)
    desk.heard(tomasa, "si, por la tarde", case)
    desk.record(tomasa, "outreach", CallBooked(case.id or 0, slot.isoformat()))
    return desk.only(Appointment)


def _broadcast(desk: Desk, *people: Person) -> Broadcast:
    def act(s: Session) -> Broadcast:
        made = broadcasts.draft(
            s,
            title="Declaración en q'eqchi'",
            body_es="¿Quién puede tomar una declaración en q'eqchi' esta semana?",
            body_en="",
            person_ids=[person.id or 0 for person in people],
            staff_id=1,
            now=desk.clock.at,
        )
        broadcasts.confirm(s, made, 1, desk.clock.at)
        broadcasts.expand(s, made.id or 0, desk.clock.at)
        return made

    made = desk.write(act)
    desk.clock.pass_(30 * MINUTE)
    _go_out(desk, *people)
    yes = people[2]
    desk.heard(yes, "yo puedo el viernes")
    desk.record(yes, "announce", Answered(made.id or 0, Reply.YES, "el viernes"))
    return made


def _trouble(desk: Desk, lawyer: Person) -> None:
    """Let one message fail, one envelope be odd, and one question wait too long."""

    def act(s: Session) -> None:
        row = s.exec(select(Outbox).order_by(col(Outbox.id).desc())).first()
        assert row is not None
        row.state, row.reason = OutboxState.FAILED, "The phone is off or out of reach. (30003)"
        row.code = "30003"
        s.add(row)
        s.add(
            Inbox(
                channel="telegram",
                account="test",
                event_id="odd",
                kind="odd",
                lane="x",
                raw=b"{}",
                state=InboxState.ODD,
                error="Not as Telegram documents it: poll.",
                received_at=desk.clock.at,
            )
        )
        tasks.need(
            s,
            kind=TaskKind.QUESTION,
            cause="question",
            now=desk.clock.at - 2 * DAY,
            person_id=lawyer.id,
            detail="When is there news?",
        )

    desk.write(act)


def _stuck(desk: Desk, marta: Person) -> None:
    """Let a message be unknown, an envelope be parked, a lane rest, and a channel be paused."""
    heard = desk.heard(marta, "ya voy de camino")
    address = desk.address(marta)

    def act(s: Session) -> None:
        for key in ("unknown", "waits"):
            number = outbox.put(
                s,
                person_id=marta.id or 0,
                address=address,
                text="Gracias, Marta. Avísenos cuando llegue.",
                key=key,
                weight=Weight.REPLY,
                now=desk.clock.at,
            )
            assert number is not None
            if key == "unknown":
                row = s.get_one(Outbox, number)
                row.state, row.next_at, row.reason = (
                    OutboxState.UNKNOWN,
                    None,
                    "The provider did not answer: it may have been sent.",
                )
                s.add(row)
                s.add(
                    Part(
                        outbox_id=number,
                        via=row.via,
                        address_id=row.address_id,
                        state=OutboxState.UNKNOWN,
                    )
                )
        lane = s.get_one(Inbox, heard.inbox_id).lane
        s.add(Lane(id=lane, pending=True, next_at=desk.clock.at + 5 * MINUTE))
        for event, state in (("dead", InboxState.DEAD), ("rests", InboxState.NEW)):
            s.add(
                Inbox(
                    channel="whatsapp",
                    account="test",
                    event_id=event,
                    kind="message",
                    lane=lane,
                    raw=b"{}",
                    state=state,
                    attempts=5 if state is InboxState.DEAD else 2,
                    error="KeyError in bot/post/turns.py:1",
                    received_at=desk.clock.at,
                )
            )
        gates.shut(
            s,
            gates.of_broadcasts("sms"),
            "Carriers took 21 of 300 messages of the last hour for spam.",
            desk.clock.at,
        )

    desk.write(act)
