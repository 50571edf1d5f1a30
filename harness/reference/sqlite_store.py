"""The store in sqlite: what was acknowledged is still there after `kill -9`."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from harness.domain.errors import PairproofError
from harness.reference.core.records import INDEX, KEY, Boots, Record

R = TypeVar("R", bound=Record)

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE record (
        seq  INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        key  TEXT NOT NULL,
        body BLOB NOT NULL,
        UNIQUE (kind, key)
    );
    CREATE TABLE lookup (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        key  TEXT NOT NULL,
        PRIMARY KEY (kind, key, name)
    ) WITHOUT ROWID;
    CREATE INDEX lookup_by_value ON lookup (kind, name, value);
    """,
    """
    UPDATE record SET kind = 'SlotState' WHERE kind = 'Site';
    UPDATE record SET kind = 'HostSlot' WHERE kind = 'HostPlace';
    UPDATE lookup SET kind = 'SlotState' WHERE kind = 'Site';
    """,
)
"""One script for each schema version; `PRAGMA user_version` says how many have run."""


class StoreError(PairproofError):
    """The database cannot be used; the message says which file, why and what to do."""


class SqliteStore:
    """Records as JSON in one table, their indexes in another; WAL, one connection.

    The connection may be used from many threads, one at a time: sides hold a lock.

    Raises:
        StoreError: the file cannot be opened, is no database, or is of a later version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._decoders: dict[type, msgspec.json.Decoder[Any]] = {
            kind: msgspec.json.Decoder(kind) for kind in KEY
        }
        self._encoder = msgspec.json.Encoder()
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            raise StoreError(
                f"{path}: cannot be used as a database ({error}); give another file with --db"
            ) from error

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise StoreError(
                f"{self._path}: was written by a later pairproof (schema {version}, this one"
                f" knows {len(MIGRATIONS)}); upgrade, or give another file with --db"
            )
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            self._db.executescript(
                f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;"
            )

    def get(self, kind: type[R], key: str) -> R | None:
        row = self._db.execute(
            "SELECT body FROM record WHERE kind = ? AND key = ?", (kind.__name__, key)
        ).fetchone()
        return self._decoded(kind, row[0]) if row else None

    def put(self, record: Record) -> None:
        kind = type(record)
        key = KEY[kind](record)
        self._db.execute(
            "INSERT INTO record (kind, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
            (kind.__name__, key, self._encoder.encode(record)),
        )
        for name, value_of in INDEX.get(kind, {}).items():
            self._index(kind, name, key, value_of(record))

    def _index(self, kind: type[Record], name: str, key: str, value: str) -> None:
        if value:
            self._db.execute(
                "INSERT OR REPLACE INTO lookup (kind, name, value, key) VALUES (?, ?, ?, ?)",
                (kind.__name__, name, value, key),
            )
        else:
            self._db.execute(
                "DELETE FROM lookup WHERE kind = ? AND key = ? AND name = ?",
                (kind.__name__, key, name),
            )

    def delete(self, kind: type[R], key: str) -> None:
        for table in ("record", "lookup"):
            self._db.execute(
                f"DELETE FROM {table} WHERE kind = ? AND key = ?", (kind.__name__, key)
            )

    def every(self, kind: type[R]) -> Iterator[R]:
        rows = self._db.execute(
            "SELECT body FROM record WHERE kind = ? ORDER BY seq", (kind.__name__,)
        ).fetchall()
        return iter([self._decoded(kind, body) for (body,) in rows])

    def find(self, kind: type[R], index: str, value: str) -> Iterator[R]:
        rows = self._db.execute(
            "SELECT r.body FROM lookup l JOIN record r ON r.kind = l.kind AND r.key = l.key"
            " WHERE l.kind = ? AND l.name = ? AND l.value = ? ORDER BY r.seq",
            (kind.__name__, index, value),
        ).fetchall()
        return iter([self._decoded(kind, body) for (body,) in rows])

    def clear(self) -> None:
        self._db.execute("DELETE FROM record WHERE kind <> ?", (Boots.__name__,))
        self._db.execute("DELETE FROM lookup")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        self._db.close()

    def _decoded(self, kind: type[R], body: bytes) -> R:
        record: R = self._decoders[kind].decode(body)
        return record
