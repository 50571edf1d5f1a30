"""A driver that notes in a ledger what a run makes on a target, before it is asked for: what each
arrangement and each operation makes there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from harness.catalogue.limits import Limits
from harness.domain.arrangements import (
    AdvanceClock,
    Arrangement,
    CreateProject,
    DisturbMessages,
    FaultNextMessage,
    ForgetProject,
    InstallCluster,
    PutProfile,
    PutToken,
    PutUser,
    RemoveProfile,
    RemoveToken,
    RemoveUser,
    RenewCluster,
    Reset,
    SetClockRight,
    SetClusterState,
    SetHostMode,
    SetLink,
    SetNodeHealth,
    SetRateLimit,
    Side,
)
from harness.domain.cluster import ClusterState, Health, ManagementMode
from harness.domain.operations import (
    Accepted,
    AcceptPairingRequest,
    CancelPairingRequest,
    CreateCluster,
    CreateToken,
    DeleteCluster,
    DeleteToken,
    Done,
    PairingId,
    RejectPairingRequest,
    SendPairingRequest,
    TokenUid,
    Unknown,
    Value,
)
from harness.targets.ledger import Entry, Kind, Ledger, State
from harness.targets.port import (
    ArrangingFailed,
    CannotArrange,
    Driver,
    DriverAround,
    Exchange,
    Outgoing,
)
from harness.targets.undoing import GONE_WITH, Ownership

LENT = "it was there before, and the target file lends it"
FOREIGN = "the run did not make it, and removes only what is its own"


class LedgeredDriver(DriverAround):
    """Keeps the ledger of a run; everything else is the driver's.

    What a target may have done without saying so stays open in the ledger, and is removed like
    what it has said.
    """

    def __init__(self, driver: Driver, ledger: Ledger) -> None:
        super().__init__(driver)
        self.ledger = ledger
        self.limits = getattr(driver, "limits", Limits())
        slots = driver.inventory().slots
        self._slot_of = {host: slot.uid for slot in slots for host in slot.host_uids}
        self._owner = Ownership(driver)
        self._lent: set[tuple[Kind, str]] = set()
        self._project_of: dict[str, str] = {}
        """The project of each registration token, by its value, which stays in memory."""

    # --- what a driver does ---------------------------------------------------------------

    def send(self, outgoing: Outgoing) -> Exchange:
        """Carry out one operation; one that makes something is noted before."""
        slot = self._slot_of.get(outgoing.host_uid, "")
        entries = [
            self.ledger.intend(entry) for entry in what_is_sent(outgoing, slot, self._project_of)
        ]
        exchange = self._driver.send(outgoing)
        for entry in entries:
            self._settle(entry, exchange)
        self._note_effects(outgoing, exchange, slot)
        return exchange

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange what no user can; what it makes is noted before.

        Raises:
            CannotArrange: this target offers no way, or it would remove what is not the run's.
        """
        self._refuse_foreign(arrangement)
        if why := self._driver.cannot(type(arrangement)):
            raise CannotArrange(type(arrangement).__name__, why)
        back = self._clocks_put_back(arrangement)
        made = () if back else what_is_arranged(arrangement)
        entries = [self.ledger.intend(entry) for entry in made]
        try:
            came = self._driver.arrange(arrangement)
        except ArrangingFailed:
            raise  # it may have had an effect: the entries stay open
        except CannotArrange:
            for entry in entries:  # what the target has said to it is in the evidence
                self.ledger.change(entry.n, State.REFUSED, why="it was not arranged")
            raise
        self._note_arranged(entries, came)
        for entry in back:
            self.ledger.change(entry.n, State.REMOVED)
        return came

    # --- what becomes of entries ----------------------------------------------------------

    def _settle(self, entry: Entry, exchange: Exchange) -> None:
        """An answer has come, or none: then the entry stays open."""
        match exchange.reply:
            case Done(value):
                state = State.CONSUMED if entry.kind is Kind.CENTRAL_CLUSTER else State.MADE
                self.ledger.change(entry.n, state, uid=uid_of_reply(value))
            case Unknown():
                return
            case refused:
                self.ledger.change(entry.n, State.REFUSED, why=refused.reason.value)

    def _note_effects(self, outgoing: Outgoing, exchange: Exchange, slot: str) -> None:
        """What an operation does to things that are noted already."""
        if not isinstance(exchange.reply, Done):
            return
        match outgoing.operation:
            case CancelPairingRequest():
                self._end(Kind.REQUEST, State.REMOVED, lambda e: self._slot_of.get(e.place) == slot)
            case RejectPairingRequest(uid):
                self._end(Kind.REQUEST, State.REMOVED, lambda e: e.uid == uid)
            case AcceptPairingRequest(uid):
                self._pair(uid)
            case DeleteToken(uid):
                self._end(Kind.TOKEN, State.REMOVED, lambda e: e.uid == uid)
            case DeleteCluster():
                self._end(Kind.CLUSTER, State.REMOVED, lambda e: e.place == slot)
            case CreateToken() | SendPairingRequest():
                pass  # noted before

    def _pair(self, pairing_uid: str) -> None:
        """Pairing is for good: the request and the cluster that it is of are used up."""
        slots = {
            self._slot_of.get(entry.place, "")
            for entry in self.ledger.open_entries()
            if entry.kind is Kind.REQUEST and entry.uid == pairing_uid
        }
        self._end(Kind.REQUEST, State.CONSUMED, lambda e: e.uid == pairing_uid)
        self._end(Kind.CLUSTER, State.CONSUMED, lambda e: e.place in slots)

    def _note_arranged(self, entries: list[Entry], came: Arrangement) -> None:
        lent = self._owner.was_given(came)
        state, why = (State.REFUSED, LENT) if lent else (State.MADE, "")
        for entry, as_it_is in zip(entries, what_is_arranged(came), strict=False):
            self.ledger.change(entry.n, state, uid=as_it_is.uid, why=why)
            if lent:
                self._lent.add((entry.kind, as_it_is.uid))
        made = {entry.n for entry in entries}
        match came:
            case PutToken(token):
                self._project_of[token.value] = token.project_uid
            case ForgetProject(uid):
                self._end(Kind.PROJECT, State.REMOVED, lambda e: e.uid == uid)
                for kind in GONE_WITH[Kind.PROJECT]:
                    self._end(kind, State.REMOVED, lambda e: bool(uid) and e.project == uid)
            case RemoveUser(email):
                self._end(Kind.USER, State.REMOVED, lambda e: e.uid == email)
            case RemoveToken(uid):
                self._end(Kind.TOKEN, State.REMOVED, lambda e: e.uid == uid)
            case RemoveProfile(uid):
                self._end(Kind.PROFILE, State.REMOVED, lambda e: e.uid == uid)
            case SetLink(host, up=True):
                self._end(Kind.LINK, State.REMOVED, lambda e: e.place == host)
            case InstallCluster(slot) | RenewCluster(slot):
                self._renewed(slot, made)

    def _renewed(self, slot: str, made: set[int]) -> None:
        """A fresh cluster: nothing of what was at the place before is left."""
        gone = {Kind.CLUSTER, *GONE_WITH[Kind.CLUSTER]}
        for entry in self.ledger.open_entries():
            if entry.n not in made and entry.kind in gone and entry.place == slot:
                self.ledger.change(entry.n, State.REMOVED)

    def _end(self, kind: Kind, state: State, which: Callable[[Entry], bool]) -> None:
        for entry in self.ledger.open_entries():
            if entry.kind is kind and which(entry):
                self.ledger.change(entry.n, state)

    def _clocks_put_back(self, arrangement: Arrangement) -> list[Entry]:
        """What is settled when a clock is put back by as much as it was put forward in all."""
        match arrangement:
            case SetClockRight(side):
                return self._shifts(side)
            case AdvanceClock(side, by) if by + sum(e.by for e in self._shifts(side)) == 0:
                return self._shifts(side)
        return []

    def _shifts(self, side: Side) -> list[Entry]:
        entries = self.ledger.open_entries()
        return [entry for entry in entries if entry.kind is Kind.CLOCK and entry.side is side]

    # --- what is not the run's ------------------------------------------------------------

    def _refuse_foreign(self, arrangement: Arrangement) -> None:
        """Nothing is removed that the run has not made.

        Raises:
            CannotArrange: this would.
        """
        match arrangement:
            case Reset():
                raise CannotArrange("Reset", FOREIGN)
            case ForgetProject(uid):
                self._must_be_ours(Kind.PROJECT, uid, arrangement)
            case RemoveUser(uid):
                self._must_be_ours(Kind.USER, uid, arrangement)
            case RemoveToken(uid):
                self._must_be_ours(Kind.TOKEN, uid, arrangement)
            case RemoveProfile(uid):
                self._must_be_ours(Kind.PROFILE, uid, arrangement)

    def _must_be_ours(self, kind: Kind, uid: str, arrangement: Arrangement) -> None:
        if (kind, uid) in self._lent:
            return  # it is handed back so, and stays
        known = (e for e in self.ledger.entries.values() if e.state is not State.REFUSED)
        if not any(entry.kind is kind and entry.uid == uid for entry in known):
            raise CannotArrange(f"{type(arrangement).__name__} {uid}", FOREIGN)


def what_is_arranged(arrangement: Arrangement) -> Sequence[Entry]:
    """What an arrangement makes or changes, so that it has to be undone; mostly one entry."""
    match arrangement:
        case CreateProject(uid, name):
            return [_central(Kind.PROJECT, name, uid, undo="ForgetProject", project=uid)]
        case PutUser(email=email):
            return [_central(Kind.USER, email, email, undo="RemoveUser")]
        case PutToken(token):
            project = token.project_uid
            return [
                _central(Kind.TOKEN, token.name, token.uid, undo="RemoveToken", project=project)
            ]
        case PutProfile(profile):
            uid, project = profile.uid, profile.project_uid
            return [
                _central(Kind.PROFILE, profile.name, uid, undo="RemoveProfile", project=project)
            ]
        case SetRateLimit(calls) if calls:
            return [_central(Kind.RATE_LIMIT, f"the next {calls} calls", undo="SetRateLimit")]
        case AdvanceClock(side, by):
            return [
                _entry(
                    Kind.CLOCK, f"the clock of the {side.value} side", side, "SetClockRight", by=by
                )
            ]
        case InstallCluster(slot, cluster) if cluster is not None:
            return [_edge(Kind.CLUSTER, cluster.name, slot, "InstallCluster", cluster.uid)]
        case SetHostMode(slot, mode) if mode is not ManagementMode.LOCAL:
            return [_edge(Kind.HOST_MODE, mode.value, slot, "SetHostMode")]
        case SetClusterState(slot, state) if state is not ClusterState.RUNNING:
            return [_edge(Kind.CLUSTER_STATE, state.value, slot, "SetClusterState")]
        case SetNodeHealth(slot, node, health) if health is not Health.HEALTHY:
            return [_edge(Kind.NODE_HEALTH, f"{node} {health.value}", slot, "SetNodeHealth", node)]
        case SetLink(host, up=False):
            return [_edge(Kind.LINK, "cut", host, "SetLink")]
        case FaultNextMessage(host, message, fault):
            return [_edge(Kind.FAULT, f"{message.value} {fault.value}", host, "SetLink")]
        case DisturbMessages(host) if arrangement != DisturbMessages(host):
            return [_edge(Kind.FAULT, "messages disturbed", host, "DisturbMessages")]
    return []


def what_is_sent(
    outgoing: Outgoing, slot: str, project_of: Mapping[str, str] = MappingProxyType({})
) -> Sequence[Entry]:
    """What an operation makes.

    `slot` is the place of the host that is asked; `project_of` knows the project of a
    registration token by its value.
    """
    match outgoing.operation:
        case SendPairingRequest(token=token):
            host, project = outgoing.host_uid, project_of.get(token, "")
            return [
                _entry(Kind.REQUEST, f"from {slot}", Side.EDGE, "CancelPairingRequest", place=host,
                       project=project)
            ]  # fmt: skip
        case AcceptPairingRequest(uid):
            # Nothing undoes an acceptance: it is noted so that nobody wonders.
            return [_central(Kind.CENTRAL_CLUSTER, f"of request {uid}", undo="nothing does")]
        case CreateToken(name, project):
            return [_central(Kind.TOKEN, name, undo="DeleteToken", project=project)]
        case CreateCluster(name):
            return [_edge(Kind.CLUSTER, name, slot, "InstallCluster")]
    return []


def uid_of_reply(value: Value) -> str:
    """The uid of what was made, if the answer names one."""
    match value:
        case PairingId(uid) | Accepted(uid) | TokenUid(uid):
            return uid
    return ""


def _central(kind: Kind, what: str, uid: str = "", *, undo: str, project: str = "") -> Entry:
    return _entry(kind, what, Side.CENTRAL, undo, uid=uid, project=project)


def _edge(kind: Kind, what: str, place: str, undo: str, uid: str = "") -> Entry:
    return _entry(kind, what, Side.EDGE, undo, place=place, uid=uid)


def _entry(
    kind: Kind,
    what: str,
    side: Side,
    undo: str,
    *,
    uid: str = "",
    place: str = "",
    project: str = "",
    by: int = 0,
) -> Entry:
    return Entry(
        n=0,
        kind=kind,
        what=what,
        uid=uid,
        side=side,
        place=place,
        project=project,
        by=by,
        undo=undo,
    )
