"""Clusters by index: whatever else there is, a cluster stays as it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain

import pytest

from harness.domain.cluster import Health
from harness.domain.draws import derived_id
from harness.fleet.roster import Member, Roster, cell_of
from harness.fleet.scenario import HOUR, FleetPlan, Only, Scenario

MIXED = FleetPlan(
    hosts=200,
    sizes=((1, 5), (3, 3), (7, 2)),
    clusters_per_site=4,
    tenants=2,
    projects=3,
    cells=8,
)


def roster(plan: FleetPlan = MIXED, *, seed: int = 1, only: Only = Only()) -> Roster:
    return Roster(Scenario("a", "to try", HOUR, fleet=plan, seed=seed, only=only))


def members(who: Roster) -> list[Member]:
    return [who.member(index) for index in who.indices()]


@pytest.mark.parametrize("hosts", [0, 1, 2, 7, 199, 200])
@pytest.mark.parametrize("sizes", [((1, 1),), ((3, 1),), ((1, 5), (3, 3), (7, 2))])
def test_the_clusters_have_exactly_the_hosts(
    hosts: int, sizes: tuple[tuple[int, int], ...]
) -> None:
    found = members(roster(replace(MIXED, hosts=hosts, sizes=sizes)))
    assert sum(len(member.host_uids) for member in found) == hosts
    assert all(member.host_uids for member in found)


def test_one_more_host_leaves_all_clusters_but_the_last_as_they_were() -> None:
    before = members(roster())
    for hosts in range(201, 210):
        after = members(roster(replace(MIXED, hosts=hosts)))
        assert after[: len(before) - 1] == before[:-1]
        assert after[len(before) - 1].host_uids[: len(before[-1].host_uids)] == before[-1].host_uids
        before = after


def test_sizes_are_drawn_by_their_weights() -> None:
    plan = replace(MIXED, hosts=20_000)
    who = roster(plan)
    sizes = Counter(who.size(index) for index in range(len(who) - 1))
    shares = [sizes[size] * 10 / len(who) for size in (1, 3, 7)]
    assert shares == pytest.approx([5, 3, 2], abs=0.3)


def test_each_cluster_is_in_the_cell_of_its_uid_and_in_no_other() -> None:
    who = roster()
    cells = [list(who.indices_of_cell(cell)) for cell in range(8)]
    assert sorted(chain.from_iterable(cells)) == list(who.indices())
    for cell, indices in enumerate(cells):
        assert indices == sorted(indices)
        for member in who.members_of_cell(cell):
            assert cell == cell_of(member.uid, 8) == who.cell_of(member.index)


def test_a_cell_does_not_depend_on_how_many_hosts_there_are() -> None:
    few, many = roster(), roster(replace(MIXED, hosts=900))
    for cell in range(8):
        there = list(few.indices_of_cell(cell))
        assert list(many.indices_of_cell(cell))[: len(there)] == there


def test_only_some_clusters_are_the_same_clusters() -> None:
    everybody, some = roster(), roster(only=Only(clusters=(9, 3, 17, 4_000)))
    assert members(some) == [everybody.member(index) for index in (3, 9, 17)]
    assert len(some) == len(everybody)
    cells = [list(some.indices_of_cell(cell)) for cell in range(8)]
    assert sorted(chain.from_iterable(cells)) == [3, 9, 17]
    assert all(index in everybody.indices_of_cell(c) for c in range(8) for index in cells[c])


def test_uids_are_derived_and_never_repeat() -> None:
    found = members(roster())
    assert [m.uid for m in found] == [derived_id(1, "cluster", m.index) for m in found]
    uids = [uid for member in found for uid in member.host_uids]
    assert len(set(uids)) == len(uids)


def test_a_site_has_one_region_and_one_tenant() -> None:
    by_site: dict[int, set[tuple[int, int]]] = {}
    for member in members(roster()):
        assert member.site == member.index // 4
        by_site.setdefault(member.site, set()).add((member.region, member.tenant))
    assert {len(found) for found in by_site.values()} == {1}
    assert len(set.union(*by_site.values())) == 4 * 2


@pytest.mark.parametrize(
    ("size", "pools"),
    [
        (1, [1]),
        (2, [1, 1]),
        (3, [1, 2]),
        (4, [1, 3]),
        (5, [3, 2]),
        (7, [3, 2, 2]),
        (8, [3, 3, 2]),
    ],
)
def test_the_pools_follow_the_size(size: int, pools: list[int]) -> None:
    member = roster(replace(MIXED, hosts=size, sizes=((size, 1),))).member(0)
    cluster = member.cluster
    assert [len(pool.nodes) for pool in cluster.pools] == pools
    assert [pool.control_plane for pool in cluster.pools] == [True] + [False] * (len(pools) - 1)
    assert cluster.host_uids() == member.host_uids
    assert len({node.name for node in cluster.nodes()}) == size
    assert {node.health for node in cluster.nodes()} == {Health.HEALTHY}


def test_a_cluster_is_told_by_name_and_runs_its_stack() -> None:
    clusters = [(member, member.cluster) for member in members(roster())]
    assert len({cluster.name for _, cluster in clusters}) == len(clusters)
    assert all(cluster.stack is member.stack.local for member, cluster in clusters)
    assert all(cluster.tags["region"] == f"region-{m.region}" for m, cluster in clusters)


def test_there_is_no_cluster_beyond_the_last() -> None:
    who = roster()
    with pytest.raises(IndexError, match=f"there are {len(who)}"):
        who.member(len(who))


def test_another_seed_gives_other_clusters() -> None:
    assert not {m.uid for m in members(roster())} & {m.uid for m in members(roster(seed=2))}
