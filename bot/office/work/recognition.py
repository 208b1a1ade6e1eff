"""Recognising the person looked for: what is asked, what was answered, and how it compares."""

import json
from datetime import datetime

from sqlmodel import Session, col, select

from bot.office import asking, guard, wording
from bot.office.refusal import Refusal
from bot.office.work.cases import must_be_open
from bot.vault import trail
from handlers.understanding import alike
from models.appointment import Appointment, Established
from models.case import Case
from models.conversation import Talked
from models.facts import IdentityTold, OutreachGiven, unpack
from models.recognition import Claim, Level, Likeness, Recognition
from models.text import _

LONGEST = 110  # letters of a question: with what stands before it, one SMS
MOST = 1000  # letters of all answers that are expected
BOTH = "spa", "eng"


def write(
    s: Session, case: Case, question: str, expected: str, actor: str, now: datetime
) -> Recognition:
    """Write down what a first contact asks, and which answers are expected, one a line.

    Without a question nothing is asked. Refuses one that tells something, or gives its answer away.
    """
    must_be_open(case)
    question = " ".join(question.split())
    answers = [" ".join(line.split()) for line in expected.splitlines() if line.strip()]
    _fit(case, question, answers)
    made = of(s, case.id or 0)
    if made is None:
        made = Recognition(case_id=case.id or 0, written_at=now)
    made.question, made.expected, made.written_at = question, "\n".join(answers), now
    s.add(made)
    trail.note(
        s,
        actor=actor,
        act="recognition.written",
        object=f"case:{case.id}",
        case_id=case.id,
        detail="" if question else "none",
        now=now,
    )
    return made


def of(s: Session, case_id: int) -> Recognition | None:
    """Give what is written down for a case."""
    return s.exec(select(Recognition).where(Recognition.case_id == case_id)).first()


def told(s: Session, talked: Talked, fact: IdentityTold, now: datetime) -> None:
    """Keep an answer and how it compares, for staff. The same is done whatever it says."""
    if s.exec(select(Claim.id).where(Claim.conversation_id == talked.id)).first() is not None:
        return
    given, written = unpack(json.loads(talked.given)), of(s, fact.case)
    expected = written.expected.splitlines() if written is not None else []
    claim = Claim(
        case_id=fact.case,
        person_id=talked.person_id,
        conversation_id=talked.id or 0,
        question=given.question if isinstance(given, OutreachGiven) else "",
        answer=fact.words,
        likeness=Likeness.LIKELY if alike(fact.words, expected) else Likeness.POSSIBLE,
        answered_at=now,
    )
    s.add(claim)
    s.flush()
    trail.note(
        s,
        actor=trail.by_person(talked.person_id),
        act="identity.answered",
        object=f"claim:{claim.id}",
        case_id=fact.case,
        detail=claim.likeness.value,
        now=now,
    )


def answers(s: Session, case_id: int, person_id: int | None = None) -> list[Claim]:
    """Give what was answered for a case, by one person or by all, the newest first."""
    query = select(Claim).where(Claim.case_id == case_id).order_by(col(Claim.id).desc())
    return list(s.exec(query if person_id is None else query.where(Claim.person_id == person_id)))


def level(s: Session, case_id: int, person_id: int) -> Level:
    """Say how well it is known that somebody is the person a case looks for.

    What a human established last goes before all that was written, and nothing else verifies.
    """
    call = s.exec(
        select(Appointment)
        .where(
            Appointment.case_id == case_id,
            Appointment.person_id == person_id,
            col(Appointment.established).in_(
                [Established.IS_THE_PERSON, Established.IS_NOT_THE_PERSON]
            ),
        )
        .order_by(col(Appointment.recorded_at).desc(), col(Appointment.id).desc())
    ).first()
    if call is not None and call.established is Established.IS_THE_PERSON:
        return Level.VERIFIED
    if call is not None:
        return Level.UNKNOWN
    found = s.exec(
        select(Claim)
        .where(Claim.case_id == case_id, Claim.person_id == person_id)
        .order_by(col(Claim.id).desc())
    ).first()
    if found is None:
        return Level.UNKNOWN
    return Level.PROVISIONAL_MATCH if found.likeness is Likeness.LIKELY else Level.CLAIMS


def _fit(case: Case, question: str, answers: list[str]) -> None:
    """Refuse what could not be asked, could not be compared, or would tell something."""
    if bool(question) is not bool(answers):
        raise Refusal(_("Write both: one question, and at least one answer that you expect."))
    if len(question) > LONGEST:
        raise Refusal(_("Keep the question under {count} letters.", count=str(LONGEST)))
    if any(guard.tells(question, language) for language in BOTH):
        raise Refusal(_("The question holds a word about children, places, removal or law."))
    if wording.names(case, question):
        raise Refusal(_("The question holds a name or place that this case guards."))
    if asking.asks(question):
        raise Refusal(_("Nobody is asked for money, passwords, full ID numbers or signatures."))
    if alike(question, answers):
        raise Refusal(_("The question holds an answer. Let the person supply it."))
