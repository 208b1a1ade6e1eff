"""Text as it can be kept: whole letters only."""


def whole(text: str) -> str:
    """The text with halves of letters (lone surrogates) shown as the sign for a broken letter."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
