"""The plot: bars for what a part is about, and a whisker from least to most."""

from collections.abc import Sequence
from html import escape

from bot.bench.results import Measured, Part, number

WIDE, LEFT, ROW, TOP = 900, 330, 22, 30
ROOM = WIDE - LEFT - 110
OURS, THEIRS = "#1f6f78", "#b9a98c"


def draw(parts: Sequence[Part]) -> str:
    """Draw each part as an SVG, what is told in one unit on a scale of its own."""
    blocks, top = [], 10
    for part in parts:
        shown = [one for one in part.figures if one.unit.endswith(part.drawn)]
        for unit in dict.fromkeys(one.unit for one in shown):
            alike = [one for one in shown if one.unit == unit]
            blocks.append(_block(part.title, alike, top))
            top += TOP + ROW * len(alike) + 20
    inside = "\n".join(blocks) or _text(20, 40, "Nothing was measured that can be drawn.")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {max(top, 60)}" '
        f'font-family="sans-serif" font-size="12">\n'
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{inside}\n</svg>\n'
    )


def _block(title: str, rates: Sequence[Measured], top: int) -> str:
    most = max(max(one.rounds) for one in rates) or 1.0
    lines = [_text(10, top + 16, f"{title} ({rates[0].unit})", weight="bold")]
    lines += [_bar(one, top + TOP + ROW * place, most) for place, one in enumerate(rates)]
    return "\n".join(lines)


def _bar(one: Measured, top: int, most: float) -> str:
    long = one.middle / most * ROOM
    least, longest = (LEFT + edge / most * ROOM for edge in (min(one.rounds), max(one.rounds)))
    middle = top + ROW / 2 - 2
    color = OURS if one.what.startswith("Enlace") else THEIRS
    whisker = (
        f'<line x1="{least:.1f}" x2="{longest:.1f}" y1="{middle}" y2="{middle}" stroke="#222222"/>'
    )
    return "\n".join(
        [
            _text(LEFT - 8, top + 13, one.what, anchor="end"),
            f'<rect x="{LEFT}" y="{top}" width="{long:.1f}" height="{ROW - 5}" fill="{color}"/>',
            whisker,
            _text(longest + 6, top + 13, number(one.middle)),
        ]
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="#222222">{escape(words)}</text>'
    )
