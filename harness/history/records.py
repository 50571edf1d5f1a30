"""Lines of evidence as the records that a check sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from harness.history.lines import InvokeLine, OutcomeLine
from harness.history.operation import Json, OperationRecord


def invoked(line: InvokeLine) -> OperationRecord:
    """An operation that was sent and has not ended: its outcome is unknown so far."""
    return OperationRecord(
        id=line.id,
        scenario=line.scenario,
        actor=line.actor,
        kind=line.kind,
        args=_object(line.args),
        start=line.start,
        tags=_object(line.tags),
    )


def ended(record: OperationRecord, line: OutcomeLine) -> OperationRecord:
    """The operation once it has ended so."""
    return OperationRecord(
        id=record.id,
        scenario=record.scenario,
        actor=record.actor,
        kind=record.kind,
        args=record.args,
        start=record.start,
        end=line.end,
        outcome=line.outcome,
        value=_object_or_none(line.value),
        error=_object_or_none(line.error),
        request=_object_or_none(line.request),
        response=_object_or_none(line.response),
        tags=record.tags,
    )


def _object(value: dict[str, object]) -> Mapping[str, Json]:
    return cast(Mapping[str, Json], value)


def _object_or_none(value: dict[str, object] | None) -> Mapping[str, Json] | None:
    return None if value is None else _object(value)
