"""The refusals of Twilio's API, in Twilio's own words and JSON."""

from bot.simulator.twilio.codes import words
from bot.simulator.wires.call import Answer
from bot.simulator.wires.gate import Manners

_WORDS = {
    20001: (400, "Invalid parameter: {what}"),
    20003: (401, "Authenticate"),
    20009: (409, "Resource cannot be deleted or changed before it is complete"),
    20404: (404, "The requested resource {what} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "Invalid 'To' Phone Number: {what}"),
    21212: (400, "Invalid From Number (caller ID): {what}"),
    21217: (400, "Phone number does not appear to be valid: {what}"),
    21408: (
        400,
        (
            "Permission to send an SMS has not been enabled for the region indicated by the"
            " 'To' number: {what}"
        ),
    ),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (
        400,
        (
            "The 'From' phone number provided ({what}) is not a valid, message-capable Twilio"
            " phone number for this destination."
        ),
    ),
    21608: (
        400,
        (
            "The number {what} is unverified. Trial accounts cannot send messages to unverified"
            " numbers; verify it, or purchase a Twilio number"
        ),
    ),
    21609: (400, "The 'StatusCallback' URL {what} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (
        400,
        "The 'To' phone number: {what}, is not currently reachable using the 'From' phone number",
    ),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21619: (400, "A text message body or media urls must be specified."),
    21654: (400, "ContentSid Required"),
    21655: (400, "The ContentSid is Invalid"),
    21656: (400, "The Content Variables parameter is invalid."),
    21658: (400, "Parameter exceeded character limit: {what}"),
    21910: (
        400,
        "Invalid From and To pair. From and To should be of the same channel: {what}",
    ),
    30002: (403, "Account suspended"),
    63007: (400, "Twilio could not find a Channel with the specified From address"),
}


class Rejected(Exception):  # noqa: N818 - Twilio rejects; nothing here is in error
    """A request that Twilio refuses, with its code."""

    def __init__(self, code: int, what: str = "") -> None:
        super().__init__(f"{code} {what}")
        self.code = code
        self.what = what

    def answer(self) -> Answer:
        """The refusal on the wire."""
        return error(self.code, self.what)


def error(code: int, what: str = "", headers: dict[str, str] | None = None) -> Answer:
    """Twilio's JSON for a code."""
    status, said = _WORDS.get(code, (400, words(code) or ""))
    return Answer(
        status,
        {
            "code": code,
            "message": said.format(what=what),
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        },
        headers=headers or {},
    )


MANNERS = Manners(
    busy=lambda seconds: error(20429, headers={"Retry-After": str(seconds)}),
    down=lambda: error(20503),
    broken=lambda: error(20500),
)
