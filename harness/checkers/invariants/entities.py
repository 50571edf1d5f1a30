"""The things that the invariants keep an eye on: places, requests, tokens, and looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from harness.domain.pairing import RequestState
from harness.history.operation import FAIL, OK, Json, OperationRecord

OPEN_STATES = frozenset({"", "Pairing", "Pending"})
"""What a request that waits for a decision is called."""

_ENDS = (RequestState.PAIRED, RequestState.REJECTED, RequestState.WITHDRAWN, RequestState.FAILED)
FINAL_STATES = frozenset(state.value for state in _ENDS)
"""What a decided request is called. Other names mean nothing here."""

PAIRED = RequestState.PAIRED.value
FAILED = RequestState.FAILED.value
NEVER = 1 << 62
"""A time or a count that is never reached."""

PackSet = frozenset[tuple[str, str]]
"""Packs by name and version: neither their layers nor how often they come (ACC-16)."""


@dataclass(slots=True, eq=False)
class Sighting:
    """That something was seen: by which operation, until which count and which time."""

    operation: str
    tick: int
    at: int


LONG_AGO = Sighting("", 0, 0)
"""Something was seen so long ago that nobody asks when."""


@dataclass(slots=True, eq=False)
class StackSpan:
    """A stack that a cluster ran, and the count at which another had surely replaced it."""

    packs: PackSet
    operation: str
    certain: bool = True
    replaced: int = NEVER


@dataclass(slots=True, eq=False)
class ObservedState:
    """A state that was shown, by which look, from when that began to the count at its end."""

    state: str
    operation: str
    start: int
    tick: int


@dataclass(slots=True, eq=False)
class ObservedRequest:
    """A pairing request: what is known of it from outside. `slot` is where it was sent."""

    uid: str
    slot: ObservedSlot | None = None
    host: str = ""
    project: str | None = None
    token: str = ""
    local_uid: str = ""
    sent: Sighting | None = None
    invoked: int = 0
    """The count at which its send was invoked."""
    enders: int = 0
    """How many operations may have ended it: under way, done, or unknown."""
    excused: bool = False
    """Something happened of which the procedure does not say what it does to a request."""
    packs: PackSet | None = None
    """The packs that it carried, where the submission itself was recorded."""
    shown_packs: PackSet | None = None
    """The packs that it carries, as the central side says."""
    submitted: Sighting | None = None
    """Its host was given its id: the submission was recorded, so that every message is."""
    confirms: int = 0
    """Confirmations of its host that were invoked."""
    cancelled: Sighting | None = None
    cancelled_online: bool = False
    unseen: Sighting | None = None
    """After the cancel, the host that sent it showed it no more."""
    withdrawn: Sighting | None = None
    """A withdrawal, told by its host, that the central side acknowledged."""
    accepted: Sighting | None = None
    accept_invoked: int = NEVER
    cluster_uid: str = ""
    rejected: Sighting | None = None
    final: ObservedState | None = None
    """The decision that the central side showed."""
    paired: Sighting | None = None
    """The pairing took effect: the host said so, or a central operation was carried out."""
    held: bool = False
    """That was more than Local UI saying so, which may be said too early."""
    asked: OperationRecord | None = None
    """A central operation that was taken while the pairing may still have been under way."""
    ruled: Sighting | None = None
    """A central operation on its cluster took effect."""
    central: ObservedState | None = None
    local: ObservedState | None = None
    missed: Sighting | None = None
    """A list that should have shown it did not."""
    refused: ObservedState | None = None
    """Why a central operation on its cluster was refused last."""
    opened: bool = False
    """Somebody was shown it by its id."""
    dated: bool = False
    """When it was created has been looked at."""
    over: bool = False
    """It is decided, and will be let go."""


NO_REQUESTS: dict[str, ObservedRequest] = {}
"""Shared by all places that have none; never written to."""


@dataclass(slots=True, eq=False)
class ObservedSlot:
    """One local cluster on its hosts, from its installation to the next."""

    key: str
    cluster_uid: str = ""
    born: int = 0
    """The count at which it was surely there."""
    hosts: tuple[str, ...] = ()
    down: frozenset[str] = frozenset()
    """Hosts whose link is down, or may be."""
    unsure: frozenset[str] = frozenset()
    """Those of `down` that may be up."""
    link_tick: int = 0
    """The count at which a link last changed, or may have."""
    disturbed: int = 0
    """The count until which messages of its hosts were lost or answered on the way."""
    withdrawals_spoiled: bool = False
    unconfirmed: int = 0
    """The count since which every confirmation of its only host is lost before it has an effect,
    while that fault lasts; 0 before, `NEVER` where none may be sure.
    """
    requests: dict[str, ObservedRequest] = field(default_factory=lambda: NO_REQUESTS)
    open: dict[str, ObservedRequest] = field(default_factory=lambda: NO_REQUESTS)
    """Those of its requests that are not over."""
    current: ObservedRequest | None = None
    """The request of the last acknowledged send, until it is over."""
    paired: ObservedRequest | None = None
    busy: int = 0
    """Sends and cancels under way."""
    sending: int = 0
    """Those of them that are sends."""
    changed: int = 0
    """The count at which a send or a cancel last ended that may have done something."""
    sent: int = 0
    """The count at which a send was last invoked or ended."""
    unsure_until: int = 0
    """Until then an operation that was not answered may still do something."""
    moved: int = 0
    """When something last happened to it that has to settle."""
    stacks: tuple[StackSpan, ...] = ()
    first_sent: int = 0
    """The count at which a send was first invoked."""
    senders: tuple[str, ...] = ()
    """The hosts that were asked to send."""
    excused: bool = False
    """A request that was sent from here may lawfully be pending centrally alone."""
    arranged: bool = False
    """Its mode or its cluster was arranged or deleted: nobody says who manages it."""
    gone: bool = False
    unfit: frozenset[str] = frozenset()
    """What of it was arranged to be otherwise than a send needs: unhealthy nodes, its state."""
    mode: ObservedState | None = None
    central_seen: Sighting | None = None
    """Its host said that it obeys the central side, and no request was sent since."""
    suspect: str = ""
    """A local operation that took effect after `central_seen`."""
    unheard_at: int = 0
    """When a message of its hosts was last not answered, or refused for lack of capacity."""
    logins: tuple[str, ...] = ()
    """Who has logged in at Local UI, as often as he has not logged out again."""

    def add(self, request: ObservedRequest) -> None:
        """A request is one of this place."""
        # Most places have none for most of the time: the empty one is shared.
        self.requests = self.requests or {}
        self.requests[request.uid] = request
        if not request.over:
            self.open = self.open or {}
            self.open[request.uid] = request

    def close(self, request: ObservedRequest) -> None:
        """A request is over."""
        if self.open.get(request.uid) is request:
            del self.open[request.uid]
            self.open = self.open or NO_REQUESTS

    def drop(self, request: ObservedRequest) -> None:
        """A request is no longer kept among those of this place."""
        self.close(request)
        if self.requests.get(request.uid) is request:
            del self.requests[request.uid]
            self.requests = self.requests or NO_REQUESTS


@dataclass(slots=True, eq=False)
class Token:
    """A registration token. `expiry` is the latest that it ever had, `moved` the count at which it
    was last arranged to be otherwise, or its clock.
    """

    uid: str
    project: str
    expiry: int
    moved: int = 0


def fields_of(operation: OperationRecord) -> Mapping[str, Json]:
    """The answer's fields, none when it was no success."""
    value = operation.value
    return value if value is not None and operation.outcome is OK else {}


def text(values: Mapping[str, Json], name: str) -> str:
    """A text among values, empty when it is none."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def reason_of(operation: OperationRecord) -> str:
    """Why it was refused, empty when it was not; what a page does not show, no side has told."""
    by_page = (operation.request or {}).get("by") == "browser"
    if operation.outcome is not FAIL or operation.error is None or by_page:
        return ""
    return text(operation.error, "reason")


def shown_now(
    before: ObservedState | None, state: str, operation: OperationRecord, tick: int
) -> ObservedState:
    """What a look shows, where another was shown before it, or none; the same one stays."""
    if before is None or before.state != state:
        return ObservedState(state, operation.id, operation.start, tick)
    before.operation, before.start, before.tick = operation.id, operation.start, tick
    return before


def token_uid(operation: OperationRecord) -> str:
    """The uid of the registration token that an operation is about, or empty."""
    token = operation.args.get("token")
    if isinstance(token, dict):
        return text(token, "uid")
    return text(operation.args, "uid") or text(operation.args, "token_uid")


def grants_of(grants: Json) -> frozenset[tuple[str, str]]:
    """Permissions, each with its scope."""
    held = [g for g in grants if isinstance(g, dict)] if isinstance(grants, list) else []
    return frozenset((text(g, "permission"), text(g, "scope")) for g in held)


def packs_of(stack: Json) -> PackSet:
    """The packs of a stack's profiles."""
    # While a fleet runs, the very same list comes with thousands of clusters. It is held, lest
    # its identity go to another.
    known, packs = _packs_of.get(id(stack), (None, _NO_PACKS))
    if known is not stack:
        if len(_packs_of) >= _STACKS_MAX:
            _packs_of.clear()
        packs = _packs_in(stack)
        _packs_of[id(stack)] = (stack, packs)
    return packs


_STACKS_MAX: Final = 64
_NO_PACKS: Final[PackSet] = frozenset()
_packs_of: dict[int, tuple[Json, PackSet]] = {}


def _packs_in(stack: Json) -> PackSet:
    packs = []
    for profile in stack if isinstance(stack, list) else ():
        listed = profile.get("packs") if isinstance(profile, dict) else None
        for pack in listed if isinstance(listed, list) else ():
            if isinstance(pack, dict):
                packs.append((str(pack.get("name")), str(pack.get("version"))))
    return one_of_each(frozenset(packs))


@lru_cache(maxsize=4096)
def one_of_each(packs: PackSet) -> PackSet:
    """Many clusters run the same stack: it is held once."""
    return packs
