"""The template of all sentences, taken from the code.

`python3 -m tests.locale.template` writes `locale/bot.pot` anew and brings the catalogs into line
with it: new sentences come in empty (English ones filled), those no longer said go out.
"""

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent.parent
LOCALE = ROOT / "locale"
ROOMS = ("handlers", "bot")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "p_": ((1, "c"), 2), "t": None}
LANGUAGES = ("en", "es")


def extract() -> Catalog:
    """Collect every sentence that people may read, with the files that say it."""
    catalog = Catalog(header_comment="# Every sentence that people may read.", project="Enlace")
    for room in ROOMS:
        found = extract_from_dir(
            ROOT / room,
            method_map=METHODS,
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        )
        for file, line, message, comments, context in found:
            where = [(f"{room}/{file}", line)]
            catalog.add(message, locations=where, auto_comments=comments, context=context)
    return catalog


def kept(language: str = "") -> Catalog:
    """Read a language's catalog as it is kept; without one, the template."""
    path = LOCALE / language / "LC_MESSAGES" / "bot.po" if language else LOCALE / "bot.pot"
    with path.open("rb") as file:
        return read_po(file, locale=language or None)


def _write(catalog: Catalog, path: Path) -> None:
    with path.open("wb") as file:
        # Line numbers would change the catalogs with every edit of the code.
        write_po(file, catalog, width=100, ignore_obsolete=True, include_lineno=False)


if __name__ == "__main__":
    _write(extract(), LOCALE / "bot.pot")
    for code in LANGUAGES:
        words = kept(code)
        words.update(kept(), no_fuzzy_matching=True)
        for message in words:
            if code == "en" and message.id and not message.string:
                message.string = message.id
        _write(words, LOCALE / code / "LC_MESSAGES" / "bot.po")
