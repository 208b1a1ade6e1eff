"""One Twilio form: what it says, how it is kept, and whether its fields are as Twilio cut them.

Twilio signs names and values glued together without separators, so a captured request can be cut
anew into other fields under the same signature. What is checked here is that such a cut cannot
change who wrote, to whom, under which id, or hide a field that we act on in the name of another.
Fields that we do not know are fine, and are kept: Twilio adds some without notice.
"""

import re
from collections.abc import Set as AbstractSet
from urllib.parse import unquote_to_bytes

from channels.base import Forged

Fields = dict[str, list[str]]

MOST_FIELDS = 500
MOST_MEDIA = 10

SID = re.compile(r"(?:SM|MM)[0-9a-f]{32}")
ADDRESS = re.compile(
    r"(?:whatsapp:)?(?:"
    r"\+?[0-9]{3,15}"  # a number, or a short code
    r"|[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}"  # a WhatsApp user without a number
    r")"
    r"|[A-Za-z][A-Za-z0-9 &_.-]{0,10}"  # a sender with a name, on SMS
)
SHAPES = {
    "AccountSid": re.compile(r"AC[0-9a-f]{32}"),
    "MessageSid": SID,
    "SmsSid": SID,
    "SmsMessageSid": SID,
    "From": ADDRESS,
    "To": ADDRESS,
    "NumMedia": re.compile(r"[0-9]|10"),
    "NumSegments": re.compile(r"[0-9]{0,3}"),
    "ApiVersion": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "SmsStatus": re.compile(r"[a-z_]{2,32}"),
    "MessageStatus": re.compile(r"[a-z_]{2,32}"),
    "ErrorCode": re.compile(r"[0-9]{0,6}"),
    "OptOutType": re.compile(r"[A-Z]{0,10}"),
}
ALWAYS = ("AccountSid", "MessageSid", "From", "To")

OPTIONAL = (  # acted upon where present, so that none of them may be hidden in another's name
    "Body",
    "ButtonPayload",
    "ButtonText",
    "ErrorCode",
    "ExternalUserId",
    "Latitude",
    "ListId",
    "ListTitle",
    "Longitude",
    "MessageType",
    "OptOutType",
    "OriginalRepliedMessageSid",
    "WaId",
)
DOCUMENTED = """
    Address ButtonType ChannelInstallSid ChannelMetadata ChannelPrefix ChannelStatusMessage
    ChannelToAddress ErrorMessage ErrorUrl EventType Forwarded
    FrequentlyForwarded FromCity FromCountry FromState FromZip Label
    MessagingServiceSid OriginalRepliedMessageSender ProfileName RawDlrDoneDate ReferralBody
    ReferralCtwaClid ReferralHeadline ReferralMediaContentType ReferralMediaUrl ReferralNumMedia
    ReferralSourceId ReferralSourceType ReferralSourceUrl StructuredMessage ToCity ToCountry
    ToState ToZip
"""
MEDIA_URLS = tuple(f"MediaUrl{n}" for n in range(MOST_MEDIA))
MEDIA_TYPES = tuple(f"MediaContentType{n}" for n in range(MOST_MEDIA))
KNOWN = frozenset({*SHAPES, *OPTIONAL, *DOCUMENTED.split(), *MEDIA_URLS, *MEDIA_TYPES})
NAME = re.compile(r"[A-Za-z0-9_.\[\]-]+")
BROKEN_OFF = re.compile(rf"(?:{'|'.join(OPTIONAL)})[a-z]")  # no field's name goes on like that


def fields(body: bytes) -> Fields:
    """Read a form. What is not proper Unicode is carried through byte for byte.

    Raises `ValueError` for what is no form, or has too many fields.
    """
    pieces = body.decode("utf-8", "surrogateescape").split("&")
    if len(pieces) > MOST_FIELDS:
        raise ValueError("the form has too many fields")
    found: Fields = {}
    for piece in pieces:
        if piece:
            name, _, value = piece.partition("=")
            if name not in KNOWN:
                name = _plain(name)
            if "%" in value or "+" in value:
                value = _plain(value)
            if name in found:
                found[name].append(value)
            else:
                found[name] = [value]
    if not found:
        raise ValueError("the form is empty")
    return found


def _plain(quoted: str) -> str:
    raw = unquote_to_bytes(quoted.replace("+", " ").encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")


def glued(found: Fields) -> str:
    """Put names and values in the order in which Twilio signs them."""
    pieces: list[str] = []
    for name in sorted(found):
        values = found[name]
        for value in values if len(values) == 1 else sorted(set(values)):
            pieces += name, value
    return "".join(pieces)


def inspect(found: Fields, account: str) -> None:
    """Refuse a form whose fields cannot have left Twilio so. Raises `Forged`."""
    for name in ALWAYS:
        if name not in found:
            raise Forged(f"The form has no {name}.")
    for name, shape in SHAPES.items():
        if name in found and not shape.fullmatch(found[name][0]):
            raise Forged(f"The form's {name} is not as Twilio writes it.")
    for name, values in found.items():
        if len(values) > 1 and len(set(values)) > 1 and name in KNOWN:
            raise Forged(f"The form has {name} twice.")
    if not KNOWN.issuperset(found) and _is_cut(found, found.keys() - KNOWN):
        raise Forged("The form has a field whose name hides another.")
    if found["AccountSid"][0] != account:
        raise Forged("The form is of another Twilio account.")
    if "MessageStatus" not in found:
        _inspect_media(found)


def _is_cut(found: Fields, strange: AbstractSet[str]) -> bool:
    """Tell whether a name we do not know is made of pieces of one we know.

    A known field that is absent, but whose name can be read in the signed text across the strange
    one, is not absent: its name was cut in two, or grew by a part of its value.
    """
    spots = _spots(found, strange)
    text = glued(found)
    for field in KNOWN - found.keys():
        for start, end, stop in spots:
            at = text.find(field, max(0, start - len(field) + 1), end + len(field) - 1)
            if at < 0 or (at > start and field not in OPTIONAL):
                continue
            shape = SHAPES.get(field)
            if shape is None or shape.fullmatch(text, at + len(field), stop):
                return True
    return any(BROKEN_OFF.search(name) or not NAME.fullmatch(name) for name in strange)


def _spots(found: Fields, strange: AbstractSet[str]) -> list[tuple[int, int, int]]:
    """Say where strange names begin and end in the signed text, and where the next known begins."""
    spots: list[tuple[int, int, int]] = []
    waiting: list[tuple[int, int]] = []
    at = 0
    for name in sorted(found):
        if name not in strange:
            spots += [(start, end, at) for start, end in waiting]
            waiting = []
        else:
            waiting.append((at, at + len(name)))
        at += len(glued({name: found[name]}))
    return spots + [(start, end, at) for start, end in waiting]


def _inspect_media(found: Fields) -> None:
    if "NumMedia" not in found:
        raise Forged("The form has no NumMedia.")
    count = int(found["NumMedia"][0])
    if not found.keys().isdisjoint(MEDIA_URLS[count:]) or not all(
        map(found.__contains__, MEDIA_URLS[:count])
    ):
        raise Forged("The form's files are not as many as its NumMedia.")


def event_id(found: Fields) -> str:
    """Name the event, equally each time it is delivered. A message is known by its id alone."""
    parts = [
        found[name][0] if name in found else ""
        for name in ("MessageSid", "MessageStatus", "ErrorCode")
    ]
    return ".".join(parts) if "MessageStatus" in found else parts[0]


def pack(query: str, body: bytes) -> bytes:
    """Keep a request whole: the query of its address on the first line, then the form as it came.

    A receipt needs both, because our own id travels in the query.
    """
    return query.encode("utf-8", "surrogateescape") + b"\n" + body


def unpack(raw: bytes) -> tuple[Fields, Fields]:
    """Give back the query's fields and the form's. Raises `ValueError` for anything else."""
    query, line, body = raw.partition(b"\n")
    if not line:
        raise ValueError("the query is missing")
    return (fields(query) if query else {}), fields(body)
