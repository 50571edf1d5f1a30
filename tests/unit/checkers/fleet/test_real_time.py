"""What a run in real time comes to: nobody is failed for what the harness played."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from harness.catalogue.verdict import Overall, Verdict
from harness.checkers.fleet.concluding import Conclusion, Terms, conclude, terms_of_run
from harness.checkers.fleet.gate import verdict_of
from harness.checkers.fleet.judge import INTENDED, Meter
from harness.checkers.fleet.requests import RequestTracker
from harness.checkers.invariants.known import Bounds
from harness.history import fleet_lines
from harness.history.operation import OperationRecord, Outcome

SCENARIO: dict[str, object] = {
    "name": "plain",
    "seed": 1,
    "duration": 1_000_000,
    "fleet": {"cells": 1, "window": 1_000_000},
    "limits": {"list_lag": 1, "edge_lag": 1, "settle": 1},
    "gate": ["violations == 0"],
    "reach": [],
}


def terms(**realtime: object) -> Terms:
    line = fleet_lines.RealtimeLine(target="http://t", **realtime)  # type: ignore[arg-type]
    return terms_of_run(fleet_lines.FleetLine(scenario=SCENARIO, realtime=line))


DONE: dict[str, dict[str, int]] = {
    kind: {"ok": 1, "fail": 0, "info": 0}
    for kind in ("SendPairingRequest", "AcceptPairingRequest", "PatchCluster")
}

NOTHING = fleet_lines.MeasuresLine()


@dataclass
class Cell:
    """What is left of a cell."""

    violations: list[fleet_lines.ViolationLine] = field(default_factory=list)
    cell: int = 0
    measures: fleet_lines.MeasuresLine = fleet_lines.MeasuresLine(operations=DONE)
    ids: bytes = b""


def broken(invariant: str) -> fleet_lines.ViolationLine:
    return fleet_lines.ViolationLine(
        invariant=invariant, cell="00", reason="so it was", operations=[], at=1
    )


def verdicts(came_to: Conclusion) -> dict[str, Verdict]:
    return {line.requirement: line.verdict for line in came_to.verdicts}


def overall(came_to: Conclusion) -> tuple[Overall, str]:
    return verdict_of(
        came_to.gates, len(came_to.violations), came_to.measures.undecided, complete=True
    )


def test_a_run_in_virtual_time_has_no_such_terms() -> None:
    plain = terms_of_run(fleet_lines.FleetLine(scenario=SCENARIO))
    assert (plain.played, plain.realtime) == ([], None)
    assert plain.bounds == Bounds(list_lag=1, edge_lag=1, settle=1, prompt=True)


def test_an_invariant_of_the_played_side_is_not_supported() -> None:
    came_to = conclude(terms(played=["edge"]), [Cell()], (), True)
    found = verdicts(came_to)
    assert found.pop("INV-10") is Verdict.NOT_SUPPORTED
    assert set(found.values()) == {Verdict.PASS}
    assert overall(came_to)[0] is Overall.CONFORMS


def test_where_the_played_side_breaks_nobody_is_failed_and_nobody_conforms() -> None:
    came_to = conclude(terms(played=["edge"]), [Cell()], [broken("INV-10")], True)
    assert came_to.violations == ()
    assert verdicts(came_to)["INV-10"] is Verdict.INCONCLUSIVE
    verdict, why = overall(came_to)
    assert verdict is Overall.INCONCLUSIVE
    assert "the harness played" in why


def test_the_targets_own_side_is_failed_as_ever() -> None:
    came_to = conclude(terms(played=["edge"]), [Cell()], [broken("INV-2")], True)
    assert verdicts(came_to)["INV-2"] is Verdict.FAIL
    assert overall(came_to)[0] is Overall.DOES_NOT_CONFORM
    both = conclude(terms(), [Cell([broken("INV-10")])], (), True)
    assert verdicts(both)["INV-10"] is Verdict.FAIL


def test_what_was_left_out_late_stopped_or_left_behind_keeps_it_from_conforming() -> None:
    for case, told in (
        (
            {"left_out": [["a fault of kind central", "no way"]]},
            "arranged: a fault of kind central",
        ),
        ({"stopped": "the budget is used up"}, "the budget is used up"),
        ({"effort": fleet_lines.EffortLine(left=["project x"])}, "nothing is left on the target"),
        ({"effort": fleet_lines.EffortLine(late=["Restart: no"])}, "arranged when it was due"),
    ):
        verdict, why = overall(conclude(terms(**case), [Cell()], (), True))
        assert verdict is Overall.INCONCLUSIVE
        assert told in why


def test_what_began_late_counts_from_when_it_was_due() -> None:
    meter = Meter(RequestTracker(), 1_000_000)
    late = OperationRecord(
        "1", "00", "operator", "ViewCluster", {}, 5_000_000, 5_100_000, Outcome.OK,
        tags={INTENDED: 1_100_000},
    )  # fmt: skip
    meter.ended(late)
    took = meter.line({}, {}).latency["ViewCluster"].percentile(1000)
    assert 4_000_000 <= took <= 4_070_000


def test_of_hosts_that_nobody_hears_a_local_operation_has_to_be_answered() -> None:
    """Else a paired cluster that takes any would pass unseen."""
    for counts, verdict in (
        ({"ok": 0, "fail": 0, "info": 3}, Verdict.INCONCLUSIVE),
        ({"ok": 0, "fail": 1, "info": 0}, Verdict.PASS),
    ):
        came_to = after({**DONE, "PatchCluster": counts})
        assert verdicts(came_to)["INV-10"] is verdict
        assert (overall(came_to)[0] is Overall.CONFORMS) == (verdict is Verdict.PASS)


def after(operations: dict[str, dict[str, int]], **more: int) -> Conclusion:
    measures = fleet_lines.MeasuresLine(operations=operations, requests=more)
    return conclude(terms(played=["central"]), [Cell(measures=measures)], (), True)


def test_whoever_takes_nothing_conforms_to_nothing() -> None:
    refused = {"ok": 0, "fail": 7, "info": 0}
    found = after({**DONE, "AcceptPairingRequest": refused})
    assert overall(found)[0] is Overall.INCONCLUSIVE
    assert "no request was accepted" in overall(found)[1]
    assert verdicts(found)["INV-1"] is Verdict.INCONCLUSIVE
    assert verdicts(found)["INV-9"] is Verdict.PASS
    # Each answer was lost, and yet they were accepted.
    assert (
        overall(after({**DONE, "AcceptPairingRequest": refused}, paired=1))[0] is Overall.CONFORMS
    )
    none_sent = after({**DONE, "SendPairingRequest": refused})
    assert verdicts(none_sent)["INV-9"] is Verdict.INCONCLUSIVE
    in_virtual_time = conclude(replace(terms(), realtime=None), [Cell(measures=NOTHING)], (), True)
    assert overall(in_virtual_time)[0] is Overall.CONFORMS
