"""A file of people, read whole: who is in it, or every line that is wrong and what to do."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.office.reach import sheet, spellings
from bot.office.reach.dialling import completed
from bot.office.reach.numbers import canonical
from bot.office.reach.spellings import COLUMNS, FAMILY, ROLES, by_name, fold
from bot.office.refusal import Refusal
from models.person import Role, Via
from models.text import Text, _

MOST_PEOPLE = 500  # others wait while they are written: half a minute would be too long
LONGEST_NAME = 120
SHOWN = 40  # characters of a wrong cell

NEEDED = ("name", "role", "country", "language")


@dataclass(frozen=True)
class Lists:
    """The closed lists that cells are read by: names of languages and countries, and zones."""

    languages: Mapping[str, Text]  # by ISO 639-3
    countries: Mapping[str, Text]  # by ISO 3166, two letters
    zones: Mapping[str, str]  # where somebody lives of whom only the country is known


@dataclass(frozen=True)
class Place:
    """Where somebody is reached, and the column it stands in, as the file names it."""

    via: Via
    wire: str
    column: str


@dataclass(frozen=True)
class Entry:
    """One person of the file. `line` is where; `column` names the column of names."""

    line: int
    column: str
    name: str
    role: Role
    country: str
    language: str
    zone: str
    places: tuple[Place, ...]


def said(line: int, column: str, what: Text) -> Text:
    """Say what is wrong with one cell."""
    return _("Line {line}, {column}: {what}", line=str(line), column=column, what=what)


def read(data: bytes, lists: Lists) -> list[Entry]:
    """Give everybody in a file. Raises `Refusal` with every fault of every line, in their order."""
    lines = sheet.read(data)
    if not lines:
        raise Refusal(_("The file is empty. {how}", how=_how()))
    if len(lines) > MOST_PEOPLE + 1:
        raise Refusal(
            _(
                "The file has more than {most} people. Split it and import the parts one by one.",
                most=str(MOST_PEOPLE),
            )
        )
    reading = _Reading(lists)
    reading.header(lines[0])
    if len(lines) == 1:
        reading.faults.append(_("The file names its columns and nobody under them."))
    found = [reading.entry(line) for line in lines[1:]]
    if reading.faults:
        raise Refusal(*reading.faults)
    return [entry for entry in found if entry is not None]


@dataclass
class _Reading:
    lists: Lists
    faults: list[Text] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)  # what each is, or nothing
    titles: dict[str, str] = field(default_factory=dict)  # what the file calls each
    named: set[int] = field(default_factory=set)  # which columns have a name at all
    line: int = 1
    seen: dict[tuple[Via | None, str], int] = field(default_factory=dict)  # on which line

    def header(self, line: sheet.Line) -> None:
        """Find out what each column is. Raises `Refusal` when one is missing that is needed."""
        names = by_name(COLUMNS)
        self.line = line.number
        for place, title in enumerate(line.cells):
            kind = names.get(fold(title), "")
            if title:
                self.named.add(place)
            if kind in self.titles:
                self._wrong(title, _("this column is there twice. Take one of them out."))
            elif kind:
                self.titles[kind] = title
            elif title:
                self._wrong(title, _unknown(title, names))
            self.columns.append(kind)
        missing = [kind for kind in NEEDED if kind not in self.titles]
        if len(missing) == len(NEEDED):
            raise Refusal(_("The first line does not name the columns. {how}", how=_how()))
        if missing:
            self.faults += [
                _(
                    'The column "{column}" is missing. It may be called {names}.',
                    column=kind,
                    names=", ".join((kind, *COLUMNS[kind])),
                )
                for kind in missing
            ]
            raise Refusal(*self.faults)

    def entry(self, line: sheet.Line) -> Entry | None:
        """Read one line; nothing, and its faults noted, when something is wrong with it."""
        before, self.line = len(self.faults), line.number
        cells = dict.fromkeys(COLUMNS, "") | {
            kind: cell for kind, cell in zip(self.columns, line.cells, strict=False) if kind
        }
        bare = [cell for place, cell in enumerate(line.cells) if place not in self.named]
        if any(bare):
            self.faults.append(
                _(
                    "Line {line}: there are more cells than columns. Put quotation marks around "
                    "a cell with a comma in it, or give the column a name.",
                    line=str(line.number),
                )
            )
        name = self._name(cells["name"])
        role = self._role(cells["role"])
        country = self._one_of("country", cells["country"], self.lists.countries)
        language = self._one_of("language", cells["language"], self.lists.languages)
        zone = self._zone(cells["zone"]) or self.lists.zones.get(country, "")
        places = self._places(cells, country)
        if role is None or len(self.faults) > before:
            return None
        if not places:
            self._once(None, f"{fold(name)} {role.value} {country}", self.titles["name"])
        return Entry(line.number, self.titles["name"], name, role, country, language, zone, places)

    def _wrong(self, column: str, what: Text) -> None:
        self.faults.append(said(self.line, column[:SHOWN], what))

    def _name(self, cell: str) -> str:
        if not fold(cell):
            self._wrong(self.titles["name"], _("write the name you know this person by."))
        elif len(cell) > LONGEST_NAME:
            self._wrong(
                self.titles["name"],
                _("this is too long. Shorten it to {most} characters.", most=str(LONGEST_NAME)),
            )
        return cell

    def _role(self, cell: str) -> Role | None:
        names = by_name({role.value: words for role, words in ROLES.items()})
        found = names.get(fold(cell))
        if found is not None:
            return Role(found)
        column = self.titles["role"]
        if fold(cell) in map(fold, FAMILY):
            self._wrong(
                column, _("families are not brought in by a file. Add this person in the console.")
            )
        else:
            self._wrong(
                column,
                _(
                    '{cell} is no role. Write "Defender", "lawyer" or "staff".',
                    cell=_quoted(cell),
                ),
            )
        return None

    def _one_of(self, kind: str, cell: str, known: Mapping[str, Text]) -> str:
        names = spellings.names(tuple(known.items()))
        found = names.get(fold(cell), "")
        if not found:
            near = difflib.get_close_matches(fold(cell), names, 1, 0.7)
            best = known[names[near[0]]] if near else None
            how = (
                _('Did you mean "{name}"?', name=best)
                if best is not None
                else _("Write one of: {names}.", names=_listed(known.values()))
            )
            self._wrong(
                self.titles[kind], _("{cell} is not known. {how}", cell=_quoted(cell), how=how)
            )
        return found

    def _zone(self, cell: str) -> str:
        if not cell:
            return ""
        zone = spellings.zones().get(cell.casefold().replace(" ", "_"), "")
        if not zone:
            self._wrong(
                self.titles["zone"],
                _(
                    "{cell} is no time zone. Write one such as America/Guatemala, or leave it "
                    "empty for that of the country.",
                    cell=_quoted(cell),
                ),
            )
        return zone

    def _places(self, cells: Mapping[str, str], country: str) -> tuple[Place, ...]:
        found: list[Place] = []
        for via in Via:
            cell = cells[via.value]
            if not cell:
                continue
            column = self.titles[via.value]
            wire = completed(via, cell, country)
            if isinstance(wire, Text):
                self._wrong(column, wire)
                continue
            self._once(via, canonical(via, wire), column)
            found.append(Place(via, wire, column))
        return tuple(found)

    def _once(self, via: Via | None, what: str, column: str) -> None:
        first = self.seen.setdefault((via, what), self.line)
        if first != self.line:
            self._wrong(
                column,
                _(
                    "this is on line {first} too. Take one of them out, or correct it.",
                    first=str(first),
                ),
            )


def _unknown(title: str, names: Mapping[str, str]) -> Text:
    near = difflib.get_close_matches(fold(title), names, 1, 0.6)
    if near:
        return _('this column is not known. Did you mean "{name}"?', name=names[near[0]])
    return _("this column is not known. Take it out. {how}", how=_how())


def _quoted(cell: str) -> str | Text:
    return f'"{cell[:SHOWN]}"' if cell else _("An empty cell")


def _listed(words: Iterable[Text]) -> Text:
    values = tuple((f"word{place}", word) for place, word in enumerate(words))
    return Text(", ".join(f"{{{name}}}" for name, _word in values), values)


def _how() -> Text:
    return _(
        "The columns are {needed}, and where you have them {others}.",
        needed=", ".join("/".join((kind, *COLUMNS[kind][:1])) for kind in NEEDED),
        others=", ".join(kind for kind in COLUMNS if kind not in NEEDED),
    )
