"""What the model knows of a world: clusters, their requests, and what people hold.

Where the procedure is silent, more than one world is possible; the model goes on with all of
them until an answer tells which. Nothing here knows how an implementation works.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Word(StrEnum):
    """One of a few words. Worlds are compared all the time, and their words hashed with them: by
    the text, which keeps its hash.
    """

    __hash__ = str.__hash__


class CentralState(Word):
    """What a request has come to in Palette."""

    WAITING = "waiting"
    """It waits for a decision."""
    STALE = "stale"
    """It waits, and its host has ended it without being heard (WDR-5)."""
    HANDED = "handed over"
    """It is accepted, and its host has not confirmed yet."""
    DOOMED = "doomed"
    """It was accepted although its host had ended it: no pairing can come of it (WDR-9)."""
    PAIRED = "paired"
    LOOSE = "loose"
    """It is an old one, of which it is not known whether it still waits."""
    OVER = "over"
    """It is rejected, withdrawn or failed."""


class Local(Word):
    """What the edge makes of it."""

    FREE = "free"
    """Locally managed, nothing pending."""
    PENDING = "pending"
    """Locally managed; as far as the edge knows, its request waits."""
    TAKEN = "taken"
    """It obeys Palette, or is about to say so."""


class Spoil(Word):
    """What a message meets, as far as it matters to whoever has sent it."""

    HEARD = "heard"
    """It takes effect and is answered, and arrives once more."""
    LOST = "lost"
    """It is not answered, whether it takes effect, or will."""
    ANSWERED = "answered"
    """Something else is answered in Palette's place."""


class ModelStack(Word):
    """Which packs a cluster runs, or a selection of profiles fits."""

    DOCUMENTED = "documented"
    CHANGED = "changed"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """A request that a send was answered for."""

    uid: str
    central: CentralState
    stack: ModelStack


@dataclass(frozen=True, slots=True)
class ModelSlot:
    """A cluster with its hosts and its requests, oldest first.

    Attributes:
        hosts: how many it has; zero before it is installed.
        present: whether there is a cluster on the hosts.
        own: whether the hosts were installed in local mode.
        running: whether the cluster's state is Running (PRE-1).
        sick: the positions of the nodes that are unhealthy (PRE-2).
        cut: the hosts that cannot reach Palette, by their position.
        late: whether a handing over may have waited for too long.
        last, earlier: which requests "the request" and "the earlier request" are; -1 for none.
        accepted: which request was accepted last; -1 for none.
        send_spoiled: what the next submission meets.
        cancels_spoiled: what the next withdrawals meet, in their order.
        confirm_spoiled: whether a confirmation may go wrong, which its host may give up.
        coming: whether a submission may be on its way that arrives when all do again.
        adrift: whether a request may wait in Palette by an id that nobody was told, for its host or
            Palette to end (INV-9).
    """

    hosts: int = 0
    present: bool = True
    own: bool = True
    running: bool = True
    sick: frozenset[str] = frozenset()
    cut: frozenset[int] = frozenset()
    late: bool = False
    local: Local = Local.FREE
    stack: ModelStack = ModelStack.DOCUMENTED
    requests: tuple[ModelRequest, ...] = ()
    last: int = -1
    earlier: int = -1
    accepted: int = -1
    send_spoiled: Spoil | None = None
    cancels_spoiled: tuple[Spoil, ...] = ()
    confirm_spoiled: bool = False
    coming: bool = False
    adrift: bool = False

    @property
    def linked(self) -> bool:
        """Whether every host reaches Palette."""
        return not self.cut

    @property
    def severed(self) -> bool:
        """Whether no host does."""
        return len(self.cut) == self.hosts

    @property
    def in_order(self) -> bool:
        """Whether nothing of the cluster itself forbids to pair."""
        return self.present and self.own and self.running and not self.sick

    def central(self, which: int) -> CentralState | None:
        """What a request has come to; `None` if there is no such request."""
        return self.requests[which].central if which >= 0 else None

    @property
    def current(self) -> CentralState | None:
        """What "the request" has come to."""
        return self.central(self.last)

    def with_central(self, which: int, central: CentralState) -> ModelSlot:
        """The same, with another fate of one request."""
        changed = list(self.requests)
        changed[which] = replace(changed[which], central=central)
        return replace(self, requests=tuple(changed))

    def with_current(self, central: CentralState, local: Local) -> ModelSlot:
        """The same, with another fate of "the request" on both sides."""
        return replace(self.with_central(self.last, central), local=local)


class ModelPerson(Word):
    """Who "this person" is: somebody whose one permission is missing, or a stranger."""

    NOBODY = "nobody"
    STRANGER = "stranger"
    WITHOUT_LIST = "list"
    WITHOUT_GET = "get"
    WITHOUT_UPDATE = "update"
    WITHOUT_DELETE = "delete"


@dataclass(frozen=True, slots=True)
class ModelWorld:
    """Everything at once.

    Attributes:
        main, other: the cluster, and another one.
        token_good: whether the token that operators enter admits hosts.
        tokens_kept: whether no token was revoked that a request was sent with.
        endpoint_good: whether what operators enter as the endpoint is usable.
        selection: what the profiles fit that the administrator has selected.
        person: who "this person" is.
    """

    main: ModelSlot = ModelSlot()
    other: ModelSlot = ModelSlot(hosts=1)
    token_good: bool = True
    tokens_kept: bool = True
    endpoint_good: bool = True
    selection: ModelStack = ModelStack.DOCUMENTED
    person: ModelPerson = ModelPerson.NOBODY

    def with_main(self, main: ModelSlot) -> ModelWorld:
        """The same with this in place of the cluster."""
        return replace(self, main=main)

    def with_both(self, main: ModelSlot, other: ModelSlot) -> ModelWorld:
        """The same with these clusters; itself where they are its own, as they mostly are."""
        same = main is self.main and other is self.other
        return self if same else replace(self, main=main, other=other)

    @property
    def uids(self) -> frozenset[str]:
        """Every pairing id that was ever given."""
        requests = (*self.main.requests, *self.other.requests)
        return frozenset(r.uid for r in requests)


Worlds = frozenset[ModelWorld]
"""The worlds that are possible, after all that was seen."""
