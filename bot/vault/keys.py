"""The keys: everything sealed on disk opens with keys drawn from one master key."""

import hashlib
import hmac
import os
import secrets
from typing import Self

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_ID = b"\x00\x00\x00\x01"  # room for a key of its own for each case
NONCE = 12
TAG = 16
HEAD = len(VERSION) + len(KEY_ID)
BESIDE = b"\x05"  # 2 and 4 are files in chunks, 3 is what a key of the ring sealed
SECRET = 32  # bytes of a key
GENERATION = 8  # bytes that tell master keys apart


class Unsealable(Exception):  # noqa: N818 - a verdict about bytes
    """Sealed bytes do not open: another key, another place, or somebody changed them."""

    @classmethod
    def at(cls, place: str) -> Self:
        """Say what does not open, and what to do."""
        return cls(
            f"What is kept in {place} does not open with this MASTER_KEY. "
            "Set MASTER_KEY to the key it was sealed with."
        )


class Keys:
    """The keys of the house: they seal what is nobody's, find addresses by a keyed hash, and sign.

    They wrap the keys that are somebody's. Several master keys are there while one takes the place
    of another: the first wraps, each unwraps what it wrapped.
    """

    def __init__(self, master: bytes, *older: bytes) -> None:
        masters = (master, *older)
        self._wraps = {generation(one): AESGCM(_draw(one, b"enlace wrap v1")) for one in masters}
        self.newest = generation(master)
        self._beside = {generation(one): AESGCM(_draw(one, b"enlace beside v1")) for one in masters}
        self.sure = True  # whether the record was asked for the root
        self.grow(masters[-1])

    def grow(self, root: bytes) -> None:
        """Draw everything but what wraps from the master key that was the first of all.

        It stays when master keys change: what was found by a hash, signed or sealed with it stays
        so.
        """
        self.root = root
        self._cipher = AESGCM(_draw(root, b"enlace seal v1"))
        self._files = _draw(root, b"enlace files v1")
        self._index = hmac.new(_draw(root, b"enlace lookup v1"), digestmod=hashlib.sha256)
        self._tokens = _draw(root, b"enlace tokens v1")
        self._hand = Ed25519PrivateKey.from_private_bytes(_draw(root, b"enlace signing v1"))

    @classmethod
    def from_hex(cls, text: str) -> "Keys":
        """Draw the keys from MASTER_KEY: 64 hexadecimal characters, or several, newest first."""
        return cls(*(bytes.fromhex(one) for one in text.split(",")))

    @property
    def generations(self) -> frozenset[str]:
        """The master keys that are at hand, each by what tells it apart."""
        return frozenset(self._wraps)

    def wrap(self, secret: bytes, token: bytes) -> bytes:
        """Encrypt a key with the newest master key, for the one row that has this token."""
        nonce = os.urandom(NONCE)
        return nonce + self._wraps[self.newest].encrypt(nonce, secret, _WRAPPED + token)

    def unwrap(self, wrapped: bytes, token: bytes, by: str) -> bytes:
        """Decrypt a key that the master key of this generation wrapped. Raises `Unsealable`."""
        if by not in self._wraps:
            raise Unsealable(
                f"A key was wrapped by master key {by}, which is not here. Add it to MASTER_KEY, "
                "after a comma, until `python3 -m bot keys rotate` has ended."
            )
        try:
            return self._wraps[by].decrypt(wrapped[:NONCE], wrapped[NONCE:], _WRAPPED + token)
        except InvalidTag:
            raise Unsealable.at("data_key.wrapped") from None

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for one place: version, key id, nonce, ciphertext with its tag."""
        nonce = os.urandom(NONCE)
        return VERSION + KEY_ID + nonce + self._cipher.encrypt(nonce, plain, _bound(place))

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what was sealed for this place. Raises `Unsealable`."""
        if sealed[:HEAD] != VERSION + KEY_ID or len(sealed) < HEAD + NONCE + TAG:
            raise Unsealable("These bytes were not sealed by this version of the bot.")
        nonce, body = sealed[HEAD : HEAD + NONCE], sealed[HEAD + NONCE :]
        try:
            return self._cipher.decrypt(nonce, body, _bound(place))
        except InvalidTag:
            raise Unsealable.at(place) from None

    def seal_beside(self, plain: bytes, place: str) -> bytes:
        """Encrypt what lies beside the record, with the master key: the root may not be known."""
        nonce, head = os.urandom(NONCE), BESIDE + bytes.fromhex(self.newest)
        return head + nonce + self._beside[self.newest].encrypt(nonce, plain, head + _bound(place))

    def open_beside(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what lies beside the record, also what was put there before. `Unsealable`."""
        if not sealed.startswith(BESIDE):
            return self.open(sealed, place)
        head, rest = sealed[: 1 + GENERATION], sealed[1 + GENERATION :]
        cipher = self._beside.get(head[1:].hex())
        if cipher is None or len(rest) < NONCE + TAG:
            raise Unsealable.at(place)
        try:
            return cipher.decrypt(rest[:NONCE], rest[NONCE:], head + _bound(place))
        except InvalidTag:
            raise Unsealable.at(place) from None

    def own(self, salt: bytes, place: str, secret: str = "") -> AESGCM:
        """Draw a key of its own for one file, which this salt, place and secret alone give again.

        Files of before had no secret: they cannot be destroyed but by taking them away.
        """
        drawn = HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=_bound(place))
        return AESGCM(drawn.derive(self._files + secret.encode()))

    def lookup(self, kind: str, value: str) -> str:
        """Hash a value so that the same one is found again, and nobody without the key reads it."""
        whole = self._index.copy()
        whole.update(_bytes(f"{kind}|v1|{value}"))
        return whole.hexdigest()

    def token_hash(self, token: str) -> str:
        """Hash a one-time token or a session: the record never holds the token itself."""
        return hmac.new(self._tokens, _bytes(token), hashlib.sha256).hexdigest()

    def sign(self, text: bytes) -> bytes:
        """Sign with Ed25519, so that strangers can tell that it was us."""
        return self._hand.sign(text)

    def signed(self, text: bytes, signature: bytes) -> bool:
        """Whether we signed this."""
        try:
            self._hand.public_key().verify(signature, text)
        except InvalidSignature:
            return False
        return True

    def public(self) -> bytes:
        """The key that checks our signatures, in PEM, for whoever wants to."""
        return self._hand.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )


def generation(master: bytes) -> str:
    """Tell a master key from others, without telling anything else of it."""
    return _draw(master, b"enlace generation v1")[:GENERATION].hex()


_WRAPPED = b"enlace|wrap|v1|"


def new_token() -> str:
    """Make a token of 128 bits that fits a link and a Telegram start parameter."""
    return secrets.token_urlsafe(16)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # what a stranger sends may be no Unicode


def _draw(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(master)


def _bound(place: str) -> bytes:
    return b"enlace|v1|" + place.encode()
