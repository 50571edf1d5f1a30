"""The keys of a target file: each holds what its field says, and means what stands below it.

What a concern reads is beside it: `trust`, `peer_table`, `target`, `arranging.reading`,
`links.reading`. `harness/targets/schemas/target-1.schema.json` is `target_schema_text()`, and the
tables of `docs/target-file.md` are `to_markdown()`; a test says when one of them is stale.
"""

from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any, ClassVar, Final

from pydantic import ConfigDict, Field

from harness.catalogue.limits import limit_kinds
from harness.catalogue.requirement import FEATURES, Role
from harness.catalogue.troubles import TROUBLES
from harness.configuration.kinds import (
    Above,
    AtLeastOne,
    Distinct,
    Flag,
    KeyRelation,
    NamedBy,
    OneOf,
    TableOf,
    Text,
)
from harness.configuration.model import FileModel, config, schema_text
from harness.domain.endpoint import EndpointForm
from harness.domain.operations import (
    CentralClusterOperation,
    LocalClusterOperation,
    MatchProfiles,
    Surface,
)
from harness.targets.arranging.reading import AdminTable, ArrangeTable, CommandTable, GivenTable
from harness.targets.key_kinds import (
    Address,
    AnyScalar,
    File,
    Named,
    OneOrMore,
    OperationName,
    ProxyAddress,
    Status,
    Statuses,
    Texts,
    Variable,
)
from harness.targets.ledger import KEEPABLE
from harness.targets.links.reading import LinksTable
from harness.targets.peer_table import Peer
from harness.targets.reading import TARGET_FILE, TargetFileError
from harness.targets.target import Host, RateLimit, Timeouts
from harness.targets.trust import Trust
from harness.wire.mapping.values import HEADERS
from harness.wire.routes import ROUTES, routes_of

SCHEMA: Final = "pairproof/target/1"
"""What a target file of this version says of itself."""

# --- the sides ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ControlTable:
    """A control port."""

    url: Address
    """Where the control port answers."""
    secret_env: Annotated[Variable, KeyRelation(instead="secret_file")] = ""
    """The variable that holds its secret."""
    secret_file: File = None
    """In place of `secret_env`: the file that holds it."""


@dataclass(frozen=True, slots=True)
class _LoginTable:
    username_env: Annotated[Variable, KeyRelation(instead="username_file")] = ""
    """The variable that holds the user's name."""
    username_file: File = None
    """In place of `username_env`: the file that holds it."""
    password_env: Annotated[Variable, KeyRelation(instead="password_file")] = ""
    """The variable that holds the password."""
    password_file: File = None
    """In place of `password_env`: the file that holds it."""


@dataclass(frozen=True, slots=True)
class SlotTable:
    """`[[edge.clusters]]`."""

    slot: Named
    """What this place for a cluster is called."""
    hosts: Annotated[tuple[Host, ...], AtLeastOne(is_required=True)]
    """The edge hosts that a cluster there can span, the first control plane host first."""
    disposable: Annotated[bool, Flag()] | None = None
    """The cluster that is installed there may be paired for good, where clusters are given; without
    it, that is so with `reset`."""
    reset: CommandTable | None = None
    """The command that puts the cluster of this place back: fresh and unpaired."""


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """`[edge]`."""

    login: _LoginTable
    """A user of the hosts' operating system, who may log in to each Local UI."""
    clusters: Annotated[tuple[SlotTable, ...], AtLeastOne(is_required=True)]
    """The places for clusters; a scenario leases one to three at a time."""
    tls: Trust | None = None
    """Which certificates are trusted at this side, in place of `tls`."""
    control: ControlTable | None = None
    """A control port for this side alone, in place of `control`."""


@dataclass(frozen=True, slots=True)
class CentralTable:
    """`[central]`."""

    url: Address
    """Where Palette's API answers the harness."""
    endpoint: str | None = None
    """The Palette endpoint that an operator enters in Local UI; without it, `central.url`."""
    endpoint_forms: Annotated[
        dict[Annotated[str, OneOf(*(form.value for form in EndpointForm))], str],
        NamedBy("form of an endpoint"),
    ] = field(default_factory=dict)
    """Other forms of the endpoint, usable or not (PRE-6, SND-8)."""
    tls: Trust | None = None
    """Which certificates are trusted at this side, in place of `tls`."""
    control: ControlTable | None = None
    """A control port for this side alone, in place of `control`."""
    admin: AdminTable | None = None
    """An administrator of the tenant, by whom the published API arranges."""


# --- what holds for both --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ImplementationTable:
    name: Named
    """What the implementation is called."""
    version: str = ""
    """Its version."""
    organization: str = ""
    """Who makes it."""
    url: str = ""
    """Where one reads about it."""
    contact: str = ""
    """Whom one asks about it."""


@dataclass(frozen=True, slots=True)
class _NetworkTable:
    proxy: ProxyAddress = ""
    """The HTTP proxy through which addresses are asked that are not on this machine; one that the
    environment names is not used."""


_ASKED: Final = [route.operation for route in routes_of(ROUTES, Surface.LOCAL_UI, Surface.PALETTE)]
_OPTIONAL: Final = (LocalClusterOperation, CentralClusterOperation, MatchProfiles)
_Asked = Annotated[str, OneOf(*(kind.__name__ for kind in _ASKED))]
_Offerable = Annotated[str, OneOf(*(k.__name__ for k in _ASKED if issubclass(k, _OPTIONAL)))]
OPERATION_S_MAX: Final = 600
"""The most that a target file may allow one operation."""

OPERATION_LIMITS: Final = "operations"
_LIMITS: Final[Any] = make_dataclass(
    "LimitsTable",
    [
        *(
            (
                kind.name,
                Annotated[float, Above(kind.maximum_s), Field(description=f"{kind.meaning}.")],
                kind.default_s,
            )
            for kind in limit_kinds()
        ),
        (
            OPERATION_LIMITS,
            Annotated[
                dict[_Asked, Annotated[float, Above(OPERATION_S_MAX)]],
                NamedBy("operation"),
                Field(description="How long single operations may take, in place of `answer_s`."),
            ],
            field(default_factory=dict),
        ),
    ],
    frozen=True,
)
_LIMITS.__module__ = __name__


# --- how the target's wire differs from the published one -----------------------------------------

_Names = Annotated[dict[str, str], NamedBy("ours")]
_Values = Annotated[dict[str, AnyScalar], NamedBy("ours")]
_Said = Annotated[dict[str, Annotated[tuple[str, ...], OneOrMore()]], NamedBy("ours")]

_Values_At = Annotated[
    dict[str, Annotated[tuple[Any, ...], OneOrMore(("string", "number", "boolean"), "value")]],
    NamedBy("theirs"),
]
_Templates = Annotated[dict[str, str], NamedBy("ours")]

PATH: Final = Text(
    r"^(/|\{kept\.)(\{[^{}\s]*\}|[^\s?#])*$", "a path that begins with / and has no query"
)


@dataclass(frozen=True, slots=True)
class RepeatTable:
    """`repeat`."""

    while_: Annotated[_Values_At, Field(alias="while")] = field(default_factory=dict)
    """Values in the answer that say that it is not over: their place = a value or several."""
    status: Statuses = ()
    """Statuses that say so."""
    every_s: Annotated[float, Above(60)] = 1.0
    """The pause before it is asked again."""
    within_s: Annotated[float, Above(OPERATION_S_MAX)] = 60.0
    """How long it may go on, from the first such answer."""


@dataclass(frozen=True, slots=True)
class ErrorPlaces:
    """Where an error has what the published one has."""

    code: str | None = None
    """The field for `code`."""
    message: str | None = None
    """The field for `message`."""
    details: str | None = None
    """The field for `details`."""
    ref: str | None = None
    """The field for `ref`."""


@dataclass(frozen=True, slots=True)
class CallKeys:
    """What can be said of one call."""

    method: Annotated[str, Text("^[A-Z]+$", "a method in capitals, such as POST")] = ""
    """The method."""
    path: Annotated[str, PATH] = ""
    """The path, with its parameters in braces; what an earlier call kept may stand in it, and be
    all of it."""
    status: Statuses = ()
    """The answers that mean that it happened, without it every 2xx; the harness answers with the
    first one where it plays the side."""
    refused: Statuses = ()
    """Answers that mean a refusal, with any JSON or none."""
    request: Annotated[dict[str, Annotated[Any, OneOrMore(is_kept=True)]], NamedBy("ours")] = field(
        default_factory=dict
    )
    """Where the target has a value of the request: ours = theirs, or several places."""
    response: _Names = field(default_factory=dict)
    """Where the target has a value of the answer: ours = theirs."""
    states: _Said = field(default_factory=dict)
    """Words that are different here only: ours = theirs."""
    constants: _Values = field(default_factory=dict)
    """What the target wants in each request besides."""
    keep: Annotated[dict[str, str], NamedBy("name")] = field(default_factory=dict)
    """What the answer gives to later calls, and of a login to later operations: name = place."""
    repeat: RepeatTable | None = None
    """When it is asked again: while its answer says that something is still under way."""
    refused_when: _Values_At = field(default_factory=dict)
    """Values in an answer of success that say that it is a refusal."""
    errors: ErrorPlaces = ErrorPlaces()
    """Where its error has what the published one has, in place of `errors`."""
    filled: _Templates = field(default_factory=dict)
    """What of the published answer stands nowhere in the target's, and is known: ours = text."""


@dataclass(frozen=True, slots=True)
class CallTable(CallKeys):
    """`[[paths.Op.calls]]`."""

    name: Annotated[str, Text(r"^\w+$", "a word")] = field(kw_only=True)
    """What the call is called, in evidence and messages."""


@dataclass(frozen=True, slots=True)
class OperationTable(CallKeys):
    """What can be said of one operation."""

    answer_constants: _Values = field(default_factory=dict)
    """What the harness answers besides, where it plays the side."""
    calls: Annotated[tuple[CallTable, ...], AtLeastOne()] = ()
    """The calls that it takes, in their order, where there are several; each sends no more than it
    names."""


@dataclass(frozen=True, slots=True)
class _ErrorsTable(ErrorPlaces):
    in_success: Annotated[bool, Flag()] = False
    """An answer of success that holds the code of an error is a refusal."""
    refused: Statuses = ()
    """Answers that mean a refusal of any operation, with any JSON or none."""


@dataclass(frozen=True)
class WireTables:
    """The tables of a mapping."""

    __pydantic_config__: ClassVar[ConfigDict] = config()

    paths: Annotated[dict[OperationName, OperationTable], NamedBy("operation")] = field(
        default_factory=dict
    )
    """Where an operation is asked and what it looks like, if not as `docs/wire.md` says."""
    headers: Annotated[dict[Annotated[str, OneOf(*HEADERS)], str], NamedBy("header")] = field(
        default_factory=dict
    )
    """What the target calls its headers: a name, or a form such as `Authorization: Bearer {}`."""
    fields: _Names = field(default_factory=dict)
    """Names of fields, wherever they stand: ours = theirs."""
    codes: Annotated[dict[str, str], NamedBy("theirs")] = field(default_factory=dict)
    """The codes of errors: theirs = ours."""
    code_status: Annotated[dict[str, Status], NamedBy("our code")] = field(default_factory=dict)
    """The statuses of refusals: our code = status."""
    errors: _ErrorsTable = _ErrorsTable()
    """Where the target's error has what the published one has."""
    states: _Said = field(default_factory=dict)
    """The words for states and the like: ours = theirs."""
    constants: _Values = field(default_factory=dict)
    """What the target wants in each request besides: ?query, Header: or a field."""


# --- the file -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _OwnTables:
    roles: Annotated[
        tuple[Annotated[str, OneOf(Role.EDGE.value, Role.CENTRAL.value)], ...],
        Distinct(),
        AtLeastOne(is_required=True),
    ]
    """The sides that the implementation plays, and is judged for."""
    implementation: _ImplementationTable
    """Who made what is certified."""
    features: Annotated[
        tuple[Annotated[str, OneOf(*(each.feature.value for each in FEATURES))], ...], Distinct()
    ] = ()
    """The optional features that it claims (see `docs/requirements.md`)."""
    offers: Annotated[dict[_Offerable, Annotated[bool, Flag()]], NamedBy("operation")] = field(
        default_factory=dict
    )
    """Which operations it has, of those on a cluster and the match; what needs one that it has not
    is not_supported, and a match that is made on acceptance alone is judged there. Without an
    entry, it has all but those that are to be removed, or published nowhere."""
    words: Annotated[dict[Annotated[str, OneOf(*TROUBLES)], Texts], NamedBy("trouble")] = field(
        default_factory=dict
    )
    """Words by which the errors tell what is wrong, in any language (PRE-4S, PRE-6S, ACC-13S); one
    of a list is enough. An error without any of them fails there, and without an entry it is
    observed unless it names what is wrong and says something else of other troubles."""
    keeps: Annotated[
        tuple[Annotated[str, OneOf(*(kind.value for kind in KEEPABLE))], ...], Distinct()
    ] = ()
    """What cannot be removed there once it is made: it stays, marked with the run, and is no leak;
    users lose their permissions and their keys where they can be changed."""
    allow_writes: Annotated[bool, Flag()] = False
    """The harness may change things at addresses that are not loopback."""
    edge: EdgeTable | None = None
    """The edge hosts; required where `roles` names edge."""
    central: CentralTable | None = None
    """Palette; required where `roles` names central."""
    peer: Peer = Peer()
    """The side that is not described, which the harness plays."""
    tls: Trust = Trust()
    """Which certificates are trusted."""
    control: ControlTable | None = None
    """A control port, which arranges what no user can; without one, scenarios that need such a
    precondition are inconclusive."""
    arrange: ArrangeTable = ArrangeTable()
    """How preconditions are arranged."""
    links: LinksTable | None = None
    """How links between edge hosts and Palette are cut."""
    given: GivenTable = GivenTable()
    """What is there already, for scenarios to use as it is."""
    limits: Annotated[Any, TableOf(_LIMITS)] = field(default_factory=_LIMITS)
    """How long things may take, where the defaults are too short."""
    timeouts: Timeouts = Timeouts()
    """How long the harness waits for the network."""
    rate_limit: RateLimit = RateLimit()
    """How the harness spares the target."""
    network: _NetworkTable = _NetworkTable()
    """How the harness's requests travel."""


@dataclass(frozen=True)
class TargetTables(WireTables, _OwnTables):
    """What a target file holds."""


TARGETS: Final = FileModel(TargetTables, TargetFileError, SCHEMA, "a target file", TARGET_FILE)
WIRES: Final = FileModel(WireTables, TargetFileError, SCHEMA, "a file of a mapping", TARGET_FILE)


def target_schema_text() -> str:
    """The published JSON Schema (2020-12) of a target file, as its file holds it."""
    return schema_text(TARGETS.json_schema("A target file of pairproof, version 1"))


def to_markdown() -> str:
    """The tables of all keys, for `docs/target-file.md`."""
    return TARGETS.to_markdown({})
