"""How many parts an SMS is cut into, and which alphabet each part is in."""

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


def is_gsm(text: str) -> bool:
    """Whether every character has a place in the GSM-7 alphabet."""
    return all(letter in _GSM or letter in _EXTENDED for letter in text)


def segments(text: str) -> int:
    """The number of parts; an empty message still is one."""
    if is_gsm(text):
        return _parts([2 if letter in _EXTENDED else 1 for letter in text], 160, 153)
    return _parts([len(letter.encode("utf-16-le")) // 2 for letter in text], 70, 67)


def _parts(widths: list[int], alone: int, joined: int) -> int:
    """Fill parts letter by letter, since no letter is cut in two."""
    if sum(widths) <= alone:
        return 1
    count, filled = 1, 0
    for width in widths:
        if filled + width > joined:
            count, filled = count + 1, 0
        filled += width
    return count
