"""What each route brings about: words to the person, facts to the record, work for a human."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.office import organisation, people, talks, tasks
from bot.office.who import doubts
from bot.post import danger, enrolling, files, needs, strangers
from bot.post.arrival import Arrival
from bot.post.memory import remember, seen
from bot.post.router import without
from bot.post.routes import (
    Adopt,
    Closed,
    Danger,
    Files,
    Nothing,
    Open,
    Quiet,
    Repeat,
    Reply,
    Route,
    Start,
    Stop,
    Want,
    Which,
    Wish,
    WrongPerson,
)
from bot.post.screen import Cause, Screen, spoken
from bot.post.thanks import Thanks
from bot.world import World
from handlers import always
from handlers.seen import read_answer
from handlers.talk import Kind
from handlers.understanding import Meaning, understand
from models.conversation import ConversationState, Talked
from models.evidence import EvidenceState
from models.facts import LanguageChosen, WhichGiven, request_of
from models.inbox import Heard
from models.outbox import Weight
from models.person import Person, Role
from models.task import Task, TaskKind
from models.text import Text

ADOPTS = timedelta(hours=24)  # how long something without a place waits for its code
STORY = 6  # words of a reply that answers nothing: it tells something that a human should read
LOST = 3  # misunderstandings in a row after which a human takes over
FROZEN = timedelta(hours=1)  # until it is looked again whether somebody is frozen
NAMED = 3  # requests named in one question
ASKERS = {Role.LAWYER, Role.PARENT, Role.UNKNOWN}  # whose news is a human's to give


class Acts:
    """Does what the router decided. All inside the caller's transaction."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.screen = Screen(world)
        self.thanks = Thanks(self.screen)

    def do(self, s: Session, arrival: Arrival, route: Route) -> None:  # noqa: C901, PLR0912 - one line a route
        """Do one route."""
        match route:
            case Stop():
                self._stop(s, arrival)
            case Danger():
                danger.answer(s, self.screen, arrival)
                if arrival.hushed:
                    self._stop(s, arrival)
            case Start() if arrival.outdated:
                return
            case Start():
                self._come_back(s, arrival, arrival.person, arrival.inbound.text)
                if not arrival.inbound.provider_answered:
                    self._tell(s, arrival, always.returned())
            case Quiet("held"):
                person = arrival.person
                needs.ask(s, arrival, "held", route.told, TaskKind.HELD, owner_id=person.held_by)
            case Quiet(why):
                needs.ask(s, arrival, why, route.told)
            case Want(wish):
                self._wish(s, arrival, wish)
            case WrongPerson():
                self._wrong_person(s, arrival)
            case Reply(thread, answer):
                talked = self._mine(s, arrival, thread)
                if talked.name == "which" and isinstance(answer, dict):
                    self._placed(s, arrival, talked, str(answer.get("choice", "")))
                self.screen.answer(s, talked, answer, arrival.cause(), arrival.now)
            case Open(thread, rest):
                talked = self._mine(s, arrival, thread)
                self.screen.show(s, talked, arrival.cause(), arrival.now, rest=rest)
            case Repeat(thread, stale):
                self._repeat(s, arrival, self._mine(s, arrival, thread), stale=stale)
            case Which(threads):
                self._which(s, arrival, threads, heard=arrival.heard.id)
            case Closed(thread):
                self._closed(s, arrival, thread)
            case Files(thread, among):
                if thread is not None:
                    self._mine(s, arrival, thread)
                elif among:
                    self._which(s, arrival, among, heard=0)
            case Adopt(thread):
                self._adopt(s, arrival, self._mine(s, arrival, thread))
            case Nothing():
                self._unplaced(s, arrival)

    def started(
        self, s: Session, arrival: Arrival, token: str, *, only_invited: bool = False
    ) -> bool:
        """Somebody pressed Start, perhaps with an invite's token. False when it opened nothing."""
        keys = self._world.keys
        invited = people.redeem(s, keys, token, arrival.address, arrival.now) if token else None
        if invited is None and only_invited:
            return False
        person = invited or arrival.person
        arrival.heard.person_id = person.id or 0
        if person.stopped_at is not None:
            if arrival.heard.received_at < person.stopped_at:
                return True  # they have said stop since
            self._come_back(s, arrival, person, "/start")
        if invited is None:
            self._wish(s, arrival, Wish.HELP)
            return True
        enrolling.welcome(s, self._world, replace(arrival, person=person))
        return True

    def silence(self, s: Session, talked: Talked, now: datetime) -> None:
        """Let time answer: a question's patience ran out."""
        question = seen(talked)
        if question is None:
            return
        person = s.get_one(Person, talked.person_id)
        if person.frozen_at is not None:
            talked.patience_until = now + FROZEN  # it is no silence: nothing reaches them
        elif person.held_at is not None:
            talked.patience_until = None  # until the human who talks hands it back
        if person.frozen_at is not None or person.held_at is not None:
            s.add(talked)
            return
        key = f"silence{talked.id}.{question.name}"[:64]
        self.screen.answer(s, talked, {"silence": True}, Cause(key, None, Weight.NOTICE), now)

    # --- the routes ---------------------------------------------------------------------------

    def _stop(self, s: Session, arrival: Arrival) -> None:
        new = people.stop(
            s,
            arrival.person,
            arrival.address,
            arrival.address.via,
            arrival.inbound.text,
            arrival.heard.inbox_id,
            arrival.now,
            since=arrival.heard.received_at,
            hushed=arrival.hushed,
        )
        if new and not arrival.inbound.provider_answered:
            self._tell(s, arrival, always.stopped(), weight=Weight.STOP)

    @staticmethod
    def _come_back(s: Session, arrival: Arrival, person: Person, words: str) -> None:
        address, number = arrival.address, arrival.heard.inbox_id
        people.start_again(s, person, address, address.via, words, number, arrival.now)

    def _wish(self, s: Session, arrival: Arrival, wish: Wish) -> None:
        ours = organisation.ours(s)
        face = (
            ours.name,
            organisation.phone(ours, arrival.now),
            organisation.website(ours, arrival.now),
        )
        match wish:
            case Wish.HELP:
                # Also somebody who wants no more messages is answered when they ask for help.
                stopped = arrival.person.stopped_at is not None
                weight = Weight.STOP if stopped else Weight.REPLY
                self._tell(s, arrival, always.help_text(*face), weight=weight)
            case Wish.WHO_ARE_YOU:
                self._tell(s, arrival, always.who_are_you(*face))
            case Wish.PERSON:
                strangers.note(s, self._world, arrival)
                kind = TaskKind.PERSON_WANTED
                task, _new = needs.ask(s, arrival, "wanted", "asks for a person", kind)
                self._tell(s, arrival, always.person_called(self._when(s, arrival, task)))
            case Wish.LANGUAGE:
                talked = talks.start(
                    s,
                    name="language",
                    given=LanguageChosen(arrival.person.language),
                    person_id=arrival.person.id or 0,
                    case_id=None,
                    code="",
                    now=arrival.now,
                )
                self.screen.show(s, talked, arrival.cause(), arrival.now)
            case Wish.READ if arrival.waited:
                pass  # what waited comes, and that is the answer
            case Wish.STATUS if arrival.person.role in ASKERS:
                self._unplaced(s, arrival, "asks for news", TaskKind.QUESTION)
            case Wish.STATUS | Wish.READ:
                opened = talks.open_for(s, arrival.person.id or 0)
                codes = tuple(dict.fromkeys(one.code for one in opened if one.code))
                text = always.open_requests(codes) if codes else always.nothing_open()
                self._tell(s, arrival, text)
            case Wish.BACK:
                asking = [
                    one
                    for one in talks.open_for(s, arrival.person.id or 0)
                    if one.state is ConversationState.ASKING
                ]
                newest = max(asking, key=_when, default=None)
                if newest is None or not self.screen.back(s, newest, arrival.cause(), arrival.now):
                    self._tell(s, arrival, always.no_way_back())

    def _wrong_person(self, s: Session, arrival: Arrival) -> None:
        self._tell(s, arrival, always.wrong_person(), weight=Weight.STOP)
        person, address = arrival.person, arrival.address
        people.disprove(s, person, address, arrival.heard.inbox_id, arrival.now)
        doubts.contradicted(s, person, address, arrival.now)
        why, kind = "says we have the wrong person", TaskKind.WRONG_PERSON
        needs.ask(s, arrival, "wrong", why, kind, about=arrival.address.id)

    def _repeat(self, s: Session, arrival: Arrival, talked: Talked, *, stale: bool) -> None:
        cause, now = arrival.cause(), arrival.now
        text = arrival.inbound.text
        if arrival.inbound.button or (text and talked.code and not without(text, talked.code)):
            self.screen.show(s, talked, cause, now)  # they pointed at it: ask, and nothing more
            return
        if stale:
            self.screen.show(s, talked, cause, now, before=[always.late()])
            return
        later = understand(arrival.inbound.text, language=spoken(arrival.person)) is Meaning.LATER
        if later and talked.code:
            self._tell(s, arrival, always.no_hurry(talked.code), talked=talked)
            return
        if len(arrival.inbound.text.split()) >= STORY:
            self._story(s, arrival, talked)
            return
        talked.confused += 1
        s.add(talked)
        question = seen(talked)
        kind = question.kind if question else Kind.WORDS
        if talked.confused < LOST:
            words = always.not_understood(kind, talked.confused)
            self.screen.show(s, talked, cause, now, before=[words])
            return
        why = "could not be understood three times"
        task, new = needs.ask(s, arrival, "lost", why, about=talked.id)
        if new:
            words = always.given_up(self._when(s, arrival, task))
            self._tell(s, arrival, words, talked=talked)

    def _story(self, s: Session, arrival: Arrival, talked: Talked) -> None:
        """Let a human read what is no answer. The question stays, and is asked once more."""
        task, new = needs.ask(s, arrival, "unplaced", "wrote what fits no request")
        if new:
            before = [always.not_placed(self._when(s, arrival, task))]
            self.screen.show(s, talked, arrival.cause(), arrival.now, before=before)

    def _which(self, s: Session, arrival: Arrival, threads: Sequence[int], *, heard: int) -> None:
        if any(
            one.name == "which" and one.state is ConversationState.ASKING
            for one in talks.open_for(s, arrival.person.id or 0)
        ):
            return  # the question is on the screen already: one for a whole burst
        codes = dict.fromkeys(s.get_one(Talked, number).code for number in threads)
        talked = talks.start(
            s,
            name="which",
            given=WhichGiven(heard, tuple(codes)[:NAMED]),
            person_id=arrival.person.id or 0,
            case_id=None,
            code="",
            now=arrival.now,
        )
        self.screen.show(s, talked, arrival.cause(), arrival.now)

    def _placed(self, s: Session, arrival: Arrival, which: Talked, choice: str) -> None:
        given = remember(which).given
        if not isinstance(given, WhichGiven) or not choice.isdigit():
            return
        index = int(choice) - 1
        code = given.codes[index] if 0 <= index < len(given.codes) else ""
        mine = [one for one in talks.open_for(s, arrival.person.id or 0) if one.code == code]
        if not code or not mine:
            why = "could not say which request it is for"
            needs.ask(s, arrival, "which", why, about=which.id)
            return
        earlier = s.get(Heard, given.heard) if given.heard else None
        if earlier is None:
            self._adopt(s, arrival, _wants_files(mine), quietly=True)
            return
        for talked in mine:
            question = seen(talked)
            answer = (
                read_answer(question, earlier.text, spoken(arrival.person)) if question else None
            )
            if answer is not None:
                cause = Cause(f"{arrival.key}.which", arrival.address)
                self.screen.answer(s, talked, answer, cause, arrival.now)
                return

    def _closed(self, s: Session, arrival: Arrival, thread: int) -> None:
        talked = s.get(Talked, thread)
        if talked is None or talked.person_id != arrival.person.id:
            self._unplaced(s, arrival)
            return
        self._about(arrival, talked)
        if arrival.inbound.button and talked.state is ConversationState.ENDED:
            return  # pressed twice: it is answered
        if talked.name == "offer" and talked.state is ConversationState.CANCELLED:
            self._tell(s, arrival, always.covered(talked.code), talked=talked)
            return
        why = "answers a closed request"
        task, new = needs.ask(s, arrival, "late", why, about=talked.id)
        if new:
            words = always.not_placed(self._when(s, arrival, task))
            self._tell(s, arrival, words, talked=talked)

    def _adopt(
        self, s: Session, arrival: Arrival, talked: Talked, *, quietly: bool = False
    ) -> None:
        found = files.unplaced(s, arrival.person.id or 0, ADOPTS, arrival.now)
        told = any(one.acked_at is not None for one in found)
        files.place(s, found, talked, request_of(talked.given))
        if told and not quietly:
            count = sum(one.state is EvidenceState.STORED for one in found)
            self._tell(s, arrival, always.photos_received(count, talked.code), talked=talked)

    def _unplaced(
        self,
        s: Session,
        arrival: Arrival,
        why: str = "wrote what fits no request",
        kind: TaskKind = TaskKind.UNPLACED,
    ) -> None:
        strangers.note(s, self._world, arrival)
        if kind is TaskKind.UNPLACED and strangers.left_in_peace(s, arrival):
            needs.ask(s, arrival, kind.value, "wrote where we had the wrong person", kind)
            return
        if kind is TaskKind.UNPLACED and strangers.first(s, self.screen, arrival):
            return
        task, new = needs.ask(s, arrival, kind.value, why, kind)
        if new and arrival.address.unsafe_at is None:
            self._tell(s, arrival, always.not_placed(self._when(s, arrival, task)))

    # --- small words ------------------------------------------------------------------------------

    def _mine(self, s: Session, arrival: Arrival, thread: int) -> Talked:
        talked = s.get_one(Talked, thread)
        self._about(arrival, talked)
        return talked

    @staticmethod
    def _about(arrival: Arrival, talked: Talked) -> None:
        arrival.heard.conversation_id = talked.id
        arrival.heard.case_id = talked.case_id

    def _tell(
        self,
        s: Session,
        arrival: Arrival,
        text: Text,
        *,
        weight: Weight = Weight.REPLY,
        talked: Talked | None = None,
    ) -> None:
        cause = arrival.cause(weight)
        self.screen.tell(s, arrival.person, [text], cause, arrival.now, talked=talked)

    @staticmethod
    def _when(s: Session, arrival: Arrival, task: Task) -> Text:
        return tasks.promise(s, task, arrival.person, arrival.address, arrival.now)


def _wants_files(mine: Sequence[Talked]) -> Talked:
    return next((one for one in mine if one.name == "papers"), mine[0])


def _when(talked: Talked) -> datetime:
    return talked.asked_at or talked.started_at
