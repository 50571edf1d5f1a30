"""What can be asked of either side, and what comes back.

An operation is an imperative; it says nothing of HTTP, clicks or sockets. Turning one into a
request or a click, and an answer back, is a driver's work. Three surfaces exist: Local UI
(asked by an operator, on one edge host), Palette (asked by an administrator) and the agent
surface (asked of Palette by an edge host).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Final

from harness.domain.cluster import Cluster, ManagementMode, NodePool
from harness.domain.errors import Refused
from harness.domain.match import MatchResult
from harness.domain.pages import PageView
from harness.domain.permission import AccessRole
from harness.domain.profile import ClusterProfile, StackProfile
from harness.domain.token import RegistrationToken


class Surface(StrEnum):
    """Where an operation is asked."""

    LOCAL_UI = "local-ui"
    PALETTE = "palette"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Operation:
    """Base of all operations. `surface` says where it is asked."""

    surface: ClassVar[Surface]


@dataclass(frozen=True, slots=True)
class LocalOperation(Operation):
    """Asked of one host's Local UI."""

    surface: ClassVar[Surface] = Surface.LOCAL_UI


@dataclass(frozen=True, slots=True)
class CentralOperation(Operation):
    """Asked of Palette by a person."""

    surface: ClassVar[Surface] = Surface.PALETTE


@dataclass(frozen=True, slots=True)
class AgentOperation(Operation):
    """Asked of Palette by an edge host."""

    surface: ClassVar[Surface] = Surface.AGENT


PaletteOperation = CentralOperation | AgentOperation


# --- Local UI -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogIn(LocalOperation):
    """Log in to Local UI. Answers a `Session`."""

    username: str
    password: str
    extended: bool = False


@dataclass(frozen=True, slots=True)
class LogOut(LocalOperation):
    """End the session that the call carries. Answers `Acknowledged`."""


@dataclass(frozen=True, slots=True)
class ViewCluster(LocalOperation):
    """The local cluster with its state and nodes. Answers a `Cluster` (without its stack)."""


@dataclass(frozen=True, slots=True)
class ViewStack(LocalOperation):
    """The profiles that the local cluster runs. Answers a `Stack`."""


@dataclass(frozen=True, slots=True)
class ViewManagement(LocalOperation):
    """Who manages this host. Answers a `Management`."""


@dataclass(frozen=True, slots=True)
class PairingInput(LocalOperation):
    """The three entries of Settings, Centrally Managed. Whether any certificate will do is left
    out where `insecure` is `None`.
    """

    endpoint: str
    token: str
    insecure: bool | None = False


@dataclass(frozen=True, slots=True)
class VerifyConnection(PairingInput):
    """Can every host of the cluster reach Palette? Answers a `Verification`."""


@dataclass(frozen=True, slots=True)
class SendPairingRequest(PairingInput):
    """Send the pairing request. Answers a `PairingId`."""


@dataclass(frozen=True, slots=True)
class ViewPairing(LocalOperation):
    """The pending pairing request, or what became of the last. Answers a `PairingView`."""


@dataclass(frozen=True, slots=True)
class CancelPairingRequest(LocalOperation):
    """Withdraw the pending request. Answers `Acknowledged`."""


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """What the nodes of a cluster have in common: time servers, and who may log in by SSH."""

    ntp_servers: tuple[str, ...] = ()
    ssh_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalClusterOperation(LocalOperation):
    """Base of what Local UI may do to its cluster while it manages it (ACC-13, SND-6)."""


@dataclass(frozen=True, slots=True)
class UpdateCluster(LocalClusterOperation):
    """Replace the named cluster's configuration: here its tags. Answers `Acknowledged`."""

    cluster_name: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PatchNamedCluster(LocalClusterOperation):
    """Patch the named cluster: add or replace tags. Answers `Acknowledged`."""

    cluster_name: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PatchCluster(LocalClusterOperation):
    """Patch the current cluster: add or replace tags. Answers `Acknowledged`."""

    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class UpdateStack(LocalClusterOperation):
    """Replace the profiles that the cluster runs. Answers `Acknowledged`.

    What is published takes them from an archive that a person uploads. So only a target is asked
    for it that says that it takes them in the call, or which archives were uploaded.

    Attributes:
        stack: the profiles, where they are in the call.
        archive: where the product finds the archive that they are in otherwise.
        holds: what is in it, as the target file has it. It is known here and never sent.
    """

    stack: tuple[StackProfile, ...] = ()
    archive: str = ""
    holds: tuple[StackProfile, ...] = ()

    @property
    def result(self) -> tuple[StackProfile, ...]:
        """What the cluster shall run then."""
        return self.stack or self.holds


@dataclass(frozen=True, slots=True)
class DeleteCluster(LocalClusterOperation):
    """Delete the local cluster. Answers `Acknowledged`."""


@dataclass(frozen=True, slots=True)
class CreateCluster(LocalClusterOperation):
    """Create a cluster on hosts that have none. Answers `Acknowledged`.

    Without `pools` it runs on the host that is asked.
    """

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    pools: tuple[NodePool, ...] = ()


@dataclass(frozen=True, slots=True)
class AddMachinePool(LocalClusterOperation):
    """Add a pool of nodes on hosts that have none. Answers `Acknowledged`."""

    pool: NodePool


@dataclass(frozen=True, slots=True)
class UpdateMachinePool(LocalClusterOperation):
    """Replace the pool of this name: its hosts. Answers `Acknowledged`."""

    pool: NodePool


@dataclass(frozen=True, slots=True)
class ScaleMachinePool(LocalClusterOperation):
    """Patch a pool: the hosts that it runs on. Answers `Acknowledged`."""

    pool_name: str
    host_uids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveMachinePool(LocalClusterOperation):
    """Remove a pool with its nodes. Answers `Acknowledged`."""

    pool_name: str


@dataclass(frozen=True, slots=True)
class RemoveNode(LocalClusterOperation):
    """Remove one node from its pool. Answers `Acknowledged`."""

    pool_name: str
    node_name: str


@dataclass(frozen=True, slots=True)
class UpdateClusterSettings(LocalClusterOperation):
    """Replace the cluster's settings. Answers `Acknowledged`."""

    settings: ClusterSettings


@dataclass(frozen=True, slots=True)
class ViewClusterSettings(LocalOperation):
    """The cluster's settings. Answers `ClusterSettings`."""


@dataclass(frozen=True, slots=True)
class RestoreLocalManagement(LocalOperation):
    """Ask Local UI to take a paired cluster back (ACC-19). Answers `Acknowledged`."""


# --- Palette, asked by a person -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogInToPalette(CentralOperation):
    """Log in to Palette. Answers a `Session`."""

    email: str
    password: str


@dataclass(frozen=True, slots=True)
class ListPairingRequests(CentralOperation):
    """The pairing requests that wait for a decision. Answers a `PairingList`.

    `state` and `local_cluster_uid` filter, as the published filter model does.
    """

    state: str = ""
    local_cluster_uid: str = ""


@dataclass(frozen=True, slots=True)
class ViewPairingRequest(CentralOperation):
    """One request with what it carried. Answers a `PairingRequestView`."""

    pairing_uid: str


@dataclass(frozen=True, slots=True)
class SelectedProfile:
    """A profile selected for the match; an empty `version` means its latest."""

    uid: str
    version: str = ""


Selected = tuple[SelectedProfile, ...]


@dataclass(frozen=True, slots=True)
class MatchProfiles(CentralOperation):
    """Does this selection match the request's stack? Answers a `MatchResult`."""

    pairing_uid: str
    selection: Selected


@dataclass(frozen=True, slots=True)
class AcceptPairingRequest(CentralOperation):
    """Pair cluster. Fields that are `None` keep the cluster's values. Answers `Accepted`."""

    pairing_uid: str
    selection: Selected
    name: str | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class AcceptanceStep(CentralOperation):
    """Base of the steps before Pair cluster, where an API has them as calls (ACC-11).

    Each answers `Acknowledged`.
    """

    pairing_uid: str


@dataclass(frozen=True, slots=True)
class AcknowledgeWarning(AcceptanceStep):
    """I understand: local operations end (ACC-4)."""


@dataclass(frozen=True, slots=True)
class EnterDetails(AcceptanceStep):
    """Name, description and tags, Next step. Fields that are `None` keep the cluster's values."""

    name: str | None = None
    description: str | None = None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ConfirmMatch(AcceptanceStep):
    """Confirm the match of this selection, Next step (ACC-17)."""

    selection: Selected


@dataclass(frozen=True, slots=True)
class ValidateReview(AcceptanceStep):
    """Validate what was reviewed (ACC-18)."""


@dataclass(frozen=True, slots=True)
class RejectPairingRequest(CentralOperation):
    """Reject the pairing request. Answers `Acknowledged`."""

    pairing_uid: str


@dataclass(frozen=True, slots=True)
class CentralClusterOperation(CentralOperation):
    """Base of what Palette may do to a cluster that it manages (ACC-12)."""


@dataclass(frozen=True, slots=True)
class ViewCentralCluster(CentralOperation):
    """A cluster that is registered centrally. Answers a `CentralClusterView`."""

    cluster_uid: str


@dataclass(frozen=True, slots=True)
class ListCentralClusters(CentralOperation):
    """The clusters that are registered in the scope. Answers a `CentralClusterList`."""


@dataclass(frozen=True, slots=True)
class ListProjects(CentralOperation):
    """The projects that the caller has any business in. Answers a `ScopeList`.

    `name` looks for the one of this name.
    """

    name: str = ""


@dataclass(frozen=True, slots=True)
class ListProfiles(CentralOperation):
    """Every version of the cluster profiles of the scope. Answers a `ProfileList`."""


@dataclass(frozen=True, slots=True)
class ViewProfile(CentralOperation):
    """A cluster profile as its latest version has it. Answers a `ProfileView`."""

    profile_uid: str


@dataclass(frozen=True, slots=True)
class ChangeCentralCluster(CentralClusterOperation):
    """A central operation on a cluster: replace its metadata. Answers `Acknowledged`.

    What is `None` stays as it is; annotations, besides the description, are added.
    """

    cluster_uid: str
    tags: Mapping[str, str] | None
    name: str | None = None
    description: str | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdateCentralProfiles(CentralClusterOperation):
    """A central operation on a cluster: replace its cluster profiles. Answers `Acknowledged`."""

    cluster_uid: str
    selection: Selected


@dataclass(frozen=True, slots=True)
class ReleaseCentralCluster(CentralClusterOperation):
    """Ask Palette to give a cluster back to local management (ACC-19)."""

    cluster_uid: str


ACCEPTANCE_STEPS: Final = (AcknowledgeWarning, EnterDetails, ConfirmMatch, ValidateReview)
"""The steps of the wizard before Pair cluster, in their order."""

RARELY_OFFERED: Final[Mapping[type[Operation], str]] = MappingProxyType(
    {
        PatchCluster: "it is published as to be removed",
        UpdateStack: "what is published takes an archive that a person uploads",
        ReleaseCentralCluster: "it is not published",
    }
)
"""What is asked for only where a target says so, and why."""


@dataclass(frozen=True, slots=True)
class ListTokens(CentralOperation):
    """The registration tokens. Answers a `TokenList`."""


@dataclass(frozen=True, slots=True)
class ViewToken(CentralOperation):
    """One registration token. Answers a `RegistrationToken`."""

    token_uid: str


@dataclass(frozen=True, slots=True)
class CreateToken(CentralOperation):
    """Create a registration token, in tenant scope. Answers a `CreatedToken`."""

    name: str
    project_uid: str = ""
    expiry: int | None = None


@dataclass(frozen=True, slots=True)
class UpdateToken(CentralOperation):
    """Change a token. Answers `Acknowledged`. What is `None` or empty stays as it is."""

    token_uid: str
    name: str = ""
    project_uid: str = ""
    expiry: int | None = None


@dataclass(frozen=True, slots=True)
class SetTokenState(CentralOperation):
    """Activate or deactivate a token. Answers `Acknowledged`."""

    token_uid: str
    active: bool


@dataclass(frozen=True, slots=True)
class DeleteToken(CentralOperation):
    """Delete a token. Answers `Acknowledged`."""

    token_uid: str


# What a tenant's administrator arranges by the published calls.


@dataclass(frozen=True, slots=True)
class AddProject(CentralOperation):
    """Create a project. Answers a `Created`."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteProject(CentralOperation):
    """Delete a project, with what is in it if that is asked for. Answers `Acknowledged`."""

    project_uid: str
    with_contents: bool = False


@dataclass(frozen=True, slots=True)
class AddRole(CentralOperation):
    """Create a role. Answers a `Created`."""

    role: AccessRole


@dataclass(frozen=True, slots=True)
class ListRoles(CentralOperation):
    """The roles with their permissions. Answers a `RoleList`."""


@dataclass(frozen=True, slots=True)
class ViewRole(CentralOperation):
    """A role with its permissions. Answers an `AccessRole`."""

    role_uid: str


@dataclass(frozen=True, slots=True)
class DeleteRole(CentralOperation):
    """Delete a role; whoever held it does so no more. Answers `Acknowledged`."""

    role_uid: str


@dataclass(frozen=True, slots=True)
class AddUser(CentralOperation):
    """Create a user of Palette, without any role. Answers a `Created`."""

    email: str
    name: str


@dataclass(frozen=True, slots=True)
class ListUsers(CentralOperation):
    """The users of Palette. Answers a `UserList`."""


@dataclass(frozen=True, slots=True)
class DeleteUser(CentralOperation):
    """Delete a user of Palette, with sessions and API keys. Answers `Acknowledged`."""

    user_uid: str


@dataclass(frozen=True, slots=True)
class SetTenantRoles(CentralOperation):
    """Replace the roles that a user holds in the tenant, by uid. Answers `Acknowledged`."""

    user_uid: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ViewTenantRoles(CentralOperation):
    """The roles that a user holds in the tenant. Answers `TenantRoles`."""

    user_uid: str


@dataclass(frozen=True, slots=True)
class SetProjectRoles(CentralOperation):
    """Replace the roles that a user holds in these projects. Answers `Acknowledged`."""

    user_uid: str
    projects: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ViewProjectRoles(CentralOperation):
    """The roles that a user holds in projects. Answers `ProjectRoles`."""

    user_uid: str


@dataclass(frozen=True, slots=True)
class ChangePassword(CentralOperation):
    """Give a user another password. Answers `Acknowledged`."""

    user_uid: str
    password: str
    current: str = ""


@dataclass(frozen=True, slots=True)
class AddApiKey(CentralOperation):
    """Create an API key of a user's. Answers an `IssuedKey`."""

    name: str
    user_uid: str
    expiry: int | None = None


@dataclass(frozen=True, slots=True)
class AddProfile(CentralOperation):
    """Create a version of a cluster profile, in the scope of the call. Answers a `Created`.

    One of the same name there is a further version of that profile.
    """

    profile: StackProfile
    variables: tuple[tuple[str, str], ...] = ()
    publish: bool = False


@dataclass(frozen=True, slots=True)
class PublishProfile(CentralOperation):
    """Publish the draft of a cluster profile. Answers `Acknowledged`."""

    profile_uid: str


@dataclass(frozen=True, slots=True)
class DeleteProfile(CentralOperation):
    """Delete a cluster profile. Answers `Acknowledged`."""

    profile_uid: str


@dataclass(frozen=True, slots=True)
class PageOperation(CentralOperation):
    """Base of what Palette's own pages ask; it has no place in the HTTP API."""


@dataclass(frozen=True, slots=True)
class LogOutOfPalette(PageOperation):
    """End the session that the call carries. Answers `Acknowledged`."""


@dataclass(frozen=True, slots=True)
class ListScopes(PageOperation):
    """The scopes that the caller has any business in. Answers a `ScopeList`."""


@dataclass(frozen=True, slots=True)
class ListSelectableProfiles(PageOperation):
    """What may be selected for the match of one request. Answers `SelectableProfiles`."""

    pairing_uid: str


# --- Palette, asked by an edge host ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Probe(AgentOperation):
    """Is this a Palette that this host can reach? Answers `Acknowledged`."""


@dataclass(frozen=True, slots=True)
class SubmitPairing(AgentOperation):
    """Submit a pairing request. Answers a `PairingId`.

    `cluster_token` is a secret of the cluster's own. Submitting again with the same cluster
    and secret is the same submission, and is answered with the same id. Where there is a `key`,
    that says which submission it is, in place of the secret.
    """

    registration_token: str
    cluster_token: str
    cluster: Cluster
    agent_version: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class OfRequest(AgentOperation):
    """Base of what a host asks about a request that it sent itself."""

    pairing_uid: str
    cluster_token: str


@dataclass(frozen=True, slots=True)
class PollPairing(OfRequest):
    """What became of my request? Answers a `PollAnswer`."""


@dataclass(frozen=True, slots=True)
class ConfirmPairing(OfRequest):
    """I obey you from now on. Answers a `PollAnswer`."""


@dataclass(frozen=True, slots=True)
class WithdrawPairing(AgentOperation):
    """My request is cancelled. Answers `Acknowledged`.

    Without a `pairing_uid` it means "the one that I submitted with this secret", for a host
    that never got the answer to its submission. `local_cluster_uid` may be empty.
    `ended` says that the host has ended the request already and cannot go back: then an acceptance
    that is being handed over fails, where it would otherwise refuse the withdrawal (WDR-6, WDR-9).
    """

    local_cluster_uid: str
    cluster_token: str
    pairing_uid: str = ""
    ended: bool = False


# --- answers ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """Base of what is made to answer an operation."""


@dataclass(frozen=True, slots=True)
class Acknowledged(Answer):
    """Done."""

    message: str = ""


@dataclass(frozen=True, slots=True)
class Session(Answer):
    """A login's token, which goes into the `Authorization` header. A secret."""

    token: str


@dataclass(frozen=True, slots=True)
class Stack(Answer):
    """The profiles of a local cluster."""

    profiles: tuple[StackProfile, ...]


@dataclass(frozen=True, slots=True)
class Management(Answer):
    """Who manages the host."""

    mode: ManagementMode


@dataclass(frozen=True, slots=True)
class Verification(Answer):
    """The answer of the connection check."""

    verified: bool
    message: str


@dataclass(frozen=True, slots=True)
class PairingId(Answer):
    """The id of a pairing request."""

    pairing_uid: str


@dataclass(frozen=True, slots=True)
class PairingView(Answer):
    """A pairing request as Local UI shows it. `status` is a published status."""

    pairing_uid: str
    status: str
    message: str
    endpoint: str
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class PairingListItem:
    """One line of the list of pairing requests. `created` is in microseconds."""

    pairing_uid: str
    name: str
    local_cluster_uid: str
    state: str
    created: int
    cluster_uid: str = ""


@dataclass(frozen=True, slots=True)
class PairingList(Answer):
    """The list of pairing requests."""

    items: tuple[PairingListItem, ...]


@dataclass(frozen=True, slots=True)
class PairingRequestView(Answer):
    """One pairing request with what it carried."""

    pairing_uid: str
    state: str
    name: str
    description: str
    tags: Mapping[str, str]
    local_cluster_uid: str
    stack: tuple[StackProfile, ...]
    cluster_uid: str = ""
    pools: tuple[NodePool, ...] = ()
    agent_version: str = ""


@dataclass(frozen=True, slots=True)
class Accepted(Answer):
    """The acceptance was taken; the cluster will bear this uid once the host confirms."""

    cluster_uid: str


@dataclass(frozen=True, slots=True)
class CentralClusterView(Answer):
    """A cluster as Palette shows it; `profiles` are the uids of its profiles, sorted."""

    uid: str
    name: str
    description: str
    tags: Mapping[str, str]
    state: str
    annotations: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CentralClusterList(Answer):
    """The registered clusters of a scope, in the order in which they were accepted."""

    items: tuple[CentralClusterView, ...]


@dataclass(frozen=True, slots=True)
class NamedScope:
    """The tenant (`uid` is empty) or a project, as a person reads it."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class ScopeList(Answer):
    """Scopes, the tenant first."""

    items: tuple[NamedScope, ...]


@dataclass(frozen=True, slots=True)
class ProfileListItem:
    """One version of a cluster profile, by which it is found."""

    uid: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class ProfileList(Answer):
    """The versions of cluster profiles."""

    items: tuple[ProfileListItem, ...]


@dataclass(frozen=True, slots=True)
class ProfileView(Answer):
    """The latest version of a cluster profile; that of a draft where none is published.

    `versions` are the uids of all its versions, which may be one and the same.
    """

    profile: StackProfile
    published: bool
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SelectableProfile:
    """A profile with the version that is its latest; empty when it has none (PRE-7)."""

    profile: ClusterProfile
    latest: str


@dataclass(frozen=True, slots=True)
class SelectableProfiles(Answer):
    """The profiles of a request's project and of the tenant."""

    items: tuple[SelectableProfile, ...]


@dataclass(frozen=True, slots=True)
class Created(Answer):
    """The uid of what was created."""

    uid: str


@dataclass(frozen=True, slots=True)
class CreatedToken(Created):
    """The uid of a registration token that was created; its value, where only this answer tells it
    in full. A secret.
    """

    token: str = ""


@dataclass(frozen=True, slots=True)
class RoleList(Answer):
    """Roles of the tenant."""

    items: tuple[AccessRole, ...]


@dataclass(frozen=True, slots=True)
class NamedUser:
    """A user of Palette, as they are found."""

    uid: str
    email: str


@dataclass(frozen=True, slots=True)
class UserList(Answer):
    """Users of Palette."""

    items: tuple[NamedUser, ...]


@dataclass(frozen=True, slots=True)
class TenantRoles(Answer):
    """The uids of the roles that somebody holds in the tenant, by themselves or in a team."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProjectRoles(Answer):
    """The same by the uids of projects."""

    projects: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class IssuedKey(Answer):
    """A new API key. A secret."""

    api_key: str


@dataclass(frozen=True, slots=True)
class TokenList(Answer):
    """Registration tokens."""

    items: tuple[RegistrationToken, ...]


@dataclass(frozen=True, slots=True)
class PollAnswer(Answer):
    """What became of a request, as its host learns it. `state` is a `RequestState` value, or
    `NO_NEWS`.
    """

    state: str
    cluster_uid: str = ""
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


NO_NEWS: Final = ""
"""What a host is told that asks while nothing has happened, where the answer holds no state."""

Value = Answer | Cluster | ClusterSettings | MatchResult | RegistrationToken | AccessRole | PageView


@dataclass(frozen=True, slots=True)
class Done:
    """It happened (`ok`)."""

    value: Value


@dataclass(frozen=True, slots=True)
class Unknown:
    """No answer, or none that is well-formed: it may or may not have happened (`info`)."""

    why: str


KnownReply = Done | Refused
"""A reply that says what has become of it."""
Reply = KnownReply | Unknown


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a call proves itself with. All secrets; all optional.

    `project_uid` is the `ProjectUid` header; empty means tenant scope.
    """

    session: str = ""
    api_key: str = ""
    project_uid: str = ""
