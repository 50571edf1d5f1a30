"""Faults and changes as they strike and end: each stands in the history, and the world heals."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from harness.domain.arrangements import DisturbMessages, MessageFault
from harness.domain.operations import Done, SendPairingRequest
from harness.fleet.cell import make_cell
from harness.fleet.disturbing import disturbed
from harness.fleet.operators import ENDPOINT
from harness.fleet.port import Job
from harness.fleet.roster import Roster
from harness.fleet.scenario import (
    HOUR,
    MINUTE,
    SECOND,
    Distribution,
    FaultKind,
    FaultPlan,
    FaultScope,
    Only,
    Scenario,
    Spread,
    TimelinePlan,
    fixed,
)
from harness.fleet.timelines import changes
from harness.history.operation import OperationRecord, Outcome
from harness.history.parts import records
from tests.unit.fleet.worlds import LATENCY, PLAIN, Recorder, with_plans

AT, LASTS = 10 * MINUTE, 5 * MINUTE
FLEET = with_plans(PLAIN, fleet={"hosts": 6, "sizes": ((3, 1),)})


def fault(kind: FaultKind, scope: FaultScope = FaultScope.CLUSTER, **more: object) -> FaultPlan:
    plan = FaultPlan(kind, scope, at=AT, lasts=fixed(LASTS))
    return replace(plan, **more)  # type: ignore[arg-type]


def struck(*plans: FaultPlan, only: Only = Only()) -> Recorder:
    """Two clusters of three hosts, and the faults to come."""
    recorder = Recorder(replace(FLEET, faults=plans, only=only), collect=True)
    roster = Roster(recorder.scenario)
    for index in roster.indices():
        recorder.install(index)
    members = [roster.member(index) for index in roster.indices()]
    recorder.env.process(recorder.disturbing.striking(members))
    return recorder


def seen(recorder: Recorder, kind: str) -> list[tuple[int, int | None, object]]:
    return [(r.start, r.end, r.tags.get("cause")) for r in recorder.book.of(kind)]


def test_a_link_is_cut_and_mended_and_both_are_written_down() -> None:
    recorder = struck(fault(FaultKind.LINK))
    recorder.env.run(until=AT + 1)
    assert all(slot.down == {0, 1, 2} for slot in recorder.slots.values())
    recorder.env.run()
    assert all(not slot.down for slot in recorder.slots.values())
    noted = [(r.start, r.args["up"], r.tags["cause"]) for r in recorder.book.of("SetLink")]
    assert Counter(noted) == {
        (AT, False, "f0.0.0"): 3,
        (AT, False, "f0.1.0"): 3,
        (AT + LASTS, True, "f0.0.0"): 3,
        (AT + LASTS, True, "f0.1.0"): 3,
    }
    assert {record.actor for record in recorder.book.ended} == {"nemesis"}
    hosts = {record.args["host_uid"] for record in recorder.book.of("SetLink")}
    assert hosts == {uid for slot in recorder.slots.values() for uid in slot.member.host_uids}


def test_the_link_of_one_host_leaves_the_others_of_its_cluster() -> None:
    recorder = struck(fault(FaultKind.LINK, FaultScope.HOST))
    recorder.later(AT + 1, lambda: None)
    recorder.env.run()
    assert {cause for _, _, cause in seen(recorder, "SetLink")} == {
        f"f0.{cluster}-{host}.0" for cluster in (0, 1) for host in (0, 1, 2)
    }


def test_a_cluster_that_comes_during_a_fault_sees_nothing_of_it() -> None:
    recorder = struck(fault(FaultKind.LINK), fault(FaultKind.HEALTH), fault(FaultKind.REBOOT))
    late = recorder.slots.pop(1)
    recorder.later(AT + MINUTE, lambda: recorder.slots.update({1: late}))
    recorder.env.run()
    assert {record.tags["host"] for record in recorder.book.ended} == {recorder.slots[0].host}
    assert recorder.book.begun


def test_an_outage_is_one_restart_from_its_beginning_to_its_end() -> None:
    recorder = struck(fault(FaultKind.CENTRAL))
    recorder.env.run(until=AT + 1)
    assert not recorder.world.central.is_up
    (open_one,) = recorder.book.begun
    assert (open_one.kind, open_one.args) == ("Restart", {"side": "central"})
    recorder.env.run()
    assert recorder.world.central.is_up
    assert seen(recorder, "Restart") == [(AT, AT + LASTS, "f0.all.0")]


def test_a_reboot_is_one_restart_of_the_hosts_of_a_slot() -> None:
    recorder = struck(fault(FaultKind.REBOOT))
    recorder.env.run(until=AT + 1)
    assert all(slot.is_off for slot in recorder.slots.values())
    recorder.env.run()
    assert not any(slot.is_off for slot in recorder.slots.values())
    assert [slot.boots for slot in recorder.slots.values()] == [1, 1]
    assert sorted(seen(recorder, "Restart"), key=str) == [
        (AT, AT + LASTS, "f0.0.0"),
        (AT, AT + LASTS, "f0.1.0"),
    ]
    assert [r.tags["slot"] for r in recorder.book.of("Restart")] == ["slot-0", "slot-1"]
    assert {r.args["side"] for r in recorder.book.of("Restart")} == {"edge"}


def test_a_node_turns_unhealthy_and_recovers() -> None:
    recorder = struck(fault(FaultKind.HEALTH, FaultScope.HOST, share_ppm=400_000))
    recorder.env.run()
    turns = [(r.start, r.args["health"]) for r in recorder.book.of("SetNodeHealth")]
    half = len(turns) // 2
    assert 0 < half < 6
    assert turns == [(AT, "Unhealthy")] * half + [(AT + LASTS, "Healthy")] * half
    nodes = Counter((r.args["slot"], r.args["node"]) for r in recorder.book.of("SetNodeHealth"))
    assert set(nodes.values()) == {2}


def test_an_unhealthy_node_stands_in_the_way_of_a_send() -> None:
    recorder = struck(fault(FaultKind.HEALTH))
    recorder.env.run(until=AT + 1)
    send = SendPairingRequest(ENDPOINT, recorder.token)
    assert not isinstance(recorder.answer(recorder.slots[0], send), Done)
    recorder.env.run(until=AT + LASTS + 1)
    assert isinstance(recorder.answer(recorder.slots[0], send), Done)


@pytest.mark.parametrize("side", ["central", "edge"])
def test_a_clock_is_put_forward_once_and_stays_so(side: str) -> None:
    recorder = struck(fault(FaultKind.CLOCK, side=side, by=fixed(7 * SECOND)))
    recorder.env.run()
    (record,) = recorder.book.ended
    assert (record.kind, record.start, record.args) == (
        "AdvanceClock", AT, {"side": side, "by": 7 * SECOND},
    )  # fmt: skip
    shifts = (
        recorder.world.central.side(0).clock.now() - recorder.now,
        recorder.world.hosts.clock_shift,
    )
    assert shifts == ((7 * SECOND, 0) if side == "central" else (0, 7 * SECOND))


def test_messages_are_slow_and_lost_for_as_long_as_the_fault_lasts() -> None:
    loss = fault(FaultKind.LOSS, lost_before_ppm=1_000_000)
    recorder = struck(fault(FaultKind.SLOW, factor=9), loss)
    network, slot = recorder.world.network, recorder.slots[0]
    send = SendPairingRequest(ENDPOINT, recorder.token)
    operation = object()
    levels = []
    for until in (AT - 1, AT + 1, AT + LASTS + 1):
        recorder.env.run(until=until)
        latency = network.latency(slot, operation)  # type: ignore[arg-type]
        levels.append((latency, list(network.losses(slot))))
    assert levels == [(LATENCY, []), (9 * LATENCY, [loss]), (LATENCY, [])]
    assert isinstance(recorder.answer(slot, send), Done)


def test_errors_and_half_open_links_are_written_down_as_disturbed_messages() -> None:
    errors = fault(FaultKind.ERRORS, answered_ppm=300_000, answer="garbled")
    recorder = struck(errors, fault(FaultKind.HALF_OPEN))
    recorder.env.run()
    noted = [
        (r.start, r.args["answered"], r.args["answer"], r.args["half_open"])
        for r in recorder.book.of("DisturbMessages")
    ]
    assert Counter(noted) == {
        (AT, 300_000, "garbled", False): 2,
        (AT, 0, None, True): 2,
        (AT + LASTS, 0, None, False): 4,
    }


def test_all_that_disturbs_a_cluster_at_once_is_one_disturbance() -> None:
    busy = fault(FaultKind.ERRORS, answered_ppm=600_000, answer="rate-limited")
    some, slow = fault(FaultKind.ERRORS, answered_ppm=600_000), fault(FaultKind.SLOW, factor=3)
    loss = fault(FaultKind.LOSS, lost_before_ppm=900_000, lost_after_ppm=1)
    assert disturbed("h", [busy, loss, slow, slow], 200_000, 2) == DisturbMessages(
        "h", 1_000_000, 3, 9, 600_000, MessageFault.RATE_LIMITED
    )
    assert disturbed("h", [busy, some, fault(FaultKind.HALF_OPEN)]) == DisturbMessages(
        "h", answered=1_000_000, half_open=True
    )


def test_copies_lag_for_as_long_as_the_fault_lasts() -> None:
    recorder = struck(fault(FaultKind.STALE, by=fixed(3 * SECOND)))
    recorder.env.run(until=AT + 1)
    assert recorder.world.central._copies
    recorder.env.run()
    assert not recorder.world.central._copies
    (lag,) = recorder.book.of("LagBehind")
    assert (lag.args["by"], lag.start, lag.end) == (3 * SECOND, AT, AT + LASTS)


def test_what_is_left_out_neither_begins_nor_ends() -> None:
    plans = (fault(FaultKind.LINK), fault(FaultKind.REBOOT), fault(FaultKind.CENTRAL))
    whole = struck(*plans)
    whole.env.run()
    names = whole.world.happenings.names
    assert sorted(names) == ["f0.0.0", "f0.1.0", "f1.0.0", "f1.1.0", "f2.all.0"]
    some = struck(*plans, only=Only(happenings=frozenset({"f0.1.0", "f2.all.0"})))
    some.env.run()
    assert {r.tags["cause"] for r in some.book.ended} == {"f0.1.0", "f2.all.0"}
    assert some.book.ended != whole.book.ended


# --- timelines ------------------------------------------------------------------------------


def test_what_changes_for_everybody_is_written_down_with_its_cause() -> None:
    lively = replace(
        PLAIN,
        timelines=TimelinePlan(
            token_lasts=20 * MINUTE,
            token_revoked=Spread(0, 30 * MINUTE, Distribution.EXPONENTIAL),
            publish=Spread(0, 10 * MINUTE, Distribution.EXPONENTIAL),
            grants=Spread(0, 10 * MINUTE, Distribution.EXPONENTIAL),
        ),
    )
    recorder = Recorder(lively, collect=True)
    recorder.env.process(recorder.disturbing.changing(0, changes(lively, 0, 0, 0)))
    recorder.env.run()
    due = [(at, cause, type(change).__name__) for at, cause, change in changes(lively, 0, 0, 0)]
    assert [(r.start, r.tags.get("cause", ""), r.kind) for r in recorder.book.ended] == due
    assert {kind for *_, kind in due} == {"PutToken", "SetTokenState", "PutProfile", "PutUser"}
    assert {r.outcome for r in recorder.book.ended} == {Outcome.OK}
    owners = {r.actor for r in recorder.book.of("SetTokenState")}
    assert len(owners) == 1
    assert owners != {"harness"}


# --- in a whole cell ------------------------------------------------------------------------

RESTLESS = replace(
    with_plans(
        PLAIN,
        fleet={"hosts": 100, "sizes": ((1, 1), (3, 1))},
        operators={"begin": Spread(0, 50 * MINUTE)},
    ),
    faults=tuple(
        FaultPlan(kind, FaultScope.HOST, every=Spread(0, 5 * MINUTE, Distribution.EXPONENTIAL))
        for kind in (FaultKind.LINK, FaultKind.HEALTH, FaultKind.CENTRAL)
    ),
    duration=HOUR,
)


def history(scenario: Scenario, tmp_path: Path) -> list[OperationRecord]:
    """Everything that one cell did, as it stands in its part."""
    cell = make_cell(Job(scenario, parts=tmp_path), 0)
    assert cell.run(1 << 60, scenario.central.service_in(SECOND, 100)).next_event is None
    cell.finish(whole=True)
    (part,) = tmp_path.iterdir()
    return [record for is_over, record in records(part) if is_over]


def unhealed(found: list[OperationRecord]) -> set[str]:
    """Whatever is still wrong at the end of a history."""
    wrong: set[str] = set()
    for record in found:
        match record.kind:
            case "SetLink":
                what, heals = record.args["host_uid"], record.args["up"]
            case "SetNodeHealth":
                what = f"{record.args['slot']}/{record.args['node']}"
                heals = record.args["health"] == "Healthy"
            case "Restart":
                what, heals = record.id, record.outcome is Outcome.OK
            case _:
                continue
        (wrong.discard if heals else wrong.add)(str(what))
    return wrong


def test_by_the_end_of_the_work_everything_has_healed_in_the_history_too(tmp_path: Path) -> None:
    """Of clusters that were paired while something was wrong with them as well."""
    found = history(RESTLESS, tmp_path)
    kinds = Counter(record.kind for record in found)
    assert min(kinds["SetLink"], kinds["SetNodeHealth"]) > 10
    assert kinds["Restart"]
    assert unhealed(found) == set()
    assert max(r.end or 0 for r in found if r.actor == "nemesis") <= RESTLESS.duration


def test_a_cluster_that_is_rebooted_has_to_show_that_it_still_is_paired(tmp_path: Path) -> None:
    reboots = FaultPlan(FaultKind.REBOOT, FaultScope.CLUSTER, at=40 * MINUTE, lasts=fixed(MINUTE))
    found = history(replace(RESTLESS, faults=(reboots,)), tmp_path)
    assert unhealed(found) == set()
    shown = [r for r in found if r.kind == "ViewManagement" and r.start > RESTLESS.duration]
    assert len(shown) == len({r.tags["host"] for r in found if r.kind == "SendPairingRequest"})
    assert {str(r.value) for r in shown} == {str(shown[0].value)}
