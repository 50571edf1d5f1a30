"""What the codecs of the three surfaces share: the pieces of a request, and how to read one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from harness.domain.operations import Operation, Value
from harness.wire.http import Json
from harness.wire.model import Malformed, WireModel, parse_model
from harness.wire.palette import V1Uid

V = TypeVar("V")

CLUSTER_TOKEN_HEADER = "LocalClusterToken"
"""The header in which a host proves that a request is its own. A header of ours."""

DESCRIPTION = "description"
"""The annotation that holds a cluster's description."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What an operation contributes to its request. `parameters` go into the path."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: WireModel | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as a server has taken it apart. The names of `headers` are lower-case."""

    parameters: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    json: Json

    def parameter(self, name: str) -> str:
        """A parameter of the path.

        Raises:
            Malformed: the path has none of this name.
        """
        if name not in self.parameters:
            raise Malformed(name, "the path does not hold it")
        return self.parameters[name]

    def flag(self, name: str) -> bool:
        """A switch of the query, off when it is missing.

        Raises:
            Malformed: it is neither `true` nor `false`.
        """
        text = self.query.get(name, "false")
        if text not in ("true", "false"):
            raise Malformed(name, "true or false is needed")
        return text == "true"


FromRequest = Callable[[Incoming], Operation]
"""Raises `Malformed` when the request is not one."""

FromAnswer = Callable[[Json], Value]
"""Raises `Malformed` when the answer is not well-formed."""


def needed(value: str | None, field_name: str) -> str:
    """A text that must be there and not be empty.

    Raises:
        Malformed: it is missing or empty.
    """
    if not value:
        raise Malformed(field_name, "it is missing" if value is None else "it is empty")
    return value


def present(value: V | None, field_name: str) -> V:
    """A value that must be there; a text may be empty.

    Raises:
        Malformed: it is missing.
    """
    if value is None:
        raise Malformed(field_name, "it is missing")
    return value


def unless_empty(text: str) -> str | None:
    """The text, or nothing at all in place of an empty one."""
    return text or None


def uid_of(json: Json) -> str:
    """The uid of what was created.

    Raises:
        Malformed: there is none.
    """
    return needed(parse_model(V1Uid, json).uid, "uid")
