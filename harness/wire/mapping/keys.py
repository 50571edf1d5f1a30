"""What can be said of how a wire differs from the published one: the keys, as a file has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final

from pydantic import ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from harness.configuration.errors import Misspelt, literal
from harness.configuration.kinds import (
    Above,
    AtLeastOne,
    Flag,
    KeyRelation,
    NamedBy,
    Node,
    OneOf,
    Spelling,
    Text,
    Whole,
)
from harness.configuration.model import config
from harness.domain import operations as ops
from harness.domain.errors import Reason
from harness.wire.mapping.values import RENAMED_HEADERS
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


@dataclass(frozen=True, slots=True)
class OneOrMore(Spelling):
    """A text or several, kept as several.

    Attributes:
        noun: what each is; a `value` may be a number or a flag as well.
        is_kept: whether a single one is kept as it is, and may be empty.
    """

    noun: str = "text"
    is_kept: bool = False

    @property
    def words(self) -> str:
        return f"a {self.noun}, or a list of {self.noun}s"

    @property
    def form(self) -> Node:
        kinds: object = ["string", "number", "boolean"] if self.noun == "value" else "string"
        each = {"type": kinds, "minLength": 1}
        one = {"type": kinds} if self.is_kept else each
        return {"anyOf": [one, {"type": "array", "items": each, "minItems": 1}]}

    def read(self, value: object) -> object:
        if self.is_kept and isinstance(value, str):
            return value
        several = value if isinstance(value, list) else [value]
        kinds = str | int | float if self.noun == "value" else str
        if not several or not all(isinstance(one, kinds) and one != "" for one in several):
            raise Misspelt(f"{literal(value)} is not {self.words}", f"write {self.words}")
        return tuple(several)


class _Scalar(Spelling):
    """A value that is no list and no table."""

    words = "a text, a number, or true or false"
    form: ClassVar[Node] = {"type": ["string", "number", "boolean"]}

    def read(self, value: object) -> object:
        if not isinstance(value, str | int | float):
            raise Misspelt(f"{literal(value)} is none of them", f"write {self.words}")
        return value


PATH: Final = Text(
    r"^(/|\{kept\.)(\{[^{}\s]*\}|[^\s?#])*$", "a path that begins with / and has no query"
)

STEPS: Final[Mapping[str, type[ops.AcceptanceStep]]] = {
    "acknowledge": ops.AcknowledgeWarning,
    "details": ops.EnterDetails,
    "profiles": ops.ConfirmMatch,
    "review": ops.ValidateReview,
}
"""The steps that calls of an acceptance may be."""

HOLD_S_MAX: Final = 120
"""The longest that a question may be held open."""
HANDOVER_S_MAX: Final = 600
"""The longest that a run waits for an acceptance to fail."""

_STABLE: Final = "stable"
_MESSAGE: Final = Text(r"^[A-Z]+ /[^\s?#]*$", "a method and a path, such as POST /hosts/{id}/beat")

Places = Annotated[dict[str, str], NamedBy("ours")]
SeveralPlaces = str | tuple[str, ...]
"""Where a value of ours stands there: in one place, or in several at once."""

_Several = Annotated[SeveralPlaces, OneOrMore("place", is_kept=True)]
_RequestPlaces = Annotated[dict[str, _Several], NamedBy("ours")]
_Values = Annotated[
    dict[str, Annotated[tuple[str | int | float | bool, ...], OneOrMore("value")]],
    NamedBy("theirs"),
]
Constant = str | int | float | bool
Constants = Annotated[dict[str, Annotated[Constant, _Scalar()]], NamedBy("ours")]
WordTable = Annotated[dict[str, Annotated[tuple[str, ...], OneOrMore()]], NamedBy("ours")]
"""Ours to theirs: the first one is said, all of them are understood."""

Status = Annotated[int, Whole(200, 599)]
Statuses = Annotated[tuple[Status, ...], AtLeastOne()]

STATUS: Final = "{status}"
"""In what an error holds besides, the status."""
NULL: Final = "{null}"
"""Among the values by which an answer is told: there is nothing, or null."""

_Reason = Annotated[str, OneOf(*(reason.value for reason in Reason))]
_Codes = Annotated[dict[str, _Reason], NamedBy("theirs")]

# --- the keys -------------------------------------------------------------------------------------


OPERATION_S_MAX: Final = 600
"""The most that a target file may allow one operation."""


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """When a call is made again."""

    while_: Annotated[_Values, Field(alias="while")] = field(default_factory=dict)
    """Values in the answer that say that it is not over: their place = a value or several;
    `"{null}"` is null or none."""
    status: Statuses = ()
    """Statuses that say so."""
    every_s: Annotated[float, Above(60)] = 1.0
    """The pause before it is asked again."""
    within_s: Annotated[float, Above(OPERATION_S_MAX)] = 60.0
    """How long it may go on, from the first such answer."""


@dataclass(frozen=True, slots=True)
class ErrorPlaces:
    """Where an error has what the published one has: in one place, or in the first of several that
    holds it.
    """

    code: _Several | None = None
    """The field for `code`, or several."""
    message: _Several | None = None
    """The field for `message`, or several."""
    details: _Several | None = None
    """The field for `details`, or several."""
    ref: _Several | None = None
    """The field for `ref`, or several."""

    @property
    def places(self) -> dict[str, SeveralPlaces]:
        """Those that are told, by our names."""
        told = {n: getattr(self, n) for n in ("code", "message", "details", "ref")}
        return {name: place for name, place in told.items() if place is not None}


@dataclass(frozen=True, slots=True)
class _CallKeys:
    """What can be said of one call."""

    method: Annotated[
        str, Text("^[A-Z]+$", "a method in capitals, such as POST"), KeyRelation(not_with="rpc")
    ] = ""
    """The method."""
    path: Annotated[str, PATH] = ""
    """The path, with its parameters in braces; what an earlier call kept may stand in it, and be
    all of it."""
    else_path: Annotated[str, PATH, KeyRelation(needs=("path",))] = ""
    """The path where a name in `path` has no value: no project is chosen, say."""
    status: Statuses = ()
    """The answers that mean that it happened, without it every 2xx; the harness answers with the
    first one where it plays the side."""
    refused: Statuses = ()
    """Answers that mean a refusal, with any JSON or none."""
    request: _RequestPlaces = field(default_factory=dict)
    """Where the target has a value of the request: ours = theirs, or several places."""
    response: Places = field(default_factory=dict)
    """Where the target has a value of the answer: ours = theirs."""
    states: WordTable = field(default_factory=dict)
    """Words that are different here only: ours = theirs."""
    codes: _Codes = field(default_factory=dict)
    """Codes of errors that mean something else here than in `codes`, or are to be said here of
    several: theirs = ours."""
    constants: Constants = field(default_factory=dict)
    """What the target wants in each request besides."""
    keep: Annotated[dict[str, str], NamedBy("name")] = field(default_factory=dict)
    """What the answer gives to later calls, and of a login to later operations: name = place."""
    repeat: RepeatRule | None = None
    """When it is asked again: while its answer says that something is still under way."""
    refused_when: _Values = field(default_factory=dict)
    """Values in an answer of success that say that it is a refusal; `"{null}"` is null or none."""
    errors: ErrorPlaces = ErrorPlaces()
    """Where its error has what the published one has, in place of `errors`."""
    answer_constants: Constants = field(default_factory=dict)
    """What the harness answers besides, where it plays the side."""
    filled: Places = field(default_factory=dict)
    """What of the published answer stands nowhere in the target's, and is known: ours = text."""
    form: Annotated[bool, Flag(), KeyRelation(not_with="rpc")] = False
    """Its body is a form (`application/x-www-form-urlencoded`), of single fields."""
    rpc: Annotated[str, Text(), KeyRelation(not_with="path")] = ""
    """The method, where it is asked by JSON-RPC 2.0, at `rpc.path`: what would be its body are the
    `params`, and what would be its answer is the `result`."""
    graphql: Annotated[str, Text(), KeyRelation(not_with="path")] = ""
    """The document, where it is asked by GraphQL, at `graphql.path`: values of the request stand in
    `variables`, those of the answer in `data`. Braces stand for themselves."""


@dataclass(frozen=True, slots=True)
class CallMap(_CallKeys):
    """What can be said of one of several calls."""

    name: Annotated[str, Text(r"^\w+$", "a word")] = field(kw_only=True)
    """What the call is called, in evidence and messages."""
    step: Annotated[str, OneOf(*STEPS)] = ""
    """Which step of the wizard it is, of an acceptance: each is also asked alone, and left out. It
    is judged with the claim `server-steps`, and observed without it."""


@dataclass(frozen=True, slots=True)
class OperationMap(_CallKeys):
    """What can be said of one operation."""

    not_offered: Annotated[str, Text()] = ""
    """It does not have this operation, and why: what needs it is not_supported, and says so."""
    calls: Annotated[tuple[CallMap, ...], AtLeastOne()] = ()
    """The calls that it takes, in their order, where there are several; each sends no more than it
    names."""


AnyCall = CallMap | OperationMap


@dataclass(frozen=True, slots=True)
class ErrorMap(ErrorPlaces):
    """Where the target's error has what the published one has."""

    in_success: Annotated[bool, Flag()] = False
    """An answer of success that holds the code of an error is a refusal."""
    refused: Statuses = ()
    """Answers that mean a refusal of any operation, with any JSON or none."""
    constants: Constants = field(default_factory=dict)
    """What an error holds besides, where the harness plays the side: a field or `Header:` = value;
    `"{status}"` is the status, as a number."""


@dataclass(frozen=True, slots=True)
class AgentHabits:
    """What edge hosts do with what they ask of Palette."""

    host_token: Annotated[str, OneOf("fresh", _STABLE)] = "fresh"
    """Whether an edge host has a secret of its own for each request, or (`stable`) one for good:
    then what it submits is a new one unless a request of it is open whose id it does not know."""
    hold_s: Annotated[float, Above(HOLD_S_MAX)] = 0.0
    """How long Palette holds a question about a request that waits for its decision; without it,
    it answers at once."""
    handover_s: Annotated[float, Above(HANDOVER_S_MAX)] = 0.0
    """How long Palette waits for a host to confirm an acceptance, which then fails: a run waits so
    long where that must not hold, and blames nobody whose host was away for longer; without it,
    Palette's clock is put forward by a week."""
    beside: Annotated[
        dict[Annotated[str, _MESSAGE], Annotated[int, Whole(200, 299)]], NamedBy("message")
    ] = field(default_factory=dict)
    """What edge hosts ask of Palette besides, and is no matter of pairing: `"POST /beat" = 204`,
    with the status that the harness answers where it plays Palette. Any other message that no
    operation has makes the scenario inconclusive."""

    @property
    def secret_stays(self) -> bool:
        """Whether a secret outlives its request."""
        return self.host_token == _STABLE


@dataclass(frozen=True, slots=True)
class RpcMap:
    """JSON-RPC 2.0."""

    path: Annotated[str, Text(r"^/[^\s?#]*$", "a path that begins with / and has no query")] = ""
    """Where all calls with `rpc` are asked, by POST."""


@dataclass(frozen=True, slots=True)
class GraphqlMap:
    """GraphQL."""

    path: Annotated[str, Text(r"^/[^\s?#]*$", "a path that begins with / and has no query")] = ""
    """Where all calls with `graphql` are asked, by POST."""
    errors: Annotated[str, Text(r"^\w+$", "a word"), KeyRelation(needs=("path",))] = ""
    """What a document calls the list of its own errors, such as `userErrors`: where it asks for
    them, `code` and `message` of the first one are those of a refusal, before those of `errors`."""


@dataclass(frozen=True, slots=True)
class LeaderMap:
    """How a host says that another one has to be asked."""

    status: Annotated[Statuses, KeyRelation(needs=("at",))] = ()
    """The statuses that say so."""
    at: Annotated[str, Text(), KeyRelation(needs=("status",))] = ""
    """Where it says which: `Location:` or a field of the body, an address or the uid of a host."""


@dataclass(frozen=True)
class WireKeys:
    """The tables of a mapping."""

    __pydantic_config__: ClassVar[ConfigDict] = config()

    paths: Annotated[
        dict[Annotated[type[ops.Operation], _OperationName()], OperationMap], NamedBy("operation")
    ] = field(default_factory=dict)
    """Where an operation is asked and what it looks like, if not as `docs/wire.md` says."""
    headers: Annotated[dict[Annotated[str, OneOf(*RENAMED_HEADERS)], str], NamedBy("header")] = (
        field(default_factory=dict)
    )
    """What the target calls its headers: a name, or a form such as `Authorization: Bearer {}`; an
    empty text where it has none. Without `ApiKey`, administrators log in."""
    fields: Places = field(default_factory=dict)
    """Names of fields, wherever they stand: ours = theirs; empty where the target has none."""
    codes: _Codes = field(default_factory=dict)
    """The codes of errors: theirs = ours. Of several for one of ours the side that the harness
    plays says the first."""
    code_status: Annotated[dict[_Reason, Status], NamedBy("our code")] = field(default_factory=dict)
    """The statuses of refusals: our code = status."""
    errors: ErrorMap = ErrorMap()
    """Where the target's error has what the published one has."""
    states: WordTable = field(default_factory=dict)
    """The words for states and the like: ours = theirs."""
    constants: Constants = field(default_factory=dict)
    """What the target wants in each request besides: ?query, Header: or a field."""
    rpc: RpcMap = RpcMap()
    """Where operations are asked by JSON-RPC."""
    graphql: GraphqlMap = GraphqlMap()
    """Where operations are asked by GraphQL."""
    leader: LeaderMap = LeaderMap()
    """How a host says that another one has to be asked: it is followed at most twice for a call, to
    addresses that the file names."""
    agents: AgentHabits = AgentHabits()
    """What edge hosts do with what they ask of Palette."""

    @property
    def has_api_keys(self) -> bool:
        """Whether it has room for an API key of an administrator; or else they log in."""
        said = [call for each in self.paths.values() for call in (each, *each.calls)]
        return self.headers.get("ApiKey") != "" or any("ApiKey:" in call.request for call in said)
