"""A table as a file: its bytes read into lines of cells, however Excel wrote it."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass

from bot.office.refusal import Refusal
from models.text import _

MOST_BYTES = 500_000  # a form of the console takes twice that
SEPARATORS = (";", "\t", ",")  # Excel in Spanish writes the first
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
WIDE = (b"\xff\xfe", b"\xfe\xff")  # how UTF-16 begins, which Excel calls Unicode text
QUOTED = re.compile(r'"[^"]*"')
NAMES_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # a first line that only Excel reads


@dataclass(frozen=True)
class Line:
    """The cells of one line that is not empty, and where in the file it begins (from 1)."""

    number: int
    cells: tuple[str, ...]


def read(data: bytes) -> list[Line]:
    """Read a file into its lines. Raises `Refusal` for what is no table, and says what to do."""
    return _lines(text(data))


def text(data: bytes) -> str:
    """Read a file as text, in whatever encoding Excel wrote it. Raises `Refusal`."""
    if len(data) > MOST_BYTES:
        raise Refusal(
            _(
                "The file is larger than {most} kB. Split it and import the parts one by one.",
                most=str(MOST_BYTES // 1000),
            )
        )
    if data.startswith(WORKBOOKS):
        raise Refusal(
            _("This is a workbook. Open it, choose Save as, then CSV UTF-8, and import that file.")
        )
    try:
        found = data.decode("utf-16" if data.startswith(WIDE) else "utf-8-sig")
    except UnicodeDecodeError:
        # Every byte but five means something in what Excel in Spanish writes.
        found = data.decode("cp1252", "replace")
    if "\x00" in found or "\ufffd" in found:
        raise Refusal(_("This file is not text. Open it in Excel, choose Save as, then CSV UTF-8."))
    return found


def _lines(whole: str) -> list[Line]:
    first = whole.lstrip().partition("\n")[0]
    named = NAMES_SEPARATOR.fullmatch(first)
    separator = named[1] if named and named[1] in SEPARATORS else _likeliest(first)
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=separator, strict=True)
    found: list[Line] = []
    begins = 1
    try:
        for cells in reader:
            cleaned = tuple(clean(cell) for cell in cells)
            if any(cleaned):
                found.append(Line(begins, cleaned))
            begins = reader.line_num + 1
    except csv.Error:
        raise Refusal(
            _(
                "Line {line}: a quotation mark is opened and not closed, or stands inside a cell. "
                "Take it out, or write it twice inside a quoted cell.",
                line=str(begins),
            )
        ) from None
    return found[1:] if named else found


def _likeliest(first: str) -> str:
    bare = QUOTED.sub("", first)
    best = max(SEPARATORS, key=bare.count)
    return best if best in bare else ","


def clean(cell: str) -> str:
    """Free a cell of spaces around it, and of marks that cannot be seen but came along."""
    shown = "".join(
        " " if unicodedata.category(one) == "Cc" else one
        for one in unicodedata.normalize("NFC", cell)
        if unicodedata.category(one) not in ("Cf", "Cs")
    )
    return " ".join(shown.split())
