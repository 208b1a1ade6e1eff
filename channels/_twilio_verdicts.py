"""From Twilio's answer to a verdict: by its code, or else by HTTP's status.

A code comes in two ways, in the answer to a send and later in a status callback, and means the same
in both. A code that is in no table is tried once more, since nothing was sent; staff hear of it.
"""

from collections.abc import Mapping

from channels import _twilio_rules, _whatsapp_rules
from channels._rule import Rule
from channels._twilio_rules import BUSY, CREDENTIALS, IN_DOUBT, UNKNOWN
from channels._whatsapp_rules import MARKETING_AT_HOME
from channels.failures import Failure

RULES: Mapping[str, Rule] = {**_twilio_rules.RULES, **_whatsapp_rules.RULES}

LOWEST_SERVER_ERROR = 500
TOO_MANY_REQUESTS = 429
NOT_OURS = frozenset({401, 403, 404})
LOWEST_CLIENT_ERROR = 400


def verdict(code: str, status: int, retry_after: float | None = None, *, to: str = "") -> Failure:
    """Say what an answer other than success means, from Twilio's code or else HTTP's status.

    `to` is whom the message was for, because some codes mean another thing in another country.
    """
    rule = RULES.get(code) or _by_status(status)
    # The prefix is Canada's and some islands' too; a message too few to them does no harm.
    if code == "63049" and to.removeprefix("whatsapp:").startswith("+1"):
        rule = MARKETING_AT_HOME
    return rule.failure(code, retry_after)


def _by_status(status: int) -> Rule:
    if status == TOO_MANY_REQUESTS:
        return BUSY
    if status >= LOWEST_SERVER_ERROR:
        return IN_DOUBT
    if status in NOT_OURS or status < LOWEST_CLIENT_ERROR:  # a redirect: not Twilio's API
        return CREDENTIALS
    return UNKNOWN
