"""What can be said of how a wire differs from the published one: the keys, as a file has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final

from pydantic import ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from harness.configuration.errors import Misspelt, literal
from harness.configuration.kinds import (
    AtLeastOne,
    Flag,
    NamedBy,
    Node,
    OneOf,
    Spelling,
    Text,
    Whole,
)
from harness.configuration.model import config
from harness.domain.errors import Reason
from harness.domain.operations import Operation
from harness.wire.mapping.values import HEADERS
from harness.wire.routes import ROUTES

# --- what they hold -------------------------------------------------------------------------------


class _OperationName(OneOf):
    """The name of an operation, kept as the operation."""

    def __init__(self) -> None:
        self._named = {kind.__name__: kind for kind in ROUTES}
        super().__init__(*self._named)

    def __get_pydantic_core_schema__(self, of: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        name = super().__get_pydantic_core_schema__(of, handler)
        written = core_schema.plain_serializer_function_ser_schema(lambda kind: kind.__name__)
        return core_schema.no_info_after_validator_function(
            self._named.__getitem__, name, serialization=written
        )


class _OneOrMore(Spelling):
    """A text or several, kept as several."""

    words = "a text, or a list of texts"
    form: ClassVar[Node] = {
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        ]
    }

    def read(self, value: object) -> object:
        texts = value if isinstance(value, list) else [value]
        if not texts or not all(isinstance(text, str) and text for text in texts):
            raise Misspelt(f"{literal(value)} is neither", f"write {self.words}")
        return tuple(texts)


class _Scalar(Spelling):
    """A value that is no list and no table."""

    words = "a text, a number, or true or false"
    form: ClassVar[Node] = {"type": ["string", "number", "boolean"]}

    def read(self, value: object) -> object:
        if not isinstance(value, str | int | float):
            raise Misspelt(f"{literal(value)} is none of them", f"write {self.words}")
        return value


PATH: Final = Text(
    r"^/([^\s?#{}]|\{[^\s?#{}]*\})*$",
    "a path that begins with /, has no query, and closes its braces",
)

Places = Annotated[dict[str, str], NamedBy("ours")]
Constants = Annotated[dict[str, Annotated[str | int | float | bool, _Scalar()]], NamedBy("ours")]
WordTable = Annotated[dict[str, Annotated[tuple[str, ...], _OneOrMore()]], NamedBy("ours")]
"""Ours to theirs: the first one is said, all of them are understood."""

Status = Annotated[int, Whole(200, 599)]
Statuses = Annotated[tuple[Status, ...], AtLeastOne()]

_Reason = Annotated[str, OneOf(*(reason.value for reason in Reason))]

# --- the keys -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OperationMap:
    """What can be said of one operation."""

    method: Annotated[str, Text("^[A-Z]+$", "a method in capitals, such as POST")] = ""
    """The method."""
    path: Annotated[str, PATH] = ""
    """The path, with its parameters in braces."""
    status: Statuses = ()
    """The answers that mean that it happened, without it every 2xx; the harness answers with the
    first one where it plays the side."""
    refused: Statuses = ()
    """Answers that mean a refusal, with any JSON or none."""
    request: Places = field(default_factory=dict)
    """Where the target has a value of the request: ours = theirs."""
    response: Places = field(default_factory=dict)
    """Where the target has a value of the answer: ours = theirs."""
    states: WordTable = field(default_factory=dict)
    """Words that are different here only: ours = theirs."""
    constants: Constants = field(default_factory=dict)
    """What the target wants in each request besides."""
    answer_constants: Constants = field(default_factory=dict)
    """What the harness answers besides, where it plays the side."""


@dataclass(frozen=True, slots=True)
class ErrorMap:
    """Where the target's error has what the published one has."""

    code: str | None = None
    """The field for `code`."""
    message: str | None = None
    """The field for `message`."""
    details: str | None = None
    """The field for `details`."""
    ref: str | None = None
    """The field for `ref`."""
    in_success: Annotated[bool, Flag()] = False
    """An answer of success that holds the code of an error is a refusal."""
    refused: Statuses = ()
    """Answers that mean a refusal of any operation, with any JSON or none."""

    @property
    def places(self) -> dict[str, str]:
        """Those that are told, by our names."""
        told = {n: getattr(self, n) for n in ("code", "message", "details", "ref")}
        return {name: place for name, place in told.items() if place is not None}


@dataclass(frozen=True)
class WireKeys:
    """The tables of a mapping."""

    __pydantic_config__: ClassVar[ConfigDict] = config()

    paths: Annotated[
        dict[Annotated[type[Operation], _OperationName()], OperationMap], NamedBy("operation")
    ] = field(default_factory=dict)
    """Where an operation is asked and what it looks like, if not as `docs/wire.md` says."""
    headers: Annotated[dict[Annotated[str, OneOf(*HEADERS)], str], NamedBy("header")] = field(
        default_factory=dict
    )
    """What the target calls its headers: a name, or a form such as `Authorization: Bearer {}`."""
    fields: Places = field(default_factory=dict)
    """Names of fields, wherever they stand: ours = theirs; empty where the target has none."""
    codes: Annotated[dict[str, _Reason], NamedBy("theirs")] = field(default_factory=dict)
    """The codes of errors: theirs = ours."""
    code_status: Annotated[dict[_Reason, Status], NamedBy("our code")] = field(default_factory=dict)
    """The statuses of refusals: our code = status."""
    errors: ErrorMap = ErrorMap()
    """Where the target's error has what the published one has."""
    states: WordTable = field(default_factory=dict)
    """The words for states and the like: ours = theirs."""
    constants: Constants = field(default_factory=dict)
    """What the target wants in each request besides: ?query, Header: or a field."""
