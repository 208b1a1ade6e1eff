"""The simulator's own SQLite file: what phones showed and what was accepted outlives a kill."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people(
  position INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT, telegram_id INTEGER,
  channels TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS chats(
  telegram_id INTEGER PRIMARY KEY, started INTEGER NOT NULL, blocked INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS optouts(
  sender TEXT NOT NULL, address TEXT NOT NULL, PRIMARY KEY(sender, address));
CREATE TABLE IF NOT EXISTS fates(
  channel TEXT NOT NULL, address TEXT NOT NULL, status TEXT NOT NULL, code INTEGER,
  PRIMARY KEY(channel, address));
CREATE TABLE IF NOT EXISTS messages(
  id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, address TEXT NOT NULL,
  author TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
  status TEXT NOT NULL, error INTEGER, choices TEXT, place TEXT, files TEXT NOT NULL,
  quoted INTEGER, detail TEXT NOT NULL, sender TEXT NOT NULL, recipient TEXT NOT NULL,
  made REAL NOT NULL, sent REAL, changed REAL NOT NULL, shown INTEGER NOT NULL,
  edited INTEGER NOT NULL DEFAULT 0, removed INTEGER NOT NULL DEFAULT 0,
  gone INTEGER NOT NULL DEFAULT 0, redacted INTEGER NOT NULL DEFAULT 0);
CREATE UNIQUE INDEX IF NOT EXISTS message_key ON messages(channel, address, key);
CREATE INDEX IF NOT EXISTS message_sid ON messages(key);
CREATE INDEX IF NOT EXISTS message_recipient ON messages(recipient, id);
CREATE INDEX IF NOT EXISTS message_sender ON messages(sender, id);
CREATE TABLE IF NOT EXISTS files(
  id TEXT PRIMARY KEY, unique_id TEXT NOT NULL, message INTEGER, name TEXT NOT NULL,
  type TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, width INTEGER, height INTEGER,
  path TEXT NOT NULL, made REAL NOT NULL, gone INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS file_message ON files(message);
CREATE INDEX IF NOT EXISTS file_path ON files(path);
CREATE TABLE IF NOT EXISTS contents(
  sid TEXT PRIMARY KEY, document TEXT NOT NULL, approved INTEGER NOT NULL DEFAULT 0,
  made REAL NOT NULL);
CREATE TABLE IF NOT EXISTS presses(
  id TEXT PRIMARY KEY, message INTEGER NOT NULL, choice TEXT NOT NULL, made REAL NOT NULL,
  answered INTEGER NOT NULL DEFAULT 0, notice TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS steps(
  id INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL, status TEXT NOT NULL,
  code INTEGER, due REAL NOT NULL);
CREATE INDEX IF NOT EXISTS step_due ON steps(due);
CREATE INDEX IF NOT EXISTS step_message ON steps(message);
CREATE TABLE IF NOT EXISTS deliveries(
  id INTEGER PRIMARY KEY AUTOINCREMENT, provider TEXT NOT NULL, kind TEXT NOT NULL,
  lane TEXT NOT NULL, url TEXT NOT NULL, fields TEXT NOT NULL, token TEXT NOT NULL,
  due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, began REAL, expires REAL,
  state TEXT NOT NULL, message INTEGER);
CREATE INDEX IF NOT EXISTS delivery_due ON deliveries(provider, state, due);
CREATE INDEX IF NOT EXISTS delivery_lane ON deliveries(provider, state, lane, id);
CREATE TABLE IF NOT EXISTS log(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL,
  provider TEXT NOT NULL, name TEXT NOT NULL, answer TEXT NOT NULL, detail TEXT NOT NULL);
"""


class Store:
    """One connection to one file; every change is on disk before anybody hears of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._connection = sqlite3.connect(
            folder / "simulator.sqlite", isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        # A killed process loses nothing under NORMAL; only a power cut could, and a
        # simulator does not have to survive that.
        self._connection.executescript(
            f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {SCHEMA}"
        )
        self._depth = 0

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """All rows of a query."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> sqlite3.Row | None:
        """The first row of a query, or nothing."""
        found: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
        return found

    def write(self, statement: str, *values: object) -> int:
        """Change something; the id of a new row, if one was made."""
        return self._connection.execute(statement, values).lastrowid or 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner one joins the outer."""
        if self._depth:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        else:
            self._connection.execute("COMMIT")
        finally:
            self._depth = 0

    def fact(self, name: str) -> Any:
        """A remembered value, or nothing."""
        row = self.row("SELECT value FROM facts WHERE name = ?", name)
        return json.loads(row["value"]) if row else None

    def remember(self, name: str, value: object) -> None:
        """Keep a value under a name."""
        self.write(
            "INSERT INTO facts VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            name,
            json.dumps(value),
        )

    def count(self, name: str, start: int = 0) -> int:
        """The next number of a named sequence, never the same twice."""
        number = int(self.fact(name) or start) + 1
        self.remember(name, number)
        return number

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
