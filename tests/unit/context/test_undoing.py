"""What is left behind at a cluster is undone, and what cannot be undone has used it up."""

from __future__ import annotations

import pytest

from harness.context.installing import is_consumed, need_from, undoing
from harness.domain import arrangements
from harness.domain.cluster import Cluster, ClusterState, Health, ManagementMode
from harness.history.operation import History, Json, OperationRecord, Outcome

ILL = arrangements.SetNodeHealth("a", "n-1", Health.UNHEALTHY)
WELL = arrangements.SetNodeHealth("a", "n-1", Health.HEALTHY)
CUT, LINKED = arrangements.SetLink("h-1", up=False), arrangements.SetLink("h-1", up=True)


@pytest.mark.parametrize(
    ("arranged", "undone"),
    [
        ([], []),
        ([ILL], [WELL]),
        ([ILL, WELL], []),
        ([ILL, WELL, ILL], [WELL]),
        ([CUT, ILL], [WELL, LINKED]),
        ([CUT, LINKED], []),
        (
            [arrangements.SetClusterState("a", ClusterState.ERROR)],
            [arrangements.SetClusterState("a", ClusterState.RUNNING)],
        ),
        (
            [arrangements.SetHostMode("a", ManagementMode.CENTRAL)],
            [arrangements.SetHostMode("a", ManagementMode.LOCAL)],
        ),
        ([arrangements.SetNodeHealth("other", "n-1", Health.UNHEALTHY)], []),
    ],
)
def test_only_what_is_not_right_any_more_is_undone(
    arranged: list[arrangements.Arrangement], undone: list[arrangements.Arrangement]
) -> None:
    assert list(undoing(arranged, {"a"})) == undone


def operation(kind: str, outcome: Outcome = Outcome.OK, **args: Json) -> OperationRecord:
    return OperationRecord("1", "s", "x", kind, args, 0, outcome=outcome, tags={"host": "h-1"})


def consumed(
    *operations: OperationRecord, arranged: tuple[arrangements.Arrangement, ...] = ()
) -> bool:
    return is_consumed(
        History(operations),
        arranged,
        slot="a",
        host_uids=("h-1", "h-2"),
        pairing_uids=["mine"],
        all_pairing_uids=["mine", "other"],
    )


ACCEPT = "AcceptPairingRequest"


@pytest.mark.parametrize(
    "done",
    [
        operation(ACCEPT, pairing_uid="mine"),
        operation(ACCEPT, Outcome.INFO, pairing_uid="mine"),
        operation(ACCEPT, pairing_uid="of-nobody-known"),
        operation("DeleteCluster"),
        operation("UpdateStack", Outcome.INFO),
        operation("CreateCluster"),
    ],
)
def test_what_may_have_changed_it_for_good_has_used_it_up(done: OperationRecord) -> None:
    assert consumed(operation("ViewCluster"), done)


@pytest.mark.parametrize(
    "done",
    [
        operation(ACCEPT, pairing_uid="other"),
        operation(ACCEPT, Outcome.FAIL, pairing_uid="mine"),
        operation("DeleteCluster", Outcome.FAIL),
        operation("CancelPairingRequest"),
        operation("PatchCluster"),
        operation("RejectPairingRequest", pairing_uid="mine"),
    ],
)
def test_what_has_not_leaves_it_as_it_is(done: OperationRecord) -> None:
    assert not consumed(done)


def test_one_that_was_removed_is_used_up() -> None:
    assert consumed(arranged=(arrangements.InstallCluster("a", None),))
    assert not consumed(arranged=(arrangements.InstallCluster("b", None),))
    assert not consumed(arranged=(arrangements.InstallCluster("a", Cluster("c", "shop")),))


# --- what a scenario needs, from its evidence ---------------------------------------------------


def installed(slot: str, *hosts: str) -> OperationRecord:
    nodes: list[Json] = [{"name": host, "host_uid": host} for host in hosts]
    cluster: Json = {"uid": slot, "pools": [{"name": "p", "control_plane": True, "nodes": nodes}]}
    return operation("InstallCluster", slot=slot, cluster=cluster)


def test_a_scenario_needs_what_it_asked_for() -> None:
    need = need_from(
        [
            operation("PutUser"),
            installed("a", "h-1", "h-2"),
            installed("b", "h-3"),
            operation("SetLink", Outcome.FAIL),
            operation("ViewCluster"),
        ]
    )
    assert need.kinds == ("InstallCluster", "PutUser", "SetLink")
    assert (need.clusters, need.hosts) == (0, (2, 1))


def test_a_scenario_uses_up_the_clusters_that_it_pairs() -> None:
    sent = operation("SendPairingRequest")
    sent.value = {"pairing_uid": "r-1"}
    both = [installed("a", "h-1"), installed("b", "h-2"), sent]
    assert need_from([*both, operation(ACCEPT, pairing_uid="r-1")]).clusters == 1
    assert need_from([*both, operation(ACCEPT, pairing_uid="unknown")]).clusters == 2
    emptied = operation("InstallCluster", slot="b", cluster=None)
    assert need_from([*both, emptied]).clusters == 1
