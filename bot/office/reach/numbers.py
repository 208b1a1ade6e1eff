"""One canonical form for each phone number or Telegram user, however it was written."""

import re

from channels.numbers import forms
from models.person import Kind, Via

BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+")  # WhatsApp's id for people who hide their number
PREFIX = re.compile(r"\A(whatsapp:\s*)+")
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SPACING = re.compile(r"[\s().\-–/]")


def canonical(via: Via, wire: str) -> str:
    """Give the form that is equal for all ways to write one address.

    It is for finding, never for sending. What has no known shape stays as it is: a message must
    never be refused because a number looks wrong.
    """
    plain = wire.strip()
    if via is Via.TELEGRAM:
        return re.sub(r"\D", "", plain) or plain
    plain = PREFIX.sub("", plain)
    if BSUID.fullmatch(plain):
        return plain
    number = sendable(plain)
    return forms(number)[0] if NUMBER.fullmatch(number) else plain


def sendable(wire: str) -> str:
    """Give the form to send to: as the provider wrote it, or as typed, freed of spaces."""
    plain = wire.strip()
    number = SPACING.sub("", plain)
    if number.startswith("00"):
        number = f"+{number[2:]}"
    return number if NUMBER.fullmatch(number) else plain


def kind(via: Via, wire: str) -> Kind:
    """Say what an address is written as."""
    if via is Via.TELEGRAM:
        return Kind.TELEGRAM_USER
    hidden = via is Via.WHATSAPP and BSUID.fullmatch(canonical(via, wire))
    return Kind.WHATSAPP_ID if hidden else Kind.PHONE


def reachable(via: Via, wire: str) -> bool:
    """Tell whether something typed by staff has the shape of an address on this channel."""
    form = canonical(via, wire)
    if via is Via.TELEGRAM:
        return form.isdecimal()
    return bool(NUMBER.fullmatch(form)) or (via is Via.WHATSAPP and bool(BSUID.fullmatch(form)))
