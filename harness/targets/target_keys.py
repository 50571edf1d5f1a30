"""The keys of a target file: each holds what its field says, and means what stands below it.

What a concern reads is beside it: `trust`, `peer_table`, `target`, `arranging.reading`,
`links.reading`. `harness/targets/schemas/target-1.schema.json` is `target_schema_text()`, and the
tables of `docs/target-file.md` are `to_markdown()`; a test says when one of them is stale.
"""

from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from harness.catalogue.limits import limit_kinds
from harness.catalogue.requirement import FEATURES, Role
from harness.catalogue.troubles import TROUBLES
from harness.configuration import kinds
from harness.configuration.model import FileModel, schema_text
from harness.domain import operations as ops
from harness.domain.endpoint import EndpointForm
from harness.domain.permission import PairPermission
from harness.domain.profile import ProfileType, StackProfile
from harness.targets import reading
from harness.targets.arranging import reading as arranging
from harness.targets.ledger import KEEPABLE
from harness.targets.links.reading import LinksTable
from harness.targets.page_keys import PagesTable
from harness.targets.peer_table import Peer
from harness.targets.port import Sizes
from harness.targets.target import Host, RateLimit, Timeouts
from harness.targets.trust import Trust
from harness.wire.mapping.keys import OPERATION_S_MAX, OneOrMore, WireKeys
from harness.wire.routes import ROUTES, routes_of

SCHEMA: Final = "pairproof/target/1"
"""What a target file of this version says of itself."""

# --- the sides ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ControlTable:
    """A control port."""

    url: reading.Address
    """Where the control port answers."""
    secret_env: Annotated[reading.Variable, kinds.KeyRelation(instead="secret_file")] = ""
    """The variable that holds its secret."""
    secret_file: reading.File = None
    """In place of `secret_env`: the file that holds it."""


@dataclass(frozen=True, slots=True)
class _LoginTable:
    username_env: Annotated[reading.Variable, kinds.KeyRelation(instead="username_file")] = ""
    """The variable that holds the user's name."""
    username_file: reading.File = None
    """In place of `username_env`: the file that holds it."""
    password_env: Annotated[reading.Variable, kinds.KeyRelation(instead="password_file")] = ""
    """The variable that holds the password."""
    password_file: reading.File = None
    """In place of `password_env`: the file that holds it."""


@dataclass(frozen=True, slots=True)
class SlotTable:
    """`[[edge.clusters]]`."""

    slot: reading.Named
    """What this place for a cluster is called."""
    hosts: Annotated[tuple[Host, ...], kinds.AtLeastOne(is_required=True)]
    """The edge hosts that a cluster there can span, the first control plane host first."""
    disposable: Annotated[bool, kinds.Flag()] | None = None
    """The cluster that is installed there may be paired for good, where clusters are given; without
    it, that is so with `reset`."""
    reset: arranging.CommandTable | None = None
    """The command that puts the cluster of this place back: fresh and unpaired."""


@dataclass(frozen=True, slots=True)
class LargestCluster:
    """The most that a cluster of the product can have, whatever hosts its place has; what needs
    more is `not_supported`.
    """

    control_plane: Annotated[int | None, kinds.Whole(1, 100)] = None
    """Nodes of its control plane."""
    workers: Annotated[int | None, kinds.Whole(0, 100)] = None
    """Nodes of its pools of workers, all together."""
    worker_pools: Annotated[int | None, kinds.Whole(0, 100)] = None
    """Pools of workers."""


@dataclass(frozen=True, slots=True)
class _ArchivedProfileTable:
    name: reading.Named
    """What it is called."""
    type: ProfileType
    """Its type."""
    version: reading.Named
    """Its version."""
    packs: Annotated[tuple[arranging.PackTable, ...], kinds.AtLeastOne(is_required=True)]
    """Its packs."""

    def profile(self) -> StackProfile:
        """As a cluster runs it."""
        packs = tuple(pack.pack() for pack in self.packs)
        return StackProfile(self.name, self.type, self.version, packs)


@dataclass(frozen=True, slots=True)
class ArchiveTable:
    """`[[edge.archives]]`: what somebody has uploaded to the hosts of each cluster, so that its
    profiles can be changed (`UpdateStack`).
    """

    path: reading.Named
    """Where the product finds it: what it is asked with as `archiveUploadPath`."""
    profiles: Annotated[tuple[_ArchivedProfileTable, ...], kinds.AtLeastOne(is_required=True)]
    """All that a cluster runs after it."""

    def change(self) -> ops.UpdateStack:
        """The operation that asks for it."""
        return ops.UpdateStack((), self.path, tuple(each.profile() for each in self.profiles))


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """`[edge]`."""

    login: _LoginTable
    """A user of the hosts' operating system, who may log in to each Local UI."""
    clusters: Annotated[tuple[SlotTable, ...], kinds.AtLeastOne(is_required=True)]
    """The places for clusters; a scenario leases one to three at a time."""
    largest: LargestCluster = LargestCluster()
    """How large a cluster can be."""
    archives: Annotated[tuple[ArchiveTable, ...], kinds.AtLeastOne()] = ()
    """Archives of profiles; a change of the profiles asks for the first that changes something."""
    tls: Trust | None = None
    """Which certificates are trusted at this side, in place of `tls`."""
    control: ControlTable | None = None
    """A control port for this side alone, in place of `control`."""


@dataclass(frozen=True, slots=True)
class CentralTable:
    """`[central]`."""

    url: reading.Address
    """Where Palette's API answers the harness."""
    endpoint: str | None = None
    """The Palette endpoint that an operator enters in Local UI; without it, `central.url`."""
    endpoint_forms: Annotated[
        dict[Annotated[str, kinds.OneOf(*(form.value for form in EndpointForm))], str],
        kinds.NamedBy("form of an endpoint"),
    ] = field(default_factory=dict)
    """Other forms of the endpoint, usable or not (PRE-6, SND-8)."""
    tls: Trust | None = None
    """Which certificates are trusted at this side, in place of `tls`."""
    control: ControlTable | None = None
    """A control port for this side alone, in place of `control`."""
    admin: arranging.AdminTable | None = None
    """An administrator of the tenant, by whom the published API arranges."""


# --- what holds for both --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _ImplementationTable:
    name: reading.Named
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
    proxy: reading.ProxyAddress = ""
    """The HTTP proxy through which addresses are asked that are not on this machine; one that the
    environment names is not used."""


_ASKED: Final = [
    route.operation for route in routes_of(ROUTES, ops.Surface.LOCAL_UI, ops.Surface.PALETTE)
]
_OPTIONAL: Final = (ops.LocalClusterOperation, ops.CentralClusterOperation, ops.MatchProfiles)
_Asked = Annotated[str, kinds.OneOf(*(kind.__name__ for kind in _ASKED))]
_Offerable = Annotated[str, kinds.OneOf(*(k.__name__ for k in _ASKED if issubclass(k, _OPTIONAL)))]
OPERATION_LIMITS: Final = "operations"
_LIMITS: Final[Any] = make_dataclass(
    "LimitsTable",
    [
        *(
            (
                kind.name,
                Annotated[
                    float, kinds.Above(kind.maximum_s), Field(description=f"{kind.meaning}.")
                ],
                kind.default_s,
            )
            for kind in limit_kinds()
        ),
        (
            OPERATION_LIMITS,
            Annotated[
                dict[_Asked, Annotated[float, kinds.Above(OPERATION_S_MAX)]],
                kinds.NamedBy("operation"),
                Field(description="How long single operations may take, in place of `answer_s`."),
            ],
            field(default_factory=dict),
        ),
    ],
    frozen=True,
)
_LIMITS.__module__ = __name__


# --- the file -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _OwnTables:
    roles: Annotated[
        tuple[Annotated[str, kinds.OneOf(Role.EDGE.value, Role.CENTRAL.value)], ...],
        kinds.Distinct(),
        kinds.AtLeastOne(is_required=True),
    ]
    """The sides that the implementation plays, and is judged for."""
    implementation: _ImplementationTable
    """Who made what is certified."""
    features: Annotated[
        tuple[Annotated[str, kinds.OneOf(*(each.feature.value for each in FEATURES))], ...],
        kinds.Distinct(),
    ] = ()
    """The optional features that it claims (see `docs/requirements.md`)."""
    offers: Annotated[
        dict[_Offerable, Annotated[bool, kinds.Flag()]], kinds.NamedBy("operation")
    ] = field(default_factory=dict)
    """Which operations it has, of those on a cluster and the match, where it is not said of them in
    `paths`; without either, it has all but those that are to be removed, or published nowhere. A
    match that is made on acceptance alone is judged there."""
    permissions: Annotated[
        dict[Annotated[str, kinds.OneOf(*PairPermission)], Annotated[tuple[str, ...], OneOrMore()]],
        kinds.NamedBy("permission"),
    ] = field(default_factory=dict)
    """What its permissions on pairing requests are called: ours = one of its own, or all that it
    takes; two of ours may be one there. Without an entry, as it is published (`clusterPair.list`).
    What is left out of them goes by whatever belongs to it."""
    words: Annotated[
        dict[Annotated[str, kinds.OneOf(*TROUBLES)], reading.Texts], kinds.NamedBy("trouble")
    ] = field(default_factory=dict)
    """Words by which the errors tell what is wrong, in any language (PRE-4S, PRE-6S, ACC-13S); one
    of a list is enough. An error without any of them fails there, and without an entry it is
    observed unless it names what is wrong and says something else of other troubles."""
    keeps: Annotated[
        tuple[Annotated[str, kinds.OneOf(*(kind.value for kind in KEEPABLE))], ...],
        kinds.Distinct(),
    ] = ()
    """What cannot be removed there once it is made: it stays, marked with the run, and is no leak;
    users lose their permissions and their keys where they can be changed, and what is asked of a
    removed user is not supported."""
    allow_writes: Annotated[bool, kinds.Flag()] = False
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
    arrange: arranging.ArrangeTable = arranging.ArrangeTable()
    """How preconditions are arranged."""
    links: LinksTable | None = None
    """How links between edge hosts and Palette are cut."""
    given: arranging.GivenTable = arranging.GivenTable()
    """What is there already, for scenarios to use as it is."""
    limits: Annotated[Any, kinds.TableOf(_LIMITS)] = field(default_factory=_LIMITS)
    """How long things may take, where the defaults are too short."""
    timeouts: Timeouts = Timeouts()
    """How long the harness waits for the network."""
    rate_limit: RateLimit = RateLimit()
    """How the harness spares the target."""
    sizes: Sizes = Sizes()
    """How much the target bears at once. What is asked with more is `not_supported`, and the doctor
    says so."""
    pages: PagesTable = PagesTable()
    """What its pages call what the document has a label for, and where they are."""
    network: _NetworkTable = _NetworkTable()
    """How the harness's requests travel."""


@dataclass(frozen=True)
class TargetTables(WireKeys, _OwnTables):
    """What a target file holds."""


TARGETS: Final = FileModel(
    TargetTables, reading.TargetFileError, SCHEMA, "a target file", reading.TARGET_FILE
)
WIRES: Final = FileModel(
    WireKeys, reading.TargetFileError, SCHEMA, "a file of a mapping", reading.TARGET_FILE
)


def target_schema_text() -> str:
    """The published JSON Schema (2020-12) of a target file, as its file holds it."""
    return schema_text(TARGETS.json_schema("A target file of pairproof, version 1"))


def to_markdown() -> str:
    """The tables of all keys, for `docs/target-file.md`."""
    return TARGETS.to_markdown({})
