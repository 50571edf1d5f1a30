"""Ledgers and entries for the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.domain.arrangements import Side
from harness.targets.ledger import Ledger, LedgerEntry, LedgerHeader, LedgerKind, Owner

HEADER = LedgerHeader(
    mark="pairproof-0000beef",
    implementation="Acme 1.0",
    driver="http",
    owner=Owner(4711, "2026-11-25T10:00:00.000Z"),
)


def entry(kind: LedgerKind = LedgerKind.PROJECT, **more: Any) -> LedgerEntry:
    values: dict[str, Any] = {"what": "a thing", "uid": "uid-1", "side": Side.CENTRAL}
    return LedgerEntry(n=0, kind=kind, **{**values, **more})


def new_ledger(folder: Path, **more: Any) -> Ledger:
    return Ledger.create(folder / "ledger.jsonl", HEADER, **more)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "ledger.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]
