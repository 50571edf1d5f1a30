"""The one table of the operations and their fields, as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.domain.operations import Acknowledged, Operation, Value
from harness.wire.codec import agent, local_ui, palette, tenant
from harness.wire.codec.engine import BODY, Reader, answer_functions, request_functions
from harness.wire.codec.fields import TableRow, Write, asks
from harness.wire.http import Json
from harness.wire.local_ui import V1AcceptedResponseWithMessage
from harness.wire.model import parse_model
from harness.wire.routes import ROUTES

_ROWS = (*local_ui.TABLE, *palette.TABLE, *tenant.TABLE, *agent.TABLE)

TABLE: Mapping[type[Operation], TableRow] = {
    **{kind: asks(kind) for kind in ROUTES},  # without fields, its place says all of it
    **{row.operation: row for row in _ROWS},
}
"""Every operation that crosses HTTP."""


class _Functions(dict[type[Operation], tuple[Reader, Write]]):
    """Reader and writer by operation, made when they are first asked for."""

    def __init__(self, make: Callable[[type[Operation]], tuple[Reader, Write]]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, kind: type[Operation]) -> tuple[Reader, Write]:
        made = self[kind] = self._make(kind)
        return made


def _request_functions(kind: type[Operation]) -> tuple[Reader, Write]:
    row, model = TABLE[kind], ROUTES[kind].request
    read, write = request_functions(row.request, model)
    if model is None:
        return read, write

    def read_body(rooms: dict[str, Any]) -> Any:
        if rooms[BODY] is None and row.bodiless:
            rooms = {**rooms, BODY: {}}
        parse_model(model, rooms[BODY])
        return read(rooms)

    return read_body, write


def _answer_functions(kind: type[Operation]) -> tuple[Reader, Write]:
    record, model = TABLE[kind].answer, ROUTES[kind].response
    if record is None or model is None:
        record, model = local_ui.ACKNOWLEDGED, V1AcceptedResponseWithMessage
    of, made_of = record, model
    read, write = answer_functions(of, made_of)

    def read_body(json: Json) -> Value:
        if json is None and of is local_ui.ACKNOWLEDGED:
            return Acknowledged()
        parse_model(made_of, json)
        value: Value = read(json)
        return value

    def write_value(value: Value) -> Json:
        if not isinstance(value, of.make):  # type: ignore[arg-type]
            raise TypeError(f"{kind.__name__} is not answered with a {type(value).__name__}")
        body: Json = write(value)
        return body

    return read_body, write_value


REQUESTS = _Functions(_request_functions)
"""How each operation is read from a request, and written as one.

What is read may be anything; `Malformed` is raised where it is none.
"""

ANSWERS = _Functions(_answer_functions)
"""How the answer to each operation is read from a body, and written as one.

What is read may be anything; `Malformed` is raised where it is none. A value that the operation
is not answered with is a `TypeError`.
"""
