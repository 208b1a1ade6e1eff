"""What people mean by what they write."""

from handlers.understanding.choosing import Shown, pick
from handlers.understanding.claiming import alike, claims
from handlers.understanding.codes import codes
from handlers.understanding.meaning import Expect, Meaning
from handlers.understanding.reading import understand
from handlers.understanding.saying import says_phrase
from handlers.understanding.stopping import starts, stops, stops_anybody
from handlers.understanding.withdrawing import withdraws
from handlers.understanding.words import fold as normal

__all__ = [
    "Expect",
    "Meaning",
    "Shown",
    "alike",
    "claims",
    "codes",
    "normal",
    "pick",
    "says_phrase",
    "starts",
    "stops",
    "stops_anybody",
    "understand",
    "withdraws",
]
