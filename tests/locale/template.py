"""The template of all sentences, taken from the code.

`python3 -m tests.locale.template` writes `locale/bot.pot` anew and brings the catalogs into line
with it: new sentences come in empty (English ones filled), those no longer said go out.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from channels import failures

ROOT = Path(__file__).parent.parent.parent
LOCALE = ROOT / "locale"
ROOMS = ("handlers", "bot")
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "p_": ((1, "c"), 2), "t": None}
LANGUAGES = ("en", "es")
VERDICTS = {"Rule", "ours", *(one.__name__ for one in failures.Failure.__subclasses__())}
SAID = {"reason", "tell", "why"}


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
    for file, sentence in reasons():
        catalog.add(sentence, locations=[(file, 1)])
    return catalog


def reasons() -> Iterator[tuple[str, str]]:
    """Find what the channels say of failures and what to do; they may know no `_` themselves."""
    for path in sorted((ROOT / "channels").glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        named = {
            one.targets[0].id: one.value
            for one in tree.body
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name)
        }
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            said = [one.value for one in call.keywords if one.arg in SAID]
            if isinstance(call.func, ast.Name) and call.func.id in VERDICTS:
                said += call.args[:2]
            for one in said:
                words = named.get(one.id) if isinstance(one, ast.Name) else one
                if isinstance(words, ast.Constant) and isinstance(words.value, str) and words.value:
                    yield f"channels/{path.name}", words.value


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
