"""What the two sides keep in their stores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from harness.domain.cluster import Cluster, ManagementMode
from harness.domain.operations import AcceptPairingRequest, ClusterSettings
from harness.domain.pairing import LocalState, RequestState
from harness.domain.permission import AccessRole, Grant
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken


@dataclass(frozen=True, slots=True)
class Project:
    """A project of the tenant."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A user of Palette."""

    email: str
    password: str
    api_key: str
    grants: frozenset[Grant]
    tenant_admin: bool = False
    uid: str = ""
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The uids of roles by scope."""

    @property
    def known_by(self) -> str:
        """The uid by which others name them."""
        return self.uid or self.email


@dataclass(frozen=True, slots=True)
class UserKey:
    """A further API key of a user's, who is named by e-mail."""

    key: str
    email: str
    expiry: int | None


@dataclass(frozen=True, slots=True)
class LoginSession:
    """A login. `subject` is an e-mail at Palette, a host's uid at Local UI."""

    token: str
    subject: str
    expiry: int


@dataclass(frozen=True, slots=True)
class StepsTaken:
    """How far somebody is who accepts a request step by step.

    Attributes:
        by: the e-mail of who has acknowledged the warning.
        entered: what the steps have gathered; without a selection, no match was confirmed.
        validated: nothing was changed since the review was validated.
    """

    by: str
    entered: AcceptPairingRequest | None = None
    validated: bool = False


@dataclass(frozen=True, slots=True)
class PairingRequest:
    """A pairing request as the central side keeps it. Times are in microseconds."""

    pairing_uid: str
    project_uid: str
    state: RequestState
    created: int
    cluster: Cluster
    cluster_token: str
    token_uid: str
    cluster_uid: str = ""
    accepted_at: int = 0
    agent_version: str = ""
    steps: StepsTaken | None = None
    key: str = ""
    is_known: bool = False
    """Whether its host has shown that it knows its id; noted where its secret stays."""


@dataclass(frozen=True, slots=True)
class EndedSubmission:
    """A submission that its host had ended before it came, so that it is not admitted any more."""

    submission: str
    """The cluster's uid and its secret, as they find a request that was admitted."""


@dataclass(frozen=True, slots=True)
class CentralCluster:
    """A cluster that was accepted. It is managed only once its host has confirmed."""

    uid: str
    project_uid: str
    pairing_uid: str
    name: str
    description: str
    tags: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocalRequest:
    """The edge's copy of a request, with what the host needs to follow it up."""

    state: LocalState
    host_uid: str
    endpoint: str
    base_url: str
    insecure: bool
    cluster_token: str
    pairing_uid: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class OwedWithdrawal:
    """A withdrawal that could not be told, and has to be when the link is back."""

    host_uid: str
    base_url: str
    insecure: bool
    local_cluster_uid: str
    cluster_token: str
    pairing_uid: str


@dataclass(frozen=True, slots=True)
class SlotState:
    """A slot with what is installed there: the hosts, their mode, their cluster if any."""

    slot: str
    host_uids: tuple[str, ...]
    mode: ManagementMode = ManagementMode.LOCAL
    cluster: Cluster | None = None
    request: LocalRequest | None = None
    owed: tuple[OwedWithdrawal, ...] = ()
    settings: ClusterSettings = ClusterSettings()
    changing: bool = False
    """Whether its cluster is on its way from Provisioning to Running, or from Deleting to gone."""

    @property
    def has_work(self) -> bool:
        """Whether a host agent has something to follow up."""
        following = (LocalState.PENDING, LocalState.CONFIRMING)
        if self.owed or (self.request is not None and self.request.state in following):
            return True
        return self.may_arrive

    @property
    def may_arrive(self) -> bool:
        """Whether its cluster may get to where it is on its way: no pairing is under way."""
        ended = (None, LocalState.REJECTED, LocalState.FAILED, LocalState.ABANDONED)
        return self.changing and (self.request and self.request.state) in ended


@dataclass(frozen=True, slots=True)
class HostSlot:
    """Which slot a host belongs to."""

    host_uid: str
    slot: str


@dataclass(frozen=True, slots=True)
class Boots:
    """How often a side was started; part of the seed of its draws, so that no id returns."""

    side: str
    count: int


Record: TypeAlias = (
    Project
    | User
    | UserKey
    | AccessRole
    | LoginSession
    | RegistrationToken
    | ClusterProfile
    | PairingRequest
    | EndedSubmission
    | CentralCluster
    | SlotState
    | HostSlot
    | Boots
)

KEY: Mapping[type, Callable[..., str]] = {
    Project: lambda r: r.uid,
    User: lambda r: r.email,
    UserKey: lambda r: r.key,
    AccessRole: lambda r: r.uid,
    LoginSession: lambda r: r.token,
    RegistrationToken: lambda r: r.uid,
    ClusterProfile: lambda r: r.uid,
    PairingRequest: lambda r: r.pairing_uid,
    EndedSubmission: lambda r: r.submission,
    CentralCluster: lambda r: r.uid,
    SlotState: lambda r: r.slot,
    HostSlot: lambda r: r.host_uid,
    Boots: lambda r: r.side,
}
"""The key of a record in its table."""


def submission_key(cluster_uid: str, secret_or_key: str) -> str:
    """What a submission is found by: it is the same however often it is sent."""
    return f"{cluster_uid}:{secret_or_key}"


INDEX: Mapping[type, Mapping[str, Callable[..., str]]] = {
    User: {"api_key": lambda r: r.api_key, "uid": lambda r: r.known_by},
    UserKey: {"email": lambda r: r.email},
    RegistrationToken: {"value": lambda r: r.value, "project": lambda r: r.project_uid},
    ClusterProfile: {"project": lambda r: r.project_uid},
    PairingRequest: {
        "project": lambda r: r.project_uid,
        "open": lambda r: r.project_uid if r.state is RequestState.PENDING else "",
        "any_open": lambda r: "yes" if r.state is RequestState.PENDING else "",
        "open_of_cluster": lambda r: r.cluster.uid if r.state is RequestState.PENDING else "",
        "submission": lambda r: submission_key(r.cluster.uid, r.cluster_token),
        "key": lambda r: submission_key(r.cluster.uid, r.key) if r.key else "",
    },
    CentralCluster: {"project": lambda r: r.project_uid, "pairing": lambda r: r.pairing_uid},
    SlotState: {"work": lambda r: "yes" if r.has_work else ""},
}
"""What can be looked up besides the key; an empty text keeps a record out of the index."""
