"""Telegram's HTML as plain words with marks beside them."""

from html.parser import HTMLParser
from typing import Any

from bot.simulator.telegram.errors import bad_request

_KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline",
    "ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "code": "code", "pre": "pre", "a": "text_link", "tg-spoiler": "spoiler",
    "blockquote": "blockquote",
}  # fmt: skip


class _Reader(HTMLParser):
    """Gathers the words and remembers where each tag began and ended."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.marks: list[dict[str, Any]] = []
        self._open: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a mark; refuses a tag that Telegram does not know."""
        if tag not in _KINDS:
            raise bad_request(f'can\'t parse entities: Unsupported start tag "{tag}"')
        mark: dict[str, Any] = {"type": _KINDS[tag], "offset": _units(self.words)}
        if tag == "a":
            mark["url"] = dict(attrs).get("href") or ""
        self._open.append((tag, mark))

    def handle_endtag(self, tag: str) -> None:
        """End a mark; refuses one that is not the last begun."""
        if not self._open or self._open[-1][0] != tag:
            raise bad_request(f'can\'t parse entities: Unmatched end tag "{tag}"')
        _, mark = self._open.pop()
        mark["length"] = _units(self.words) - mark["offset"]
        if mark["length"]:
            self.marks.append(mark)

    def handle_data(self, data: str) -> None:
        """Add words."""
        self.words += data

    def finish(self) -> None:
        """Refuse a text that leaves a tag open."""
        self.close()
        if self._open:
            raise bad_request(f"can't parse entities: Can't find end tag \"{self._open[-1][0]}\"")


def read_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The words without their tags, and the marks that the tags put on them."""
    reader = _Reader()
    reader.feed(text)
    reader.finish()
    return reader.words, sorted(reader.marks, key=lambda mark: mark["offset"])


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
