"""Twilio's signature on a webhook: checked with keys and addresses that were prepared once.

It covers the address and the form. Whether it covers the port too, Twilio does not always do
alike, so both are tried.
"""

import hmac
from base64 import b64encode
from collections.abc import Collection
from hashlib import sha256
from itertools import product
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import (  # type: ignore[import-untyped]  # it has no types
    add_port,
    remove_port,
)


class Signatures:
    """What proves that a request is Twilio's, for some secrets and some addresses of ours."""

    def __init__(self, tokens: Collection[str], urls: Collection[str]) -> None:
        # Without the port is how Twilio signs nearly always.
        self._begun = {
            url: [
                hmac.new(token.encode(), way.encode(), "sha1")
                for way, token in product(
                    dict.fromkeys((remove_port(urlsplit(url)), add_port(urlsplit(url)))), tokens
                )
            ]
            for url in urls
        }

    def cover(self, url: str, query: str, text: str, body: bytes, signature: str) -> bool:
        """Tell whether a signature is Twilio's for this address, query and form.

        `text` is the form as Twilio signs it; `body`, as it came.
        """
        shown = signature.encode("utf-8", "replace")
        asked = f"?{query}{text}" if query else text
        signed = asked.encode("utf-8", "surrogateescape")
        for begun in self._begun.get(url, ()):
            whole = begun.copy()
            whole.update(signed)
            if hmac.compare_digest(b64encode(whole.digest()), shown):
                return _has_digest(query, body)
        return False


def _has_digest(query: str, body: bytes) -> bool:
    """Tell whether the body is the one whose hash the address names, where it names one."""
    if "bodySHA256" not in query:
        return True
    digests = parse_qs(query).get("bodySHA256", [])
    found = sha256(body).hexdigest().encode()
    return any(hmac.compare_digest(found, one.lower().encode()) for one in digests)
