"""What each of the Telegram library's errors means to us.

The library's classes are known here by name, because it is imported late. Nothing of an error is
passed on but the provider's own description: the rest can hold the bot's token.
"""

import re
from collections.abc import Mapping

from channels._wire import never_left
from channels.base import (
    BadAddress,
    Busy,
    Failure,
    Misconfigured,
    Missing,
    Refused,
    Stopped,
    TooBig,
    Uncertain,
    Unreachable,
)

VERDICTS: Mapping[str, type[Failure]] = {
    "TelegramForbiddenError": Stopped,
    "TelegramMigrateToChat": BadAddress,
    "TelegramBadRequest": Refused,
    "TelegramEntityTooLarge": Refused,
    "TelegramUnauthorizedError": Misconfigured,
    "TelegramNotFound": Misconfigured,
    "TelegramConflictError": Misconfigured,
    "TelegramNetworkError": Uncertain,
    "TelegramServerError": Uncertain,
    "TelegramAPIError": Refused,
}

REASONS: Mapping[type[Failure], str] = {
    Stopped: "The person blocked the bot, or left Telegram.",
    BadAddress: "Nobody can be reached in this chat.",
    Refused: "Telegram refused this message.",
    Misconfigured: "Telegram refused our bot. Check TELEGRAM_BOT_TOKEN with @BotFather.",
    Uncertain: "Telegram did not answer as it should: it may have been sent.",
}

NOBODY = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "initiate conversation",
    "messages to bots",
    "kicked",
    "not a member",
)
"""What Telegram says, under two classes of error, where there is nobody to speak to."""

WAIT = re.compile(r"retry (?:after|in) ([0-9]{1,6})", re.IGNORECASE)
LONGEST_CODE = 100
NOT_FOUND = 404


def verdict(error: Exception) -> Failure:
    """Say what an error means for a message that was being sent."""
    kind = next((VERDICTS[k.__name__] for k in type(error).__mro__ if k.__name__ in VERDICTS), None)
    if kind is None or kind is Uncertain:  # of a network error, only the cause tells how far it got
        if kind and never_left(error.__cause__):
            return Unreachable("Telegram could not be reached.")
        return Uncertain(REASONS[Uncertain])
    said = str(getattr(error, "message", ""))
    wait = WAIT.search(said)
    if wait:
        return Busy("Telegram asks us to wait.", code="429", wait=float(wait[1]))
    if kind in {Stopped, Refused} and any(words in said.lower() for words in NOBODY):
        kind = BadAddress
    return kind(REASONS[kind], code=said[:LONGEST_CODE])


def file_verdict(error: Exception) -> Failure:
    """Say what an error means for a file: nothing is lost by asking again."""
    failure = error if isinstance(error, Failure) else None
    if isinstance(failure, Refused | BadAddress):
        if "too big" in failure.code:
            return TooBig("Telegram gives bots no file larger than 20 MB.", code=failure.code)
        return Missing("The file is not there.", code=failure.code)
    if failure and not isinstance(failure, Uncertain):
        return failure
    if getattr(error, "status", None) == NOT_FOUND:
        return Missing("The file is not there.", code=str(NOT_FOUND))
    return Unreachable("The file could not be fetched.")
