"""Numbers as people write them down at home, completed by the country they live in."""

import re

import phonenumbers
from phonenumbers import PhoneNumber, ValidationResult

from bot.office.reach.numbers import BSUID, PREFIX, canonical, reachable, sendable
from models.person import Via
from models.text import Text, _

TYPED = re.compile(r"[+0-9\s().\-–/]+")
SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)  # 5.02556E+10
TELEGRAM = re.compile(r"[0-9]{4,16}")
SHOWN = 40  # characters of a wrong cell


def completed(via: Via, typed: str, country: str) -> str | Text:
    """Give what to send to, or the sentence that says what is wrong with it and what to do.

    A number without + is one of `country`, a code of two letters; without one, only numbers with +
    can be read. Only lengths are checked: which numbers a network gives out changes every year.
    """
    if via is Via.TELEGRAM:
        bare = typed.replace(" ", "")
        if TELEGRAM.fullmatch(bare):
            return bare
        return _(
            '"{cell}" is no Telegram number. A name with @ cannot be written to: '
            "leave this empty, and invite the person from the console.",
            cell=typed[:SHOWN],
        )
    bare = PREFIX.sub("", typed)
    if via is Via.WHATSAPP and BSUID.fullmatch(bare):
        return bare
    if SHORTENED.fullmatch(bare):
        return _(
            '"{cell}" is a number that Excel shortened. Give the column the format Text, and '
            "write the number again in full.",
            cell=typed[:SHOWN],
        )
    if not TYPED.fullmatch(bare):
        return _('"{cell}" is no phone number. {how}', cell=typed[:SHOWN], how=_how(country))
    return _dialled(via, bare, typed, country)


def _dialled(via: Via, bare: str, typed: str, country: str) -> str | Text:
    wire = sendable(bare)
    if wire.startswith("+"):
        # What WhatsApp writes after +52 is no part of the number; it is kept for sending.
        verdict = _verdict(_parsed(canonical(via, wire), None))
        if verdict is ValidationResult.IS_POSSIBLE and reachable(via, wire):
            return wire
        return _wrong(verdict, typed, country)
    code = phonenumbers.country_code_for_region(country)
    digits = re.sub(r"\D", "", bare)
    number = _parsed(bare, country)
    verdict = _verdict(number)
    if number is not None and verdict is ValidationResult.IS_POSSIBLE:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # Excel takes a + away from the left of a number.
    if code and digits.startswith(str(code)):
        whole = completed(via, f"+{digits}", country)
        if isinstance(whole, str):
            return whole
    return _wrong(verdict, typed, country)


def _parsed(number: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return None


def _verdict(number: PhoneNumber | None) -> int:
    if number is None:
        return ValidationResult.INVALID_COUNTRY_CODE
    return phonenumbers.is_possible_number_with_reason(number)


def _wrong(verdict: int, typed: str, country: str) -> Text:
    cell, how = typed[:SHOWN], _how(country)
    if verdict in (ValidationResult.TOO_SHORT, ValidationResult.IS_POSSIBLE_LOCAL_ONLY):
        return _('"{cell}" is too short for a phone number. {how}', cell=cell, how=how)
    if verdict in (ValidationResult.TOO_LONG, ValidationResult.INVALID_LENGTH):
        return _(
            '"{cell}" is too long for a phone number, or is more than one. {how}',
            cell=cell,
            how=how,
        )
    return _('"{cell}" is no phone number. {how}', cell=cell, how=how)


def _how(country: str) -> Text:
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return _("Write it with + and its country.")
    return _(
        "Write it with + and its country, such as {example}.",
        example=phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
    )
