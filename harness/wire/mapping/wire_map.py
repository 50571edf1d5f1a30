"""How an implementation's wire differs from the published one: the value, and its checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.domain.operations import Operation
from harness.wire.http import Json
from harness.wire.mapping.compiling import Spoken, Tables, compiled
from harness.wire.mapping.headers import theirs_of
from harness.wire.mapping.operation_map import OperationMap
from harness.wire.mapping.plan import WordTable
from harness.wire.routes import RouteTable


@dataclass(frozen=True, slots=True)
class WireMap:
    """How an implementation's wire differs from the published one.

    Attributes:
        operations: what is different for one operation.
        headers: ours to theirs, `Authorization: Bearer {}` with what stands around the value.
        fields: names of fields, ours to theirs, wherever no operation says otherwise.
        codes: the target's code of an error to ours.
        code_status: our code to the status of that refusal.
        errors: where the target's error has `code`, `message`, `details` and `ref`.
        errors_in_success: whether an answer of success that holds the code of an error is a
            refusal.
        refused: statuses that mean a refusal, whatever the answer holds.
        states: our words to theirs; the first is said, all are understood.
        constants: what each request holds besides.
        routes: where each operation is asked, which follows from the rest.

    Raises:
        MappingError: the mapping contradicts itself, or names what is not there.
    """

    operations: Mapping[type[Operation], OperationMap] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, str] = field(default_factory=dict)
    code_status: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    errors_in_success: bool = False
    refused: tuple[int, ...] = ()
    states: WordTable = field(default_factory=dict)
    constants: Mapping[str, Json] = field(default_factory=dict)
    routes: RouteTable = field(init=False, repr=False, compare=False)
    tables: Tables = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check it, and work out once what each operation's messages look like."""
        tables = compiled(self)
        object.__setattr__(self, "tables", tables)
        object.__setattr__(self, "routes", tables.routes)

    @property
    def is_plain(self) -> bool:
        """Whether it changes nothing."""
        return self.tables.is_plain

    def headers_sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers by the names that the target has for them."""
        return theirs_of(headers, self.tables.headers)

    def spoken(self, operation: type[Operation]) -> Spoken:
        """How this operation's messages look.

        Raises:
            KeyError: the operation does not cross HTTP.
        """
        return self.tables.spoken[operation]


PLAIN = WireMap()
"""The published wire, with paths of ours where none is published."""
