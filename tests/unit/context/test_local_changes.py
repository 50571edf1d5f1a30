"""Local cluster operations are drawn from what a target offers, and seen by what they change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalogue.requirement import Feature, Role
from harness.context import entries, local_changes, settling, stacks
from harness.context.context import ClusterShape, Context
from harness.context.recorder import Inconclusive, NotReached, NotSupported
from harness.context.stacks import DOCUMENTED_STACK, Stack
from harness.domain import operations as ops
from harness.domain.arrangements import Arrangement, InstallCluster, Side
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refused
from harness.targets.port import CannotArrange, DriverAround, Exchange, NotOffered, Outgoing

from .test_recorder import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    yield made
    made.writer.close()
    made.driver.close()


def without(bench: Bench, *kinds: type[ops.Operation]) -> Context:
    """The context of a target that does not have these operations."""
    bench.driver.info = replace(bench.driver.info, not_offered=dict.fromkeys(kinds, ""))
    return bench.context


def test_the_probe_is_the_named_patch_and_never_the_deprecated_one(bench: Bench) -> None:
    assert local_changes.change_locally(bench.context).record.kind == "PatchNamedCluster"


def test_where_it_is_not_offered_the_next_one_is_the_probe(bench: Bench) -> None:
    context = without(bench, ops.PatchNamedCluster, ops.UpdateCluster)
    assert local_changes.change_locally(context).record.kind == "UpdateClusterSettings"
    assert (local_changes.local_effect(context).value or {})["held"] is True


def test_without_any_of_them_it_is_not_supported(bench: Bench) -> None:
    changes = (ops.PatchNamedCluster, ops.UpdateCluster, ops.UpdateClusterSettings, ops.UpdateStack)
    with pytest.raises(NotSupported, match="does not offer PatchNamedCluster"):
        local_changes.change_locally(without(bench, *changes))


def archive(path: str, stack: Stack) -> ops.UpdateStack:
    return ops.UpdateStack((), path, stack)


def test_an_archive_is_asked_for_that_changes_something(bench: Bench) -> None:
    same, other = DOCUMENTED_STACK, stacks.with_version(DOCUMENTED_STACK, "Calico", "3.26.0")
    there = (archive("/a.tgz", same), archive("/b.tgz", other))
    bench.driver.info = replace(bench.driver.info, archives=there)
    change = local_changes.change_locally(bench.context, "change of the profiles")
    assert change.record.args["archive"] == "/b.tgz"
    assert change.record.args["stack"] == []
    assert local_changes.after_a_change(bench.context) == other
    *_, args = local_changes.effect_of(bench.context)
    assert "Calico 3.26.0" in args["packs"]


def test_without_such_an_archive_it_is_not_supported(bench: Bench) -> None:
    there = (archive("/a.tgz", DOCUMENTED_STACK),)
    bench.driver.info = replace(bench.driver.info, archives=there)
    with pytest.raises(NotSupported, match=r"\[\[edge\.archives\]\]"):
        local_changes.change_locally(bench.context, "change of the profiles")


def test_one_that_is_not_offered_is_not_supported_and_not_asked(bench: Bench) -> None:
    context = without(bench, ops.PatchCluster)
    with pytest.raises(NotSupported, match="does not offer PatchCluster"):
        local_changes.change_locally(context, "deprecated patch of the cluster")
    assert not context.recorder.history().of_kind("PatchCluster")


def test_what_is_no_session_does_not_expire(bench: Bench) -> None:
    bench.driver.info = replace(bench.driver.info, has_sessions=False)
    with pytest.raises(NotSupported, match="does not expire"):
        entries.stranger_with(bench.context, "an expired")


def test_what_is_not_offered_is_so_whatever_the_lab_lacks(bench: Bench) -> None:
    """It would take a free host."""
    context = without(bench, ops.AddMachinePool)
    context.new_cluster(shape=ClusterShape(5))
    with pytest.raises(NotOffered, match="does not offer AddMachinePool"):
        local_changes.change_locally(context, "addition of a machine pool")


def test_what_is_not_offered_is_so_while_a_cancel_is_under_way(bench: Bench) -> None:
    context = without(bench, ops.PatchNamedCluster)
    context.pending()
    with pytest.raises(NotOffered, match="does not offer PatchNamedCluster"):
        settling.cancel_and_change(context, "patch of the named cluster")


@pytest.mark.parametrize(
    "kind",
    [
        "patch of the named cluster",
        "update of the cluster",
        "change of the settings",
        "change of the profiles",
        "addition of a machine pool",
        "change of a machine pool",
        "scaling of a machine pool",
        "removal of a machine pool",
        "removal of a node",
        "deletion of the cluster",
    ],
)
def test_each_is_seen_by_what_it_changes(bench: Bench, kind: str) -> None:
    context = without(bench)
    context.new_cluster(shape=ClusterShape(1, 2, spare=1))
    context.must(local_changes.change_locally(context, kind))
    assert (local_changes.local_effect(context).value or {})["held"] is True


class WithoutHosts(DriverAround):
    """A Local UI that does not say on which hosts its nodes run."""

    def send(self, outgoing: Outgoing) -> Exchange:
        exchange = super().send(outgoing)
        shown = exchange.reply.value if isinstance(exchange.reply, ops.Done) else None
        if not isinstance(shown, Cluster):
            return exchange
        pools = tuple(
            replace(pool, nodes=tuple(replace(node, host_uid="") for node in pool.nodes))
            for pool in shown.pools
        )
        return replace(exchange, reply=ops.Done(replace(shown, pools=pools)))


@pytest.mark.parametrize(
    "kind",
    ["addition of a machine pool", "change of a machine pool", "scaling of a machine pool"],
)
def test_a_free_host_is_known_where_nobody_shows_who_runs_where(bench: Bench, kind: str) -> None:
    bench.context.recorder.driver = WithoutHosts(bench.driver)
    context = without(bench)
    context.new_cluster(shape=ClusterShape(1, 2, spare=1))
    local_changes.must_take_effect(context, kind)
    assert "" not in context.cluster().cluster.host_uids()
    context.must(local_changes.change_locally(context, kind))
    assert "" not in local_changes.effect_of(context)[2]["host_uids"]
    assert (local_changes.local_effect(context).value or {})["held"] is True


@pytest.mark.parametrize("kind", ["patch of the named cluster", "change of the settings"])
def test_what_was_changed_before_is_not_the_effect_of_the_next_one(bench: Bench, kind: str) -> None:
    local_changes.must_take_effect(bench.context, kind)
    look, predicate, args = local_changes.effect_of(bench.context)
    local_changes.change_locally(bench.context, kind)
    assert local_changes.effect_of(bench.context) != (look, predicate, args)


def test_it_takes_a_free_host_to_add_a_node(bench: Bench) -> None:
    context = without(bench)
    context.new_cluster(shape=ClusterShape(1, 4))
    with pytest.raises(Inconclusive, match="no host of the place is free"):
        local_changes.change_locally(context, "scaling of a machine pool")


def test_a_session_that_was_logged_out_takes_a_logout(bench: Bench) -> None:
    with pytest.raises(NotSupported, match="does not offer LogOut"):
        entries.stranger_with(without(bench, ops.LogOut), "a logged-out")


class Decorating(DriverAround):
    """A Local UI that shows each cluster with a tag of its own."""

    def send(self, outgoing: Outgoing) -> Exchange:
        exchange = super().send(outgoing)
        shown = exchange.reply.value if isinstance(exchange.reply, ops.Done) else None
        if not isinstance(shown, Cluster):
            return exchange
        tags = {**shown.tags, "shown-by": "local-ui"}
        return replace(exchange, reply=ops.Done(replace(shown, tags=tags)))


def test_a_tag_that_local_ui_alone_shows_is_none_of_the_clusters(bench: Bench) -> None:
    context = bench.context
    before = dict(context.cluster().cluster.tags)
    context.recorder.driver = Decorating(bench.driver)
    local_changes.must_take_effect(context, local_changes.TAGGINGS)
    now = context.cluster().cluster.tags
    assert now == {**before, "changed-in": now["changed-in"]}


class Refusing(DriverAround):
    """Refuses these operations, as soon as somebody has logged in for the second time."""

    def __init__(self, bench: Bench, *kinds: type[ops.Operation]) -> None:
        super().__init__(bench.driver)
        self.kinds, self.logins = kinds, 0

    def send(self, outgoing: Outgoing) -> Exchange:
        self.logins += isinstance(outgoing.operation, ops.LogIn)
        if self.logins == 2 and isinstance(outgoing.operation, self.kinds):
            return Exchange(Refused(Reason.UNAUTHENTICATED, "who are you?"))
        return super().send(outgoing)


@pytest.mark.parametrize(
    ("refused", "problem", "told"),
    [
        ((ops.LogOut, ops.ViewCluster), NotSupported, "next login to Local UI ends the one before"),
        ((ops.LogOut,), NotReached, "LogOut"),
    ],
)
def test_the_later_login_has_ended_the_earlier_only_if_that_sees_nothing_any_more(
    bench: Bench, refused: tuple[type[ops.Operation], ...], problem: type[Exception], told: str
) -> None:
    context = bench.context
    context.cluster()
    context.recorder.driver = Refusing(bench, *refused)
    with pytest.raises(problem, match=told):
        entries.stranger_with(context, "an earlier, logged-out")


# --- the lab as it is -----------------------------------------------------------------------------


def test_the_next_place_is_tried_where_one_cannot_be_arranged(bench: Bench) -> None:
    arrange: Callable[[Arrangement], Arrangement] = bench.driver.arrange
    refused: list[str] = []

    def spoiled(arrangement: Arrangement) -> Arrangement:
        if isinstance(arrangement, InstallCluster) and not refused:
            refused.append(arrangement.slot)
            raise CannotArrange("InstallCluster", "the place is under repair")
        return arrange(arrangement)

    bench.driver.arrange = spoiled  # type: ignore[method-assign]
    assert bench.context.cluster().slot.uid not in refused
    assert len(refused) == 1


@pytest.mark.parametrize(("role", "claimed"), [(Role.EDGE, True), (Role.CENTRAL, False)])
def test_a_clock_that_cannot_be_set_is_not_supported(
    bench: Bench, role: Role, claimed: bool
) -> None:
    info = bench.driver.info
    features = info.features - {Feature.CLOCK}
    bench.driver.info = replace(info, features=features, roles=frozenset({role}))
    if claimed:  # the clock of the side that the harness plays is its own
        bench.context.put_clock_forward(Side.CENTRAL, 1)
        return
    with pytest.raises(NotSupported, match="clock"):
        bench.context.put_clock_forward(Side.CENTRAL, 1)


def test_where_a_request_need_not_wait_no_clock_goes_forward_meanwhile(bench: Bench) -> None:
    limits = replace(bench.driver.limits, waits_s=bench.driver.limits.settle_s)
    bench.context.recorder.limits = limits
    with pytest.raises(NotSupported, match=r"limits\.waits_s"):
        bench.context.let_wait(Side.CENTRAL)
