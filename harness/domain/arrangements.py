"""What no user can do and a run still needs: preconditions and faults, as values.

A target arranges them in its own way (the control port of the reference, commands, a person)
or says that it cannot, which makes a verdict inconclusive.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final

from harness.domain import operations as ops
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


CARRIES: Final[Mapping[MessageKind, type[ops.AgentOperation]]] = {
    MessageKind.PROBE: ops.Probe,
    MessageKind.SUBMIT: ops.SubmitPairing,
    MessageKind.POLL: ops.PollPairing,
    MessageKind.CONFIRM: ops.ConfirmPairing,
    MessageKind.WITHDRAW: ops.WithdrawPairing,
}
"""The operation that a message of each kind carries."""


class MessageFault(StrEnum):
    """What may happen to a message."""

    LOST_BEFORE = "lost-before"
    """It never arrives, so it takes no effect."""
    UNANSWERED = "unanswered"
    """It never arrives, and nothing says so: its connection stays as it is."""
    LOST_AFTER = "lost-after"
    """It takes effect; the answer never comes."""
    DELAYED = "delayed"
    LATE = "late"
    """Nobody answers it, and it arrives once its host's link is set up (`SetLink`): after all that
    its host has sent meanwhile."""
    REPEATED = "repeated"
    """It arrives twice."""
    REPEATED_LATE = "repeated-late"
    """It arrives and is answered, and arrives once more when its host's link is set up."""
    SERVER_ERROR = "server-error"
    """It is answered 500, and never arrives; the same goes for those that follow."""
    UNAVAILABLE = "unavailable"
    """503, with a page in place of an error."""
    RATE_LIMITED = "rate-limited"
    """429, with `Retry-After`."""
    GARBLED = "garbled"
    """200, with half an answer."""
    REWORDED = "reworded"
    """It arrives, and its answer says the same in another writing. There has to be a wire."""


ANSWERS: Final = (
    MessageFault.SERVER_ERROR,
    MessageFault.UNAVAILABLE,
    MessageFault.RATE_LIMITED,
    MessageFault.GARBLED,
)
"""What a message may be answered with on its way."""


class Side(StrEnum):
    """One of the two sides of pairing."""

    EDGE = "edge"
    CENTRAL = "central"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Base of all arrangements, with what is known of each kind.

    Attributes:
        sides: those that it concerns, or may concern where it names one.
        again: what it means of what is there already, or when it is asked for again.
        subject: the field that holds what it is about, where that is a value of its own.
        own: what a target may choose, of the arrangement or of its subject.
        is_read_back: whether nobody rests on it before it was told what has come of it, where that
            can be told.
    """

    sides: ClassVar[tuple[Side, ...]]
    again: ClassVar[str] = "it stays so"
    subject: ClassVar[str] = ""
    own: ClassVar[frozenset[str]] = frozenset()
    is_read_back: ClassVar[bool] = False

    @classmethod
    def names_side(cls) -> bool:
        """Whether one of this kind concerns the side that it names."""
        return "side" in cls.__dataclass_fields__


EDGE, CENTRAL = (Side.EDGE,), (Side.CENTRAL,)


LARGER_SHAPE = "larger shape"
SHAPES = frozenset({"shape", LARGER_SHAPE})
"""What an `InstallCluster` may say of the shape."""


@dataclass(frozen=True, slots=True)
class InstallCluster(Arrangement):
    """Put a fresh local cluster onto the hosts of a slot; what was there is gone.

    The hosts below the cluster's nodes are the slot's. With `cluster=None` the hosts of the
    slot are left without any cluster (PRE-3).
    """

    sides = EDGE
    again = (
        "what was there goes, with its requests; the new one is unpaired and managed by Local UI"
    )
    subject = "cluster"
    own = frozenset({"uid", "name", "description", "tags", "pools", "stack"})

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

    sides = EDGE
    again = "it is done whatever stands there"

    slot: str


@dataclass(frozen=True, slots=True)
class SetHostMode(Arrangement):
    """The mode that a host was installed in (PRE-3), until the next `InstallCluster` there."""

    sides = EDGE

    slot: str
    mode: ManagementMode


@dataclass(frozen=True, slots=True)
class SetClusterState(Arrangement):
    """The state of the slot's cluster (PRE-1)."""

    sides = EDGE

    slot: str
    state: ClusterState


@dataclass(frozen=True, slots=True)
class SetNodeHealth(Arrangement):
    """The health of one node (PRE-2)."""

    sides = EDGE

    slot: str
    node: str
    health: Health


@dataclass(frozen=True, slots=True)
class SetLink(Arrangement):
    """One host's link to the central side, up or down (PRE-5, WDR-4)."""

    sides = EDGE
    again = (
        "it stays so; set up where it is up, what waits for its messages is forgotten, and what is"
        " late arrives; a link that comes back from being down keeps both"
    )
    is_read_back = True

    host_uid: str
    up: bool


TIMES_MAX = 10_000
"""To so many messages one fault happens at most."""


@dataclass(frozen=True, slots=True)
class FaultNextMessage(Arrangement):
    """What happens to the next messages of a kind from a host, to so many. `delay` is in
    microseconds.
    """

    sides = EDGE
    again = (
        "each is for so many messages more; those that wait are forgotten when a link that is up is"
        " set up"
    )
    is_read_back = True

    host_uid: str
    message: MessageKind
    fault: MessageFault
    delay: int = 0
    times: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.times <= TIMES_MAX:
            raise ValueError(f"times has to be from 1 to {TIMES_MAX}")


@dataclass(frozen=True, slots=True)
class DisturbMessages(Arrangement):
    """What happens from now on to all messages of the hosts of one cluster, and their answers.

    `lost_before` and `lost_after` are millionths of them, lost before or after their effect, and
    `answered` of those that are answered on the way as `answer` says, or in any of these ways;
    `slowed` is by how much their time on the way is multiplied. Where it is `half_open`, all are
    taken, and none is ever answered. As it is here, nothing happens.
    """

    sides = CENTRAL
    again = "it takes the place of the one before"
    is_read_back = True

    host_uid: str
    lost_before: int = 0
    lost_after: int = 0
    slowed: int = 1
    answered: int = 0
    answer: MessageFault | None = None
    half_open: bool = False


@dataclass(frozen=True, slots=True)
class AdvanceClock(Arrangement):
    """Put one side's clock forward by `by` microseconds."""

    sides = (Side.CENTRAL, Side.EDGE)
    again = "it adds up; a negative `by` puts back"
    is_read_back = True

    side: Side
    by: int


@dataclass(frozen=True, slots=True)
class SetClockRight(Arrangement):
    """Let one side's clock follow the common one again, however far it was put forward."""

    sides = (Side.CENTRAL, Side.EDGE)

    side: Side


@dataclass(frozen=True, slots=True)
class Restart(Arrangement):
    """Stop a side and start it again from its store."""

    sides = (Side.CENTRAL, Side.EDGE)
    again = "it is done once more"
    is_read_back = True

    side: Side


@dataclass(frozen=True, slots=True)
class SetRateLimit(Arrangement):
    """Answer 429 to the next `calls` calls of people to Palette, with `retry_after` in seconds."""

    sides = CENTRAL
    again = "it takes the place of the one before; 0 `calls` end it"
    is_read_back = True

    calls: int
    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """What crossed between the sides since this was asked last, where the harness plays one.

    Attributes:
        strays: what it could not understand, in sentences.
        messages: what was asked and how it was answered, the last of them, in the order of the
            answers; equal ones that follow each other are one.
    """

    strays: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def __add__(self, other: Heard) -> Heard:
        return Heard((*self.strays, *other.strays), (*self.messages, *other.messages))


@dataclass(frozen=True, slots=True)
class FaultEffect:
    """What has come of a fault so far, or of what lasts, as whoever brought it about can tell.

    Attributes:
        met: when it met a message or a call, in microseconds since the Unix epoch.
        left: how many such faults still wait for a message.
        passed: what got through a link since it was cut: messages, or bytes.
        unused: whether nothing of the host's cluster went over its links since it was put up.
        strange: what came over the links since then from addresses that no host has, in bytes.
        starts: how often the side was started so far.
        now: the side's clock, in microseconds since the Unix epoch.
        grants: what a user may do.
        latest: the latest version of a cluster profile; empty where none is published.
        versions: the published versions of a cluster profile; none where they are not told.
    """

    met: tuple[int, ...] = ()
    left: int = 0
    passed: int = 0
    unused: bool = False
    strange: int = 0
    starts: int = 0
    now: int = 0
    grants: frozenset[Grant] | None = None
    latest: str | None = None
    versions: tuple[str, ...] = ()

    def is_like(self, wanted: FaultEffect) -> bool:
        """Whether something that lasts is as it is wanted."""
        return (self.grants, self.latest) == (wanted.grants, wanted.latest)


@dataclass(frozen=True, slots=True)
class CreateProject(Arrangement):
    """A project in Palette."""

    sides = CENTRAL
    again = "a project of this uid stays, with this name"
    own = frozenset({"uid", "name"})

    uid: str
    name: str


@dataclass(frozen=True, slots=True)
class ForgetProject(Arrangement):
    """Remove a project with its requests, tokens, profiles and clusters."""

    sides = CENTRAL
    again = "one that is not there is no error"

    uid: str


@dataclass(frozen=True, slots=True)
class PutUser(Arrangement):
    """A user of Palette with an API key and a password, who may do this and no more.

    The scope of a grant is the uid of a project, or an empty text for the whole tenant.
    """

    sides = CENTRAL
    again = "one of this e-mail is replaced, and may do nothing any more that is not asked for"
    own = frozenset({"email", "password", "api_key"})
    is_read_back = True

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
    """Delete a user of Palette with all sessions."""

    sides = CENTRAL
    again = "one who is not there is no error"

    email: str


@dataclass(frozen=True, slots=True)
class PutToken(Arrangement):
    """A registration token."""

    sides = CENTRAL
    again = "one of this uid is replaced"
    subject = "token"
    own = frozenset({"uid", "name", "value"})

    token: RegistrationToken


@dataclass(frozen=True, slots=True)
class RemoveToken(Arrangement):
    """Delete a registration token."""

    sides = CENTRAL
    again = "one that is not there is no error"

    uid: str


@dataclass(frozen=True, slots=True)
class PutProfile(Arrangement):
    """A cluster profile with all its versions."""

    sides = CENTRAL
    again = "one of this uid is replaced, and keeps it"
    subject = "profile"
    own = frozenset({"uid", "name"})
    is_read_back = True

    profile: ClusterProfile


@dataclass(frozen=True, slots=True)
class RemoveProfile(Arrangement):
    """Delete a cluster profile with all its versions.

    `project_uid` is the project that it is in; empty for the tenant's.
    """

    sides = CENTRAL
    again = "one that is not there is no error"

    uid: str
    project_uid: str = ""


@dataclass(frozen=True, slots=True)
class Reset(Arrangement):
    """A clean slate: no project, user, token, profile, request, session, fault or cluster."""

    sides = (Side.CENTRAL, Side.EDGE)
    again = "it is done once more"


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


ARRANGEMENTS: Final[Mapping[str, type[Arrangement]]] = {
    name: kind
    for name, kind in vars().items()
    if isinstance(kind, type) and issubclass(kind, Arrangement) and kind is not Arrangement
}
"""Every arrangement by its name."""


def to_be_seen(arrangement: Arrangement) -> FaultEffect | None:
    """What is seen of something that lasts, once it is as it was arranged; `None` of all else."""
    match arrangement:
        case PutUser(grants=grants):
            return FaultEffect(grants=grants)
        case PutProfile(profile):
            return profile_effect(profile)
    return None


def profile_effect(profile: ClusterProfile | None) -> FaultEffect:
    """What is seen of a cluster profile: its published versions, as they were made, and of these
    the latest (PRE-7).
    """
    latest = profile.latest() if profile else None
    published = [edition for edition in profile.editions if edition.published] if profile else []
    versions = tuple(edition.version for edition in published)
    return FaultEffect(latest=latest.version if latest else "", versions=versions)


def side_of(arrangement: Arrangement) -> tuple[Side, ...]:
    """Which side an arrangement concerns."""
    side: Side | None = getattr(arrangement, "side", None)
    return (side,) if side else arrangement.sides
