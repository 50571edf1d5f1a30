"""The port to a system under test: what reaches it, and what arranges preconditions there.

PairproofError
+-- CannotArrange           nobody can, or this way cannot; the next way may
|   +-- ArrangingFailed     it was tried and went wrong, so that no other way is tried
+-- NotSupported            it does not claim what is asked for
|   +-- NotOffered            it does not have an operation
+-- TargetUnusable          it cannot be used at all
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

from harness.catalogue.requirement import Feature, Role
from harness.configuration.kinds import Whole
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, FaultEffect, Heard, Inventory, PutUser, Side
from harness.domain.errors import PairproofError, Reason, Refused
from harness.domain.permission import PermissionNames
from harness.history.operation import Json
from harness.targets.ledger import LedgerKind
from harness.targets.page_keys import PagesTable

if TYPE_CHECKING:  # it takes the models of both APIs with it
    from harness.wire.writings import Rewriting

U = TypeVar("U", bound=PutUser)


class CannotArrange(PairproofError):
    """A precondition cannot be arranged on this target: what, and what it would take."""

    def __init__(self, what: str, how: str) -> None:
        super().__init__(f"cannot arrange: {what} ({how})")
        self.what = what
        self.how = how


class ArrangingFailed(CannotArrange):
    """It was tried, and may have had an effect: another way would perhaps do it twice."""


class NotSupported(PairproofError):
    """The target does not claim what this scenario needs."""


class NotOffered(NotSupported):
    """The target does not have an operation: which, and why not.

    A driver may raise it from `send`, of what it finds out by itself: nothing was sent then.
    """

    def __init__(self, kind: type[ops.Operation] | str, why: str = "") -> None:
        name = kind if isinstance(kind, str) else kind.__name__
        super().__init__(f"the target does not offer {name}" + (why and f": {why}"))


class TargetUnusable(PairproofError):
    """The target cannot be used at all: what was tried, what came, what to do."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a person was asked to bring about, and says that they did."""

    who: str
    asked: str


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of a kind a target bears at once; what would take more is left out."""

    requests: Annotated[int, Whole(3, 10_000)] = 101
    """Pairing requests that wait for a decision in one project."""
    ids: Annotated[int, Whole(3, 100_000)] = 1_001
    """Pairing requests that are sent one after the other to see whether an id comes back, where ids
    are drawn from few."""
    tokens: Annotated[int, Whole(3, 10_000)] = 51
    """Registration tokens of one project."""
    profiles: Annotated[int, Whole(3, 10_000)] = 51
    """Cluster profiles of one project."""
    versions: Annotated[int, Whole(3, 10_000)] = 51
    """Versions of one cluster profile."""


@dataclass(frozen=True, slots=True)
class TargetInfo:
    """Who made the target, and what it is."""

    name: str
    version: str = ""
    organization: str = ""
    url: str = ""
    contact: str = ""
    roles: frozenset[Role] = frozenset({Role.EDGE, Role.CENTRAL})
    features: frozenset[Feature] = frozenset()
    goes_through_steps: bool = False
    """Its acceptance goes through the steps of the wizard by itself; each can be asked alone too,
    and who asks for one is left to it."""
    not_offered: Mapping[type[ops.Operation], str] = field(
        default_factory=lambda: ops.RARELY_OFFERED
    )
    """Operations that it does not have, and why."""
    permissions: PermissionNames | None = None
    """How it tells permissions on pairing requests, where otherwise than is published."""
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words by which its errors tell a trouble, by the trouble."""
    largest: Mapping[str, int] = field(default_factory=dict)
    """The most that a cluster there can have, as far as it is bounded: of nodes in the
    `control_plane`, of `workers` in all pools, of `worker_pools`."""
    archives: tuple[ops.UpdateStack, ...] = ()
    """Changes of a cluster's profiles by archives that somebody has uploaded."""
    has_api_keys: bool = True
    """Whether administrators prove themselves by a key, and not by a login alone."""
    has_sessions: bool = True
    """Whether a login to Local UI begins something that can end."""
    hold_s: float = 0.0
    """How long it holds a question of a host: the next one may not come before."""
    handover_s: float = 0.0
    """How long an acceptance waits for its host, where no clock has to be put forward for that."""
    tells_submissions: bool = True
    """Whether a submission can be told from another one, and from one that was withdrawn before it
    came, however late: its host has a secret for each."""
    sizes: Sizes = Sizes()
    """How much it bears at once."""
    pages: PagesTable = PagesTable()
    """How its pages differ from the document."""
    keeps: frozenset[LedgerKind] = frozenset()
    """What cannot be removed there once it is made."""
    unseen: str = "only a browser shows them, which goes along with the drivers http and browser"
    """Why nobody sees its pages; empty where they are seen."""

    @property
    def claims_steps(self) -> bool:
        """Whether it says that nobody gets around a step of an acceptance."""
        return Feature.SERVER_STEPS in self.features

    @property
    def has_steps(self) -> bool:
        """Whether the steps of an acceptance are calls, of which one can be left out."""
        return self.claims_steps or self.goes_through_steps

    @property
    def steps_apart(self) -> frozenset[type[ops.Operation]]:
        """The steps that have to be taken before each acceptance, by whoever accepts."""
        apart = ops.ACCEPTANCE_STEPS if self.claims_steps and not self.goes_through_steps else ()
        return frozenset(kind for kind in apart if self.offers(kind))

    def plays(self, side: Side | Role) -> bool:
        """Whether the target plays this side."""
        return not self.roles.isdisjoint((Role(side), Role.BOTH))

    def named(self, user: U) -> U:
        """A user by the product's names for permissions, with no more than it tells apart."""
        if self.permissions is None or user.named:
            return user
        named = self.permissions.named(user.grants)
        return replace(user, grants=self.permissions.held(named), named=named)

    def offers(self, kind: type[ops.Operation]) -> bool:
        """Whether the target has operations of this kind, as far as is known."""
        return kind not in self.not_offered

    def must_offer(self, kind: type[ops.Operation]) -> None:
        """Raise `NotOffered` if the target does not have operations of this kind."""
        if not self.offers(kind):
            raise NotOffered(kind, self.not_offered[kind])


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One operation on its way: where to, with which credentials.

    `host_uid` is the edge host whose Local UI is asked; empty for Palette. Of a message of a host
    that the harness plays it is that host; `endpoint` is then what the host was told of Palette, as
    a URL, and `insecure` whether any certificate will do there. `correlation` goes out as a header
    where there is one. `between_pages` is called before each further page
    of a list is asked for. `rewriting` writes its body, where there is a wire to write on.
    """

    operation: ops.Operation
    credentials: ops.Credentials
    host_uid: str = ""
    correlation: str = ""
    between_pages: Callable[[], None] | None = None
    rewriting: Rewriting | None = None
    endpoint: str = ""
    insecure: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came back: the answer in the domain's words, and what was on the wire. What was not
    sent cannot have happened.
    """

    reply: ops.Reply
    request: Mapping[str, Json] | None = None
    response: Mapping[str, Json] | None = None
    was_sent: bool = True


@dataclass(frozen=True, slots=True)
class LocalUser:
    """An operating system's user of the edge hosts, who may log in to Local UI."""

    username: str
    password: str = field(repr=False)


class Driver(Protocol):
    """Reaches a target. Its time is in microseconds since the driver was made."""

    name: str
    info: TargetInfo
    local_user: LocalUser

    def inventory(self) -> Inventory:
        """What the target has for a run to use."""

    def send(self, outgoing: Outgoing) -> Exchange:
        """Carry out one operation; never raises for what the target does.

        Raises:
            NotOffered: the target does not have it, as only asking has shown; `info.not_offered`
                says what is known before.
        """

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange what no user can; returns it as it came to be.

        A target may choose its own uids, names and values: go on with what came back.

        Raises:
            CannotArrange: this target offers no way.
        """

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        """What has come of a fault so far; `None` where nobody can tell.

        Raises:
            CannotArrange: it could be told, and what would tell it is gone.
        """

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why nothing of this kind can be arranged, and what it would take; empty if it can."""

    def confirmation(self) -> Confirmation | None:
        """What a person has confirmed since this was asked last, if anything."""

    def now(self) -> int:
        """Microseconds since the driver was made; virtual where time is virtual."""

    def epoch(self) -> int:
        """The target's idea of now: microseconds since the Unix epoch."""

    def sleep(self, duration: int) -> None:
        """Let `duration` microseconds pass."""

    def begin_scenario(self, scenario: str) -> None:
        """A scenario of this id begins; what is asked from now on is asked for it."""

    def end_scenario(self, scenario: str) -> None:
        """It has ended, and what it made was given back, but for what other scenarios use."""

    def close(self) -> None:
        """Let go of connections."""


def heard_by(driver: Driver) -> Heard:
    """What crossed to and from the side that the harness plays, if it does, since last time."""
    ask: Callable[[], Heard] = getattr(driver, "take_heard", Heard)
    return ask()


def together(driver: Driver, works: Sequence[Callable[[], None]]) -> None:
    """Do these at one instant, as far as the driver can; each asks it something. What begins last
    may find the first one still under way. A driver that cannot is asked one after the other.
    """
    at_once: Callable[[Sequence[Callable[[], None]]], None] | None
    at_once = getattr(driver, "together", None)
    if at_once is not None:
        at_once(works)
        return
    for work in works:
        work()


def reply_to(send: Callable[[Outgoing], Exchange], outgoing: Outgoing) -> ops.Reply:
    """What somebody gets who is not in a scenario: what the target does not have is refused."""
    try:
        return send(outgoing).reply
    except NotOffered as error:
        return Refused(Reason.FORBIDDEN, str(error))


class DriverAround:
    """Hands everything on, for subclasses that take part in some of it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.name = driver.name
        self.info = driver.info
        self.local_user = driver.local_user

    def inventory(self) -> Inventory:
        return self._driver.inventory()

    def send(self, outgoing: Outgoing) -> Exchange:
        return self._driver.send(outgoing)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        return self._driver.arrange(arrangement)

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        return self._driver.seen(arrangement)

    def cannot(self, kind: type[Arrangement]) -> str:
        return self._driver.cannot(kind)

    def confirmation(self) -> Confirmation | None:
        return self._driver.confirmation()

    def take_heard(self) -> Heard:
        return heard_by(self._driver)

    def together(self, works: Sequence[Callable[[], None]]) -> None:
        """As the driver within does it, each of them by way of this one."""
        together(self._driver, works)

    def now(self) -> int:
        return self._driver.now()

    def epoch(self) -> int:
        return self._driver.epoch()

    def sleep(self, duration: int) -> None:
        self._driver.sleep(duration)

    def begin_scenario(self, scenario: str) -> None:
        self._driver.begin_scenario(scenario)

    def end_scenario(self, scenario: str) -> None:
        self._driver.end_scenario(scenario)

    def close(self) -> None:
        self._driver.close()


class Arranger(Protocol):
    """One way to arrange preconditions on a target."""

    @property
    def name(self) -> str:
        """What `[arrange] ways` calls it."""

    def cannot(self, kind: type[Arrangement]) -> str:
        """Why it can arrange none of this kind, and what it would take; known without asking."""

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange it; returns it as it came to be, since a target may choose uids and values.

        Raises:
            CannotArrange: this way cannot; nothing was changed.
            ArrangingFailed: it was tried and went wrong.
        """

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        """What has come of a fault so far; `None` if it cannot tell. Raises `CannotArrange`."""
