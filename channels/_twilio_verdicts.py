"""What each of Twilio's error codes means to us, from its published list.

A code comes in two ways: in the answer to a send, and later in a status callback. Only a failure
that is certain to have sent nothing may be tried again; a code that we do not know is `Refused`,
which is never repeated and which staff see.
"""

from channels.base import (
    BadAddress,
    Busy,
    Failure,
    Misconfigured,
    Refused,
    Stopped,
    Uncertain,
    Unreachable,
    WindowClosed,
)

VERDICTS: dict[str, type[Failure]] = {
    code: verdict
    for verdict, codes in {
        # The person opted out, or blocked us on this channel.
        Stopped: "21610 30004 63014 63033",
        # Not a number, not a mobile, not on WhatsApp, not reachable from this sender.
        BadAddress: "21211 21217 21612 21614 30005 30006 30011 63003 63015 63024 63036",
        # Credentials, senders, registration, suspended or trial accounts.
        Misconfigured: "20003 20404 21212 21606 21608 21703 21704 30002 30018 30024 30032 30034 "
        "63001 63002 63007 63008 63020 63022",
        # Twilio's queue or a carrier's quota is full: the message was not taken.
        Busy: "20429 21611 30001 30017 30022 30023 30027 63017 63018 63038",
        # The message was taken and failed on the way: sending it anew is no duplicate.
        Unreachable: "30003 30008 30410 63009 63010 63012 63023 63025 63029",
        # It may have gone out.
        Uncertain: "20500 20503",
        WindowClosed: "63016",
        # These words, this file, this template or this region: repeating it changes nothing.
        Refused: "11751 21408 21602 21604 21609 21617 21619 21620 21623 21655 21656 30007 30009 "
        "30010 30012 30019 63005 63006 63013 63019 63021 63026 63027 63028 63030 63031 63032 "
        "63034 63037 63040 63041 63049",
    }.items()
    for code in codes.split()
}

WAITS: dict[str, float] = {
    "20429": 1,
    "21611": 60,
    "30001": 60,
    "30017": 60,
    "30022": 10,
    "30023": 3600,
    "30027": 3600,
    "63017": 5,
    "63018": 3600,
    "63038": 3600,
}
"""How long the whole sender waits, in seconds, where Twilio does not say."""

REASONS: dict[type[Failure], str] = {
    Stopped: "The person opted out of messages from this sender, or blocked it.",
    BadAddress: "Nobody can be reached at this address on this channel.",
    Misconfigured: "Twilio refused our credentials or sender. Check TWILIO_ACCOUNT_SID, "
    "TWILIO_AUTH_TOKEN and the sender's number, and the sender's state in Twilio's console.",
    Busy: "Twilio asks us to wait.",
    Unreachable: "The message did not arrive. It may be sent again.",
    Uncertain: "Twilio failed while it took the message: it may have been sent.",
    WindowClosed: "WhatsApp's 24 hours have passed: only an approved template may be sent.",
    Refused: "Twilio refused this message.",
}

LOWEST_SERVER_ERROR = 500
TOO_MANY_REQUESTS = 429
NOT_OURS = frozenset({401, 403, 404})
LOWEST_CLIENT_ERROR = 400


def verdict(code: str, status: int, retry_after: float | None = None) -> Failure:
    """Say what an answer other than success means, from Twilio's code or else HTTP's status."""
    kind = VERDICTS.get(code) or _by_status(status)
    if kind is Busy:
        return Busy(REASONS[Busy], code=code, wait=retry_after or WAITS.get(code, 1.0))
    return kind(REASONS[kind], code=code)


def _by_status(status: int) -> type[Failure]:
    if status == TOO_MANY_REQUESTS:
        return Busy
    if status >= LOWEST_SERVER_ERROR:
        return Uncertain
    if status in NOT_OURS or status < LOWEST_CLIENT_ERROR:  # a redirect: not Twilio's API
        return Misconfigured
    return Refused
