"""Both stores keep the same promises."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.domain.cluster import Cluster
from harness.domain.pairing import RequestState
from harness.domain.permission import every_grant
from harness.reference.core.records import (
    Boots,
    HostSlot,
    OwedWithdrawal,
    PairingRequest,
    Project,
    SlotState,
    User,
)
from harness.reference.core.store import MemoryStore, Store
from harness.reference.sqlite_store import MIGRATIONS, SqliteStore, StoreError

REQUEST = PairingRequest("r1", "p1", RequestState.PENDING, 5, Cluster("c1", "shop"), "s1", "t1")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "db")
    yield made
    made.close()


def open_uids(store: Store, project: str) -> list[str]:
    return [r.pairing_uid for r in store.find(PairingRequest, "open", project)]


def test_what_was_put_can_be_had_again(store: Store) -> None:
    user = User("a@example.com", "pw", "key", every_grant("p1"))
    with store.transaction():
        store.put(REQUEST)
        store.put(user)
    assert store.get(PairingRequest, "r1") == REQUEST
    assert list(store.find(User, "api_key", "key")) == [user]
    assert store.get(PairingRequest, "r2") is None


def test_an_index_follows_what_changes(store: Store) -> None:
    second = replace(REQUEST, pairing_uid="r2", cluster_token="s2")
    with store.transaction():
        store.put(REQUEST)
        store.put(second)
    assert open_uids(store, "p1") == ["r1", "r2"]
    with store.transaction():
        store.put(replace(REQUEST, state=RequestState.REJECTED))
    assert open_uids(store, "p1") == ["r2"]
    with store.transaction():
        store.delete(PairingRequest, "r2")
    assert open_uids(store, "p1") == []
    assert [r.pairing_uid for r in store.every(PairingRequest)] == ["r1"]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with store.transaction():
        store.put(REQUEST)
    with pytest.raises(ZeroDivisionError):
        _change_and_break(store)
    assert store.get(PairingRequest, "r1") == REQUEST
    assert open_uids(store, "p1") == ["r1"]
    assert store.get(Project, "p9") is None


def _change_and_break(store: Store) -> None:
    with store.transaction():
        store.put(replace(REQUEST, state=RequestState.REJECTED))
        store.put(Project("p9", "late"))
        store.delete(PairingRequest, "r1")
        _ = 1 // 0


def test_a_clean_slate_still_counts_the_starts(store: Store) -> None:
    with store.transaction():
        store.put(REQUEST)
        store.put(Boots("central", 3))
        store.clear()
    assert store.get(PairingRequest, "r1") is None
    assert open_uids(store, "p1") == []
    assert store.get(Boots, "central") == Boots("central", 3)


def test_a_snapshot_lives_on_its_own() -> None:
    store = MemoryStore()
    store.put(REQUEST)
    copy = store.snapshot()
    store.put(replace(REQUEST, state=RequestState.REJECTED))
    assert open_uids(copy, "p1") == ["r1"]
    assert open_uids(store, "p1") == []


def test_sqlite_keeps_what_was_committed(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "db")
    with store.transaction():
        store.put(REQUEST)
    again = SqliteStore(tmp_path / "db")  # the first one is not closed: as after a kill
    assert again.get(PairingRequest, "r1") == REQUEST
    again.close()
    store.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be read as one" * 20)
    with pytest.raises(StoreError, match=r"notes\.txt: cannot be used as a database"):
        SqliteStore(path)


def test_a_later_schema_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "db"
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match="later pairproof"):
        SqliteStore(path)


def test_a_slot_of_an_earlier_schema_is_still_found(tmp_path: Path) -> None:
    """The first schema called the records of a slot and its hosts Site and HostPlace."""
    path = tmp_path / "db"
    slot = SlotState(
        "slot-1", ("host-1",), owed=(OwedWithdrawal("host-1", "", False, "c1", "s1", "r1"),)
    )
    store = SqliteStore(path)
    with store.transaction():
        store.put(slot)
        store.put(HostSlot("host-1", "slot-1"))
    store.close()
    with sqlite3.connect(path) as db:
        for table in ("record", "lookup"):
            db.execute(f"UPDATE {table} SET kind = 'Site' WHERE kind = 'SlotState'")
        db.execute("UPDATE record SET kind = 'HostPlace' WHERE kind = 'HostSlot'")
        db.execute("PRAGMA user_version = 1")
    again = SqliteStore(path)
    assert again.get(HostSlot, "host-1") == HostSlot("host-1", "slot-1")
    assert list(again.find(SlotState, "work", "yes")) == [slot]
    again.close()
