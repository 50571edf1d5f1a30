"""What a host of several refuses counts as its way only where it says nothing that is not so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalogue.requirement import Feature
from harness.context import crossing
from harness.context.recorder import NotReached, NotSupported
from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.targets.port import Exchange, Outgoing

from .test_recorder import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    yield made
    made.writer.close()
    made.driver.close()


def _last_host_says(bench: Bench, reply: ops.Reply) -> None:
    """Have the last host of a cluster answer so whenever it is to send a request."""
    send, context = bench.driver.send, bench.context

    def sent(outgoing: Outgoing) -> Exchange:
        is_send = isinstance(outgoing.operation, ops.SendPairingRequest)
        if is_send and outgoing.host_uid == context.cluster().host(-1):
            return Exchange(reply)
        return send(outgoing)

    bench.driver.send = sent  # type: ignore[method-assign]


def _stand(bench: Bench) -> None:
    crossing.stand(bench.context, "of three nodes, the last asked", "nothing")


def test_where_the_last_host_sends_the_operator_goes_there(bench: Bench) -> None:
    _stand(bench)
    assert bench.context.cluster().operator.host_uid == bench.context.cluster().host(-1)


@pytest.mark.parametrize("reason", [Reason.CONFLICT, Reason.FORBIDDEN, Reason.INTERNAL])
def test_one_that_leaves_it_to_others_is_not_asked(bench: Bench, reason: Reason) -> None:
    _last_host_says(bench, Refused(reason, "ask the leader"))
    with pytest.raises(NotSupported, match="of this kind: ask the leader"):
        _stand(bench)


@pytest.mark.parametrize(
    "reply",
    [
        Refused(Reason.NODE_UNHEALTHY, "a node is ill"),
        Refused(Reason.CLUSTER_NOT_RUNNING, "it is not running"),
        Refused(Reason.HOST_UNREACHABLE, "a host is cut off"),
        Refused(Reason.TOKEN_UNUSABLE, "the token has expired"),
        ops.Unknown("the connection was closed"),
    ],
)
def test_what_is_not_so_is_not_taken_for_its_way(bench: Bench, reply: ops.Reply) -> None:
    """It was left out of the run as not supported: nobody learned of it."""
    _last_host_says(bench, reply)
    with pytest.raises(NotReached, match="precondition not reached: SendPairingRequest"):
        _stand(bench)


@pytest.mark.parametrize(
    ("missing", "grew_by"),
    [
        ((), "ScaleMachinePool"),
        ((ops.ScaleMachinePool,), "UpdateMachinePool"),
        ((ops.ScaleMachinePool, ops.UpdateMachinePool), "AddMachinePool"),
    ],
)
def test_a_cluster_grows_by_whatever_the_target_has(
    bench: Bench, missing: tuple[type[ops.Operation], ...], grew_by: str
) -> None:
    features = bench.driver.info.features | {Feature.MULTI_NODE}
    lacks = dict.fromkeys(missing, "")
    bench.driver.info = replace(bench.driver.info, features=features, not_offered=lacks)
    crossing.stand(bench.context, "of two nodes, and then of three", "nothing")
    kinds = [each.kind for each in bench.context.recorder.history().operations]
    assert grew_by in kinds
    assert len(bench.context.cluster().cluster.host_uids()) == 3


@pytest.mark.parametrize("missing", [(), (ops.PatchNamedCluster,)])
def test_tags_change_by_whatever_the_target_has(
    bench: Bench, missing: tuple[type[ops.Operation], ...]
) -> None:
    bench.driver.info = replace(bench.driver.info, not_offered=dict.fromkeys(missing, ""))
    crossing.let_happen(bench.context, "its tags have changed")
    assert bench.context.cluster().cluster.tags
