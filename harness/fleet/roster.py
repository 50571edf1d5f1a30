"""Who there is: clusters and their hosts, by index, as pure functions of the scenario.

A cluster's size, place, project and stack follow from the seed and its index, its cell from its
uid; so one more host leaves all other clusters as they were.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from sys import intern
from typing import Final

import simpy

from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.draws import derived_bits, derived_id
from harness.domain.operations import Credentials
from harness.fleet.draws import Stream
from harness.fleet.projects import project_uid, site
from harness.fleet.scenario import Scenario
from harness.fleet.stacks import STACKS, FleetStack
from harness.history.operation import Json

_SPLIT_WORKERS: Final = 4
"""From so many workers on, they stand in two pools."""


@dataclass(frozen=True, slots=True)
class Member:
    """One cluster of the fleet.

    Attributes:
        index: its number, from 0; the name of all its streams.
        uid: of the local cluster.
        host_uids: its hosts, those of the control plane first.
        site, region, tenant, project: by number.
        project_uid: of the project into which it pairs.
        stack: what it runs.
    """

    index: int
    uid: str
    host_uids: tuple[str, ...]
    site: int
    region: int
    tenant: int
    project: int
    project_uid: str
    stack: FleetStack
    seed: int

    @property
    def slot(self) -> str:
        """The name of the place that the cluster is installed at."""
        return f"slot-{self.index}"

    @property
    def cluster(self) -> Cluster:
        """The cluster as it is installed; built each time, as it is seldom needed."""
        where, region = site(self.seed, self.site), intern(f"region-{self.region}")
        return Cluster(
            uid=self.uid,
            name=f"{where.name}-{self.index}",
            tags={"site": where.name, "city": where.city, "region": region},
            pools=_pools(self.host_uids),
            stack=self.stack.local,
        )


class Roster:
    """All clusters of a scenario. Costs a few bytes for each until one is asked for."""

    def __init__(self, scenario: Scenario) -> None:
        plan = scenario.fleet
        self._plan = plan
        self._seed = scenario.seed
        self._only = scenario.only.clusters
        self._count, self._last_size = _count(scenario.seed, plan.hosts, plan.sizes)

    def __len__(self) -> int:
        """How many clusters there are, with those that a shrunk scenario leaves out."""
        return self._count

    def size(self, index: int) -> int:
        """How many hosts a cluster has. The last cluster has what is left."""
        if index == self._count - 1:
            return self._last_size
        return _size(self._seed, self._plan.sizes, index)

    def indices(self) -> Sequence[int]:
        """The clusters that take part, in ascending order."""
        if self._only is None:
            return range(self._count)
        return sorted({index for index in self._only if 0 <= index < self._count})

    def indices_of_cell(self, cell: int) -> Sequence[int]:
        """The clusters of one cell that take part, in ascending order."""
        if self._only is not None:
            return [index for index in self.indices() if self.cell_of(index) == cell]
        return _by_cell(self._seed, self._count, self._plan.cells)[cell]

    def members_of_cell(self, cell: int) -> Iterator[Member]:
        """The members of one cell that take part, in ascending order."""
        return map(self.member, self.indices_of_cell(cell))

    def cell_of(self, index: int) -> int:
        """The cell of a cluster: a hash of its uid, never of the number of hosts or workers."""
        return cell_of(derived_id(self._seed, "cluster", index), self._plan.cells)

    def member(self, index: int) -> Member:
        """A cluster by its index. Raises `IndexError` if there is no such cluster."""
        if not 0 <= index < self._count:
            raise IndexError(f"cluster {index}: there are {self._count}")
        seed, plan = self._seed, self._plan
        slot = index // plan.clusters_per_site
        uid = derived_id(seed, "cluster", index)
        # A site belongs to one tenant; its clusters to any of the tenant's projects.
        tenant = derived_bits(seed, "tenant", slot) % plan.tenants if plan.tenants > 1 else 0
        project = derived_bits(seed, "project", index) % plan.projects if plan.projects > 1 else 0
        return Member(
            index=index,
            uid=uid,
            host_uids=tuple(derived_id(seed, f"host:{index}", n) for n in range(self.size(index))),
            site=slot,
            region=derived_bits(seed, "region", slot) % plan.regions,
            tenant=tenant,
            project=project,
            project_uid=_project_uid(seed, tenant, project),
            stack=STACKS[derived_bits(seed, "stack", index) % len(STACKS)],
            seed=seed,
        )


def cell_of(cluster_uid: str, cells: int) -> int:
    """The cell in which a cluster lives, by its uid."""
    return int.from_bytes(blake2b(cluster_uid.encode(), digest_size=8).digest(), "big") % cells


_project_uid = lru_cache(maxsize=4096)(project_uid)


def _pools(host_uids: tuple[str, ...]) -> tuple[NodePool, ...]:
    """One node of control plane, or three from five hosts on; the rest are workers."""
    leaders = 3 if len(host_uids) >= 5 else 1
    pools = [_pool("control-plane", host_uids[:leaders], control_plane=True)]
    workers = host_uids[leaders:]
    half = (len(workers) + 1) // 2 if len(workers) >= _SPLIT_WORKERS else len(workers)
    for name, uids in (("workers-a", workers[:half]), ("workers-b", workers[half:])):
        pools += [_pool(name, uids)] if uids else []
    return tuple(pools)


def _pool(name: str, host_uids: tuple[str, ...], *, control_plane: bool = False) -> NodePool:
    nodes = (Node(f"{name}-{number}", uid) for number, uid in enumerate(host_uids, 1))
    return NodePool(name, control_plane, tuple(nodes))


def _size(seed: int, sizes: tuple[tuple[int, int], ...], index: int) -> int:
    """The size that is drawn for a cluster, by the weights."""
    if len(sizes) == 1:
        return sizes[0][0]
    bounds = list(accumulate(weight for _, weight in sizes))
    return sizes[bisect_right(bounds, derived_bits(seed, "size", index) * bounds[-1] >> 128)][0]


@lru_cache(maxsize=4)
def _count(seed: int, hosts: int, sizes: tuple[tuple[int, int], ...]) -> tuple[int, int]:
    """How many clusters use the hosts up, and the size of the last of them."""
    if len(sizes) == 1:
        count = -(-hosts // sizes[0][0])
        return count, hosts - (count - 1) * sizes[0][0] if count else 0
    count, size, left = 0, 0, hosts
    while left > 0:
        size = min(left, _size(seed, sizes, count))
        left -= size
        count += 1
    return count, size


@lru_cache(maxsize=2)
def _by_cell(seed: int, count: int, cells: int) -> list[array[int]]:
    """The indices of each cell's clusters: four bytes a cluster, once in a process."""
    members = [array("I") for _ in range(cells)]
    for index in range(count):
        members[cell_of(derived_id(seed, "cluster", index), cells)].append(index)
    return members


_LOGGED_OUT: Final = Credentials()


class FleetSlot:
    """What is there between the hosts of one cluster and the people who work at it.

    `net`, `operator`, `review` and `ids` are streams of draws, each for one use, so that what
    one of them does leaves the others alone. `down` has the positions of hosts whose link is
    down. `flows` are the processes that are inside of a flow of the edge, which a reboot ends.
    `slot` is where its cluster is installed, `host` the one at whose Local UI people work.
    `cluster_uid` is its cluster's at Palette, once an acceptance was answered.
    `is_left` says that its operator has nothing more to do there.
    `reviews` counts how often somebody at Palette took up a request of this cluster.
    """

    __slots__ = (
        "agent", "boots", "cluster_uid", "down", "flows", "has_sent", "host", "ids", "is_left",
        "is_off", "is_paired", "is_racing", "link_back", "member", "net", "operator", "pairing_uid",
        "review", "reviews", "session", "slot", "tags"
    )  # fmt: skip

    def __init__(self, seed: int, member: Member) -> None:
        index = member.index
        self.member = member
        self.slot = member.slot
        self.host = member.host_uids[0]
        self.net = Stream(seed, f"net:{index}")
        self.operator = Stream(seed, f"operator:{index}")
        self.review = Stream(seed, f"review:{index}")
        self.ids = Stream(seed, f"ids:{index}")
        self.down: frozenset[int] = frozenset()
        self.flows: list[simpy.Process] = []
        self.link_back: simpy.Event | None = None
        self.session = _LOGGED_OUT
        self.boots = 0
        self.reviews = 0
        self.pairing_uid = self.cluster_uid = ""
        self.agent = self.has_sent = self.is_off = False
        self.is_left = self.is_paired = self.is_racing = False
        self.tags: Mapping[str, Json] = {"host": self.host, "project": member.project_uid}
