"""What no user can do and a run still needs: preconditions and faults, as values.

A target arranges them in its own way (the control port of the reference, commands, a person)
or says that it cannot, which makes a verdict inconclusive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode
from harness.domain.permission import Grant, NamedGrant
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken


class MessageKind(StrEnum):
    """The messages that cross from an edge host to the central side."""

    PROBE = "probe"
    SUBMIT = "submit"
    POLL = "poll"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


class MessageFault(StrEnum):
    """What may happen to a message."""

    LOST_BEFORE = "lost-before"
    """It never arrives, so it takes no effect."""
    LOST_AFTER = "lost-after"
    """It takes effect; the answer never comes."""
    DELAYED = "delayed"
    REPEATED = "repeated"
    """It arrives twice."""
    SERVER_ERROR = "server-error"
    """The central side answers 500 and does nothing."""


class Side(StrEnum):
    """One of the two sides of pairing."""

    EDGE = "edge"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Base of all arrangements."""


LARGER_SHAPE = "larger shape"
SHAPES = frozenset({"shape", LARGER_SHAPE})
"""What an `InstallCluster` may say of the shape."""


@dataclass(frozen=True, slots=True)
class InstallCluster(Arrangement):
    """Put a fresh local cluster onto the hosts of a slot; what was there is gone.

    The hosts below the cluster's nodes are the slot's. With `cluster=None` the hosts of the
    slot are left without any cluster (PRE-3).
    """

    slot: str
    cluster: Cluster | None
    matters: tuple[str, ...] = ()
    """What of the cluster has to be just so: `name`, `description`, `tags`, `shape` (how many
    nodes of which kind, and how many pools, at least), `larger shape` (the same; with a node less
    it is tried elsewhere), `stack`. The rest, and its uid, a target may choose."""


@dataclass(frozen=True, slots=True)
class RenewCluster(Arrangement):
    """Put the cluster of a slot back as it once was: fresh, unpaired, on hosts that Local UI
    manages. For a target whose clusters are given: pairing is for good, so an accept consumes one.
    """

    slot: str


@dataclass(frozen=True, slots=True)
class SetHostMode(Arrangement):
    """The mode that a host was installed in (PRE-3)."""

    slot: str
    mode: ManagementMode


@dataclass(frozen=True, slots=True)
class SetClusterState(Arrangement):
    """The state of the slot's cluster (PRE-1)."""

    slot: str
    state: ClusterState


@dataclass(frozen=True, slots=True)
class SetNodeHealth(Arrangement):
    """The health of one node (PRE-2)."""

    slot: str
    node: str
    health: Health


@dataclass(frozen=True, slots=True)
class SetLink(Arrangement):
    """One host's link to the central side, up or down (PRE-5, WDR-4)."""

    host_uid: str
    up: bool


@dataclass(frozen=True, slots=True)
class FaultNextMessage(Arrangement):
    """What happens to the next message of a kind from a host. `delay` is in microseconds."""

    host_uid: str
    message: MessageKind
    fault: MessageFault
    delay: int = 0


@dataclass(frozen=True, slots=True)
class DisturbMessages(Arrangement):
    """What happens from now on to all messages of the hosts of one cluster, and their answers.

    `lost_before` and `lost_after` are millionths of them, lost before or after their effect;
    `slowed` is by how much their time on the way is multiplied. As it is here, nothing happens.
    """

    host_uid: str
    lost_before: int = 0
    lost_after: int = 0
    slowed: int = 1


@dataclass(frozen=True, slots=True)
class AdvanceClock(Arrangement):
    """Put one side's clock forward by `by` microseconds."""

    side: Side
    by: int


@dataclass(frozen=True, slots=True)
class SetClockRight(Arrangement):
    """Let one side's clock follow the common one again, however far it was put forward."""

    side: Side


@dataclass(frozen=True, slots=True)
class Restart(Arrangement):
    """Stop a side and start it again from its store."""

    side: Side


@dataclass(frozen=True, slots=True)
class SetRateLimit(Arrangement):
    """Answer 429 with Retry-After to the next `calls` calls that people make to Palette."""

    calls: int
    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """What has come of a fault so far, or of what lasts, as whoever brought it about can tell.

    Attributes:
        met: when it met a message or a call, in microseconds since the Unix epoch.
        left: how many such faults still wait for a message.
        passed: what got through a link since it was cut: messages, or bytes.
        starts: how often the side was started so far.
        now: the side's clock, in microseconds since the Unix epoch.
        grants: what a user may do.
        latest: the latest version of a cluster profile; empty where none is published.
    """

    met: tuple[int, ...] = ()
    left: int = 0
    passed: int = 0
    starts: int = 0
    now: int = 0
    grants: frozenset[Grant] | None = None
    latest: str | None = None


@dataclass(frozen=True, slots=True)
class CreateProject(Arrangement):
    """A project in Palette."""

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class ForgetProject(Arrangement):
    """Remove a project with its requests, tokens, profiles and clusters."""

    uid: str


@dataclass(frozen=True, slots=True)
class PutUser(Arrangement):
    """A user of Palette with an API key and a password; replaces one of the same e-mail."""

    email: str
    password: str
    api_key: str
    grants: frozenset[Grant]
    tenant_admin: bool = False
    """May create registration tokens, which is a matter of the tenant."""
    named: frozenset[NamedGrant] = frozenset()
    """The grants by the names that the product has for permissions, where it has names of its own:
    then just these are granted."""


@dataclass(frozen=True, slots=True)
class RemoveUser(Arrangement):
    """Delete a user of Palette with all sessions; one who is not there is no error."""

    email: str


@dataclass(frozen=True, slots=True)
class PutToken(Arrangement):
    """A registration token; replaces one of the same uid."""

    token: RegistrationToken


@dataclass(frozen=True, slots=True)
class RemoveToken(Arrangement):
    """Delete a registration token."""

    uid: str


@dataclass(frozen=True, slots=True)
class PutProfile(Arrangement):
    """A cluster profile with all its versions; replaces one of the same uid."""

    profile: ClusterProfile


@dataclass(frozen=True, slots=True)
class RemoveProfile(Arrangement):
    """Delete a cluster profile with all its versions; one that is not there is no error.

    `project_uid` is the project that it is in; empty for the tenant's.
    """

    uid: str
    project_uid: str = ""


@dataclass(frozen=True, slots=True)
class Reset(Arrangement):
    """A clean slate: no project, user, token, profile, request, session, fault or cluster."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one cluster: its edge hosts, each with a Local UI of its own."""

    uid: str
    host_uids: tuple[str, ...]
    given: bool = False
    """What stands there is used as it is: nobody installs a cluster there for a scenario."""
    disposable: bool = True
    """The cluster that stands there may be paired for good."""
    renewable: bool = True
    """A cluster that was consumed there can be had again (see `RenewCluster`)."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a target has for a run to use."""

    slots: tuple[Slot, ...]
    endpoint: str
    """The endpoint that an operator enters in Local UI."""
    endpoint_forms: Mapping[str, str] = field(default_factory=dict)
    """Other forms of it, usable or not, by the names of `harness.domain.endpoint`."""
    link_endpoint: str = ""
    """What an operator enters in its place where links are cut; empty where that is the same."""

    def endpoint_for(self, kinds: Collection[str] | None) -> str:
        """The endpoint for a scenario that arranges these kinds, by their names.

        Pairing is for good, and a paired edge goes on using the endpoint that it was given, so
        the one over which links are cut is for the scenarios that need it, and for those of
        which nobody knows what they need (`None`).
        """
        needed = kinds is None or not OVER_LINKS.isdisjoint(kinds)
        return self.link_endpoint if self.link_endpoint and needed else self.endpoint


OVER_LINKS = frozenset(k.__name__ for k in (SetLink, FaultNextMessage, DisturbMessages))
"""The names of what happens on the way from the edge hosts to the central side."""


OF_ONE_SIDE: tuple[type[Arrangement], ...] = (Restart, AdvanceClock, SetClockRight)
"""Arrangements that name the side that they concern."""

SIDES_OF: Mapping[type[Arrangement], tuple[Side, ...]] = {
    **dict.fromkeys((*OF_ONE_SIDE, Reset), (Side.CENTRAL, Side.EDGE)),
    **dict.fromkeys(
        (
            InstallCluster,
            RenewCluster,
            SetHostMode,
            SetClusterState,
            SetNodeHealth,
            SetLink,
            FaultNextMessage,
        ),
        (Side.EDGE,),
    ),
    **dict.fromkeys(
        (
            DisturbMessages,
            SetRateLimit,
            CreateProject,
            ForgetProject,
            PutUser,
            RemoveUser,
            PutToken,
            RemoveToken,
            PutProfile,
            RemoveProfile,
        ),
        (Side.CENTRAL,),
    ),
}
"""The sides that an arrangement of each kind concerns, or may concern where it names one."""


READ_BACK: tuple[type[Arrangement], ...] = (
    *(SetLink, FaultNextMessage, DisturbMessages, AdvanceClock, Restart, SetRateLimit),
    *(PutUser, PutProfile),
)
"""What nobody rests on before it was told what has come of it, where that can be told."""


def to_be_seen(arrangement: Arrangement) -> FaultEffect | None:
    """What is seen of something that lasts, once it is as it was arranged; `None` of all else."""
    match arrangement:
        case PutUser(grants=grants):
            return FaultEffect(grants=grants)
        case PutProfile(profile):
            latest = profile.latest()
            return FaultEffect(latest=latest.version if latest else "")
    return None


def side_of(arrangement: Arrangement) -> tuple[Side, ...]:
    """Which side an arrangement concerns."""
    match arrangement:
        case Restart(side) | AdvanceClock(side=side) | SetClockRight(side):
            return (side,)
    return SIDES_OF[type(arrangement)]
