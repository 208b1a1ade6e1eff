"""What each of the Telegram library's errors means to us and what is done about it, as one table.

The library's classes are known here by name, because it is imported late. Nothing of an error is
passed on but the provider's own description: the rest can hold the bot's token.
"""

import re
from collections.abc import Iterator

from channels._rule import MINUTE, Rule, ours
from channels._wire import never_left
from channels.failures import (
    BadAddress,
    Busy,
    Failure,
    Misconfigured,
    Missing,
    Refused,
    Remedy,
    Stopped,
    TooBig,
    Uncertain,
    Unreachable,
)

EITHER = "TelegramForbiddenError|TelegramBadRequest"  # Telegram says some things under both
DEVELOPERS = "Tell the developers: the fault is in our own code."
CREDENTIALS = Rule(
    Misconfigured,
    "Telegram refused our bot.",
    ours("Check TELEGRAM_BOT_TOKEN with @BotFather."),
)
IN_DOUBT = Rule(Uncertain, "Telegram did not answer as it should: it may have been sent.")
UNREACHED = Rule(Unreachable, "Telegram could not be reached.")
BAD_FILE = Rule(
    Refused,
    "Telegram does not take this file.",
    Remedy(tell="Send the file smaller or in another form, or the words alone."),
)

RULES: tuple[tuple[str, str, Rule], ...] = (
    (
        EITHER,
        "initiate conversation|messages to bots",
        Rule(
            BadAddress,
            "The person never pressed Start in our bot.",
            Remedy(tell="Send the person an invitation to the bot."),
        ),
    ),
    (
        EITHER,
        "kicked|not a member",
        Rule(
            BadAddress,
            "Our bot is not in this group any more.",
            Remedy(alert=True, tell="Write to the people themselves: the bot is not for groups."),
        ),
    ),
    (
        "TelegramForbiddenError",
        "",
        Rule(
            Stopped,
            "The person blocked the bot, or left Telegram.",
            Remedy(tell="Only the person can lift it, by pressing Start."),
        ),
    ),
    (
        "TelegramMigrateToChat",
        "",
        Rule(BadAddress, "The group goes on under another number.", Remedy(rewrite=True)),
    ),
    (
        EITHER,
        "chat not found|user not found|peer_id_invalid",
        Rule(
            BadAddress,
            "Nobody can be reached in this chat.",
            Remedy(tell="Send the person an invitation to the bot: Start was never pressed there."),
        ),
    ),
    (
        "TelegramBadRequest",
        "message is not modified",
        Rule(Refused, "The message reads so already."),  # what was wanted is so
    ),
    (
        "TelegramBadRequest",
        "can't parse entities",
        Rule(
            Refused,
            "Telegram could not read the message's formatting.",
            Remedy(alert=True, tell=DEVELOPERS),  # we send none: plain text cannot fail so
        ),
    ),
    (
        "TelegramBadRequest",
        "to (?:edit|delete) not found|can't be (?:edited|deleted)",
        Rule(
            Refused,
            "The message cannot be changed any more.",
            Remedy(tell="Send a new message, if it still matters."),
        ),
    ),
    (
        "TelegramBadRequest",
        "query is too old|query id is invalid",
        Rule(Refused, "The button was pressed too long ago to be answered."),
    ),
    (
        "TelegramBadRequest",
        "temporarily unavailable",
        Rule(Unreachable, "Telegram cannot give this file now."),
    ),
    (
        "TelegramBadRequest",
        "file is too big|file[_ ]id|file identifier|voice_messages_forbidden|http url|photo|media",
        BAD_FILE,
    ),
    (
        "TelegramBadRequest",
        "",
        Rule(Refused, "Telegram refused this message.", Remedy(alert=True, tell=DEVELOPERS)),
    ),
    ("TelegramUnauthorizedError", "", CREDENTIALS),
    ("TelegramNotFound", "", CREDENTIALS),
    (
        "TelegramConflictError",
        "",
        Rule(
            Misconfigured,
            "Another program fetches what people write to our bot.",
            ours("Stop the other program, or give it a bot of its own."),
        ),
    ),
    ("TelegramEntityTooLarge", "", BAD_FILE),
    ("TelegramServerError", "", IN_DOUBT),
    ("TelegramNetworkError", "", IN_DOUBT),
    (
        "TelegramAPIError",
        "",
        Rule(
            Refused,
            "Telegram refused this message for a reason that we do not know.",
            Remedy(tries=(5 * MINUTE,), alert=True, tell=DEVELOPERS),
        ),
    ),
)
"""The library's classes, what Telegram's words must hold, and the rule: the first that fits."""

WAIT = re.compile(r"retry (?:after|in) ([0-9]{1,6})", re.IGNORECASE)
LONGEST_CODE = 100
NOT_FOUND = 404


def verdict(error: Exception) -> Failure:
    """Say what an error means for a message that was being sent."""
    said = str(getattr(error, "message", ""))
    rule = next(_fitting(error, said), IN_DOUBT)
    if rule is IN_DOUBT:  # of a network error, only the cause tells how far it got
        return (UNREACHED if never_left(error.__cause__) else IN_DOUBT).failure("")
    wait = WAIT.search(said)
    if wait:
        seconds = float(wait[1])
        # The chat is left alone for longer than the bot.
        slower = Rule(Busy, "Telegram asks us to wait.", Remedy(rest=2 * seconds), seconds)
        return slower.failure("429")
    failure = rule.failure(said[:LONGEST_CODE])
    if isinstance(failure, BadAddress):
        failure.moved_to = str(getattr(error, "migrate_to_chat_id", ""))
    return failure


def _fitting(error: Exception, said: str) -> Iterator[Rule]:
    for kind in type(error).__mro__:
        for names, words, rule in RULES:
            if re.fullmatch(names, kind.__name__) and re.search(words, said, re.IGNORECASE):
                yield rule


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
