"""What Local UI does to its cluster: pools, nodes, settings, its end and a new one."""

from __future__ import annotations

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import SetClusterState
from harness.domain.cluster import Cluster, ClusterState, Health, Node, NodePool
from harness.domain.errors import Reason
from tests.unit.core.world import SmallWorld, done, reason

SETTINGS = ops.ClusterSettings(("time.example.com",), ("ssh-ed25519 AAAA",))


def pools(world: SmallWorld) -> dict[str, list[str]]:
    """The nodes of each pool, as Local UI shows them."""
    cluster = done(world.local(ops.ViewCluster()))
    assert isinstance(cluster, Cluster)
    return {pool.name: [node.name for node in pool.nodes] for pool in cluster.pools}


def state(world: SmallWorld) -> str:
    cluster = done(world.local(ops.ViewCluster()))
    assert isinstance(cluster, Cluster)
    return cluster.state.value


def test_a_node_that_is_removed_frees_its_host_for_another_pool(world: SmallWorld) -> None:
    done(world.local(ops.RemoveNode("cp", "n2")))
    assert pools(world) == {"cp": ["n1"]}
    added = NodePool("workers", False, (Node("w1", world.sibling),))
    done(world.local(ops.AddMachinePool(added)))
    assert pools(world) == {"cp": ["n1"], "workers": ["w1"]}
    done(world.local(ops.RemoveMachinePool("workers")))
    assert pools(world) == {"cp": ["n1"]}


def test_a_pool_that_grows_keeps_the_nodes_that_it_has(world: SmallWorld) -> None:
    done(world.local(ops.ScaleMachinePool("cp", (world.host,))))
    assert pools(world) == {"cp": ["n1"]}
    done(world.local(ops.ScaleMachinePool("cp", (world.host, world.sibling))))
    assert pools(world) == {"cp": ["n1", world.sibling]}
    nodes = (Node("other", world.sibling, Health.HEALTHY), Node("n3", world.host))
    done(world.local(ops.UpdateMachinePool(NodePool("cp", False, nodes))))
    assert pools(world) == {"cp": [world.sibling, "n1"]}


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (ops.AddMachinePool(NodePool("cp", False, (Node("x", "h"),))), Reason.INVALID_INPUT),
        (ops.AddMachinePool(NodePool("w", False, (Node("x", "h"),))), Reason.INVALID_INPUT),
        (ops.AddMachinePool(NodePool("w", False, ())), Reason.INVALID_INPUT),
        (ops.UpdateMachinePool(NodePool("w", False, ())), Reason.NOT_FOUND),
        (ops.ScaleMachinePool("cp", ()), Reason.INVALID_INPUT),
        (ops.ScaleMachinePool("w", ("h",)), Reason.NOT_FOUND),
        (ops.RemoveMachinePool("w"), Reason.NOT_FOUND),
        (ops.RemoveMachinePool("cp"), Reason.INVALID_INPUT),
        (ops.RemoveNode("cp", "n3"), Reason.NOT_FOUND),
        (ops.RemoveNode("w", "n1"), Reason.NOT_FOUND),
    ],
    ids=repr,
)
def test_what_no_cluster_can_be_is_refused(
    world: SmallWorld, operation: ops.LocalClusterOperation, why: Reason
) -> None:
    before = pools(world)
    assert reason(world.local(operation)) is why
    assert pools(world) == before


def test_a_host_runs_one_node(world: SmallWorld) -> None:
    twice = ops.AddMachinePool(NodePool("w", False, (Node("x", world.sibling),)))
    assert reason(world.local(twice)) is Reason.INVALID_INPUT


def test_settings_are_replaced_and_can_be_read(world: SmallWorld) -> None:
    assert done(world.local(ops.ViewClusterSettings())) == ops.ClusterSettings()
    done(world.local(ops.UpdateClusterSettings(SETTINGS)))
    assert done(world.local(ops.ViewClusterSettings())) == SETTINGS


def test_a_paired_cluster_is_changed_by_none_of_them(world: SmallWorld) -> None:
    world.accept(world.send())
    world.rounds(4)
    assert world.status() == "Paired"
    before = pools(world)
    for operation in (
        ops.AddMachinePool(NodePool("w", False, (Node("x", world.sibling),))),
        ops.UpdateMachinePool(NodePool("cp", True, (Node("n1", world.host),))),
        ops.ScaleMachinePool("cp", (world.host,)),
        ops.RemoveMachinePool("cp"),
        ops.RemoveNode("cp", "n2"),
        ops.UpdateClusterSettings(SETTINGS),
    ):
        assert reason(world.local(operation)) is Reason.CENTRALLY_MANAGED
    assert pools(world) == before
    assert done(world.local(ops.ViewClusterSettings())) == ops.ClusterSettings()


def test_a_deleted_cluster_ends_and_its_hosts_take_a_new_one(world: SmallWorld) -> None:
    done(world.local(ops.DeleteCluster()))
    assert state(world) == "Deleting"
    assert reason(world.local(ops.CreateCluster("next"))) is Reason.CONFLICT
    world.rounds()
    assert reason(world.local(ops.ViewCluster())) is Reason.NOT_FOUND
    nodes = (Node("a", world.host), Node("b", world.sibling))
    created = ops.CreateCluster("next", {"site": "b"}, (NodePool("cp", True, nodes),))
    done(world.local(created))
    assert state(world) == "Provisioning"
    world.rounds()
    assert state(world) == "Running"
    assert pools(world) == {"cp": ["a", "b"]}
    world.send()


def test_a_cluster_of_no_pools_runs_on_the_host_that_is_asked(world: SmallWorld) -> None:
    done(world.local(ops.DeleteCluster()))
    world.rounds()
    done(world.local(ops.CreateCluster("next")))
    assert pools(world) == {"control-plane": [world.host]}


def test_a_deletion_waits_for_the_pairing_request(world: SmallWorld) -> None:
    world.send()
    done(world.local(ops.DeleteCluster()))
    world.rounds(3)
    assert state(world) == "Deleting"
    done(world.cancel())
    world.rounds(2)
    assert reason(world.local(ops.ViewCluster())) is Reason.NOT_FOUND
    assert world.listed() == []


def test_a_state_that_was_arranged_stays(world: SmallWorld) -> None:
    done(world.local(ops.DeleteCluster()))
    world.arrange(SetClusterState(world.slot, ClusterState.DELETING))
    world.rounds(3)
    assert state(world) == "Deleting"
