"""Arrangements in a history, as they came to be: a target may have chosen uids and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from harness.domain.arrangements import SIDES_OF
from harness.history.operation import OK, OperationRecord

_KINDS = frozenset(kind.__name__ for kind in SIDES_OF)


def as_they_came(operations: Iterable[OperationRecord]) -> Iterator[OperationRecord]:
    """The operations, each arrangement with the fields that came back in place of those asked for.

    One that came as it was asked for says nothing else.
    """
    for operation in operations:
        if operation.kind in _KINDS and operation.outcome is OK and operation.value:
            yield replace(operation, args={**operation.args, **operation.value})
        else:
            yield operation
