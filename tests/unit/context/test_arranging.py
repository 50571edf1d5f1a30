"""Contexts go on with what a target made of their arrangements, and leave given clusters right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from harness.catalogue.limits import Limits
from harness.context import local_actions, selection
from harness.context.context import ClusterShape, Context
from harness.context.installing import SlotPool
from harness.context.recorder import Inconclusive, NotSupported, Recorder
from harness.context.stacks import DOCUMENTED_STACK
from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, Health, Node, NodePool
from harness.domain.operations import ListPairingRequests
from harness.domain.profile import ProfileType
from harness.history.evidence import EvidenceWriter
from harness.history.lines import EvidenceHeader, HarnessInfo, Implementation, ScenarioLine
from harness.history.operation import Outcome
from harness.history.reader import read_evidence
from harness.history.redaction import Redactor
from harness.opening import open_inprocess
from harness.targets.port import (
    ArrangingFailed,
    CannotArrange,
    Confirmation,
    Driver,
    Exchange,
    Outgoing,
)


class OwnWays:
    """The embedded reference, as a target that chooses uids and values, and has its clusters."""

    name = "own-ways"

    def __init__(self) -> None:
        self.inner: Driver = open_inprocess(1)
        self.info, self.local_user = self.inner.info, self.inner.local_user
        self.asked: list[arrangements.Arrangement] = []
        self.confirmed: Confirmation | None = None
        self.refuses: tuple[type[arrangements.Arrangement], ...] = ()
        self.stack = DOCUMENTED_STACK

    def inventory(self) -> arrangements.Inventory:
        known = self.inner.inventory()
        slots = [replace(slot, given=True) for slot in known.slots[:2]]
        return replace(known, slots=(slots[0], replace(slots[1], renewable=False)))

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        self.asked.append(arrangement)
        if isinstance(arrangement, self.refuses):
            raise CannotArrange(type(arrangement).__name__, "no way")
        match arrangement:
            case arrangements.CreateProject(uid):
                arrangement = replace(arrangement, uid=f"own-{uid}")
            case arrangements.PutUser():
                key = f"canary-key-{len(self.asked)}"
                arrangement = replace(arrangement, api_key=key, password="canary-password")
            case arrangements.PutToken(token):
                own = replace(token, uid=f"own-{token.uid}", value=f"canary-{token.uid}")
                arrangement = arrangements.PutToken(own)
            case arrangements.PutProfile(profile):
                arrangement = arrangements.PutProfile(replace(profile, uid=f"own-{profile.uid}"))
            case arrangements.InstallCluster(slot, Cluster()):
                arrangement = replace(arrangement, cluster=self._standing(slot))
            case arrangements.RenewCluster(slot):
                self.inner.arrange(arrangements.InstallCluster(slot, self._standing(slot)))
                return arrangement
        return self.inner.arrange(arrangement)

    def _standing(self, slot: str) -> Cluster:
        hosts = next(s.host_uids for s in self.inner.inventory().slots if s.uid == slot)
        pools = (NodePool("x", True, (Node("acme-1", hosts[1]), Node("acme-2", hosts[0]))),)
        return Cluster(f"own-{slot}", "acme", pools=pools, stack=self.stack)

    def seen(self, arrangement: arrangements.Arrangement) -> arrangements.FaultEffect | None:
        return self.inner.seen(arrangement)

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        return "no way" if kind in self.refuses else ""

    def confirmation(self) -> Confirmation | None:
        confirmed, self.confirmed = self.confirmed, None
        return confirmed

    def send(self, outgoing: Outgoing) -> Exchange:
        return self.inner.send(outgoing)

    def now(self) -> int:
        return self.inner.now()

    def epoch(self) -> int:
        return self.inner.epoch()

    def sleep(self, duration: int) -> None:
        self.inner.sleep(duration)

    def close(self) -> None:
        self.inner.close()


class Bench:
    """Contexts on one target, each a scenario of its own, and the file that they leave."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.driver = OwnWays()
        self.redactor = Redactor()
        self.writer = EvidenceWriter(path, self.redactor)
        implementation = Implementation("i")
        header = EvidenceHeader(
            harness=HarnessInfo("0"),
            edition="e",
            implementation=implementation,
            roles=[],
            driver="own-ways",
            seed=1,
        )
        self.writer.header(header)
        self.pool = SlotPool(self.driver.inventory().slots)

    def context(self, scenario: str = "s") -> Context:
        line = ScenarioLine(id=scenario, name="s", feature="f", line=1, requirements=[])
        self.writer.scenario(line)
        recorder = Recorder(self.driver, self.writer, self.redactor, scenario, Limits())
        return Context(recorder, self.pool, self.driver.inventory(), 1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    yield made
    made.writer.close()
    made.driver.close()


def test_a_context_goes_on_with_what_came_back(bench: Bench) -> None:
    context = bench.context()
    leased = context.paired()
    assert context.project().startswith("own-")
    assert context.admin().credentials.api_key.startswith("canary-key-")
    assert context.token().uid.startswith("own-")
    assert leased.cluster.uid == f"own-{leased.slot.uid}"
    assert leased.host(1) == leased.slot.host_uids[1]
    assert leased.operator.host_uid == leased.slot.host_uids[0], "the one that is named first"
    assert [p.uid[:4] for p in context.profiles.values()] == ["own-", "own-"]
    context.must(context.recorder.perform(context.admin(), ListPairingRequests()))


def test_what_came_back_stands_in_the_evidence_without_its_secrets(bench: Bench) -> None:
    bench.context().pending()
    bench.writer.close()
    (history,) = read_evidence(bench.path).histories.values()
    (token,) = history.of_kind("PutToken")
    assert isinstance(token.value, dict)
    told = token.value["token"]
    assert isinstance(told, dict)
    assert str(told["uid"]).startswith("own-")
    assert str(told["value"]).startswith("<token:")
    assert "canary-" not in bench.path.read_text("utf-8")


def test_who_confirms_something_stands_in_the_evidence_as_who_did_it(bench: Bench) -> None:
    context = bench.context()
    context.project()
    bench.driver.confirmed = Confirmation("Kim", "Create a project.")
    context.recorder.arrange(arrangements.CreateProject("p", "retail"))
    context.recorder.arrange(arrangements.CreateProject("q", "retail"))
    (confirmed,) = context.recorder.history().of_kind("ConfirmArrangement")
    assert (confirmed.actor, confirmed.outcome) == ("Kim", Outcome.OK)
    assert confirmed.args == {"arrangement": "CreateProject", "asked": "Create a project."}


def test_what_does_not_matter_is_told(bench: Bench) -> None:
    with pytest.raises(CannotArrange):
        bench.context().new_cluster(shape=ClusterShape(1, 1), name="shop")
    asked = next(a for a in bench.driver.asked if isinstance(a, arrangements.InstallCluster))
    assert asked.matters == ("name", "shape")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"shape": ClusterShape(2)}, ""),
        ({"shape": ClusterShape(1, spare=1)}, ""),
        ({}, ""),
        ({"shape": ClusterShape(1, 1)}, "another shape is wanted"),
        ({"name": "shop"}, "another name is wanted"),
    ],
)
def test_a_shape_is_a_wish_and_what_the_lab_has_is_gone_on_with(
    bench: Bench, asked: dict[str, Any], why: str
) -> None:
    """Two nodes of the control plane stand at every place, whatever is asked for."""
    if why:
        with pytest.raises(CannotArrange, match=why):
            bench.context().new_cluster(**asked)
        tried = [a.slot for a in bench.driver.asked if isinstance(a, arrangements.InstallCluster)]
        assert tried == [slot.uid for slot in bench.driver.inventory().slots]
    else:
        assert len(bench.context().new_cluster(**asked).host_uids) == 2


def test_a_cluster_that_gets_its_uid_later_is_known_by_the_request(bench: Bench) -> None:
    send = bench.driver.inner.send

    def later(outgoing: Outgoing) -> Exchange:
        came = send(outgoing)
        accepts = isinstance(outgoing.operation, ops.AcceptPairingRequest)
        done = accepts and isinstance(came.reply, ops.Done)
        return Exchange(ops.Done(ops.Accepted(""))) if done else came

    bench.driver.send = later  # type: ignore[method-assign]
    context = bench.context()
    leased = context.paired()
    look = ops.ViewCentralCluster(leased.central_uid)
    shown = context.must(context.recorder.perform(context.admin(), look)).value
    assert isinstance(shown, ops.CentralClusterView)
    assert shown.uid == leased.central_uid != ""


def test_a_cluster_that_never_gets_a_uid_cannot_be_judged(bench: Bench) -> None:
    send = bench.driver.inner.send

    def never(outgoing: Outgoing) -> Exchange:
        came = send(outgoing)
        match came.reply:
            case ops.Done(ops.Accepted()):
                return Exchange(ops.Done(ops.Accepted("")))
            case ops.Done(ops.PairingRequestView() as view):
                return Exchange(ops.Done(replace(view, cluster_uid="")))
        return came

    bench.driver.send = never  # type: ignore[method-assign]
    with pytest.raises(Inconclusive, match="without the uid of its cluster, and the request did"):
        bench.context().paired()


def test_a_cluster_that_was_paired_is_renewed_before_it_is_used_again(bench: Bench) -> None:
    context = bench.context("one")
    first = context.paired().slot
    assert arrangements.RenewCluster(first.uid) not in bench.driver.asked
    context.clean_up()
    assert (bench.pool.consumed, bench.pool.is_stale(first)) == (1, True)
    second = bench.context("two")
    assert second.paired().slot != first
    second.clean_up()
    third = bench.context("three")
    assert third.pending().slot == first
    assert bench.driver.asked.count(arrangements.RenewCluster(first.uid)) == 1
    with pytest.raises(Inconclusive, match=r"exhausted \(1 consumed"):
        third.new_cluster("another")


def test_one_that_cannot_be_renewed_is_tried_once_and_stays_stale(bench: Bench) -> None:
    context = bench.context("one")
    slots = {context.cluster(label).slot.uid for label in ("a", "b")}
    for label in ("a", "b"):
        context.pending(label)
        context.must(context.accept(label))
    context.clean_up()
    bench.driver.refuses = (arrangements.RenewCluster,)
    with pytest.raises(CannotArrange, match="RenewCluster"):
        bench.context("two").cluster()
    assert len(slots) == 2


def test_a_cluster_that_was_not_paired_is_left_right(bench: Bench) -> None:
    context = bench.context("one")
    slot = context.cluster().slot
    local_actions.set_health(context, "last control plane node", Health.UNHEALTHY)
    local_actions.set_links(context, up=False)
    before = len(bench.driver.asked)
    context.clean_up()
    undone = bench.driver.asked[before:]
    assert arrangements.SetNodeHealth(slot.uid, "acme-2", Health.HEALTHY) in undone
    assert len(undone) == 3
    assert (bench.pool.consumed, bench.pool.is_stale(slot)) == (0, False)


def test_one_that_cannot_be_left_right_is_used_up(bench: Bench) -> None:
    context = bench.context("one")
    slot = context.cluster().slot
    local_actions.set_health(context, "only control plane node", Health.UNHEALTHY)
    bench.driver.refuses = (arrangements.SetNodeHealth,)
    context.clean_up()
    assert bench.pool.is_stale(slot)


def test_where_one_place_will_not_do_the_next_is_tried(bench: Bench) -> None:
    context = bench.context("one")
    bench.driver.refuses = (arrangements.InstallCluster,)
    with pytest.raises(CannotArrange):
        context.cluster()
    tried = [a.slot for a in bench.driver.asked if isinstance(a, arrangements.InstallCluster)]
    assert tried == [slot.uid for slot in bench.driver.inventory().slots]
    bench.driver.refuses = ()
    assert context.cluster().slot.uid in tried


def test_packs_are_not_spoken_of_by_name_where_the_cluster_runs_others(bench: Bench) -> None:
    bench.driver.stack = DOCUMENTED_STACK[:1]
    context = bench.context()
    assert not context.cluster().runs_as_asked
    with pytest.raises(Inconclusive, match="names packs of the documented example"):
        selection.select_unfit(context, "a wrong version")
    selection.select_unfit(context, "nothing selected")
    assert len(context.matching_selection()) == 0
    context.selection = None
    assert len(context.matching_selection()) == 1


def always_the_first(bench: Bench, kind: type[arrangements.Arrangement], field: str) -> None:
    """The target gives for everything of a kind what it gave for the first."""
    arrange, first = bench.driver.arrange, list[arrangements.Arrangement]()

    def same(arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        came = arrange(arrangement)
        if not isinstance(came, kind):
            return came
        first.append(came)
        return replace(came, **{field: getattr(first[0], field)})  # type: ignore[arg-type]

    bench.driver.arrange = same  # type: ignore[method-assign]


def test_one_person_given_for_two_is_not_taken_for_two(bench: Bench) -> None:
    always_the_first(bench, arrangements.PutUser, "api_key")
    context = bench.context()
    context.admin()
    with pytest.raises(Inconclusive, match="gives one person for two"):
        context.admin("another")


def test_one_profile_given_for_two_is_not_taken_for_two(bench: Bench) -> None:
    always_the_first(bench, arrangements.PutProfile, "profile")
    with pytest.raises(Inconclusive, match="gives one profile for two"):
        bench.context().matching_selection()


def test_a_profile_that_is_replaced_under_another_uid_is_not_gone_on_with(bench: Bench) -> None:
    arrange, numbers = bench.driver.inner.arrange, count()

    def made_anew(arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        came = arrange(arrangement)
        if isinstance(came, arrangements.PutProfile):
            return arrangements.PutProfile(replace(came.profile, uid=f"lab-{next(numbers)}"))
        return came

    bench.driver.inner.arrange = made_anew  # type: ignore[method-assign]
    context = bench.context()
    context.matching_selection()
    with pytest.raises(Inconclusive, match="was to replace profile lab-0, and made lab-"):
        context.publish(next(iter(context.profiles.values())))


def test_a_profile_under_a_name_of_the_targets_own_is_the_same_when_it_is_published_again(
    bench: Bench,
) -> None:
    arrange = bench.driver.inner.arrange

    def renamed(arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        came = arrange(arrangement)
        if isinstance(came, arrangements.PutProfile):
            own = replace(came.profile, name=f"lab {came.profile.uid}")
            return arrangements.PutProfile(own)
        return came

    bench.driver.inner.arrange = renamed  # type: ignore[method-assign]
    context = bench.context()
    context.matching_selection()
    asked_for, known = next(iter(context.profiles.items()))
    assert known.name == f"lab {known.uid}" != asked_for
    bench.driver.inner.arrange = lambda arrangement: arrange(arrangement)  # type: ignore[method-assign]
    bench.driver.arrange = bench.driver.inner.arrange  # type: ignore[method-assign]
    newer = replace(known, editions=(*known.editions, replace(known.editions[0], version="9.9.9")))
    context.publish(newer)
    assert context.profiles[asked_for].latest() == newer.latest()
    assert len(context.profiles) == 2


@pytest.mark.parametrize(
    ("packs", "raised"), [("(none)", NotSupported), ("Prometheus-Grafana 44.3.1", CannotArrange)]
)
def test_who_lets_no_version_be_without_packs_is_not_asked_about_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, packs: str, raised: type[Exception]
) -> None:
    arrange = bench.driver.arrange

    def refuse(arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        made = isinstance(arrangement, arrangements.PutProfile)
        if made and len(arrangement.profile.editions) > 1:
            raise ArrangingFailed("PutProfile", "a version has packs")
        return arrange(arrangement)

    monkeypatch.setattr(bench.driver, "arrange", refuse)
    context = bench.context()
    context.cluster()
    rows = [["version", "packs", "state"], ["1.0.0", "Calico 3.25.1", "published"]]
    with pytest.raises(raised):
        selection.select_versions(
            context, ProfileType.ADD_ON, [*rows, ["1.1.0", packs, "published"]]
        )
