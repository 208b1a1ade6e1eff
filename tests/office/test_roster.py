"""A file of people: who is in it, or every line that is wrong."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console import words
from bot.office.reach import roster, sheet
from bot.office.reach.roster import Entry, Lists
from bot.office.refusal import Refusal
from bot.tongues import render
from models.person import Role, Via
from models.text import Text

LISTS = Lists(words.LANGUAGES, words.COUNTRIES, words.ZONES)
HEADER = "name,role,country,language,zone,whatsapp,sms,telegram"
ROW = ["Marta Ficticia", "Defender", "GT", "mam", "", "+502 5555 1234", "", ""]
PLACE = dict(zip(HEADER.split(","), range(8), strict=True))


def read(text: str | bytes) -> list[Entry]:
    return roster.read(text.encode() if isinstance(text, str) else text, LISTS)


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(Refusal) as refused:
        read(text)
    return [render(reason, "eng") for reason in refused.value.reasons]


def row(**cells: str) -> str:
    changed = list(ROW)
    for name, cell in cells.items():
        changed[PLACE[name]] = cell
    return HEADER + "\n" + ",".join(changed)


def one(**cells: str) -> Entry:
    (entry,) = read(row(**cells))
    return entry


def test_a_line_is_a_person():
    (entry,) = read(row())
    assert (entry.line, entry.name, entry.role) == (2, "Marta Ficticia", Role.DEFENDER)
    assert (entry.country, entry.language, entry.zone) == ("GT", "mam", "America/Guatemala")
    assert [(place.via, place.wire) for place in entry.places] == [(Via.WHATSAPP, "+50255551234")]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_whatever_excel_wrote_is_read(separator: str, encoding: str, ending: str):
    lines = [
        ("TELÉFONO", " Nombre ", "País", "rol", "Idioma", ""),
        ("", "", "", "", "", ""),
        ("5555-1234", '"Ñandú; Ficticia,\tuna"', "méxico", "ABOGADA", "español", ""),
    ]
    text = ending.join(separator.join(cells) for cells in lines) + ending * 3
    (entry,) = read(text.replace("5555-1234", "55 1234 5678").encode(encoding))
    assert (entry.line, entry.name) == (3, "Ñandú; Ficticia, una")
    assert (entry.role, entry.country, entry.language) == (Role.LAWYER, "MX", "spa")
    assert [(place.via, place.wire) for place in entry.places] == [(Via.SMS, "+525512345678")]


def test_a_first_line_that_names_the_separator_is_excels_own():
    (entry,) = read("sep=;\r\nname;role;country;language\r\nMarta, la de arriba;defensora;GT;mam")
    assert (entry.line, entry.name) == (3, "Marta, la de arriba")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K'iche'", "quc"),
        ("k’iche’", "quc"),
        ("Kʼicheʼ", "quc"),
        ("Kꞌicheꞌ", "quc"),
        ("KICHE", "quc"),
        ("Quiché", "quc"),
        ("Qeqchi", "kek"),
        ("Q`eqchi´", "kek"),
        ("Qyool Mam", "mam"),
        ("es", "spa"),
        ("castellano", "spa"),
        ("inglés", "eng"),
        ("garifuna", "cab"),
    ],
)
def test_a_language_is_known_however_it_is_written(typed: str, code: str):
    assert one(language=typed).language == code


@pytest.mark.parametrize(
    ("country", "typed", "wire"),
    [
        ("GT", "5555 1234", "+50255551234"),
        ("GT", "\u202a+502 5555\u00a01234\u202c", "+50255551234"),
        ("GT", "00502 5555-1234", "+50255551234"),
        ("GT", "50255551234", "+50255551234"),
        ("HN", "5555-9999", "+50455559999"),
        ("HN", "whatsapp:+50255551234", "+50255551234"),
        ("MX", "+521 55 1234 5678", "+5215512345678"),
        ("MX", "5215512345678", "+5215512345678"),
        ("US", "(202) 555-0101", "+12025550101"),
        ("GT", "GT.13491208655302741918", "GT.13491208655302741918"),
    ],
)
def test_a_number_is_completed_by_the_country(country: str, typed: str, wire: str):
    assert one(country=country, whatsapp=typed).places[0].wire == wire


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"name": ""}, "name: write the name"),
        ({"name": "x" * 121}, "name: this is too long"),
        ({"role": "jefe"}, 'role: "jefe" is no role'),
        ({"role": ""}, "role: An empty cell is no role"),
        ({"role": "madre"}, "role: families are not brought in by a file"),
        ({"country": "Guatamala"}, 'Did you mean "Guatemala"?'),
        ({"country": "Francia"}, "Write one of: Guatemala, Honduras"),
        ({"language": "Mamm"}, 'Did you mean "Mam"?'),
        ({"zone": "Guatemala"}, "is no time zone"),
        ({"whatsapp": "5555 12"}, 'whatsapp: "5555 12" is too short for a phone number. Write it'),
        ({"whatsapp": "5555 12"}, "with + and its country, such as +502 5123 4567."),
        ({"sms": "5555 1234 / 5555 4321"}, "too long for a phone number, or is more than one"),
        ({"sms": "+999 123 4567"}, "is no phone number"),
        ({"sms": "pendiente"}, "is no phone number"),
        ({"sms": "5.02556E+10"}, "Excel shortened"),
        ({"telegram": "@marta"}, "is no Telegram number"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_with_its_line(cells: dict[str, str], said: str):
    (fault,) = faults(row(**cells))
    assert fault.startswith("Line 2, ")
    assert said in fault


def test_every_bad_line_is_named_and_by_the_files_own_columns():
    text = (
        "Nombre,Rol,País,Idioma,Teléfono\n"
        '"Ana\nFicticia",jefa,GT,mam,12\n'
        "\n"
        "Eva Ficticia,defensora,GT,mam,5555 1234\n"
        "Sol Ficticia,defensora,XX,mam,5555 1234\n"
        "Luz Ficticia,defensora,GT,mam,+50255551234\n"
    )
    assert [fault.partition(": ")[0] for fault in faults(text)] == [
        "Line 2, Rol",
        "Line 2, Teléfono",
        "Line 6, País",
        "Line 6, Teléfono",
        "Line 7, Teléfono",
    ]
    assert "on line 5 too" in faults(text)[-1]


def test_somebody_without_an_address_is_there_once():
    text = "name,role,country,language\nJosé Ficticio,staff,GT,spa\nJose ficticio,staff,GT,spa"
    assert faults(text) == [
        "Line 3, name: this is on line 2 too. Take one of them out, or correct it."
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty"),
        ("\n\n", "The file is empty"),
        (HEADER, "nobody under them"),
        ("a,b\n1,2", "does not name the columns"),
        ("name,role,country\nA,staff,GT", 'The column "language" is missing'),
        (HEADER + ",notas\n" + ",".join(ROW) + ",x", "Line 1, notas: this column is not known"),
        (HEADER + ",whatsap\n" + ",".join(ROW) + ",x", 'Did you mean "whatsapp"?'),
        (HEADER + ",teléfono\n" + ",".join(ROW) + ",", "this column is there twice"),
        (HEADER + "\n" + ",".join(ROW) + ",x", "more cells than columns"),
        (HEADER + '\n"Marta', "Line 2: a quotation mark"),
        ("PK\x03\x04", "This is a workbook"),
        ("name\x00", "not text"),
        ("x" * (sheet.MOST_BYTES + 1), "larger than 500 kB"),
        ("a\n" * (roster.MOST_PEOPLE + 2), "more than 500 people"),
    ],
)
def test_a_file_that_is_no_roster_says_what_to_do(text: str, said: str):
    (fault,) = faults(text)
    assert said in fault


CELLS = st.one_of(
    st.sampled_from([*HEADER.split(","), *ROW, "país", "5555 12", '"', "\r", "\x00", "ꞌ", "sep=;"]),
    st.text(max_size=12),
)
FILES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.lists(CELLS, max_size=9).map(",".join), max_size=5).map(
        lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")
    ),
    st.lists(st.lists(CELLS, min_size=8, max_size=9).map(",".join), max_size=4).map(
        lambda lines: "\n".join([HEADER, *lines]).encode("utf-8", "surrogatepass")
    ),
    st.binary(max_size=60).map(lambda data: codecs.BOM_UTF16_LE + data),
)


@given(FILES)
def test_no_file_ends_otherwise_than_in_people_or_in_sentences(data: bytes):
    people, told = outcome(data)
    assert all(person.name and person.country and person.zone for person in people)
    assert all(render(reason, "spa") for reason in told)


def outcome(data: bytes) -> tuple[list[Entry], tuple[Text, ...]]:
    try:
        return roster.read(data, LISTS), ()
    except Refusal as refusal:
        return [], refusal.reasons
