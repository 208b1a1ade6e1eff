"""What each clause of a reply says, in order: who accepts, who refuses, on what condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import takewhile

from handlers.understanding.lexicon import Kind, Lexicon
from handlers.understanding.meaning import Expect
from handlers.understanding.message import Clause, Mark
from handlers.understanding.phrases import Phrases


class Sense(Enum):
    """One thing said."""

    YES = auto()
    YES_WITH_QUESTION = auto()  # «si cuánto pagan»: one breath, so perhaps no yes at all
    TAKE = auto()  # «la tomo»
    CAN = auto()  # «puedo»
    SOFT = auto()  # «ok»
    NO = auto()  # «no»
    REFUSE = auto()  # «no puedo», «mejor no»
    DENY = auto()  # «no» before something we do not know
    NONE = auto()
    REASON = auto()
    SORRY = auto()
    EXCUSE = auto()  # «tengo…», «ando…»: to an offer, how a reason begins
    BUSY = auto()
    OPENER = auto()
    LATER = auto()
    UNTIL = auto()  # «cuando termine», «déjeme ver»: nothing before that
    NOW = auto()
    SOON = auto()
    PERHAPS = auto()
    PIOUS = auto()
    DOUBT = auto()
    IF = auto()
    BUT = auto()
    REPORT = auto()
    OTHERS = auto()  # somebody else's yes or no
    MOCK = auto()
    ASK = auto()
    UNDO = auto()
    ACK = auto()
    UNKNOWN = auto()  # a word that fits no phrase


@dataclass(frozen=True, slots=True)
class Said:
    """A sense, and whether the clause that says it asks a question."""

    sense: Sense
    asks: bool


_SAME = {
    Kind.REASON: Sense.REASON,
    Kind.EXCUSE: Sense.EXCUSE,
    Kind.HARDSHIP: Sense.EXCUSE,
    Kind.SORRY: Sense.SORRY,
    Kind.ACK: Sense.ACK,
    Kind.BUSY: Sense.BUSY,
    Kind.OPENER: Sense.OPENER,
    Kind.NONE: Sense.NONE,
    Kind.NOW: Sense.NOW,
    Kind.SOON: Sense.SOON,
    Kind.UNTIL: Sense.UNTIL,
    Kind.PERHAPS: Sense.PERHAPS,
    Kind.PIOUS: Sense.PIOUS,
    Kind.DOUBT: Sense.DOUBT,
    Kind.IF: Sense.IF,
    Kind.REPORT: Sense.REPORT,
    Kind.MOCK: Sense.MOCK,
    Kind.ASK: Sense.ASK,
    Kind.UNDO: Sense.UNDO,
}
_FIRMLY = frozenset({Sense.TAKE, Sense.CAN})
_AGREED = frozenset({Sense.TAKE, Sense.CAN, Sense.YES, Sense.SOFT})
# After «aunque» these no longer speak against a yes.
_CONCEDED = frozenset(
    {Sense.NO, Sense.DENY, Sense.REFUSE, Sense.REASON, Sense.BUSY, Sense.EXCUSE, Sense.UNKNOWN}
)
_SILENT = frozenset({Kind.FILLER, Kind.TITLE, Kind.DONE_ALONE})
_WILLING = {Kind.SOFT: Sense.SOFT, Kind.RIGHT: Sense.YES}
_PASSED_OVER = frozenset({Kind.LATER, Kind.NOW, Kind.SOON, Kind.DONE_ALONE})
_AFFIRMING = frozenset(
    {Kind.SELF, Kind.WILLING, Kind.SI, Kind.YES, Kind.ACCEPT, Kind.CAN, Kind.FILLER, Kind.TITLE}
)
_TELLING = frozenset({Kind.EXCUSE, Kind.HARDSHIP, Kind.OTHERS})
_TURNING = frozenset({Kind.SI, Kind.BUT, Kind.IF})
_RESERVING = frozenset(
    {
        Kind.OTHERS,
        Kind.HARDSHIP,
        Kind.BUT,
        Kind.IF,
        Kind.DOUBT,
        Kind.ASK,
        Kind.LATER,
        Kind.NOT,
        Kind.NO,
    }
)
_UNKNOWN = frozenset({None, Kind.PLAIN})
_STRANGE = _UNKNOWN | {Kind.WILLING, Kind.EXCUSE, Kind.HARDSHIP}
_UNSETTLING = _UNKNOWN | _TELLING
# How «yo» and «a mí» sound.
_FIRST_PERSON = frozenset({("yo",), ("a", "mi")})


def senses(clauses: Sequence[Clause], expect: Expect, lexicon: Lexicon) -> tuple[Said, ...]:
    """Everything the clauses say, in order."""
    said: list[Said] = []
    for index, clause in enumerate(clauses):
        agreed = any(one.sense in _AGREED for one in said)
        hearing = _Hearing(clause, clauses[index + 1 :], expect, lexicon, agreed=agreed)
        said.extend(Said(sense, asks=clause.asks) for sense in _heeded(hearing.senses(), clause))
    # «Sí, claro, y yo soy el papa» is mockery in one piece or in three.
    words = [sound for clause in clauses for sound in clause.sounds]
    if any(lexicon.apart[Kind.MOCK].longest(words, start) for start in range(len(words))):
        said.append(Said(Sense.MOCK, asks=False))
    return tuple(said)


def _heeded(said: Sequence[Sense], clause: Clause) -> list[Sense]:
    """What was said, without the strange words of a question: it may ask what it likes."""
    asked = (
        0 if clause.asks else next((at for at, one in enumerate(said) if one is Sense.ASK), None)
    )
    if asked is None:
        return list(said)
    return [one for at, one in enumerate(said) if one is not Sense.UNKNOWN or at < asked]


def _unsettled(after: Sequence[Mark]) -> bool:
    """Whether strange words follow in the same thought."""
    thought = takewhile(lambda mark: mark.kind not in _TURNING, after)
    return any(mark.kind in _UNSETTLING for mark in thought)


class _Hearing:
    """One clause being heard, word after word, with what is still open in it."""

    def __init__(
        self,
        clause: Clause,
        following: Sequence[Clause],
        expect: Expect,
        lexicon: Lexicon,
        *,
        agreed: bool,
    ) -> None:
        self._clause = clause
        self._following = following
        self._expect = expect
        self._agreed = agreed  # an earlier part of the reply said yes
        self._lexicon = lexicon
        self._said: list[Sense] = []
        self._denial: int | None = None  # where a «no» stands that may still deny what follows
        self._supposing = False  # a «si no…» has begun, so no «no» refuses
        self._someone = False  # somebody else was named, so the next yes or no is theirs

    def senses(self) -> list[Sense]:
        for at, mark in enumerate(self._clause.marks):
            self._hear(mark, at)
        if self._clause.asks and self._lexicon.apart[Kind.ASKING].longest(self._clause.sounds, 0):
            self._said.append(Sense.ASK)
        if self._clause.asks and not self._clause.content:
            self._said.append(Sense.DOUBT)  # «sí, ¿y?»
        if self._clause.marks[0].kind is Kind.ALTHOUGH:
            return [sense for sense in self._said if sense not in _CONCEDED]
        return self._said

    def _hear(self, mark: Mark, at: int) -> None:  # noqa: C901, PLR0912 - one branch a kind of word
        after = self._clause.marks[at + 1 :]
        match mark.kind:
            case Kind.NOT:
                self._hear_not()
            case Kind.SI:
                self._hear_si(at)
            case Kind.YES if mark.sounds[-1] == "si" and after:
                self._denial = None
                self._say_si(at)
            case Kind.YES:
                self._denial = None
                strange = self._strange(self._clause.marks[:at])  # «que dice Carmen que sí»
                self._affirm(Sense.UNKNOWN if strange else Sense.YES)
            case Kind.ALTHOUGH:
                pass
            case Kind.ACCEPT | Kind.CAN | Kind.READY | Kind.RIGHT | Kind.SOFT:
                self._hear_willing(mark, at)
            case Kind.SELF if self._expect is Expect.YES_NO and self._denial is None:
                self._affirm(Sense.YES)
            case Kind.NO | Kind.CANNOT if not self._supposing:
                # What follows is refused too: «imposible tomarla», «fíjese que no puedo».
                self._denial = len(self._said)
                self._affirm(Sense.REFUSE)
            case Kind.REASON if mark.sounds[0] == "no" and self._expect is not Expect.OFFER:
                self._said.append(Sense.DENY)  # «no tengo carro» answers a plain question
            case (Kind.EXCUSE | Kind.HARDSHIP) as kind if not self._excuses(kind):
                self._say_other(None)
            case Kind.LATER:
                # «el lunes no puedo» refuses that day and promises none.
                if not after or after[0].kind not in {Kind.NOT, Kind.CANNOT}:
                    self._said.append(Sense.LATER)
            case Kind.BUT:
                self._denial, self._someone = None, False
                self._said.append(Sense.BUT)
            case Kind.OTHERS:
                self._someone = True
                self._said.append(Sense.UNKNOWN)
                if mark.sounds[0] == "nadie" and self._expect is Expect.YES_NO:
                    self._said.append(Sense.DENY)  # «nadie contestó»
            case Kind.WILLING if self._taken():
                pass  # «sí me interesa»
            case kind if kind in _SILENT:
                self._someone = self._someone and mark.sounds not in _FIRST_PERSON
            case kind:
                self._say_other(kind)

    def _excuses(self, kind: Kind) -> bool:
        """Whether a hardship speaks against a yes here: it is not denied, and not a mere story."""
        if kind is Kind.EXCUSE and self._expect is not Expect.OFFER:
            return False
        return self._expect is not Expect.OPEN and self._denial is None

    def _hear_not(self) -> None:
        if self._supposing:
            return  # the «no» of «si no llueve»
        if self._denial is None:
            self._denial = len(self._said)
            self._affirm(Sense.NO)

    def _say_other(self, kind: Kind | None) -> None:
        sense = Sense.UNKNOWN if kind is None else _SAME.get(kind, Sense.UNKNOWN)
        denied = self._denial is not None and self._said[self._denial] is Sense.NO
        if sense is Sense.UNKNOWN and self._denial is not None and denied:
            self._said[self._denial] = Sense.DENY
        self._said.append(sense)

    def _affirm(self, sense: Sense) -> None:
        self._said.append(Sense.OTHERS if self._someone else sense)

    def _hear_willing(self, mark: Mark, at: int) -> None:
        """«La tomo», «puedo», «ok»: refused after a «no», another's after another's name."""
        before, after = self._clause.marks[:at], self._clause.marks[at + 1 :]
        if self._denial is not None:
            if self._said[self._denial] in {Sense.NO, Sense.DENY}:
                self._said[self._denial] = Sense.REFUSE
        elif mark.kind is Kind.ACCEPT:
            # Without its accent «la tomo» may be «la tomó», of whoever is named beside it.
            named = bool(after) and after[0].kind in _UNKNOWN | {Kind.OTHERS}
            if named or self._strange(before):
                self._said.append(Sense.OTHERS)
            else:
                self._affirm(Sense.TAKE)
        elif after and after[0].kind in _UNKNOWN:
            self._said.append(Sense.UNKNOWN)
        elif mark.kind is not Kind.CAN and _unsettled(after):
            self._said.append(Sense.UNKNOWN)  # «eso es lo malo», «sale muy caro»
        elif self._strange(before):
            self._said.append(Sense.UNKNOWN)  # «explíqueme bien»
        else:
            self._affirm(Sense.CAN if mark.kind is None else _WILLING.get(mark.kind, Sense.CAN))

    def _strange(self, before: Sequence[Mark]) -> bool:
        """Whether somebody we do not know was named, and the writer did not say «yo» since."""
        speaks = any(mark.kind is Kind.SI or mark.sounds in _FIRST_PERSON for mark in before)
        return not speaks and any(
            mark.kind in _STRANGE and (at == 0 or before[at - 1].kind is not Kind.TITLE)
            for at, mark in enumerate(before)
        )

    def _hear_si(self, at: int) -> None:
        """Tell «sí» from «si» by what stands before it."""
        before, after = self._clause.marks[:at], self._clause.marks[at + 1 :]
        if before and before[-1].kind is Kind.PIOUS and after:
            self._said.append(Sense.IF)  # «primero Dios, si puedo»
            return
        if self._denial is not None:
            self._said[self._denial] = Sense.DOUBT  # «no si puedo»
            self._denial = None
            return
        speaks = bool(after) and after[0].kind in {Kind.ACCEPT, Kind.CAN}
        if not speaks and self._strange(before):
            self._someone = True  # «Marta sí», «el señor si vive aquí»
        self._say_si(at)

    def _say_si(self, at: int) -> None:  # noqa: C901, PLR0912 - one branch a kind of word
        """Tell «sí» from «si» by what stands after it."""
        after = list(self._clause.marks[at + 1 :])
        while after and self._passed_over(after[0]):
            after.pop(0)
        if not after:
            self._affirm(Sense.YES)
            return
        if (self._taken() or self._agreed) and after[0].kind not in _AFFIRMING:
            self._said.append(Sense.IF)  # «la tomo si hay viáticos»
            return
        if self._echoes(after):
            return
        more = len(after) > 1 or (after[0].kind is Kind.ASK and len(after[0].sounds) > 1)
        unsure = more and after[0].sounds[0] in self._lexicon.if_words
        match after[0].kind:
            case Kind.SI | Kind.IF | Kind.NO | Kind.CANNOT:
                pass  # the next one says it
            case Kind.ACCEPT | Kind.WILLING:
                self._say_unless_condition(after, takes=True)
            case Kind.CAN if unsure or self._taken(_FIRMLY):
                self._said.append(Sense.IF)  # «si se puede el sábado», «iré si puedo»
            case Kind.CAN:
                self._say_unless_condition(after, takes=False)
            case Kind.NOT:
                self._hear_si_no(after)
            case Kind.NONE | Kind.READY:
                self._said.append(Sense.IF)
            case Kind.SOFT if unsure and after[1].kind not in _AFFIRMING:
                self._said.append(Sense.IF)  # «si está bien con ustedes»
            case Kind.RIGHT if _unsettled(after[1:]):
                self._said.append(Sense.IF)  # «si es verdad que ayudan»
            case Kind.FILLER | Kind.ASK if unsure:
                self._said.append(Sense.IF)
            case Kind.ASK:
                self._affirm(Sense.YES_WITH_QUESTION)
            case kind if kind in _UNKNOWN or kind in _TELLING:
                known = after[0].sounds[0] in self._lexicon.if_words
                self._said.append(Sense.IF if known else Sense.DOUBT)
            case _:
                self._affirm(Sense.YES)

    def _passed_over(self, mark: Mark) -> bool:
        """«si mañana…», «si yo…», «si por este medio…»: what decides comes after."""
        courtesy = mark.kind is Kind.FILLER and len(mark.sounds) > 1
        return courtesy or mark.kind in _PASSED_OVER or mark.sounds in _FIRST_PERSON

    def _taken(self, how: frozenset[Sense] = _AGREED) -> bool:
        """Whether this clause has said yes before."""
        return any(sense in how for sense in self._said)

    def _hear_si_no(self, after: Sequence[Mark]) -> None:
        """«si, no puedo» is a no; «si no llueve» and «si no puedo, le aviso» are conditions."""
        refuses = len(after) > 1 and after[1].kind in {Kind.ACCEPT, Kind.CAN}
        if not refuses or self._follows(after[2:], self._lexicon.then):
            self._said.append(Sense.IF)
            self._supposing = True

    def _say_unless_condition(self, after: Sequence[Mark], *, takes: bool) -> None:
        """A yes, unless a consequence follows: «si puedo voy», «si la tomo les aviso»."""
        consequences = self._lexicon.tell if takes else self._lexicon.then
        if self._follows(after[1:], consequences):
            self._said.append(Sense.IF)
        else:
            self._affirm(Sense.YES)

    def _follows(self, rest: Sequence[Mark], phrases: Phrases[Kind]) -> bool:
        """Whether one of the phrases stands in the rest of this sentence."""
        words = [sound for mark in rest for sound in mark.sounds]
        ended = self._clause.ends
        for clause in self._following:
            if ended:
                break
            words.extend(clause.sounds)
            ended = clause.ends
        return any(phrases.longest(words, start) for start in range(len(words)))

    def _is_alone(self, words: Sequence[str]) -> bool:
        """Whether «si…» is the whole reply, and nothing in it names a condition."""
        conditions = self._lexicon.apart[Kind.IF_SURELY].words
        others = any(clause.content for clause in self._following)
        marks = self._clause.marks
        reserved = any(mark.kind in _RESERVING for mark in marks)
        reserved = reserved or sum(mark.kind is Kind.SI for mark in marks) > 1
        return not others and not reserved and conditions.isdisjoint(words)

    def _echoes(self, after: Sequence[Mark]) -> bool:
        """To a plain question «si la encontré» is a yes, if nothing else is said."""
        own = takewhile(lambda mark: mark.kind is not Kind.BUT, after)
        words = [sound for mark in own for sound in mark.sounds]
        unknown = after[0].kind in _UNKNOWN or after[0].kind in _TELLING
        unknown = unknown or (after[0].kind is Kind.FILLER and len(after) > 1)
        unknown = unknown or (
            after[0].kind is Kind.SOFT and len(after) > 1 and after[1].kind in _UNKNOWN
        )
        if self._expect is Expect.YES_NO and unknown and self._is_alone(words):
            self._affirm(Sense.YES)  # «si asistió», «si me los dieron»
            return True
        echo = self._lexicon.apart[Kind.ECHO].longest(words, 0)
        if self._expect is Expect.YES_NO and echo and echo[1] == len(words):
            self._affirm(Sense.YES)
            return True
        return False
