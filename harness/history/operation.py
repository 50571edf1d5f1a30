"""One call with its outcome, in the one form that every checker judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"


class Outcome(StrEnum):
    """How an operation ended."""

    OK = "ok"
    """It happened."""
    FAIL = "fail"
    """It definitely did not: a well-formed refusal."""
    INFO = "info"
    """Unknown: no well-formed answer came, so it may or may not have happened."""


# Looking a member up in its enum takes fifteen times as long as a name of the module; whoever
# judges a fleet asks a hundred times for each pairing.
OK: Final = Outcome.OK
FAIL: Final = Outcome.FAIL
INFO: Final = Outcome.INFO


# Not frozen, although nobody changes one: a fleet makes millions, and each of the thirteen fields
# would be set through `object.__setattr__`, which alone is a fifteenth of a fleet's work.
@dataclass(slots=True)
class OperationRecord:
    """An operation as it stands in the evidence: plain data, secrets already replaced.

    `kind` is the class name of the domain operation (`SendPairingRequest`), or `await_state`
    or `stays` for a recorded wait. `args` are its fields. `value` is the answer's fields when
    the outcome is `ok`; `error` is `{"reason", "message", "details"}` when it is `fail`, and
    `{"why"}` when it is `info`. `request` and `response` are what was exchanged on the wire,
    or `None` where there is no wire. Times are microseconds since the start of the run.
    """

    id: str
    scenario: str
    actor: str
    kind: str
    args: Mapping[str, Json]
    start: int
    end: int | None = None
    outcome: Outcome = Outcome.INFO
    value: Mapping[str, Json] | None = None
    error: Mapping[str, Json] | None = None
    request: Mapping[str, Json] | None = None
    response: Mapping[str, Json] | None = None
    tags: Mapping[str, Json] = field(default_factory=dict)
    """What the operation was about and its arguments do not say: host, project, correlation."""

    @property
    def samples(self) -> list[dict[str, Json]]:
        """The answers that a wait saw, as they stand in the evidence; of anything else none."""
        seen = (self.value or {}).get("samples")
        return [s for s in seen if isinstance(s, dict)] if isinstance(seen, list) else []


@dataclass(frozen=True, slots=True)
class History:
    """The operations of one scenario (or one run), in the order in which they were invoked."""

    operations: tuple[OperationRecord, ...]

    def __getitem__(self, operation_id: str) -> OperationRecord:
        """The operation of this id. Raises `KeyError` if the history has no such operation."""
        for operation in self.operations:
            if operation.id == operation_id:
                return operation
        raise KeyError(operation_id)

    def of_kind(self, *kinds: str) -> tuple[OperationRecord, ...]:
        """The operations of these kinds, in order."""
        return tuple(o for o in self.operations if o.kind in kinds)
