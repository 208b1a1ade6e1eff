"""How columns, roles, countries and languages are written in files, Spanish and English."""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from zoneinfo import available_timezones

from bot.tongues import TONGUES, render
from models.person import Role
from models.text import Text

LONGEST_ZONE = 40

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("nombre", "nombre completo", "full name"),
    "role": ("rol", "papel"),
    "country": ("país",),
    "language": ("idioma", "lengua"),
    "zone": ("zona", "zona horaria", "time zone"),
    "whatsapp": (),
    "sms": ("teléfono", "celular", "móvil", "phone", "mobile"),
    "telegram": (),
}
ROLES: Mapping[Role, tuple[str, ...]] = {
    Role.DEFENDER: ("defender", "defensor", "defensora", "defensor/a"),
    Role.LAWYER: ("lawyer", "abogada", "abogado", "abogado/a", "advocate", "attorney"),
    Role.STAFF: ("staff", "personal", "equipo", "coordinadora", "coordinador", "coordinator"),
}
FAMILY = ("parent", "madre", "padre", "mother", "father", "familiar", "family")
ALSO: Mapping[str, tuple[str, ...]] = {  # as people write them too
    "spa": ("castellano", "es"),
    "eng": ("en",),
    "quc": ("quiché",),
    "kek": ("kekchí", "quekchí"),
    "kjb": ("kanjobal",),
    "knj": ("acateco",),
    "jac": ("jacalteco", "jakalteko"),
    "cak": ("cakchiquel", "cachiquel"),
    "tzo": ("tzotzil",),
    "tzh": ("tzeltal",),
    "US": ("EE. UU.", "USA", "Estados Unidos de América", "United States of America"),
}


def fold(text: str) -> str:
    """Give what is equal for all ways to write one name: no case, accents or apostrophes."""
    return "".join(
        one
        for one in unicodedata.normalize("NFKD", text.casefold())
        if one.isalnum() and one != "ꞌ" and unicodedata.category(one) != "Lm"
    )


def by_name(words: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Give what each way of writing, folded, stands for. A key is a way of writing too."""
    return {fold(word): key for key, others in words.items() for word in (key, *others)}


@cache
def names(known: tuple[tuple[str, Text], ...]) -> dict[str, str]:
    """Everything that a language or a country is called: its code, and its names."""
    return by_name(
        {
            code: (
                render(word, "eng"),
                render(word, "spa"),
                *([TONGUES[code].autonym] if code in TONGUES else ()),
                *ALSO.get(code, ()),
            )
            for code, word in known
        }
    )


@cache
def zones() -> dict[str, str]:
    """Give the time zones that a record can hold, by their names without case."""
    return {zone.casefold(): zone for zone in available_timezones() if len(zone) <= LONGEST_ZONE}
