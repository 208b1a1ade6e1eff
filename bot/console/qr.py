"""A link as a square for a phone's camera, drawn into the page."""

from io import BytesIO

import segno


def square(link: str) -> str:
    """Draw a link as SVG. A smudge or a fold does not spoil it."""
    drawn = BytesIO()
    segno.make(link, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        omitsize=True,
        border=2,
        svgclass="qr",
        lineclass=None,
    )
    return drawn.getvalue().decode()
