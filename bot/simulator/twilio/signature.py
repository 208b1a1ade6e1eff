"""Signs a webhook as Twilio does, with Twilio's own package."""

from typing import Any

from twilio.request_validator import (  # type: ignore[import-untyped]  # it has no types
    RequestValidator,
)


def sign(token: str, url: str, fields: dict[str, Any]) -> str:
    """The value of X-Twilio-Signature for a form post to this address."""
    signature: str = RequestValidator(token).compute_signature(url, fields)
    return signature
