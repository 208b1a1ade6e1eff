"""The screen of one person: conversations are played, and one question at a time is shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.office import casebook, people, talks, tasks
from bot.post import details, outbox, uploads
from bot.post.memory import Memory, remember, seen
from bot.post.phrases import NONE, chosen
from bot.post.router import payload
from bot.tongues import render, tongue
from bot.world import World
from handlers import always
from handlers.repertoire import REPERTOIRE, Entry
from handlers.seen import read_answer, read_photos, read_seen, shown
from handlers.talk import Answer, Kind, Question, Stranded, Turn, back, play
from models.conversation import ConversationState, Talked
from models.facts import NeverHere, pack
from models.outbox import Weight
from models.person import Address, Person
from models.task import TaskKind
from models.text import Text


@dataclass(frozen=True)
class Cause:
    """What a message answers to: its key makes it exist once, its address says where it goes."""

    key: str
    address: Address | None = None  # None: wherever the person is best reached
    weight: Weight = Weight.REPLY


def spoken(person: Person) -> str:
    """The language a person's words are read in, as the lexicon names it."""
    return tongue(person.language).catalogs[0]


def _played(talked: Talked) -> tuple[Memory, Turn]:
    """Play a conversation as far as it is answered. Raises `Stranded` where it cannot be."""
    memory = remember(talked)
    conversation = REPERTOIRE[talked.name].conversation
    return memory, play(conversation, memory.given, memory.journal, memory.settled, memory.recorded)


class Screen:
    """Plays conversations and shows what they say. All inside the caller's transaction."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(
        self,
        s: Session,
        talked: Talked,
        answer: Answer,
        cause: Cause,
        now: datetime,
        *,
        before: Sequence[Text] = (),
    ) -> int | None:
        """File an answer to the question on the screen, and go on from it."""
        question = seen(talked)
        if question is None:
            raise ValueError(f"The conversation {talked.id} has no question to answer.")
        journal = json.loads(talked.journal)
        journal[question.name] = answer
        talked.journal = json.dumps(journal)
        talked.confused = 0
        row = self._go_on(s, talked, cause, now, before=before)
        self.next(s, talked.person_id, now)
        return row

    def show(
        self,
        s: Session,
        talked: Talked,
        cause: Cause,
        now: datetime,
        *,
        before: Sequence[Text] = (),
        rest: str = "",
    ) -> int | None:
        """Ask a conversation's question, again if it was asked before.

        `rest` is what somebody wrote with its code: if it answers the question, nobody is asked.
        """
        if rest and (ready := self._first_answer(s, talked, rest)) is not None:
            talked.asked, answer = ready
            return self.answer(s, talked, answer, cause, now)
        return self._go_on(s, talked, cause, now, before=before, again=bool(talked.asked))

    def burst(
        self,
        s: Session,
        talked: Talked,
        count: int,
        cause: Cause,
        now: datetime,
        *,
        before: Sequence[Text] = (),
    ) -> int | None:
        """Answer with files that are stored; None when the question takes none.

        Files may come instead of «that is all»: that means more, and then they are the answer to
        the question for photos which follows.
        """
        person = s.get_one(Person, talked.person_id)
        question = seen(talked)
        answer = read_photos(question, count, "", spoken(person)) if question else None
        if question is None or answer is None:
            return None
        if question.kind is Kind.PHOTOS:
            return self.answer(s, talked, answer, cause, now, before=before)
        self._file_quietly(s, talked, question.name, answer)
        return self.burst(s, talked, count, cause, now, before=before)

    def back(self, s: Session, talked: Talked, cause: Cause, now: datetime) -> int | None:
        """Forget the newest answer and ask again; None when there is no way back."""
        try:
            memory = remember(talked)
        except Stranded as problem:
            return self._strand(s, talked, str(problem), cause, now)
        entry = REPERTOIRE[talked.name]
        undone = back(
            entry.conversation, memory.given, memory.journal, memory.settled, memory.recorded
        )
        if undone is None:
            return None
        journal, settled = undone
        talked.journal = json.dumps(dict(journal))
        talked.settled = json.dumps(list(settled))
        return self.show(s, talked, cause, now)

    def next(self, s: Session, person_id: int, now: datetime) -> None:
        """Show what waits in line, as long as nobody has the floor and no human talks."""
        person = s.get_one(Person, person_id)
        if person.held_at is not None or person.frozen_at is not None:
            return
        for _ in range(20):  # a person with more in line than this gets the rest at the next look
            opened = talks.open_for(s, person_id)
            if any(self._has_floor(one, now) for one in opened):
                return
            waiting = [one for one in opened if one.state is ConversationState.WAITING]
            if not waiting:
                return
            chosen = next((one for one in waiting if REPERTOIRE[one.name].urgent), waiting[0])
            entry = REPERTOIRE[chosen.name]
            cause = Cause(f"start{chosen.id}", None, entry.weight)
            self._go_on(s, chosen, cause, now)
            if self._has_floor(chosen, now):
                return

    def tell(
        self,
        s: Session,
        person: Person,
        texts: Sequence[Text],
        cause: Cause,
        now: datetime,
        *,
        talked: Talked | None = None,
        case_id: int | None = None,
        repeatable: bool = True,
    ) -> int | None:
        """Say something that asks nothing."""
        words = " ".join(render(text, person.language) for text in texts)
        return self._put(
            s,
            person,
            words,
            cause,
            now,
            conversation_id=talked.id if talked else None,
            case_id=talked.case_id if talked else case_id,
            repeatable=repeatable,
        )

    def notices(self, s: Session, notices: Sequence[casebook.Notice], now: datetime) -> None:
        """Tell other people what concerns them."""
        for notice in notices:
            person = s.get_one(Person, notice.person_id)
            self._put(
                s,
                person,
                render(notice.text, person.language),
                Cause(notice.key, None, Weight.NOTICE),
                now,
                conversation_id=notice.conversation_id,
                case_id=notice.case_id,
            )

    def _go_on(
        self,
        s: Session,
        talked: Talked,
        cause: Cause,
        now: datetime,
        *,
        before: Sequence[Text] = (),
        again: bool = False,
    ) -> int | None:
        person = s.get_one(Person, talked.person_id)
        entry = REPERTOIRE.get(talked.name)
        if entry is None:
            why = f"There is no conversation {talked.name!r} any more."
            return self._strand(s, talked, why, cause, now)
        try:
            memory, turn = _played(talked)
        except Stranded as problem:
            return self._strand(s, talked, str(problem), cause, now)
        try:
            told = self._record(s, talked, turn.records, now)
        except casebook.Covered:
            talks.cancel(s, talked, now)
            said = always.covered_by_others(talked.name, talked.code)
            return self.tell(s, person, [said], cause, now, talked=talked)
        talked.recorded = json.dumps(
            [*json.loads(talked.recorded), *(pack(fact) for fact in turn.records)]
        )
        talked.settled = json.dumps([*memory.settled, *turn.settles])
        if again:
            turn = Turn((), turn.records, turn.asks, turn.settles)
        if any(isinstance(fact, NeverHere) for fact in turn.records):
            # The one word after «not here»: that we heard it.
            cause = replace(cause, weight=Weight.STOP)
        links = details.link(s, self._world, talked, turn.records, now)
        says = [*before, *turn.says, *links]
        row = self._speak(s, person, talked, says, turn.asks, cause, entry, now)
        s.add(talked)
        self.notices(s, told, now)
        return row

    def _file_quietly(self, s: Session, talked: Talked, name: str, answer: Answer) -> None:
        """File an answer and move to the question it leads to, without a word."""
        journal = json.loads(talked.journal)
        journal[name] = answer
        talked.journal = json.dumps(journal)
        person = s.get_one(Person, talked.person_id)
        memory, turn = _played(talked)
        if turn.asks is None or turn.records:
            raise Stranded(f"Photos in place of the answer to {name!r} would end it.")
        talked.settled = json.dumps([*memory.settled, *turn.settles])
        talked.asked = json.dumps(shown(turn.asks, lambda text: render(text, person.language)))
        s.add(talked)

    def _first_answer(self, s: Session, talked: Talked, words: str) -> tuple[str, Answer] | None:
        person = s.get_one(Person, talked.person_id)
        try:
            _memory, turn = _played(talked)
        except (Stranded, KeyError):
            return None  # showing it will say so
        if turn.asks is None or turn.asks.kind is not Kind.CHOICE:
            return None
        kept = shown(turn.asks, lambda text: render(text, person.language))
        answer = read_answer(read_seen(kept), words, spoken(person))
        return None if answer is None else (json.dumps(kept), answer)

    def _record(
        self, s: Session, talked: Talked, facts: Sequence[object], now: datetime
    ) -> list[casebook.Notice]:
        return [notice for fact in facts for notice in casebook.record(s, talked, fact, now)]

    def _speak(
        self,
        s: Session,
        person: Person,
        talked: Talked,
        says: Sequence[Text],
        asks: Question | None,
        cause: Cause,
        entry: Entry,
        now: datetime,
    ) -> int | None:
        words = [render(text, person.language) for text in says]
        options: list[tuple[str, str]] = []
        address = cause.address or people.best_address(s, person)
        if asks is None:
            talked.state = ConversationState.ENDED
            talked.ended_at = now
            talked.asked = ""
            talked.patience_until = None
        else:
            kept = shown(asks, lambda text: render(text, person.language))
            talked.state = ConversationState.ASKING
            talked.asked = json.dumps(kept)
            talked.asked_at = now
            talked.patience_until = (
                now + timedelta(hours=asks.patience_hours) if asks.patience_hours else None
            )
            words.append(render(asks.text, person.language))
            if asks.kind is Kind.PHOTOS:
                links = uploads.words(s, self._world, talked, address, now)
                words.extend(render(text, person.language) for text in links)
            options = [
                (payload(talked.id or 0, asks.name, index), label)
                for index, label in enumerate(
                    render(o.label, person.language) for o in asks.options
                )
            ]
        if not words:
            return None
        # Only words that begin a talk need approval; an answer finds WhatsApp's hours open.
        begins = cause.address is None and not (says and asks)
        phrase = chosen(remember(talked).given, asks, person.language) if begins else NONE
        row = self._put(
            s,
            person,
            "\n".join(words),
            replace(cause, address=address),
            now,
            options=options,
            conversation_id=talked.id,
            case_id=talked.case_id,
            repeatable=entry.repeatable or cause.weight is Weight.REPLY,
            phrase=phrase,
        )
        if asks is not None:
            talked.asked_in = row
        return row

    def _put(
        self,
        s: Session,
        person: Person,
        text: str,
        cause: Cause,
        now: datetime,
        *,
        options: list[tuple[str, str]] | None = None,
        conversation_id: int | None = None,
        case_id: int | None = None,
        repeatable: bool = True,
        phrase: tuple[str, str | None] = NONE,
    ) -> int | None:
        address = cause.address or people.best_address(s, person)
        if address is None:
            tasks.need(
                s,
                kind=TaskKind.NOT_SENT,
                cause=f"unreachable:{cause.key}",
                now=now,
                person_id=person.id,
                case_id=case_id,
                detail="There is no address this person can be reached at. Add or mend one.",
            )
            return None
        return outbox.put(
            s,
            person_id=person.id or 0,
            address=address,
            text=text,
            key=cause.key,
            weight=cause.weight,
            now=now,
            options=options,
            conversation_id=conversation_id,
            case_id=case_id,
            repeatable=repeatable,
            template=phrase[0],
            variables=phrase[1],
        )

    def _strand(
        self, s: Session, talked: Talked, why: str, cause: Cause, now: datetime
    ) -> int | None:
        """Never guess: the person hears that a human will write, and staff see it."""
        person = s.get_one(Person, talked.person_id)
        talked.state, talked.ended_at, talked.patience_until = ConversationState.STRANDED, now, None
        s.add(talked)
        task = tasks.need(
            s,
            kind=TaskKind.BROKEN,
            cause=f"stranded:{talked.id}",
            now=now,
            person_id=person.id,
            case_id=talked.case_id,
            detail=f"The conversation «{talked.name}» cannot go on. {why}",
        )
        words = [always.a_person_will_write(tasks.promise(s, task, person, cause.address, now))]
        return self.tell(s, person, words, cause, now, talked=talked)

    def _has_floor(self, talked: Talked, now: datetime) -> bool:
        """A question keeps others from the screen for a while; one for photos does not."""
        if talked.state is not ConversationState.ASKING or talked.asked_at is None:
            return False
        question = seen(talked)
        if question is None or question.kind is Kind.PHOTOS or REPERTOIRE[talked.name].aside:
            return False
        return now - talked.asked_at <= self._world.rhythm.floor
