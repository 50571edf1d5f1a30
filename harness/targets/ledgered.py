"""A driver that notes in a ledger what a run makes on a target, before it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from harness.catalogue.limits import Limits
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import ClusterState, Health, ManagementMode
from harness.domain.errors import Refused
from harness.domain.page_actions import ClickLabel
from harness.domain.pages import PageName, PageView
from harness.targets import port
from harness.targets.ledger import Ledger, LedgerEntry, LedgerKind, State
from harness.targets.undoing import GONE_WITH, Ownership

LENT = "it was there before, and the target file lends it"
FOREIGN = "the run did not make it, and removes only what is its own"


class LedgeredDriver(port.DriverAround):
    """Keeps the ledger of a run; everything else is the driver's.

    What a target may have done unsaid stays open there, and is removed like what it has said.
    """

    def __init__(self, driver: port.Driver, ledger: Ledger) -> None:
        super().__init__(driver)
        self.ledger = ledger
        self.limits = getattr(driver, "limits", Limits())
        slots = driver.inventory().slots
        self._slot_of = {host: slot.uid for slot in slots for host in slot.host_uids}
        self._owner = Ownership(driver)
        self._noting = threading.Lock()  # what is asked at one instant is noted one by one
        self._lent: set[tuple[LedgerKind, str]] = set()
        self._project_of: dict[str, str] = {}
        """The project of each registration token, by its value, which stays in memory."""

    # --- what a driver does ---------------------------------------------------------------

    def send(self, outgoing: port.Outgoing) -> port.Exchange:
        slot = self._slot_of.get(outgoing.host_uid, "")
        made = what_is_sent(outgoing, slot, self._project_of)
        with self._noting:
            entries = [self.ledger.intend(entry) for entry in made]
        try:
            exchange = self._driver.send(outgoing)
        except port.NotOffered:
            for entry in entries:
                self.ledger.change(entry.n, State.REFUSED, why="it is not offered")
            raise
        with self._noting:
            for entry in entries:
                self._settle(entry, exchange)
            self._note_effects(outgoing, exchange, slot)
        return exchange

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        """Note what it makes, and arrange it; raises `CannotArrange` of what is not the run's."""
        self._refuse_foreign(arrangement)
        # Some kinds are of either side: of its own the harness says itself what it cannot do.
        is_targets = any(map(self.info.plays, arrangements.side_of(arrangement)))
        if is_targets and (why := self._driver.cannot(type(arrangement))):
            raise port.CannotArrange(type(arrangement).__name__, why)
        back = self._clocks_put_back(arrangement)
        made = () if back else what_is_arranged(arrangement)
        entries = [self.ledger.intend(entry) for entry in made]
        try:
            came = self._driver.arrange(arrangement)
        except port.ArrangingFailed:
            raise  # it may have had an effect: the entries stay open
        except port.CannotArrange:
            for entry in entries:  # what the target has said to it is in the evidence
                self.ledger.change(entry.n, State.REFUSED, why="it was not arranged")
            raise
        self._note_arranged(entries, came)
        for entry in back:
            self.ledger.change(entry.n, State.REMOVED)
        return came

    # --- what becomes of entries ----------------------------------------------------------

    def _settle(self, entry: LedgerEntry, exchange: port.Exchange) -> None:
        """An answer has come, or none: then the entry stays open. So it does after a click, as no
        page says for certain what has come of it.
        """
        match exchange.reply:
            case ops.Done(value) if not isinstance(value, PageView):
                state = State.CONSUMED if entry.kind is LedgerKind.CENTRAL_CLUSTER else State.MADE
                self.ledger.change(entry.n, state, uid=uid_of_reply(value))
            case Refused(reason):
                self.ledger.change(entry.n, State.REFUSED, why=reason.value)
            case ops.Unknown(why) if not exchange.was_sent:
                self.ledger.change(entry.n, State.REFUSED, why=why)

    def _note_effects(self, outgoing: port.Outgoing, exchange: port.Exchange, slot: str) -> None:
        if not isinstance(exchange.reply, ops.Done):
            return
        match outgoing.operation:
            case ops.CancelPairingRequest():
                self._end(
                    LedgerKind.REQUEST, State.REMOVED, lambda e: self._slot_of.get(e.place) == slot
                )
            case ops.RejectPairingRequest(uid) | ops.WithdrawPairing(pairing_uid=uid) if uid:
                self._end(LedgerKind.REQUEST, State.REMOVED, lambda e: e.uid == uid)
            case ops.AcceptPairingRequest(uid):
                self._pair(uid)
            case ops.DeleteToken(uid):
                self._end(LedgerKind.TOKEN, State.REMOVED, lambda e: e.uid == uid)
            case ops.DeleteCluster():
                self._end(LedgerKind.CLUSTER, State.REMOVED, lambda e: e.place == slot)
            case ops.CreateToken() | ops.SendPairingRequest():
                pass  # noted before

    def _pair(self, pairing_uid: str) -> None:
        """Pairing is for good: the request and the cluster that it is of are used up."""
        slots = {
            self._slot_of.get(entry.place, "")
            for entry in self.ledger.open_entries()
            if entry.kind is LedgerKind.REQUEST and entry.uid == pairing_uid
        }
        self._end(LedgerKind.REQUEST, State.CONSUMED, lambda e: e.uid == pairing_uid)
        self._end(LedgerKind.CLUSTER, State.CONSUMED, lambda e: e.place in slots)

    def _note_arranged(self, entries: list[LedgerEntry], came: arrangements.Arrangement) -> None:
        lent = self._owner.was_given(came)
        state, why = (State.REFUSED, LENT) if lent else (State.MADE, "")
        for entry, as_it_is in zip(entries, what_is_arranged(came), strict=False):
            self.ledger.change(entry.n, state, uid=as_it_is.uid, why=why)
            if lent:
                self._lent.add((entry.kind, as_it_is.uid))
        if removed := _removed_by(came):
            self._end(removed[0], State.REMOVED, lambda e: e.uid == removed[1])
        made = {entry.n for entry in entries}
        match came:
            case arrangements.PutToken(token):
                self._project_of[token.value] = token.project_uid
            case arrangements.ForgetProject(uid):
                for kind in GONE_WITH[LedgerKind.PROJECT]:
                    self._end(kind, State.REMOVED, lambda e: bool(uid) and e.project == uid)
            case arrangements.SetLink(host, up=True):
                self._end(LedgerKind.LINK, State.REMOVED, lambda e: e.place == host)
            case arrangements.InstallCluster(slot) | arrangements.RenewCluster(slot):
                self._renewed(slot, made)

    def _renewed(self, slot: str, made: set[int]) -> None:
        """A fresh cluster: nothing of what was at the place before is left."""
        gone = {LedgerKind.CLUSTER, *GONE_WITH[LedgerKind.CLUSTER]}
        for entry in self.ledger.open_entries():
            if entry.n not in made and entry.kind in gone and entry.place == slot:
                self.ledger.change(entry.n, State.REMOVED)

    def _end(self, kind: LedgerKind, state: State, which: Callable[[LedgerEntry], bool]) -> None:
        for entry in self.ledger.open_entries():
            if entry.kind is kind and which(entry):
                self.ledger.change(entry.n, state)

    def _clocks_put_back(self, arrangement: arrangements.Arrangement) -> list[LedgerEntry]:
        """What is settled when a clock is put back by as much as it was put forward in all."""
        match arrangement:
            case arrangements.SetClockRight(side):
                return self._shifts(side)
            case arrangements.AdvanceClock(side, by) if (
                by + sum(e.by for e in self._shifts(side)) == 0
            ):
                return self._shifts(side)
        return []

    def _shifts(self, side: arrangements.Side) -> list[LedgerEntry]:
        entries = self.ledger.open_entries()
        return [entry for entry in entries if entry.kind is LedgerKind.CLOCK and entry.side is side]

    # --- what is not the run's ------------------------------------------------------------

    def _refuse_foreign(self, arrangement: arrangements.Arrangement) -> None:
        """Nothing is removed that the run has not made."""
        if isinstance(arrangement, arrangements.Reset):
            raise port.CannotArrange("Reset", FOREIGN)
        removed = _removed_by(arrangement)
        if removed is None or removed in self._lent:
            return  # what is lent is handed back so, and stays
        kind, uid = removed
        known = (e for e in self.ledger.entries.values() if e.state is not State.REFUSED)
        if not any(entry.kind is kind and entry.uid == uid for entry in known):
            raise port.CannotArrange(f"{type(arrangement).__name__} {uid}", FOREIGN)


def _removed_by(arrangement: arrangements.Arrangement) -> tuple[LedgerKind, str] | None:
    """What of Palette's an arrangement removes, if anything: its kind and its uid."""
    match arrangement:
        case arrangements.ForgetProject(uid):
            return LedgerKind.PROJECT, uid
        case arrangements.RemoveUser(email):
            return LedgerKind.USER, email
        case arrangements.RemoveToken(uid):
            return LedgerKind.TOKEN, uid
        case arrangements.RemoveProfile(uid):
            return LedgerKind.PROFILE, uid
    return None


def what_is_arranged(arrangement: arrangements.Arrangement) -> Iterator[LedgerEntry]:
    """What an arrangement makes or changes, so that it has to be undone; at most one entry."""
    match arrangement:
        case arrangements.CreateProject(uid, name):
            yield _central(LedgerKind.PROJECT, name, uid, undo="ForgetProject", project=uid)
        case arrangements.PutUser(email=email):
            yield _central(LedgerKind.USER, email, email, undo="RemoveUser")
        case arrangements.PutToken(token):
            project = token.project_uid
            yield _central(
                LedgerKind.TOKEN, token.name, token.uid, undo="RemoveToken", project=project
            )
        case arrangements.PutProfile(profile):
            uid, project = profile.uid, profile.project_uid
            yield _central(
                LedgerKind.PROFILE, profile.name, uid, undo="RemoveProfile", project=project
            )
        case arrangements.SetRateLimit(calls) if calls:
            yield _central(LedgerKind.RATE_LIMIT, f"the next {calls} calls", undo="SetRateLimit")
        case arrangements.AdvanceClock(side, by):
            what = f"the clock of the {side.value} side"
            yield LedgerEntry(
                n=0, kind=LedgerKind.CLOCK, what=what, side=side, by=by, undo="SetClockRight"
            )
        case arrangements.InstallCluster(slot, cluster) if cluster is not None:
            yield _edge(LedgerKind.CLUSTER, cluster.name, slot, "InstallCluster", cluster.uid)
        case arrangements.SetHostMode(slot, mode) if mode is not ManagementMode.LOCAL:
            yield _edge(LedgerKind.HOST_MODE, mode.value, slot, "SetHostMode")
        case arrangements.SetClusterState(slot, state) if state is not ClusterState.RUNNING:
            yield _edge(LedgerKind.CLUSTER_STATE, state.value, slot, "SetClusterState")
        case arrangements.SetNodeHealth(slot, node, health) if health is not Health.HEALTHY:
            yield _edge(
                LedgerKind.NODE_HEALTH, f"{node} {health.value}", slot, "SetNodeHealth", node
            )
        case arrangements.SetLink(host, up=False):
            yield _edge(LedgerKind.LINK, "cut", host, "SetLink")
        case arrangements.FaultNextMessage(host, message, fault):
            yield _edge(LedgerKind.FAULT, f"{message.value} {fault.value}", host, "SetLink")
        case arrangements.DisturbMessages(host) if arrangement != arrangements.DisturbMessages(
            host
        ):
            yield _edge(LedgerKind.FAULT, "messages disturbed", host, "DisturbMessages")


def what_is_sent(
    outgoing: port.Outgoing, slot: str, project_of: Mapping[str, str] = MappingProxyType({})
) -> Iterator[LedgerEntry]:
    """What an operation makes at this slot; `project_of` knows a token's project by its value."""
    match outgoing.operation:
        case ops.SendPairingRequest(token=token):
            host, project = outgoing.host_uid, project_of.get(token, "")
            yield _edge(
                LedgerKind.REQUEST, f"from {slot}", host, "CancelPairingRequest", project=project
            )
        case ClickLabel(PageName.SETTINGS, "Pair"):
            told = f"from {slot}, by a click"
            yield _edge(LedgerKind.REQUEST, told, outgoing.host_uid, "CancelPairingRequest")
        case ClickLabel(PageName.REVIEW, "Pair cluster"):
            yield _central(LedgerKind.CENTRAL_CLUSTER, "by a click", undo="nothing does")
        case ops.SubmitPairing(registration_token=token, cluster=cluster):
            project, told = project_of.get(token, ""), f"of cluster {cluster.name}"
            yield _central(LedgerKind.REQUEST, told, undo="RejectPairingRequest", project=project)
        case ops.AcceptPairingRequest(uid):
            # Nothing undoes an acceptance: it is noted so that nobody wonders.
            yield _central(LedgerKind.CENTRAL_CLUSTER, f"of request {uid}", undo="nothing does")
        case ops.CreateToken(name, project):
            yield _central(LedgerKind.TOKEN, name, undo="DeleteToken", project=project)
        case ops.CreateCluster(name):
            yield _edge(LedgerKind.CLUSTER, name, slot, "InstallCluster")


def uid_of_reply(value: ops.Value) -> str:
    """The uid of what was made, if the answer names one."""
    match value:
        case ops.PairingId(uid) | ops.Accepted(uid) | ops.Created(uid):
            return uid
    return ""


def _central(
    kind: LedgerKind, what: str, uid: str = "", *, undo: str, project: str = ""
) -> LedgerEntry:
    side = arrangements.Side.CENTRAL
    return LedgerEntry(n=0, kind=kind, what=what, uid=uid, side=side, project=project, undo=undo)


def _edge(
    kind: LedgerKind, what: str, place: str, undo: str, uid: str = "", project: str = ""
) -> LedgerEntry:
    side = arrangements.Side.EDGE
    return LedgerEntry(
        n=0, kind=kind, what=what, uid=uid, side=side, place=place, project=project, undo=undo
    )
