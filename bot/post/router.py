"""Which request does a message answer? One pure decision, in the order that keeps people safe.

Words of danger win over everything, then a stop. Then: help, a human's hold, the quoted message,
the pressed button, a code in the text, the question that is fresh, files, a word of command, and
at last a human.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zlib import crc32

from bot.post.phrases import OPEN
from bot.post.routes import (
    Adopt,
    Closed,
    Danger,
    Files,
    Message,
    Nothing,
    Open,
    Person,
    Quiet,
    Repeat,
    Reply,
    Route,
    Rules,
    Start,
    Stop,
    Thread,
    Want,
    Which,
    Wish,
    WrongPerson,
)
from handlers.seen import pinned, pressed, read_answer
from handlers.talk import Answer, Kind
from handlers.understanding import Meaning, codes, normal, starts, stops, understand
from models.conversation import ConversationState

WISHES = {
    Meaning.HELP: Wish.HELP,
    Meaning.PERSON: Wish.PERSON,
    Meaning.LANGUAGE: Wish.LANGUAGE,
    Meaning.STATUS: Wish.STATUS,
    Meaning.READ: Wish.READ,
    Meaning.BACK: Wish.BACK,
    Meaning.WHO_ARE_YOU: Wish.WHO_ARE_YOU,
}
ALWAYS = {Wish.HELP, Wish.PERSON, Wish.WHO_ARE_YOU, Wish.READ}
COMMAND_WORDS = 3  # a longer text is an answer to a question that takes words
OPEN_WORDS = 7  # questions that take words stay fresh this many times longer

_BUTTON = re.compile(r"c(\d+)\.([0-9a-f]{1,8})\.(\d+)")


def payload(thread: int, question: str, index: int) -> str:
    """Make the opaque payload of a button: the conversation, its question, the choice."""
    return f"c{thread}.{crc32(question.encode()):x}.{index}"


def decide(
    message: Message,
    person: Person,
    threads: Sequence[Thread],
    now: datetime,
    rules: Rules,
    *,
    adoptable: bool = False,
) -> Route:
    """Say what a message is for. `adoptable`: something came before that has no place yet."""
    route = _decide(message, person, threads, now, rules, adoptable=adoptable)
    comes = isinstance(route, Repeat) and any(
        one.id == route.thread and one.unseen for one in threads
    )
    # What waited comes now anyway: it is not said twice.
    return Want(Wish.READ) if comes and message.opens else route


def _decide(
    message: Message,
    person: Person,
    threads: Sequence[Thread],
    now: datetime,
    rules: Rules,
    *,
    adoptable: bool,
) -> Route:
    text = message.text
    route = (
        _safety(message, person, threads)
        or (Want(Wish.READ) if message.button == OPEN else None)
        or _pointed(message, person, threads)
        or _which(text, person, threads)
    )
    if route is not None:
        return route
    named = codes(text, {thread.code for thread in threads if thread.code})
    if named:
        route = _coded(named[0], message, person, threads, adoptable=adoptable)
        if route is not None:
            return route
    wish = _wish(text, person, threads, now, rules)
    if wish is not None and (wish in ALWAYS or (_short(text) and _takes_words(threads))):
        return Want(wish)
    fresh = _fresh(message, person, threads, now, rules)
    if fresh is not None:
        return fresh
    if message.files:
        return _filed(threads)
    if wish is not None:
        return Want(wish)
    if message.opens and understand(text, language=person.language) is Meaning.YES:
        return Want(Wish.READ)  # «sí» to a nudge
    return _unread(threads, text, now, rules)


def _safety(message: Message, person: Person, threads: Sequence[Thread]) -> Route | None:
    """What goes before everything: stop, help, the wrong person, a human who talks already."""
    text, language = message.text, person.language
    if person.in_danger and not person.frozen:
        return Danger()
    meaning = understand(text, language=language) if text else Meaning.UNCLEAR
    helps = meaning is Meaning.HELP and _short(text)
    if person.stopped:
        if text and starts(text, language):
            return Start()
        return Want(Wish.HELP) if helps else Quiet("stopped")
    if text and stops(text, language):
        return Stop()
    if person.frozen:
        return Quiet("frozen")
    if helps:
        return Want(Wish.HELP)
    if person.held:
        return Quiet("held")
    reached = any(one.name == "outreach" and one.state in _OPEN for one in threads)
    return WrongPerson() if meaning is Meaning.WRONG_PERSON and reached else None


def _which(text: str, person: Person, threads: Sequence[Thread]) -> Route | None:
    """«Which request is this for?» may be answered by its code."""
    asking = [one for one in threads if one.state is ConversationState.ASKING]
    newest = max(asking, key=_asked, default=None)
    if newest is None or newest.name != "which" or newest.seen is None or not text:
        return None
    named = codes(text, {option.label for option in newest.seen.options})
    values = [option.value for option in newest.seen.options if option.label in named]
    if len(values) == 1:
        return Reply(newest.id, {"choice": values[0]})
    answer = read_answer(newest.seen, text, person.language)
    return Reply(newest.id, answer) if answer is not None else None


def _takes_words(threads: Sequence[Thread]) -> bool:
    asking = [one for one in threads if one.state is ConversationState.ASKING]
    newest = max(asking, key=_asked, default=None)
    return (
        newest is not None
        and newest.seen is not None
        and newest.seen.kind in (Kind.WORDS, Kind.PLACE)
    )


def _pointed(message: Message, person: Person, threads: Sequence[Thread]) -> Route | None:
    """A button or a quote says which question is meant, however old it is."""
    button = _BUTTON.fullmatch(message.button)
    if button:
        thread = _find(threads, int(button[1]))
        if thread is None or thread.state not in _OPEN:
            return Closed(int(button[1]))
        seen, index = thread.seen, int(button[3])
        if seen is None or f"{crc32(seen.name.encode()):x}" != button[2]:
            return Repeat(thread.id)
        answer = pressed(seen, seen.options[index].value) if index < len(seen.options) else None
        return Reply(thread.id, answer) if answer is not None else Repeat(thread.id)
    if message.quoted is None or message.files:
        return None
    thread = _find(threads, message.quoted)
    if thread is None:
        return None
    if thread.state not in _OPEN:
        return Closed(thread.id)
    answer = _read(thread, message, person)
    return Reply(thread.id, answer) if answer is not None else Repeat(thread.id)


def _coded(
    code: str,
    message: Message,
    person: Person,
    threads: Sequence[Thread],
    *,
    adoptable: bool,
) -> Route | None:
    mine = [thread for thread in threads if thread.code == code]
    opened = [thread for thread in mine if thread.state in _OPEN]
    if not opened:
        return Closed(mine[-1].id)
    if message.files:
        return _filed(opened)
    rest = without(message.text, code)
    asking = sorted(
        (one for one in opened if one.state is ConversationState.ASKING), key=_asked, reverse=True
    )
    if rest:
        for thread in asking:
            answer = _read(thread, Message(rest, pin=message.pin), person)
            if answer is not None and (thread.seen is None or thread.seen.kind is not Kind.WORDS):
                return Reply(thread.id, answer)
    elif adoptable:
        return Adopt(opened[0].id)
    resting = [one for one in opened if one.state is not ConversationState.ASKING]
    if resting:
        return Open(resting[0].id, rest)
    if rest and asking[0].seen is not None and asking[0].seen.kind is Kind.WORDS:
        return Reply(asking[0].id, {"words": message.text})
    return Repeat(asking[0].id)


def _fresh(
    message: Message,
    person: Person,
    threads: Sequence[Thread],
    now: datetime,
    rules: Rules,
) -> Route | None:
    """The question on the screen, if a bare message can answer it and no other one too."""
    if message.files or not (message.text or message.pin):
        return None
    asking = sorted(
        (one for one in threads if one.state is ConversationState.ASKING), key=_asked, reverse=True
    )
    read = [(one, _read(one, message, person)) for one in asking]
    fits = [
        (one, answer)
        for one, answer in read
        if answer is not None and now - _asked(one) <= _patience(one, rules)
    ]
    if not fits:
        stale = [one for one, answer in read if answer is not None]
        return Repeat(stale[0].id, stale=True) if stale else None
    first, answer = fits[0]
    talking = first is asking[0] and first.begun and now - _asked(first) <= rules.floor
    rivals = [one for one, _ in fits[1:] if one.seen is not None and one.seen.kind is Kind.CHOICE]
    if rivals and not talking and first.name != "which":
        return Which((first.id, *(one.id for one in rivals)))
    return Reply(first.id, answer)


def _filed(threads: Sequence[Thread]) -> Route:
    opened = [one for one in threads if one.state in _OPEN and one.code]
    wanting = [one for one in opened if one.seen is not None and one.seen.kind is Kind.PHOTOS]
    for group in (wanting, [one for one in opened if one.name == "papers"], opened):
        if len({one.code for one in group}) == 1:
            return Files(group[0].id)
        if group:
            return Files(None, tuple(one.id for one in _one_each(group)))
    return Files(None)


def _unread(threads: Sequence[Thread], text: str, now: datetime, rules: Rules) -> Route:
    asking = sorted(
        (one for one in threads if one.state is ConversationState.ASKING and not one.unseen),
        key=_asked,
        reverse=True,
    )
    if asking and text and now - _asked(asking[0]) <= rules.fresh:
        return Repeat(asking[0].id)
    return Nothing()


def _wish(
    text: str, person: Person, threads: Sequence[Thread], now: datetime, rules: Rules
) -> Wish | None:
    if not text:
        return None
    wish = WISHES.get(understand(text, language=person.language))
    if wish is None:
        return None
    if wish is Wish.HELP and not _short(text):
        wish = Wish.PERSON  # who tells a story is no reader of a menu
    asking = [one for one in threads if one.state is ConversationState.ASKING]
    wordy = any(
        one.seen is not None
        and one.seen.kind in (Kind.WORDS, Kind.PLACE)
        and now - _asked(one) <= rules.floor
        for one in asking
    )
    return None if wordy and not _short(text) else wish


def _read(thread: Thread, message: Message, person: Person) -> Answer | None:
    seen = thread.seen
    if seen is None:
        return None
    if message.pin is not None:
        if seen.kind is not Kind.PLACE:
            return None
        return pinned(*message.pin, message.text)
    return read_answer(seen, message.text, person.language) if message.text else None


def without(text: str, code: str) -> str:
    """Take a request's code out of a text, however it was written."""
    letters, _, digits = code.partition("-")
    pattern = (
        rf"(?<!\w)(?:caso\s*|case\s*)?#?\s*(?:{letters}[\s\-–—.]*)?0*{digits.lstrip('0') or '0'}\b"
    )
    return re.sub(pattern, " ", text, count=1, flags=re.IGNORECASE).strip(" \t\n.,:;-–—")


_OPEN = (ConversationState.READY, ConversationState.WAITING, ConversationState.ASKING)


def _find(threads: Sequence[Thread], number: int) -> Thread | None:
    return next((one for one in threads if one.id == number), None)


def _asked(thread: Thread) -> datetime:
    if thread.asked_at is None:
        raise ValueError(f"The conversation {thread.id} is asking and has no time of asking.")
    return thread.asked_at


def _patience(thread: Thread, rules: Rules) -> timedelta:
    if thread.seen is not None and thread.seen.kind is not Kind.CHOICE:
        return rules.fresh * OPEN_WORDS
    return rules.fresh


def _short(text: str) -> bool:
    return len(normal(text).split()) <= COMMAND_WORDS


def _one_each(threads: Sequence[Thread]) -> list[Thread]:
    return list({one.code: one for one in reversed(threads)}.values())
