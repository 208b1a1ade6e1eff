"""Text for plain phones: numbers for buttons, parts, the SMS alphabet, and what a message costs.

The SMS alphabet (GSM-7) has é ñ ü ¿ ¡ but not á í ó ú; one letter outside it makes the whole
message three times as dear, and slower on a weak signal. So SMS text is folded before it is sent,
and only there: what is kept on record is never changed.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from channels.base import Option, Outbound

ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The letters that cost one unit of an SMS."""

EXTENSION = frozenset("^{}\\[~]|€\f")
"""The letters that cost two, and are never split between two segments."""

PLAIN = ALPHABET | EXTENSION

GSM_ALONE, GSM_JOINED = 160, 153
UCS_ALONE, UCS_JOINED = 70, 67

LOOK_ALIKES = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛ʼʻʹꞌ´`′", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\r\u2028\u2029", "\n"),
        "\t": " ",
        "…": "...",
        "•": "-",
        "·": ".",
        "⁄": "/",
        "→": "->",
        "º": "o",
        "ª": "a",
    }
)

SENTENCE = re.compile(r"[.!?…][\"'»”)]*(?=\s)")
SPACE = re.compile(r"\s+")
UNREADABLE = re.compile("\x00|[\ud800-\udfff]")
PICTURES = range(0x1F000, 0x1FB00)  # also those that are younger than this Python
DROPPED = frozenset({"So", "Sk", "Cf", "Cc", "Me"})  # pictures, tints, joiners, controls, keycaps
CLOSING = frozenset(" \n.,;:!?)")  # no space stands before these
MARKS = (range(0x300, 0x370), range(0xFE00, 0xFE10))  # loose accents, picture selectors


def clean(text: str) -> str:
    """Take out what no database keeps: NUL, and halves of characters that are not characters."""
    return UNREADABLE.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)


def numbered(text: str, options: Sequence[Option]) -> str:
    """Write choices as numbers, one line each, under the question."""
    lines = (f"{n} {' '.join(option.label.split())}" for n, option in enumerate(options, 1))
    return "\n".join([text, *lines])


def fold(text: str) -> str:
    """Write text in the SMS alphabet as a reader would; pictures are left out.

    Text in another script cannot be folded whole: it is returned as it was, and costs more.
    """
    text = unicodedata.normalize("NFC", clean(text))
    letters = [_folded(letter) for letter in text.replace("\r\n", "\n")]
    folded = _without_gaps(letters) if "" in letters else "".join(letters)
    return folded if _is_plain(folded) else text


def pieces(text: str, limit: int) -> list[str]:
    """Split a text into pieces of at most `limit` characters, as a reader would.

    It is cut between paragraphs, else between sentences, else between words. Nothing is lost but
    the white space at the cuts; an empty text has no pieces.
    """
    if len(text) <= limit:
        return [text] if text.strip() else []
    rest, found = text.strip(), []
    while len(rest) > limit:
        cut = _cut(rest, limit)
        found.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*found, rest] if rest else found


def _cut(text: str, limit: int) -> int:
    """Say where a text that is too long is cut best, 1 to `limit`."""
    window, half = text[: limit + 1], limit // 2  # an early border would leave a scrap
    paragraph = window.rfind("\n", half)
    if paragraph > 0:
        return paragraph
    sentences = [found.end() for found in SENTENCE.finditer(window) if found.end() > half]
    words = [found.start() for found in SPACE.finditer(window) if found.start()]
    return (sentences or words or [limit])[-1]


def parts(outbound: Outbound, limit: int, tail: int = 0) -> tuple[Outbound, ...]:
    """Split a message into parts that each fit. Its choices go with the last, which leaves room.

    `tail` is how many characters of the last part the choices take up.
    """
    if len(outbound.text) + (tail if outbound.options else 0) <= limit:
        return (outbound,)
    texts = pieces(outbound.text, limit)
    if texts and outbound.options and len(texts[-1]) + tail > limit > tail:
        texts += pieces(texts.pop(), limit - tail)
    if not texts:
        return (outbound,)
    *firsts, last = texts
    return (
        *(replace(outbound, text=text, options=()) for text in firsts),
        replace(outbound, text=last),
    )


def segments(text: str) -> int:
    """Count the SMS that a text is sent as; an empty text is one."""
    if _is_plain(text):
        costs = [2 if letter in EXTENSION else 1 for letter in text]
        alone, joined = GSM_ALONE, GSM_JOINED
    else:
        costs = [2 if letter > "\uffff" else 1 for letter in text]
        alone, joined = UCS_ALONE, UCS_JOINED
    if sum(costs) <= alone:
        return 1
    count, used = 1, 0
    for cost in costs:
        if used + cost > joined:  # a pair moves to the next segment whole
            count, used = count + 1, 0
        used += cost
    return count


def _is_plain(text: str) -> bool:
    return PLAIN.issuperset(text)


@lru_cache(maxsize=4096)
def _folded(letter: str) -> str:
    if letter in ALPHABET and letter != "\r":
        return letter
    alike = letter.translate(LOOK_ALIKES)
    if alike != letter or letter in EXTENSION:
        return alike
    kind = unicodedata.category(letter)
    if kind == "Zs":
        return " "
    bare = "".join(
        part.translate(LOOK_ALIKES)
        for part in unicodedata.normalize("NFKD", letter)
        if not unicodedata.combining(part)
    )
    if bare and bare != letter and _is_plain(bare):
        return bare
    if kind in DROPPED or ord(letter) in PICTURES or any(ord(letter) in marks for marks in MARKS):
        return ""
    return letter


def _without_gaps(pieces: Iterable[str]) -> str:
    """Join pieces; where one was left out, no double or hanging space stays behind."""
    kept: list[str] = []
    gap = False
    for piece in pieces:
        if not piece:
            gap = True
            continue
        if gap and piece in CLOSING and kept and kept[-1] == " ":
            kept.pop()
        if not (gap and piece == " " and (not kept or kept[-1] == "\n")):
            kept.append(piece)
        gap = False
    if gap and kept and kept[-1] == " ":
        kept.pop()
    return "".join(kept)
