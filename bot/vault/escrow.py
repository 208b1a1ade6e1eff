"""Copies of the master keys, each sealed to people who keep theirs elsewhere.

To each recipient with X25519: a key of the moment and theirs give one that nobody else can draw.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KIND = "enlace keys v1"
PUBLIC = "enlace-for-"
SECRET = "enlace-secret-"  # noqa: S105 - how one begins
NONCE = bytes(12)  # each key is drawn for one message


class Unfit(Exception):  # noqa: N818 - a verdict for whoever typed it
    """A recipient, a secret or a copy is none, or they do not belong together."""


def recipient() -> tuple[str, str]:
    """Make a recipient: what copies are sealed to, and the secret that opens them."""
    secret = X25519PrivateKey.generate()
    return (
        PUBLIC + secret.public_key().public_bytes_raw().hex(),
        SECRET + secret.private_bytes_raw().hex(),
    )


def sealed(masters: str, recipients: Sequence[str]) -> str:
    """Seal MASTER_KEY, so that each of these can open it. Raises `Unfit`."""
    if not recipients:
        raise Unfit("Name at least one recipient; make one with: python3 -m bot keys recipient")
    return json.dumps({"is": KIND, "for": [_to(masters, one) for one in recipients]}, indent=1)


def opened(copy: str, secret: str) -> str:
    """Give MASTER_KEY out of a copy. Raises `Unfit`."""
    mine = X25519PrivateKey.from_private_bytes(_bytes(secret, SECRET))
    public = mine.public_key().public_bytes_raw()
    try:
        told = json.loads(copy)
        found = [one for one in told["for"] if one["to"] == PUBLIC + public.hex()]
        if told["is"] != KIND or not found:
            raise Unfit("This copy was not sealed to the one whose secret this is.")
        moment = bytes.fromhex(found[0]["moment"])
        shared = mine.exchange(X25519PublicKey.from_public_bytes(moment))
        key = _drawn(shared, moment, public)
        return key.decrypt(NONCE, bytes.fromhex(found[0]["sealed"]), KIND.encode()).decode()
    except (ValueError, KeyError, TypeError, InvalidTag):
        raise Unfit("This is no copy of the keys, or somebody changed it.") from None


def written(path: Path, text: str) -> None:
    """Write what nobody else may read. Raises `Unfit` where there is such a file already."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise Unfit(f"{path} cannot be made: {problem.strerror}.") from None
    with os.fdopen(file, "w") as there:
        there.write(text + "\n")
        there.flush()
        os.fsync(there.fileno())


def _to(masters: str, whom: str) -> dict[str, str]:
    public = _bytes(whom, PUBLIC)
    own = X25519PrivateKey.generate()
    moment = own.public_key().public_bytes_raw()
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise Unfit(f"{whom} is no recipient.") from None
    content = _drawn(shared, moment, public).encrypt(NONCE, masters.encode(), KIND.encode())
    return {"to": whom, "moment": moment.hex(), "sealed": content.hex()}


def _drawn(shared: bytes, moment: bytes, public: bytes) -> AESGCM:
    drawn = HKDF(algorithm=hashes.SHA256(), length=32, salt=moment + public, info=KIND.encode())
    return AESGCM(drawn.derive(shared))


def _bytes(text: str, kind: str) -> bytes:
    try:
        found = bytes.fromhex(text.strip().removeprefix(kind))
    except ValueError:
        found = b""
    if not text.strip().startswith(kind) or len(found) != 32:  # noqa: PLR2004 - bytes of a key
        raise Unfit(f"It must begin with {kind} and end with 64 hexadecimal characters.")
    return found
