"""Sealing in chunks: a file is sealed while it comes, and opened a piece at a time.

The form is that of age: a key of its own for each file, chunks with a counter in the nonce, and a
mark in the last one. A file that was cut short, whose chunks were moved or mixed with another's, or
that lies where it was not sealed for, does not open. Half of the key is a secret in the file's row,
sealed as the row is: whoever destroys the key of a case destroys its files with it.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from bot.vault.keys import KEY_ID, TAG, Keys, Unsealable

PLAIN = b"\x02"  # of before: no secret; 1 is a file sealed whole, by `Keys.seal`
VERSION = b"\x04"  # it opens only with the secret that its row holds
CHUNK = 64 * 1024  # bytes of plain text
SALT = 32
COUNTER = 11  # bytes of the nonce; the twelfth marks the last chunk
HEAD = len(VERSION) + len(KEY_ID) + SALT


class Sealing:
    """The sealed form of one file, made as its bytes come. `head` stands before everything."""

    def __init__(self, keys: Keys, place: str, secret: str) -> None:
        salt = os.urandom(SALT)
        self.head = VERSION + KEY_ID + salt
        self._cipher = keys.own(salt, place, secret)
        self._held = bytearray()
        self._count = 0

    def add(self, part: bytes) -> bytes:
        """Take more bytes; give the chunks that are full. The last chunk is not known yet."""
        self._held += part
        sealed = bytearray()
        while len(self._held) > CHUNK:
            sealed += self._seal(last=False)
        return bytes(sealed)

    def end(self) -> bytes:
        """Give the last chunk."""
        return self._seal(last=True)

    def _seal(self, *, last: bool) -> bytes:
        plain = bytes(self._held[:CHUNK])
        del self._held[:CHUNK]
        sealed = self._cipher.encrypt(_nonce(self._count, last=last), plain, self.head)
        self._count += 1
        return sealed


def opened(keys: Keys, file: BinaryIO, place: str, secret: str) -> Iterator[bytes]:
    """Open a sealed file chunk by chunk. Raises `Unsealable`, perhaps after some good chunks."""
    head = file.read(HEAD)
    if len(head) < HEAD or not head.startswith((VERSION + KEY_ID, PLAIN + KEY_ID)):
        raise Unsealable("These bytes were not sealed by this version of the bot.")
    cipher = keys.own(head[-SALT:], place, "" if head.startswith(PLAIN) else secret)
    count = 0
    ahead = file.read(CHUNK + TAG)
    while True:
        sealed, ahead = ahead, file.read(CHUNK + TAG)
        try:
            plain = cipher.decrypt(_nonce(count, last=not ahead), sealed, head)
        except InvalidTag:
            raise Unsealable.at(place) from None
        yield plain
        if not ahead:
            return
        count += 1


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(COUNTER, "big") + bytes([last])
