"""Phone numbers that some networks write in more than one way: Mexico, Argentina, Brazil.

WhatsApp may know only one of the ways. Nothing here says that a number is wrong.
"""

import re

PREFIX = "whatsapp:"
MEXICAN = re.compile(r"\+521?([0-9]{10})")  # the 1 is WhatsApp's; the number has none
ARGENTINE = re.compile(r"\+549?([1-8][0-9]{9})")  # mobile numbers have a 9 before the area
ARGENTINE_LOCAL = re.compile(  # as people dial them at home, with a 15 after the area
    r"\+549?(?:(11)15([0-9]{8})|([1-8][0-9]{2})15([0-9]{7})|([1-8][0-9]{3})15([0-9]{6}))"
)
BRAZILIAN = re.compile(r"\+55([1-9][0-9])9?([6-9][0-9]{7})")  # the ninth digit came later
CAPITAL = "11"  # the one area of Argentina whose length is sure


def forms(number: str) -> tuple[str, ...]:
    """Give every way to write a number, the official one first; most have just the one."""
    if found := MEXICAN.fullmatch(number):
        return f"+52{found[1]}", f"+521{found[1]}"
    if found := ARGENTINE_LOCAL.fullmatch(number):
        return _argentine("".join(part for part in found.groups() if part), number)
    if found := ARGENTINE.fullmatch(number):
        return _argentine(found[1])
    if found := BRAZILIAN.fullmatch(number):
        return f"+55{found[1]}9{found[2]}", f"+55{found[1]}{found[2]}"
    return (number,)


def other_forms(wire: str) -> tuple[str, ...]:
    """Give the other ways to write an address, the likeliest first. A `whatsapp:` stays."""
    number = wire.removeprefix(PREFIX)
    kept = wire[: len(wire) - len(number)]
    return tuple(kept + form for form in forms(number) if form != number)


def _argentine(number: str, dialled: str = "") -> tuple[str, ...]:
    if number.startswith(CAPITAL):
        dialled = dialled or f"+54{CAPITAL}15{number.removeprefix(CAPITAL)}"
    return tuple(dict.fromkeys(filter(None, (f"+549{number}", f"+54{number}", dialled))))
