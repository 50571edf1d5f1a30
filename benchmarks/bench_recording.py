"""What it costs to record a line of 300 bytes: encoded, hashed, compressed and written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import msgspec

from benchmarks.figure import Figure
from harness.history.lines import InvokeLine, OutcomeLine
from harness.history.operation import OperationRecord, Outcome
from harness.history.parts import PartWriter, part_file

OPERATIONS = 50_000
LINES = 2 * OPERATIONS
TIMES = 5
GOAL_US = 2.0


def figures() -> Iterator[Figure]:
    """A line as the fleet records it, beside the encoder alone, and what it takes on disk."""
    pairs = [_pair(number) for number in range(1, OPERATIONS + 1)]
    lines = [line for pair in pairs for line in map(_line, pair)]
    encode = msgspec.json.Encoder().encode
    with TemporaryDirectory() as folder:
        path = Path(folder) / part_file("07")
        written = _processor_time(lambda: _record(pairs, path))
        size = path.stat().st_size
    nowhere = _processor_time(lambda: _record(pairs, None))
    encoded = _processor_time(lambda: deque(map(encode, lines), maxlen=0))
    length = sum(len(encode(line)) + 1 for line in lines) / LINES
    yield Figure("a recorded line", length, "bytes")
    yield Figure("recording a line", written / LINES * 1e6, "µs", GOAL_US)
    yield Figure("  the same, digest and counts only", nowhere / LINES * 1e6, "µs")
    yield Figure("  encoding alone", encoded / LINES * 1e6, "µs")
    yield Figure("  a digest alone", _hashing(lines) / LINES * 1e6, "µs")
    yield Figure("an operation on disk", size / OPERATIONS, "bytes")


def _processor_time(action: Callable[[], object]) -> float:
    """The seconds of processor time that the fastest of several calls took."""
    took = []
    for _ in range(TIMES):
        began = process_time()
        action()
        took.append(process_time() - began)
    return min(took)


def _record(pairs: list[tuple[OperationRecord, OperationRecord]], path: Path | None) -> None:
    writer = PartWriter(path, "07")
    for begun, ended in pairs:
        writer.invoke(begun)
        writer.outcome(ended)
    writer.close()


def _hashing(lines: list[InvokeLine | OutcomeLine]) -> float:
    raw = b"\n".join(map(msgspec.json.Encoder().encode, lines))
    return _processor_time(lambda: sha256(raw).digest())


def _pair(number: int) -> tuple[OperationRecord, OperationRecord]:
    """A request of a host, as it is sent and once it has ended; its lines have about 300 bytes."""
    uid = sha256(str(number).encode()).hexdigest()
    packs = [
        {"layer": layer, "name": name, "version": f"1.{number % 40}.{number % 7}", "registry": ""}
        for layer, name in (("os", "edge-native-ubuntu"), ("k8s", "edge-k3s"))
    ]
    begun = OperationRecord(
        id=f"07#{number}",
        scenario="07",
        actor=f"agent:host-{uid[:6]}",
        kind="SubmitPairing",
        args={
            "registration_token": f"<token:0.{number % 3}.1>",
            "cluster_token": f"<cluster-token:{uid[:10]}>",
            "cluster": {
                "uid": uid[:24],
                "name": f"jamesport-{number % 90}-{number}",
                "stack": packs,
            },
        },
        start=number * 15_013,
        tags={"host": f"host-{uid[:6]}"},
    )
    ended = replace(
        begun,
        end=begun.start + 81_007 + number % 977,
        outcome=Outcome.OK,
        value={"pairing_uid": uid[24:48], "state": "Pending", "cluster_uid": ""},
    )
    return begun, ended


def _line(record: OperationRecord) -> InvokeLine | OutcomeLine:
    if record.end is None:
        return InvokeLine(
            id=record.id, scenario=record.scenario, actor=record.actor, kind=record.kind,
            args=dict(record.args), tags=dict(record.tags), start=record.start,
        )  # fmt: skip
    return OutcomeLine(
        id=record.id, outcome=record.outcome, end=record.end, value=dict(record.value or {})
    )
