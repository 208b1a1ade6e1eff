"""What it all comes to: yes, no, later or unclear. Doubt is unclear, which costs one question."""

from collections.abc import Sequence
from itertools import takewhile

from handlers.understanding.meaning import Expect, Meaning
from handlers.understanding.senses import Said, Sense

_OWN_YES = frozenset({Sense.YES, Sense.YES_WITH_QUESTION, Sense.TAKE, Sense.CAN})
_OWN_NO = frozenset({Sense.NO, Sense.REFUSE})
_TAGS = frozenset({Sense.YES, Sense.TAKE, Sense.CAN, Sense.SOFT, Sense.NO})
# With one of these, a last «no» takes back the yes before it: «sí, no, disculpe».
_TURNS = frozenset({Sense.BUT, Sense.UNDO, Sense.REASON, Sense.OPENER, Sense.SORRY})
_DECLINING = frozenset({Sense.OPENER, Sense.DENY, Sense.EXCUSE, Sense.NONE})
_TIME = frozenset({Sense.LATER, Sense.UNTIL, Sense.NOW, Sense.SOON})
_UNDER_DOUBT = frozenset({Sense.DOUBT, Sense.IF})
_LATER = frozenset({Sense.LATER, Sense.UNTIL, Sense.SOON, Sense.PERHAPS, Sense.PIOUS})

# How many words that fit no phrase a reading bears: beyond them the message tells a story.
_FEW = 2
_SOME = 5
_MANY = 8
_TWICE = 2


def weigh(said: Sequence[Said], expect: Expect) -> Meaning:
    """The meaning of what was said, as a careful coordinator would read it."""
    return _Scales(said, expect).meaning()


class _Scales:
    """Everything said in a reply, and the questions one asks of it."""

    def __init__(self, said: Sequence[Said], expect: Expect) -> None:
        self._order = [one.sense for one in said]
        self._all = frozenset(self._order)
        self._stated = frozenset(one.sense for one in said if not one.asks)
        self._asked = any(one.asks for one in said)
        self._asks = self._asked or Sense.ASK in self._all
        self._offer = expect is Expect.OFFER
        self._plain = expect is Expect.YES_NO
        self._open = expect is Expect.OPEN
        self._unknown = self._order.count(Sense.UNKNOWN)
        # «la próxima semana sí puedo» puts off; «sí, mañana voy» does not.
        agreed = takewhile(lambda sense: sense not in {Sense.YES, Sense.SOFT}, self._order)
        self._late_first = Sense.LATER in agreed
        # «sí, ¿verdad?»
        asked = frozenset(one.sense for one in said if one.asks)
        self._unsure = bool(asked & _TAGS) and Sense.ASK not in asked

    def meaning(self) -> Meaning:
        if Sense.REPORT in self._all:
            return Meaning.UNCLEAR
        yes, no = bool(self._all & _OWN_YES), bool(self._all & _OWN_NO)
        if Sense.OTHERS in self._all:
            return Meaning.NO if no and not yes else Meaning.UNCLEAR
        if yes and no:
            return self._torn()
        if yes:
            return self._yes()
        if Sense.SOFT in self._all:
            return self._soft(no=no)
        if no:
            return self._no()
        return self._neither()

    def _torn(self) -> Meaning:
        """A yes and a no: «hoy no, mañana sí», «sí pero no puedo», «sí y no»."""
        if Sense.MOCK in self._all:
            return Meaning.UNCLEAR
        if self._all & _TIME:
            return Meaning.LATER
        last = next(sense for sense in reversed(self._order) if sense in _OWN_YES | _OWN_NO)
        if last is Sense.REFUSE or (last is Sense.NO and self._all & _TURNS):
            return Meaning.NO
        return Meaning.UNCLEAR

    def _yes(self) -> Meaning:  # noqa: C901 - one branch a kind of word
        if self._all & _UNDER_DOUBT or Sense.MOCK in self._all:
            return Meaning.UNCLEAR
        if Sense.PERHAPS in self._all:
            return Meaning.LATER
        if self._unsure or not self._stated & _OWN_YES:
            return Meaning.UNCLEAR  # the yes itself is the question
        if Sense.BUT in self._all:
            return self._reserved()
        if self._all & {Sense.DENY, Sense.REASON, Sense.BUSY, Sense.EXCUSE, Sense.SORRY}:
            return Meaning.UNCLEAR
        takes = Sense.TAKE in self._all
        agrees = takes or Sense.YES in self._all
        if self._open and (not agrees or self._unknown > _FEW):
            return Meaning.UNCLEAR
        if Sense.UNTIL in self._all:
            return Meaning.LATER
        if Sense.LATER in self._all and not takes and not self._promises():
            return Meaning.LATER
        if (self._offer or self._open) and not agrees and Sense.YES_WITH_QUESTION in self._all:
            return Meaning.UNCLEAR
        firm = takes or Sense.CAN in self._all or not self._offer
        if not firm and Sense.ACK in self._all:
            return Meaning.UNCLEAR  # «sí, entiendo»
        return Meaning.YES if self._unknown <= (_SOME if firm else 0) else Meaning.UNCLEAR

    def _promises(self) -> bool:
        """«sí, mañana voy» takes an offer; to a plain question it only puts off."""
        agrees = self._all & {Sense.YES, Sense.SOFT}
        return bool(self._offer and agrees and Sense.CAN in self._all and not self._late_first)

    def _reserved(self) -> Meaning:
        """A yes with a «pero»: what follows it decides."""
        last = len(self._order) - self._order[::-1].index(Sense.BUT)
        after = frozenset(self._order[last:])
        if after & _TIME:
            return Meaning.LATER
        if after & {Sense.REASON, Sense.BUSY, Sense.EXCUSE, Sense.SORRY}:
            if self._offer:
                return Meaning.NO
            return Meaning.LATER if Sense.BUSY in after else Meaning.UNCLEAR
        if after and after <= _OWN_YES and Sense.BUSY not in self._all:
            return Meaning.YES  # «no hay pisto pero yo la tomo»
        return Meaning.UNCLEAR

    def _soft(self, *, no: bool) -> Meaning:
        """«ok»: a yes only when nothing else speaks."""
        if no:
            return Meaning.LATER if self._all & _TIME else Meaning.NO
        if self._all & _UNDER_DOUBT or Sense.MOCK in self._all:
            return Meaning.UNCLEAR
        if Sense.BUT in self._all:
            return self._reserved()
        if self._all & {Sense.REASON, Sense.BUSY, Sense.OPENER, Sense.DENY, Sense.SORRY}:
            return self._neither()
        if Sense.ACK in self._all:
            return Meaning.UNCLEAR  # «ok, enterada»
        if self._all & self._later_than_agreed():
            return Meaning.LATER
        if self._asks or self._unknown > (0 if self._open else _FEW):
            return Meaning.UNCLEAR
        return Meaning.YES

    def _later_than_agreed(self) -> frozenset[Sense]:
        """What puts off an «ok»: «ok, ahorita», but not «ahorita está bien»."""
        ready = self._order.index(Sense.SOFT)
        now = Sense.SOON in self._order[:ready]
        return _LATER - {Sense.PIOUS, Sense.SOON} if now else _LATER - {Sense.PIOUS}

    def _no(self) -> Meaning:
        if not self._stated & _OWN_NO:
            return Meaning.UNCLEAR  # «¿no?»
        hedged = Sense.DOUBT in self._all and not self._offer  # «creo que no» declines an offer
        if Sense.REFUSE not in self._all and (hedged or Sense.IF in self._all):
            return Meaning.UNCLEAR
        if self._open and self._unknown:
            return Meaning.UNCLEAR
        if self._offer and Sense.REASON in self._all and not self._all & {Sense.PERHAPS, Sense.NOW}:
            return Meaning.NO
        if self._all & _TIME or self._order[-1] is Sense.PERHAPS:
            return Meaning.LATER
        return Meaning.NO

    def _neither(self) -> Meaning:
        late = sum(sense in {Sense.LATER, Sense.UNTIL} for sense in self._order)
        asked = self._asked and late < _TWICE  # «¿me permite confirmarle mañana?» is no question
        promises = (
            self._order[:1] in ([Sense.LATER], [Sense.UNTIL]) and not asked
        )  # «veo quién me lleva y le aviso»
        if (self._asks and not promises) or Sense.MOCK in self._all:
            return Meaning.UNCLEAR
        excused = self._all & {Sense.EXCUSE, Sense.REASON, Sense.BUSY}
        if self._offer and excused and self._all & _TIME == {Sense.SOON}:
            return Meaning.NO
        if self._offer and Sense.REASON in self._all and Sense.IF not in self._all:
            return Meaning.LATER if Sense.PERHAPS in self._all else Meaning.NO
        sorry = self._offer and Sense.SORRY in self._all and not self._all & _UNDER_DOUBT
        if sorry and not self._all & _LATER:
            return Meaning.NO
        if self._all & _LATER:
            return self._put_off()
        if self._all & _UNDER_DOUBT:
            return Meaning.UNCLEAR
        if Sense.BUSY in self._all and not self._open:
            return Meaning.NO if self._offer and Sense.NOW not in self._all else Meaning.LATER
        declines = self._offer and self._all & _DECLINING
        first = next((sense for sense in self._order if sense is not Sense.NOW), None)
        denies = self._plain and first in {Sense.DENY, Sense.NONE}
        if (declines or denies) and self._unknown <= _MANY:
            return Meaning.NO
        return Meaning.UNCLEAR

    def _put_off(self) -> Meaning:
        certain = self._all & {Sense.LATER, Sense.SOON, Sense.UNTIL}
        if not certain and self._all & _UNDER_DOUBT:
            return Meaning.UNCLEAR
        bearable = 0 if self._open else _MANY
        return Meaning.LATER if self._unknown <= bearable else Meaning.UNCLEAR
