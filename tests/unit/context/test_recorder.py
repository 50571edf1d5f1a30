"""What a recorder records, over the in-process driver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from harness.catalogue.limits import Limits
from harness.catalogue.verdict import Verdict
from harness.checkers.answers import held
from harness.context.context import ClusterShape, Context
from harness.context.installing import SlotPool, need_from
from harness.context.recorder import Inconclusive, NotSupported, Recorder
from harness.context.review import user_with, user_without
from harness.domain import operations as ops
from harness.domain.arrangements import (
    Arrangement,
    FaultNextMessage,
    MessageFault,
    MessageKind,
    PutUser,
    SetLink,
    SetNodeHealth,
)
from harness.domain.cluster import Health
from harness.domain.flows import operator_cancels
from harness.domain.permission import PermissionNames
from harness.history.evidence import EvidenceWriter
from harness.history.lines import EvidenceHeader, HarnessInfo, Implementation, ScenarioLine
from harness.history.operation import OperationRecord, Outcome
from harness.history.redaction import Redactor
from harness.opening import open_inprocess
from harness.targets.port import CannotArrange, Driver, DriverAround, Exchange, NotOffered, Outgoing


class Bench:
    """A context of one made-up scenario, and the file that it leaves."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.driver = open_inprocess(1)
        redactor = Redactor()
        self.writer = EvidenceWriter(path, redactor)
        self.writer.header(
            EvidenceHeader(
                harness=HarnessInfo("0"),
                edition="e",
                implementation=Implementation("i"),
                roles=[],
                driver="inprocess",
                seed=1,
            )
        )
        line = ScenarioLine(id="s", name="s", feature="f", line=1, requirements=[])
        self.writer.scenario(line)
        recorder = Recorder(self.driver, self.writer, redactor, "s", Limits())
        inventory = self.driver.inventory()
        self.pool = SlotPool(inventory.slots)
        self.context = Context(recorder, self.pool, inventory, 1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    yield made
    made.writer.close()
    made.driver.close()


def test_a_refusal_is_fail_with_its_reason(bench: Bench) -> None:
    context = bench.context
    taken = context.perform(context.cluster().operator, ops.CancelPairingRequest())
    assert taken.record.outcome is Outcome.FAIL
    assert taken.record.error is not None
    assert taken.record.error["reason"] == "NoPairingRequest"
    assert taken.record.tags["host"] == context.cluster().host(1)


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_what_is_refused_is_tried_so_often(bench: Bench, tries: int) -> None:
    """With one try there is no pause between two, which was divided by."""
    context = bench.context
    operator = context.cluster().operator
    context.until_taken(lambda: context.perform(operator, ops.CancelPairingRequest()), tries)
    assert len(context.recorder.history().of_kind("CancelPairingRequest")) == tries


def _finds_out(bench: Bench, missing: type[ops.Operation]) -> None:
    """Have the driver find, when it is asked, that the target does not have an operation."""
    send = bench.driver.send

    def sent(outgoing: Outgoing) -> Exchange:
        if isinstance(outgoing.operation, missing):
            raise NotOffered(missing, "there is no such page")
        return send(outgoing)

    bench.driver.send = sent  # type: ignore[method-assign]


def test_what_a_driver_finds_not_to_be_offered_has_not_happened(bench: Bench) -> None:
    context = bench.context
    operator = context.cluster().operator
    _finds_out(bench, ops.ViewPairing)
    why = "the target does not offer ViewPairing: there is no such page"
    with pytest.raises(NotOffered, match=why):
        context.perform(operator, ops.ViewPairing())
    with pytest.raises(NotOffered, match=why):
        context.recorder.await_state(operator, ops.ViewPairing(), "nothing_pending")
    ended = context.recorder.history().operations[-2:]
    assert [o.kind for o in ended] == ["ViewPairing", "await_state"]
    assert [(o.outcome, o.error) for o in ended] == [(Outcome.FAIL, {"why": why})] * 2


def test_what_is_known_not_to_be_offered_is_not_asked(bench: Bench) -> None:
    context = bench.context
    operator = context.cluster().operator
    bench.driver.info = replace(bench.driver.info, not_offered={ops.ViewPairing: "no such page"})
    before = len(context.recorder.history().operations)
    with pytest.raises(NotOffered, match="does not offer ViewPairing: no such page"):
        context.recorder.stays(operator, ops.ViewPairing(), "nothing_pending")
    with pytest.raises(NotOffered, match="does not offer ViewPairing: no such page"):
        context.recorder.run(operator, operator_cancels())
    assert len(context.recorder.history().operations) == before


def test_nothing_befalls_a_message_that_there_is_none_of(bench: Bench) -> None:
    """It would be waited for, and the scenario be inconclusive."""
    context = bench.context
    host = context.cluster().host(1)
    missing: dict[type[ops.Operation], str] = {ops.WithdrawPairing: "Palette finds out by itself"}
    bench.driver.info = replace(bench.driver.info, not_offered=missing)
    fault = FaultNextMessage(host, MessageKind.WITHDRAW, MessageFault.LOST_BEFORE)
    with pytest.raises(NotOffered, match="does not offer WithdrawPairing: Palette finds out"):
        context.recorder.arrange(fault)
    context.recorder.arrange(replace(fault, message=MessageKind.POLL))


def test_a_user_is_told_by_the_products_own_names(bench: Bench) -> None:
    """Whoever may not get may not list there, and nobody may do one alone."""
    names = PermissionNames.said({"list": ["read"], "get": ["read"]})
    bench.driver.info = replace(bench.driver.info, permissions=names)
    context = bench.context
    actor = user_without(context, "get")
    (told,) = context.recorder.history().of_kind("PutUser")
    theirs = {(n["name"], n["scope"]) for n in cast(Any, told.args["named"])}
    project = context.project()
    assert theirs == {("clusterPair.delete", project), ("clusterPair.update", project)}
    assert {g["permission"] for g in cast(Any, told.args["grants"])} == {"delete", "update"}
    assert actor.user == told.args["email"]
    with pytest.raises(NotSupported, match="get and list are one grant there"):
        user_with(context, "list")
    assert len(context.recorder.history().of_kind("PutUser")) == 1
    user_with(context, "list, get")


def test_a_user_who_may_do_nothing_is_told_to(bench: Bench) -> None:
    """No grants are told as none: it is not as if nobody told of them."""
    actor = user_with(bench.context, "list, get")
    (arranged,) = [a for a in bench.context.recorder.arranged if isinstance(a, PutUser)]
    bench.driver.arrange(replace(arranged, grants=frozenset()))
    told = bench.context.recorder.see_effect(arranged)
    assert actor.user == arranged.email
    assert told.value == {"told": True, "grants": []}


def test_no_secret_reaches_the_file(bench: Bench) -> None:
    context = bench.context
    leased = context.pending()
    secrets = [
        context.token().value,
        context.admin().credentials.api_key,
        leased.operator.credentials.session,
        bench.driver.local_user.password,
    ]
    bench.writer.close()
    text = bench.path.read_text()
    assert [s for s in secrets if s in text] == []
    assert "<token:1>" in text


def test_a_flow_is_recorded_step_by_step(bench: Bench) -> None:
    context = bench.context
    leased = context.pending()
    before = len(context.recorder.history().operations)
    taken = context.recorder.run(leased.operator, operator_cancels())
    kinds = [o.kind for o in context.recorder.history().operations[before:]]
    assert kinds == ["ViewPairing", "CancelPairingRequest", "ViewPairing"]
    assert taken.record.kind == "CancelPairingRequest"


def test_a_wait_keeps_only_what_changed_and_when_it_was_over(bench: Bench) -> None:
    context = bench.context
    leased = context.pending()
    context.must(context.accept())
    seen = context.recorder.await_state(
        leased.operator, ops.ViewPairing(), "status_is", status="Paired"
    )
    assert seen.value is not None
    assert seen.value["held"] is True
    samples = seen.value["samples"]
    assert isinstance(samples, list)
    assert [s["value"]["status"] for s in samples] == ["Pairing", "Paired"]  # type: ignore[index,call-overload]
    assert isinstance(seen.value["asked"], int)
    assert seen.value["asked"] >= 2


class Scripted(DriverAround):
    """Answers one operation by a script, as if over a wire, and oversleeps."""

    def __init__(self, driver: Driver, answers: list[ops.Reply], oversleeps: int = 0) -> None:
        super().__init__(driver)
        self._answers = answers
        self._oversleeps = oversleeps

    def send(self, outgoing: Outgoing) -> Exchange:
        if not isinstance(outgoing.operation, ops.ViewPairing):
            return super().send(outgoing)
        reply = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        body = "x" * 10_000 if isinstance(reply, ops.Unknown) else "{}"
        return Exchange(reply, {"method": "GET"}, {"status": 200, "body": body})

    def sleep(self, duration: int) -> None:
        super().sleep(duration + self._oversleeps)


PENDING = ops.Done(ops.PairingView("uid", "Pairing", "", "", insecure=False))
PAIRED = ops.Done(ops.PairingView("uid", "Paired", "", "", insecure=False))
UNREAD = ops.Unknown("no JSON")


def watched(bench: Bench, kind: str, *answers: ops.Reply, oversleeps: int = 0) -> OperationRecord:
    operator = bench.context.cluster().operator
    recorder = bench.context.recorder
    recorder.driver = Scripted(bench.driver, list(answers), oversleeps)
    watch = recorder.await_state if kind == "await_state" else recorder.stays
    return watch(operator, ops.ViewPairing(), "status_is", status="Paired")


def test_a_wait_keeps_each_distinct_answer_as_it_was_exchanged(bench: Bench) -> None:
    seen = watched(bench, "await_state", PENDING, PENDING, UNREAD, PENDING, PAIRED)
    assert seen.value is not None
    assert (seen.value["asked"], seen.value["unread"]) == (5, 1)
    samples: Any = seen.value["samples"]
    assert [s["outcome"] for s in samples] == ["ok", "info", "ok", "ok"]
    assert [s["response"]["status"] for s in samples] == [200] * 4
    assert len(samples[1]["response"]["body"]) < 10_000
    assert seen.request == {"method": "GET"}


def test_what_stayed_has_its_first_answer_and_its_last(bench: Bench) -> None:
    seen = watched(bench, "stays", PAIRED)
    samples: Any = (seen.value or {})["samples"]
    assert len(samples) == 2
    assert samples[1]["at"] == seen.end


def test_a_starved_wait_asks_once_more_and_then_blames_nobody(bench: Bench) -> None:
    seen = watched(bench, "await_state", PENDING, oversleeps=400_000)
    assert seen.end is not None
    assert seen.end - seen.start >= 2 * 5_000_000
    finding = held(bench.context.recorder.history(), operation=seen.id)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert "the harness itself was late by" in finding.reason


def test_a_starved_wait_that_sees_it_after_all_is_good(bench: Bench) -> None:
    seen = watched(bench, "await_state", *[PENDING] * 15, PAIRED, oversleeps=400_000)
    assert held(bench.context.recorder.history(), operation=seen.id).verdict is Verdict.PASS


def test_a_wait_that_was_hardly_late_blames(bench: Bench) -> None:
    seen = watched(bench, "await_state", PENDING, oversleeps=1_000)
    assert held(bench.context.recorder.history(), operation=seen.id).verdict is Verdict.FAIL


def test_a_wait_ends_when_its_time_is_up(bench: Bench) -> None:
    context = bench.context
    leased = context.pending()
    seen = context.recorder.await_state(
        leased.operator, ops.ViewPairing(), "status_is", within_s=0.5, status="Paired"
    )
    assert seen.value is not None
    assert seen.value["held"] is False
    assert seen.end is not None
    assert 500_000 <= seen.end - seen.start < 700_000
    with pytest.raises(Inconclusive, match="never showed status_is; seen last: "):
        context.must_hold(seen)


@pytest.mark.parametrize("up", [True, False])
def test_what_comes_true_after_a_fault_has_as_long_as_all_has_to_settle(
    bench: Bench, up: bool
) -> None:
    """A host that waits longer after each failure is lawful (INV-9)."""
    context, limits = bench.context, bench.context.recorder.limits
    operator = context.pending().operator
    view = ops.ViewPairing()
    before = context.recorder.await_state(operator, view, "status_is", status="Paired")
    context.recorder.arrange(SetLink(operator.host_uid, up))
    after = context.recorder.await_state(operator, view, "status_is", status="Paired")
    within = [record.args["within_s"] for record in (before, after)]
    assert within == [limits.await_s, limits.settle_s]
    assert after.end is not None
    assert limits.settle_s <= (after.end - after.start) / 1e6 < limits.settle_s + 1


def test_what_has_to_stay_is_watched_to_the_end(bench: Bench) -> None:
    context = bench.context
    leased = context.pending()
    watched = context.recorder.stays(
        leased.operator, ops.ViewPairing(), "status_is", status="Pairing"
    )
    assert watched.value is not None
    assert watched.value["held"] is True
    assert watched.end is not None
    assert watched.end - watched.start >= 250_000


def test_what_cannot_be_arranged_is_recorded_and_said(bench: Bench) -> None:
    context = bench.context
    slot = context.cluster().slot.uid
    with pytest.raises(CannotArrange, match="no node worker-9"):
        context.recorder.arrange(SetNodeHealth(slot, "worker-9", Health.UNHEALTHY))
    assert context.recorder.history().operations[-1].outcome is Outcome.FAIL


def test_a_precondition_that_fails_is_inconclusive(bench: Bench) -> None:
    context = bench.context
    wrong = context.recorder.perform(context.visitor(), ops.LogIn("root", "wrong"))
    with pytest.raises(Inconclusive, match=r"precondition not reached: LogIn"):
        context.must(wrong)
    with pytest.raises(Inconclusive, match="steps are out of order"):
        context.noted("the send")


def test_clusters_are_leased_and_given_back(bench: Bench) -> None:
    context = bench.context
    places = len(context.inventory.slots)
    for number in range(places):
        context.new_cluster(f"cluster {number}", ClusterShape(3, 2))
    with pytest.raises(Inconclusive, match="no free place"):
        context.new_cluster("one too many")
    context.clean_up()
    assert bench.pool.lease(5).host_uids
    with pytest.raises(Inconclusive, match="6 hosts"):
        bench.pool.lease(6)


@pytest.mark.parametrize(("room", "nodes"), [(4, 4), (3, 3)])
@pytest.mark.parametrize("shape", [ClusterShape(1, 2, better=True), ClusterShape(3, better=True)])
def test_a_node_more_is_had_where_there_is_room_for_it(
    bench: Bench, shape: ClusterShape, room: int, nodes: int
) -> None:
    context = bench.context
    slots = tuple(replace(s, host_uids=s.host_uids[:room]) for s in context.inventory.slots)
    context._installer._pool = SlotPool(slots)
    (made, *_) = context.new_cluster(shape=shape).cluster.pools[::-1]
    assert len(made.nodes) == nodes - (shape.control_plane if shape.workers else 0)
    assert need_from(context.recorder.history().operations).hosts == (3,)


def test_a_shape_that_the_product_never_has_is_not_supported(bench: Bench) -> None:
    context, info = bench.context, bench.driver.info
    bench.driver.info = replace(info, largest={"control_plane": 1, "worker_pools": 1})
    told = "no cluster of the target has 2 control plane nodes, as it has 1 at most"
    with pytest.raises(NotSupported, match=told):
        context.new_cluster(shape=ClusterShape(2, better=True))
    with pytest.raises(NotSupported, match="2 pools of workers"):
        context.new_cluster(shape=ClusterShape(1, 2, worker_pools=2))
    made = context.new_cluster(shape=ClusterShape(1, better=True)).cluster
    assert [len(pool.nodes) for pool in made.pools] == [1], "one more is nothing that it has"


def test_a_place_comes_back_though_its_cluster_could_not_be_installed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(arrangement: Arrangement) -> None:
        raise CannotArrange(type(arrangement).__name__, "the target has gone")

    monkeypatch.setattr(bench.driver, "arrange", refuse)
    places = len(bench.context.inventory.slots)
    for _ in range(places):
        with pytest.raises(CannotArrange):
            bench.context.new_cluster()
    bench.context.clean_up()
    assert [bench.pool.lease(1) for _ in range(places)]


def test_the_same_seed_and_scenario_give_the_same_file(tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        bench = Bench(tmp_path / name)
        bench.context.paired()
        bench.writer.close()
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


def test_every_operation_is_written_before_and_after(bench: Bench) -> None:
    context = bench.context
    context.perform(
        context.cluster().operator, ops.SendPairingRequest("palette.test", "m4de-up-token")
    )
    lines = [json.loads(line) for line in bench.path.read_text().splitlines()]
    last_two = [(line["type"], line["id"]) for line in lines[-2:]]
    assert last_two == [("invoke", context.noted()), ("outcome", context.noted())]


# --- at one instant -------------------------------------------------------------------------------


def test_something_is_done_while_a_message_is_under_way(bench: Bench) -> None:
    context = bench.context
    leased = context.pending()
    operator, recorder = leased.operator, context.recorder
    slow = FaultNextMessage(
        operator.host_uid, MessageKind.WITHDRAW, MessageFault.DELAYED, 1_000_000
    )
    recorder.arrange(slow)
    cancel, look = recorder.at_once(
        [
            lambda: recorder.perform(operator, ops.CancelPairingRequest()),
            lambda: recorder.perform(operator, ops.ViewPairing()),
        ]
    )
    assert (cancel.record.outcome, look.record.outcome) == (Outcome.OK, Outcome.OK)
    assert cancel.record.start < look.record.start < (look.record.end or 0)
    assert (look.record.end or 0) < (cancel.record.end or 0) - 900_000


def test_what_is_done_at_one_instant_comes_back_in_order_where_nothing_is_slow(
    bench: Bench,
) -> None:
    context = bench.context
    operator, recorder = context.pending().operator, context.recorder
    works = [ops.ViewPairing(), ops.ViewCluster(), ops.ViewManagement()]
    done = recorder.at_once([lambda w=w: recorder.perform(operator, w) for w in works])  # type: ignore[misc]
    assert [d.record.kind for d in done] == ["ViewPairing", "ViewCluster", "ViewManagement"]


def test_what_stays_so_is_watched_in_virtual_time_as_long_as_anything_may_lag() -> None:
    driver = open_inprocess(1)
    assert driver.limits.stays_s == Limits().list_lag_s  # type: ignore[attr-defined]
    driver.close()
