"""The places of clusters: which are free, how clusters come to them, and what is left there.

Pairing is for good: an accept consumes a cluster. Where clusters are given they are used again as
they are, so what a scenario has arranged at them is undone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from harness.catalogue.limits import Limits
from harness.catalogue.needs import Need, consuming_scenarios
from harness.context.recorder import Inconclusive, NotSupported, Recorder
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode, Node, NodePool
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.targets.arranging.adopting import chosen
from harness.targets.port import CannotArrange

_ARRANGING = frozenset(arrangements.ARRANGEMENTS)
_OPERATIONS = frozenset(
    name
    for name, kind in vars(ops).items()
    if isinstance(kind, type) and issubclass(kind, ops.Operation)
)
_SPOILS = ("DeleteCluster", "CreateCluster", "UpdateStack")
"""What an operator does at Local UI that no cancel undoes."""
_PARTS = {
    "control_plane": "control plane nodes",
    "workers": "workers",
    "worker_pools": "pools of workers",
}


@dataclass(frozen=True, slots=True)
class ClusterShape:
    """How many nodes a cluster has at least: in its control plane, and in how many pools of
    workers. `spare` is how many hosts its place has besides; with `better` it has one more of
    these, or else a node more of the last kind, where some place has room for one.
    """

    control_plane: int = 1
    workers: int = 0
    worker_pools: int = 1
    spare: int = 0
    better: bool = False

    @property
    def larger(self) -> ClusterShape:
        """With a free host more, where it has one, and otherwise with a node more."""
        if self.spare:
            return replace(self, spare=self.spare + 1, better=False)
        if self.workers:
            return replace(self, workers=self.workers + 1, better=False)
        return replace(self, control_plane=self.control_plane + 1, better=False)

    @property
    def parts(self) -> Mapping[str, int]:
        """How many of each it has, by what `TargetInfo.largest` bounds."""
        pools = self.worker_pools if self.workers else 0
        return {
            "control_plane": self.control_plane,
            "workers": self.workers,
            "worker_pools": pools,
        }

    @property
    def hosts(self) -> int:
        """How many hosts its place has at least."""
        return self.control_plane + self.workers + self.spare


def pools_of(shape: ClusterShape, host_uids: tuple[str, ...]) -> tuple[NodePool, ...]:
    """The pools of a cluster of this shape, on the first of these hosts."""
    split = shape.control_plane
    control = _nodes("control-plane", host_uids[:split])
    workers = _nodes("worker", host_uids[split : split + shape.workers])
    pools = [NodePool("control-plane-pool", True, control)]
    for index in range(shape.worker_pools):
        name = f"worker-pool-{index + 1}" if index else "worker-pool"
        first, end = (shape.workers * n // shape.worker_pools for n in (index, index + 1))
        pools.append(NodePool(name, False, workers[first:end]))
    return tuple(pool for pool in pools if pool.nodes)


def _nodes(kind: str, host_uids: tuple[str, ...]) -> tuple[Node, ...]:
    return tuple(Node(f"{kind}-{n}", uid) for n, uid in enumerate(host_uids, start=1))


class SlotPool:
    """The places for clusters that a target has; a scenario leases and returns them.

    Where clusters are given (`Slot.given`), one that was consumed has to be renewed before it is
    leased again, and one that cannot be renewed is spent.

    Attributes:
        uses_tokens_up: whether a registration token was seen there to be good for one request.
    """

    def __init__(self, slots: tuple[arrangements.Slot, ...]) -> None:
        self._free = list(slots)
        self._most_hosts = max((len(slot.host_uids) for slot in slots), default=0)
        self._stale: set[str] = set()
        self._spent: list[arrangements.Slot] = []
        self.consumed = 0
        """How many clusters were consumed so far."""
        self.uses_tokens_up = False

    def lease(
        self, hosts: int, *, consumes: bool = True, without: Collection[str] = ()
    ) -> arrangements.Slot:
        """A free slot with at least so many hosts, and none of `without`.

        `consumes` says that the cluster is not as it was afterwards.

        Raises:
            Inconclusive: there is none; says what it would take.
        """
        large = [slot for slot in self._free if len(slot.host_uids) >= hosts]
        fitting = [slot for slot in large if slot.disposable or not slot.given or not consumes]
        left = [slot for slot in fitting if slot.uid not in without]
        if not left:
            raise Inconclusive(self._why_none(hosts, large, fitting))
        # The first of the smallest, so that a larger one stays for who needs it: where nothing is
        # given, that is the one that came back last.
        slot = min(left, key=lambda slot: self._rank(slot, consumes))
        self._free.remove(slot)
        return slot

    def _rank(self, slot: arrangements.Slot, consumes: bool) -> tuple[bool, bool, int]:
        spared = slot.given and slot.disposable and not consumes
        return (slot.uid in self._stale, spared, len(slot.host_uids))

    def _why_none(
        self, hosts: int, large: list[arrangements.Slot], fitting: list[arrangements.Slot]
    ) -> str:
        if any(len(slot.host_uids) >= hosts for slot in self._spent):
            return (
                f"the pool of disposable clusters is exhausted ({len(self._spent)} consumed;"
                f" scenarios that need one: {consuming_scenarios()}): give it more, or say how"
                " one is put back (reset)"
            )
        if large and not fitting:
            return (
                "this scenario may pair a cluster for good, and none may be: add disposable = true"
                " or reset to an entry of [[edge.clusters]]"
            )
        return (
            f"the target has no free place for a cluster of {hosts} host{'s' if hosts != 1 else ''}"
            f", and none has more than {self._most_hosts}; give it more, or larger ones, in"
            " [[edge.clusters]] ([peer] where they are played), or say in [edge.largest] how large"
            " they can be"
        )

    def is_stale(self, slot: arrangements.Slot) -> bool:
        """Whether its cluster has to be renewed first."""
        return slot.uid in self._stale

    def renewed(self, slot: arrangements.Slot) -> None:
        """Its cluster is fresh again."""
        self._stale.discard(slot.uid)

    def give_back(self, slot: arrangements.Slot, *, consumed: bool = False) -> None:
        """A slot that can be leased again, or is spent."""
        if consumed and slot.given:
            self.consumed += 1
            self._stale.add(slot.uid)
        if slot.uid in self._stale and not slot.renewable:
            self._spent.append(slot)
        else:
            self._free.insert(0, slot)


class Installer:
    """Installs the clusters of one scenario.

    Attributes:
        leased: the places that the scenario has leased.
    """

    def __init__(self, recorder: Recorder, pool: SlotPool, *, consumes: bool) -> None:
        """`consumes` says that the scenario uses clusters up."""
        self.leased: list[arrangements.Slot] = []
        self._recorder = recorder
        self._pool = pool
        self._consumes = consumes

    def install(
        self, model: Cluster, shape: ClusterShape, matters: tuple[str, ...], hosts: int
    ) -> tuple[arrangements.Slot, Cluster]:
        """A place of at least so many hosts with a cluster like this one; each may be tried.

        Raises:
            CannotArrange: no place has one, and none can be installed.
            Inconclusive: there is no place.
            NotSupported: the target never has a cluster of this shape.
        """
        if shape.better:
            larger = arrangements.LARGER_SHAPE if not shape.spare else "shape"
            rather = tuple(larger if m == "shape" else m for m in matters)
            with suppress(CannotArrange, Inconclusive, NotSupported):
                return self.install(model, shape.larger, rather, shape.larger.hosts)
        for part, most in self._recorder.driver.info.largest.items():
            if shape.parts[part] > most:
                wanted = f"{shape.parts[part]} {_PARTS[part]}"
                raise NotSupported(
                    f"no cluster of the target has {wanted}, as it has {most} at most"
                )
        tried: dict[str, CannotArrange] = {}
        while True:
            slot = self._lease(hosts, tried)
            pools = pools_of(shape, slot.host_uids)
            asked = arrangements.InstallCluster(slot.uid, replace(model, pools=pools), matters)
            try:
                if self._pool.is_stale(slot):  # an earlier scenario has consumed it
                    self._recorder.arrange(arrangements.RenewCluster(slot.uid))
                    self._pool.renewed(slot)
                return slot, _as_wanted(asked, self._recorder.arrange(asked).cluster)
            except CannotArrange as error:
                self.leased.remove(slot)
                self._pool.give_back(slot)
                tried[slot.uid] = error

    def _lease(self, hosts: int, tried: dict[str, CannotArrange]) -> arrangements.Slot:
        try:
            slot = self._pool.lease(hosts, consumes=self._consumes, without=tried)
        except Inconclusive:
            if tried:
                raise next(reversed(tried.values())) from None
            raise
        self.leased.append(slot)
        return slot

    def put_right(self) -> bool:
        """Undo what was arranged at clusters that are used again as they are.

        Returns whether that was not possible.
        """
        given = {slot.uid for slot in self.leased if slot.given}
        if not given:
            return False
        for arrangement in undoing(self._recorder.arranged, given):
            try:
                self._recorder.driver.arrange(arrangement)
            except CannotArrange:
                return True
        return False


def _as_wanted(asked: arrangements.InstallCluster, came: Cluster | None) -> Cluster:
    """The cluster that a lab has installed, in which what matters is as it was asked for.

    Raises:
        CannotArrange: it is not, and so this lab has none such there.
    """
    if why := chosen(asked, came) if came else "nothing stands there then":
        raise CannotArrange("InstallCluster", f"at slot {asked.slot}: {why}")
    assert came is not None
    return came


def undoing(
    arranged: Iterable[arrangements.Arrangement], slots: Collection[str]
) -> Iterator[arrangements.Arrangement]:
    """What puts these slots right again, the last thing first."""
    left: dict[object, arrangements.Arrangement] = {}
    for arrangement in arranged:
        match arrangement:
            case arrangements.SetNodeHealth(slot, node, health):
                undo: arrangements.Arrangement = arrangements.SetNodeHealth(
                    slot, node, Health.HEALTHY
                )
                key, right = (slot, node), health is Health.HEALTHY
            case arrangements.SetClusterState(slot, state):
                undo = arrangements.SetClusterState(slot, ClusterState.RUNNING)
                key, right = (slot, "state"), state is ClusterState.RUNNING
            case arrangements.SetHostMode(slot, mode):
                undo = arrangements.SetHostMode(slot, ManagementMode.LOCAL)
                key, right = (slot, "mode"), mode is ManagementMode.LOCAL
            case arrangements.SetLink(host, up):
                undo = arrangements.SetLink(host, up=True)
                key, right = ("", host), up
            case _:
                continue
        left.pop(key, None)
        if not right and (key[0] in slots or not key[0]):
            left[key] = undo
    yield from reversed(left.values())


def is_consumed(
    history: History,
    arranged: Collection[arrangements.Arrangement],
    *,
    slot: str,
    host_uids: Collection[str],
    pairing_uids: Collection[str],
    all_pairing_uids: Collection[str],
) -> bool:
    """Whether a cluster cannot be used again as it is: paired, maybe paired, or changed for good.

    An accept of a request that none of the scenario's clusters is known to have sent may be of
    any of them.
    """
    if arrangements.InstallCluster(slot, None) in arranged:
        return True
    for operation in history.operations:
        if operation.outcome is Outcome.FAIL:
            continue
        if operation.kind == "AcceptPairingRequest":
            uid = operation.args.get("pairing_uid")
            if uid in pairing_uids or uid not in all_pairing_uids:
                return True
        elif operation.kind in _SPOILS and operation.tags.get("host") in host_uids:
            return True
    return False


# --- what scenarios needed of a target, from the evidence of a run --------------------------------


def needs_of_run(histories: Mapping[str, History]) -> Mapping[str, Need]:
    """What each scenario asked for, and how many clusters it used up.

    One that did nothing, as its feature is not claimed, is left out.
    """
    return {
        scenario: need_from(history.operations)
        for scenario, history in histories.items()
        if history.operations
    }


def need_from(operations: Sequence[OperationRecord]) -> Need:
    """What one scenario needed, from its operations."""
    arranged = [operation for operation in operations if operation.kind in _ARRANGING]
    installed = [o for o in arranged if o.kind == "InstallCluster" and o.args.get("cluster")]
    emptied: list[arrangements.Arrangement] = [
        arrangements.InstallCluster(str(o.args["slot"]), None)
        for o in arranged
        if o.kind == "InstallCluster" and not o.args.get("cluster")
    ]
    hosts = {str(o.args["slot"]): _hosts(o.args["cluster"]) for o in installed}
    sent = {slot: _sent(operations, uids) for slot, uids in hosts.items()}
    history = History(tuple(operations))
    everything = [uid for uids in sent.values() for uid in uids]
    clusters = sum(
        is_consumed(
            history,
            emptied,
            slot=slot,
            host_uids=uids,
            pairing_uids=sent[slot],
            all_pairing_uids=everything,
        )
        for slot, uids in hosts.items()
    )
    larger = {str(o.args["slot"]) for o in installed if _is_larger(o.args.get("matters"))}
    least = (len(uids) - (slot in larger) for slot, uids in hosts.items())
    sizes = tuple(sorted(least, reverse=True))
    kinds = tuple(sorted({o.kind for o in arranged}))
    asked = {str(o.args.get("polls", o.kind)) for o in operations} & _OPERATIONS
    return Need(kinds, clusters, sizes, *_costs(operations), tuple(sorted(asked)))


def _costs(operations: Sequence[OperationRecord]) -> tuple[int, int]:
    """How many requests were sent, and how many milliseconds it all took."""
    requests = sum(int(str((o.value or {}).get("asked", 1))) for o in operations)
    lasted = max(o.end or o.start for o in operations) - operations[0].start
    # In virtual time, what must stay so is watched for longer than anywhere else.
    usual, long = Limits(), [o for o in operations if o.args.get("during_s") == _BOUND_S]
    looks = round(usual.stays_s / usual.poll_s) + 1
    usually = round(usual.stays_s * 1e6) + looks * 1_000
    for watch in long:
        requests -= max(0, int(str((watch.value or {}).get("asked", 1))) - looks)
        lasted -= max(0, (watch.end or watch.start) - watch.start - usually)
    return requests, lasted // 1_000


_BOUND_S = max(Limits().list_lag_s, Limits().edge_lag_s)


def _is_larger(matters: Json) -> bool:
    """Whether a cluster has a node more than its scenario needs."""
    return isinstance(matters, list) and arrangements.LARGER_SHAPE in matters


def _hosts(cluster: Json) -> tuple[str, ...]:
    """The hosts below the nodes of a cluster as evidence has it."""
    assert isinstance(cluster, dict)
    pools = cluster["pools"]
    assert isinstance(pools, list)
    nodes = [node for pool in pools if isinstance(pool, dict) for node in _list(pool["nodes"])]
    return tuple(str(node["host_uid"]) for node in nodes if isinstance(node, dict))


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _sent(operations: Iterable[OperationRecord], host_uids: Sequence[str]) -> list[str]:
    """The ids of the requests that these hosts have sent."""
    return [
        str((operation.value or {}).get("pairing_uid"))
        for operation in operations
        if operation.kind == "SendPairingRequest"
        and operation.tags.get("host") in host_uids
        and (operation.value or {}).get("pairing_uid")
    ]
