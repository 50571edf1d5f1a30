"""The two sides as running things: a core with its store, its clock and its draws.

A shell (HTTP, in process, fleet) calls `perform`; whatever arranges a run calls `arrange`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.draws import CounterDraws
from harness.domain.errors import PairproofError, Reason, Refusal, Refused
from harness.domain.profile import ClusterProfile
from harness.domain.token import RegistrationToken
from harness.reference.clock import Clock, ShiftedClock
from harness.reference.core import records
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall
from harness.reference.core.edge_flows import EdgeCore
from harness.reference.core.link import Call, TimedReply, run
from harness.reference.core.store import Store
from harness.reference.faults import FaultyLink


class ArrangementError(PairproofError):
    """An arrangement names something that is not there, or that this side does not have."""


CentralFactory = Callable[[Store], CentralCore]
EdgeFactory = Callable[[Store], EdgeCore]


class CentralSide:
    """Palette: its core over a store. Safe to call from many threads."""

    def __init__(
        self, store: Store, clock: Clock, seed: object, make_core: CentralFactory = CentralCore
    ) -> None:
        self._store = store
        self._make_core = make_core
        self._seed = seed
        self._lock = threading.RLock()
        self._limited_calls = 0
        self._limited_at: list[int] = []
        self._retry_after = 1
        self.clock = ShiftedClock(clock.now)
        self._boot()

    def _boot(self) -> None:
        with self._lock:
            boots = _count_boot(self._store, arrangements.Side.CENTRAL)
            self._draws = CounterDraws(f"{self._seed}:central:{boots}")
            self.core = self._make_core(self._store)

    def perform(
        self, operation: ops.PaletteOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        with self._lock:
            if self._limited_calls > 0 and isinstance(operation, ops.CentralOperation):
                self._limited_calls -= 1
                self._limited_at.append(self.clock.now())
                return Refused(
                    Reason.RATE_LIMITED,
                    "too many requests: try again later",
                    {"retry_after": str(self._retry_after)},
                )
            return self.perform_by(self.core, operation, credentials)

    @property
    def store(self) -> Store:
        """What this side keeps."""
        return self._store

    def core_over(self, store: Store) -> CentralCore:
        """A further core of the same rules, over another store."""
        return self._make_core(store)

    def perform_by(
        self, core: CentralCore, operation: ops.PaletteOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        """One operation, by a core of this side's, now."""
        with self._lock:
            return core.perform(operation, CentralCall(credentials, self.clock.now(), self._draws))

    def know(self, pairing_uid: str) -> None:
        """The host of a request was seen to know its id."""
        with self._lock, self._store.transaction():
            self.core.know(pairing_uid)

    def arrange(self, arrangement: arrangements.Arrangement) -> None:
        """Arrange what no user can. Raises `ArrangementError` if this side knows no such thing."""
        with self._lock:
            match arrangement:
                case arrangements.Restart():
                    self._boot()
                case arrangements.AdvanceClock(by=by):
                    self.clock.put_forward(by)
                case arrangements.SetClockRight():
                    self.clock.set_right()
                case arrangements.SetRateLimit(calls, retry_after):
                    self._limited_calls, self._retry_after = calls, retry_after
                    self._limited_at = []
                case _:
                    with self._store.transaction():
                        self._write(arrangement)

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        """What has come of it, if it is one of this side's."""
        with self._lock:
            match arrangement:
                case arrangements.SetRateLimit():
                    return arrangements.FaultEffect(met=tuple(self._limited_at))
                case arrangements.PutUser(email):
                    user = self._store.get(records.User, email)
                    grants = self.core.granted(user.roles if user else {})
                    return arrangements.FaultEffect(grants=grants)
                case arrangements.PutProfile(profile):
                    there = self._store.get(ClusterProfile, profile.uid)
                    # Which of those that it has is the latest it says as it goes by it.
                    known = self.core.profile(profile.uid) or there
                    latest = arrangements.profile_effect(known).latest
                    return replace(arrangements.profile_effect(there), latest=latest)
            return _side_seen(arrangement, self._store, self.clock)

    def _write(self, arrangement: arrangements.Arrangement) -> None:
        store = self._store
        match arrangement:
            case arrangements.CreateProject(uid, name):
                store.put(records.Project(uid, name))
            case arrangements.ForgetProject(uid):
                self.core.forget_project(uid)
            case arrangements.PutUser(email, password, api_key, grants, tenant_admin):
                self.core.appoint(records.User(email, password, api_key, grants), tenant_admin)
            case arrangements.RemoveUser(email):
                self.core.dismiss(email)
            case arrangements.PutToken(token):
                store.put(token)
            case arrangements.RemoveToken(uid):
                store.delete(RegistrationToken, uid)
            case arrangements.PutProfile(profile):
                store.put(profile)
            case arrangements.RemoveProfile(uid):
                store.delete(ClusterProfile, uid)
            case arrangements.Reset():
                store.clear()
                self._limited_calls = 0
                self.clock.set_right()
            case _:
                raise ArrangementError(f"the central side cannot arrange {arrangement!r}")

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()


class EdgeSide:
    """All edge hosts: the slots, their clusters, and the agents. Safe for many threads."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        seed: object,
        link: FaultyLink,
        slots: Iterable[arrangements.Slot],
        make_core: EdgeFactory = EdgeCore,
    ) -> None:
        self._store = store
        self._make_core = make_core
        self._seed = seed
        self._slots = tuple(slots)
        self._lock = threading.RLock()
        self.link = link
        self.clock = ShiftedClock(clock.now)
        self._boot()

    def _boot(self) -> None:
        with self._lock:
            boots = _count_boot(self._store, arrangements.Side.EDGE)
            self._draws = CounterDraws(f"{self._seed}:edge:{boots}")
            self.core = self._make_core(self._store)
            with self._store.transaction():
                self._place_hosts()
                self.core.recover()

    def _place_hosts(self) -> None:
        for slot in self._slots:
            if self._store.get(records.SlotState, slot.uid) is None:
                self._store.put(records.SlotState(slot.uid, slot.host_uids))
                for host_uid in slot.host_uids:
                    self._store.put(records.HostSlot(host_uid, slot.uid))

    def slots(self) -> tuple[arrangements.Slot, ...]:
        """The places for clusters, with their hosts."""
        return self._slots

    def cluster_at(self, slot: str) -> Cluster | None:
        """The cluster that is installed in a slot, if any.

        Raises:
            ArrangementError: there is no such slot.
        """
        with self._lock:
            return self._slot_state(slot).cluster

    def perform(
        self, host_uid: str, operation: ops.LocalOperation, credentials: ops.Credentials
    ) -> ops.KnownReply:
        call = EdgeCall(host_uid, credentials, self.clock.now(), self._draws)
        try:
            result = run(self.core.perform(operation, call), self._store, self._carry, self._lock)
        except Refusal as refusal:
            return refusal.refused
        if result is None:
            raise AssertionError(f"{type(operation).__name__} ended without a reply")
        return result

    def tick(self, *only: str) -> None:
        """One round of every agent that has something to follow up, or of those of some slots."""
        with self._lock:
            slots = self.core.working_slots()
        for slot in slots:
            if not only or slot in only:
                self.follow(slot)

    def follow(self, slot: str) -> None:
        """One round of one site's agents."""
        try:
            run(self.core.follow(slot), self._store, self._carry, self._lock)
        except Refusal:
            return  # someone else took the request elsewhere meanwhile; the next round sees it

    def _carry(self, call: Call) -> TimedReply:
        if isinstance(call.operation, ops.SubmitPairing | ops.WithdrawPairing):
            # What became of the request before it, no host of the cluster wants to know any more.
            beside = (slot.host_uids for slot in self._slots if call.host_uid in slot.host_uids)
            for host_uid in next(beside, ()):
                self.link.hang_up(host_uid)
        reply = self.link.carry(call.host_uid, call.base_url, call.insecure, call.operation)
        return TimedReply(reply, self.clock.now())

    def arrange(self, arrangement: arrangements.Arrangement) -> None:
        """Arrange what no user can. Raises `ArrangementError` if this side knows no such thing."""
        match arrangement:
            case arrangements.Restart():
                self._boot()
            case arrangements.AdvanceClock(by=by):
                self.clock.put_forward(by)
            case arrangements.SetClockRight():
                self.clock.set_right()
            case arrangements.SetLink(host_uid, up):
                self._known_host(host_uid)
                if not self.link.set_link(host_uid, up=up):
                    raise ArrangementError("what comes late cannot arrive: Palette is not reached")
            case arrangements.FaultNextMessage():
                self._known_host(arrangement.host_uid)
                self.link.spoil_next(arrangement)
            case _:
                with self._lock, self._store.transaction():
                    self._write(arrangement)

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        """What has come of a fault, if it is one of this side's."""
        if isinstance(arrangement, arrangements.SetLink | arrangements.FaultNextMessage):
            return self.link.seen(arrangement)
        with self._lock:
            return _side_seen(arrangement, self._store, self.clock)

    def _write(self, arrangement: arrangements.Arrangement) -> None:
        match arrangement:
            case arrangements.InstallCluster(slot, cluster):
                self._install(slot, cluster)
            case arrangements.SetHostMode(slot, mode):
                self._store.put(replace(self._slot_state(slot), mode=mode))
            case arrangements.SetClusterState(slot, state):
                site, cluster = self._occupied(slot)
                changed = replace(cluster, state=state)
                self._store.put(replace(site, cluster=changed, changing=False))
            case arrangements.SetNodeHealth(slot, node, health):
                site, cluster = self._occupied(slot)
                self._store.put(replace(site, cluster=_with_health(cluster, node, health)))
            case arrangements.Reset():
                self._store.clear()
                self.link.heal()
                self.clock.set_right()
                self._place_hosts()
            case _:
                raise ArrangementError(f"the edge cannot arrange {arrangement!r}")

    def _install(self, slot: str, cluster: Cluster | None) -> None:
        site = self._slot_state(slot)
        foreign = set(cluster.host_uids() if cluster else ()) - set(site.host_uids)
        if foreign:
            names = ", ".join(sorted(foreign))
            raise ArrangementError(f"slot {slot} has no host {names}")
        self.link.heal(site.host_uids)
        self._store.put(records.SlotState(slot, site.host_uids, cluster=cluster))

    def _slot_state(self, slot: str) -> records.SlotState:
        site = self._store.get(records.SlotState, slot)
        if site is None:
            raise ArrangementError(f"there is no slot {slot}")
        return site

    def _occupied(self, slot: str) -> tuple[records.SlotState, Cluster]:
        site = self._slot_state(slot)
        if site.cluster is None:
            raise ArrangementError(f"slot {slot} has no cluster")
        return site, site.cluster

    def _known_host(self, host_uid: str) -> None:
        if not any(host_uid in slot.host_uids for slot in self._slots):
            raise ArrangementError(f"there is no host {host_uid}")

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()


def _side_seen(
    arrangement: arrangements.Arrangement, store: Store, clock: ShiftedClock
) -> arrangements.FaultEffect | None:
    match arrangement:
        case arrangements.Restart(side):
            boots = store.get(records.Boots, side.value)
            return arrangements.FaultEffect(starts=boots.count if boots else 0)
        case arrangements.AdvanceClock():
            return arrangements.FaultEffect(now=clock.now())
    return None


def _count_boot(store: Store, side: arrangements.Side) -> int:
    """Count a start of a side, so that no id of before comes back (SND-5)."""
    with store.transaction():
        before = store.get(records.Boots, side.value)
        count = (before.count if before else 0) + 1
        store.put(records.Boots(side.value, count))
    return count


def _with_health(cluster: Cluster, node: str, health: object) -> Cluster:
    try:
        return cluster.with_health(node, health)  # type: ignore[arg-type]
    except KeyError:
        raise ArrangementError(f"cluster {cluster.name} has no node {node}") from None
