"""The keyring: whose key seals what, unwrapped in memory for as short as is useful.

A key is in the record before the first thing that it seals, or with it in one transaction. What is
remembered of whose key is whose comes only from what was committed; what a key's token says can be
remembered at any time, since no token is ever used again.
"""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlmodel import col

from bot.vault.keys import NONCE, SECRET, TAG, Keys, Unsealable
from models.base import house
from models.data_key import DataKey, Subject, Whose
from models.seal import Destroyed

VERSION = b"\x03"  # 1 is what the house sealed, 2 a file in chunks
TOKEN = 8  # bytes before what a key sealed
HEAD = len(VERSION) + TOKEN
MOST = 4096  # keys in memory
FRESH = 600.0  # seconds: what another process destroyed is forgotten by then
BEFORE, AFTER = 64, 192  # neighbours that are fetched with a key: a page needs them too
AT_ONCE = 500  # subjects in one question


@dataclass(frozen=True)
class Key:
    """One key of the ring. It has no secret once it is destroyed."""

    token: bytes
    secret: bytes | None
    since: float

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt for one place: version, token, nonce, ciphertext with its tag."""
        nonce = os.urandom(NONCE)
        head = VERSION + self.token
        return head + nonce + self._cipher().encrypt(nonce, plain, _bound(place, head))

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what it sealed for this place. Raises `Unsealable` or `Destroyed`."""
        head, nonce, body = sealed[:HEAD], sealed[HEAD : HEAD + NONCE], sealed[HEAD + NONCE :]
        if len(body) < TAG:
            raise Unsealable.at(place)
        try:
            return self._cipher().decrypt(nonce, body, _bound(place, head))
        except InvalidTag:
            raise Unsealable.at(place) from None

    def _cipher(self) -> AESGCM:
        if self.secret is None:
            raise Destroyed
        return AESGCM(self.secret)


def _bound(place: str, head: bytes) -> bytes:
    return b"enlace|v3|" + place.encode() + b"|" + head


class Ring:
    """The keys of one record that this process remembers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._alone = threading.Lock()
        self._tokens: OrderedDict[bytes, Key] = OrderedDict()
        self._subjects: OrderedDict[Whose, Key] = OrderedDict()

    def by_token(self, token: bytes) -> Key | None:
        """Recall the key that has this token."""
        return self._recall(self._tokens, token)

    def by_subject(self, whose: Whose) -> Key | None:
        """Recall whose key it is, as it was committed."""
        return self._recall(self._subjects, whose)

    def remember(self, keys: Iterable[Key]) -> None:
        """Keep keys by their tokens."""
        with self._alone:
            for key in keys:
                self._tokens[key.token] = key
            _shorten(self._tokens)

    def learn(self, found: dict[Whose, Key]) -> None:
        """Keep whose keys they are. Only after the transaction that found them was committed."""
        with self._alone:
            self._subjects.update(found)
            _shorten(self._subjects)
        self.remember(found.values())

    def forget(self) -> None:
        """Forget everything, because something was destroyed or wrapped anew."""
        with self._alone:
            self._tokens.clear()
            self._subjects.clear()

    def _recall(self, where: OrderedDict[Any, Key], what: Any) -> Key | None:
        with self._alone:
            key = where.get(what)
            if key is None or self.clock() - key.since > FRESH:
                return None
            where.move_to_end(what)
            return key


def _shorten(kept: OrderedDict[Any, Key]) -> None:
    while len(kept) > MOST:
        kept.popitem(last=False)


class Sealing:
    """What seals and opens within one act: with the ring, and its record where the ring is short.

    `found` is whose keys the act met or made; they are true once it is committed.
    """

    def __init__(self, ring: Ring, connection: Connection) -> None:
        self.ring = ring
        self.found: dict[Whose, Key] = {}
        self._connection = connection
        self._born: list[tuple[Key, Subject, Any]] = []

    @property
    def house(self) -> Keys:
        """The keys of the house."""
        return cast("Keys", house())

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt what is nobody's."""
        return self.house.seal(plain, place)

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt. Raises `Unsealable` or `Destroyed`."""
        if not sealed.startswith(VERSION):
            return self.house.open(sealed, place)
        return self.holding(sealed[len(VERSION) : HEAD]).open(sealed, place)

    def holding(self, token: bytes) -> Key:
        """Find the key that has this token. Raises `Unsealable` where there never was one."""
        key = self.ring.by_token(token)
        if key is None:
            self._fetch(token)
            key = self.ring.by_token(token)
        if key is None:
            raise Unsealable("These bytes were sealed with a key that this record does not have.")
        return key

    def of(self, whose: Whose | None) -> Key | None:
        """Give somebody's key, made now if there is none; nothing for nobody and the destroyed."""
        return None if whose is None else self.all_of([whose])[whose]

    def all_of(self, wanted: Iterable[Whose]) -> dict[Whose, Key | None]:
        """Give the keys of several at once."""
        given: dict[Whose, Key] = {}
        missing = []
        for one in dict.fromkeys(wanted):
            key = self.found.get(one) or self.ring.by_subject(one)
            if key is None:
                missing.append(one)
            else:
                given[one] = key
        if missing:
            given |= self._look_up(missing)
            absent = [one for one in missing if one not in given]
            if absent:
                self._make(absent)
                # Somebody else may have made one just now: theirs is the one that stays.
                given |= self._look_up(absent)
        return {one: key if key.secret is not None else None for one, key in given.items()}

    def destroy(self, those: Sequence[Whose]) -> None:
        """Let nobody open any more what was sealed with these keys. It cannot be undone."""
        self.all_of(those)  # who has none yet must not get one later
        mine = sa.or_(
            *(
                (col(DataKey.kind) == kind) & (col(DataKey.subject) == subject)
                for kind, subject in those
            )
        )
        values = {"wrapped": None, "generation": "", "destroyed_at": datetime.now(UTC)}
        self._connection.execute(sa.update(DataKey).where(mine).values(values))
        self._met(self._look_up(those))

    def unborn(self, kind: Subject, row: Any) -> Key:
        """Make a key for a row whose number the record has still to give."""
        key = self._new()
        self._born.append((key, kind, row))
        return key

    def born(self) -> None:
        """Keep the keys of rows that have their numbers now."""
        if not self._born:
            return
        made = {(kind, row.id): key for key, kind, row in self._born}
        self._born.clear()
        self._connection.execute(sa.insert(DataKey), self._rows(made))
        self._met(made)

    def _make(self, wanted: Sequence[Whose]) -> None:
        build: Any = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        put = build.insert(DataKey).on_conflict_do_nothing(index_elements=["kind", "subject"])
        self._connection.execute(
            put, self._rows({one: self._new() for one in sorted(wanted, key=str)})
        )

    def _rows(self, made: dict[Whose, Key]) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        return [
            {
                "token": key.token,
                "kind": kind,
                "subject": subject,
                "wrapped": self.house.wrap(key.secret or b"", key.token),
                "generation": self.house.newest,
                "created_at": now,
            }
            for (kind, subject), key in made.items()
        ]

    def _new(self) -> Key:
        return Key(os.urandom(TOKEN), os.urandom(SECRET), self.ring.clock())

    def _look_up(self, wanted: Sequence[Whose]) -> dict[Whose, Key]:
        met: dict[Whose, Key] = {}
        for start in range(0, len(wanted), AT_ONCE):
            pairs: dict[Subject, list[int]] = {}
            for kind, subject in wanted[start : start + AT_ONCE]:
                pairs.setdefault(kind, []).append(subject)
            either = sa.or_(
                *(
                    (col(DataKey.kind) == kind) & col(DataKey.subject).in_(subjects)
                    for kind, subjects in pairs.items()
                )
            )
            met |= self._read(either)
        self._met(met)
        return met

    def _fetch(self, token: bytes) -> None:
        """Bring a key into the ring, and those made about when it was."""
        number = sa.select(col(DataKey.id)).where(col(DataKey.token) == token).scalar_subquery()
        near = col(DataKey.id).between(number - BEFORE, number + AFTER)
        self.ring.remember(self._read(near).values())

    def _read(self, which: sa.ColumnElement[bool]) -> dict[Whose, Key]:
        rows = self._connection.execute(_KEYS.where(which)).all()
        return {
            (row.kind, row.subject): Key(row.token, self._secret(row), self.ring.clock())
            for row in rows
        }

    def _secret(self, row: Any) -> bytes | None:
        if row.wrapped is None:
            return None
        return self.house.unwrap(row.wrapped, row.token, row.generation)

    def _met(self, keys: dict[Whose, Key]) -> None:
        self.found |= keys
        self.ring.remember(keys.values())


_KEYS = sa.select(
    col(DataKey.token),
    col(DataKey.kind),
    col(DataKey.subject),
    col(DataKey.wrapped),
    col(DataKey.generation),
)
