"""Reads what a target file says about the target's wire."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.domain.operations import Operation
from harness.targets.reading import Reading
from harness.targets.structure import check_structure
from harness.targets.target_errors import Problem, TargetFileError
from harness.targets.target_keys import FILE, SCHEMA
from harness.targets.wire_keys import WIRE_KEYS
from harness.wire.mapping import MappingError, OperationMap, WireMap
from harness.wire.mapping.plan import WordTable
from harness.wire.routes import ROUTES

_Table = Mapping[str, Any]


def read_wire(reading: Reading, data: _Table) -> WireMap:
    """The mapping that the tables of a target file make, whose structure is right.

    Raises:
        TargetFileError: it contradicts itself, or names what is not there.
    """
    errors = dict(data.get("errors", {}))
    refused = errors.pop("refused", [])
    in_success = errors.pop("in_success", False)
    try:
        return WireMap(
            operations=_operations(data.get("paths", {})),
            headers=data.get("headers", {}),
            fields=data.get("fields", {}),
            codes=data.get("codes", {}),
            code_status=data.get("code_status", {}),
            errors=errors,
            errors_in_success=in_success,
            refused=tuple(refused),
            states=_words(data.get("states", {})),
            constants=data.get("constants", {}),
        )
    except MappingError as error:
        problem = Problem(error.found, error.allowed, error.remedy)
        reading.refuse(error.place, problem)


def _operations(paths: _Table) -> dict[type[Operation], OperationMap]:
    named = {route.operation.__name__: route.operation for route in ROUTES.values()}
    return {named[name]: _operation(table) for name, table in paths.items()}


def _operation(table: _Table) -> OperationMap:
    return OperationMap(
        method=table.get("method", ""),
        path=table.get("path", ""),
        status=tuple(table.get("status", ())),
        refused=tuple(table.get("refused", ())),
        request=table.get("request", {}),
        response=table.get("response", {}),
        states=_words(table.get("states", {})),
        constants=table.get("constants", {}),
        answer_constants=table.get("answer_constants", {}),
    )


def _words(table: _Table) -> WordTable:
    return {
        ours: (theirs,) if isinstance(theirs, str) else tuple(theirs)
        for ours, theirs in table.items()
    }


def load_wire(path: Path) -> WireMap:
    """The mapping of a file with just its tables, or of a target file.

    Raises:
        TargetFileError: the file cannot be read or is wrong; says where, and what to do.
    """
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        problem = Problem(f"it cannot be read ({why})", "a TOML file", "give the path of one")
        raise TargetFileError(str(path), 0, "", problem) from error
    except tomllib.TOMLDecodeError as error:
        problem = Problem(f"this is not TOML: {error}", "TOML 1.0", "correct it there")
        raise TargetFileError(str(path), 0, "", problem) from error
    reading = Reading(text, str(path), path.parent, {})
    is_target = data.get("schema") == SCHEMA
    check_structure(data, reading.refuse, FILE if is_target else WIRE_KEYS)
    return read_wire(reading, data)
