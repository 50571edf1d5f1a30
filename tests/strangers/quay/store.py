"""What is known, by kind and key, and when; what a body holds is checked by its name."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from tests.strangers.quay.wharf import Table, invalid

TEXT_MAX = 100_000
FAR_EAST = timezone(timedelta(hours=5, minutes=45))


class Store:
    """Documents by kind and key, written through to SQLite."""

    def __init__(self, file: Path, first: int = 1001, step: int = 1) -> None:
        """Numbers start with the first."""
        self._first, self._step = first, step
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("PRAGMA journal_mode=WAL")
        columns = "kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key)"
        self._db.execute(f"CREATE TABLE IF NOT EXISTS docs ({columns})")
        self.load()

    def load(self) -> None:
        """Know what is written, and nothing besides."""
        self._kinds: dict[str, dict[str, Table]] = {}
        for kind, key, body in self._db.execute("SELECT kind, key, body FROM docs"):
            self.all(kind)[key] = json.loads(body)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is put and dropped within is written at once or not at all."""
        self._db.execute("BEGIN")
        yield
        self._db.execute("COMMIT")

    def all(self, kind: str) -> dict[str, Table]:
        return self._kinds.setdefault(kind, {})

    def get(self, kind: str, key: object) -> Table | None:
        return self.all(kind).get(str(key))

    def put(self, kind: str, key: object, doc: Table) -> None:
        self.all(kind)[str(key)] = doc
        row = kind, str(key), json.dumps(doc)
        self._db.execute("INSERT OR REPLACE INTO docs VALUES (?, ?, ?)", row)

    def drop(self, kind: str, key: object) -> None:
        self.all(kind).pop(str(key), None)
        self._db.execute("DELETE FROM docs WHERE kind = ? AND key = ?", (kind, str(key)))

    def clear(self, *kinds: str) -> None:
        for kind in kinds:
            self._kinds[kind] = {}
            self._db.execute("DELETE FROM docs WHERE kind = ?", (kind,))

    def number(self, kind: str) -> int:
        """The next number of this kind. None comes twice."""
        last = self.get("numbers", kind)
        number: int = last["last"] + self._step if last else self._first
        self.put("numbers", kind, {"last": number})
        return number

    def give_back(self, kind: str, number: int) -> None:
        """It comes again, if it was the last."""
        if self.get("numbers", kind) == {"last": number}:
            self.put("numbers", kind, {"last": number - self._step})


class Clock:
    """What time it is, and how that is written here."""

    def __init__(self, habits: frozenset[str]) -> None:
        self.ahead = 0.0
        self._zone = FAR_EAST if "far-east-time" in habits else UTC

    def now(self) -> float:
        return time.time() + self.ahead

    def iso(self, at: float | None = None) -> str:
        written = datetime.fromtimestamp(self.now() if at is None else at, self._zone)
        return written.isoformat(timespec="milliseconds")


def moment(text: str) -> float:
    """Seconds since the epoch of an ISO-8601 text; one without a zone is UTC."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def optional_text(body: Table, name: str) -> str | None:
    value = body.get(name)
    if value is None or (isinstance(value, str) and len(value) <= TEXT_MAX):
        return value
    raise invalid(f"/{name}", "a text is needed")


def text(body: Table, name: str) -> str:
    value = optional_text(body, name)
    if value is None or not value.strip():
        raise invalid(f"/{name}", "a text is needed")
    return value


def texts(body: Table, name: str) -> dict[str, str] | None:
    """Texts by name, or nothing."""
    value = body.get(name)
    is_one = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    if value is None or is_one:
        return value
    raise invalid(f"/{name}", "texts by name are needed")


def rows(body: Table, name: str) -> list[Table]:
    value = body.get(name)
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return value
    raise invalid(f"/{name}", "a list of objects is needed")


def stack_of(body: Table) -> list[Table]:
    """The profiles that a berth has, or shall have."""
    return [
        {
            **{name: text(profile, name) for name in ("name", "sort", "version")},
            "uid": profile.get("uid") or "",
            "layers": [
                {
                    **{name: text(layer, name) for name in ("layer", "pack")},
                    **{n: layer.get(n) or "" for n in ("version", "source", "config")},
                }
                for layer in rows(profile, "layers")
            ],
        }
        for profile in rows(body, "stack")
    ]
