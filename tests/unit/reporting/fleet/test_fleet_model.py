"""What a fleet's report says is what its manifest says, judged by the rules of the gate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalogue.verdict import Overall, Verdict
from harness.checkers.fleet.gate import notes_at_another_pace
from harness.checkers.fleet.sometimes import SITUATIONS
from harness.history.fleet_lines import EffortLine, GateLine, RealtimeLine
from harness.history.manifest import read_manifest
from harness.reporting.fleet.model import NOT_JUDGED, FleetReport, build_fleet_report
from harness.reporting.fleet.wording import advice
from tests.unit.reporting.fleet.conftest import Made
from tests.unit.reporting.fleet.fleets import Fleet, calm, empty, faulty


def report_of(fleet: Fleet, folder: Path) -> FleetReport:
    return build_fleet_report(read_manifest(fleet.write(folder)))


@pytest.mark.parametrize(
    ("fleet", "verdict", "code", "why"),
    [
        (calm(), Overall.CONFORMS, 0, "Every invariant and every expression of the gate holds."),
        (faulty(), Overall.DOES_NOT_CONFORM, 1, "An invariant was violated 2 times; the gate"),
        (replace(calm(), gate=["requests.paired > 10000"]), Overall.DOES_NOT_CONFORM, 1,
         "The gate does not hold: requests.paired > 10000: requests.paired is"),
        (replace(calm(), gate=["sometimes.cancel_in_flight > 900"]), Overall.INCONCLUSIVE, 3,
         "The gate could not be judged: sometimes.cancel_in_flight > 900"),
        (replace(calm(), interrupted=True), Overall.INCONCLUSIVE, 3, "The run did not end."),
        (empty(), Overall.CONFORMS, 0, "Every invariant"),
    ],
)  # fmt: skip
def test_the_verdict_comes_with_its_reason_in_one_sentence(
    fleet: Fleet, verdict: Overall, code: int, why: str, tmp_path: Path
) -> None:
    report = report_of(fleet, tmp_path)
    assert (report.verdict, report.exit_code) == (verdict, code)
    assert report.why.startswith(why)
    assert report.why.endswith(".")


def test_what_was_to_be_reached_and_was_not_leaves_it_inconclusive(tmp_path: Path) -> None:
    fleet = calm()
    fleet.scenario["reach"] = [["cancel_in_flight", 1_000_000]]
    report = report_of(fleet, tmp_path)
    assert report.verdict is Overall.INCONCLUSIVE
    assert report.demands[0].holds is None
    first = report.situations[0]
    assert (first.name, first.wanted_per_thousand_hosts) == ("cancel_in_flight", 1000)


def test_a_gate_of_another_pace_is_a_note_and_ones_own_keeps_its_word(tmp_path: Path) -> None:
    shipped, own = "share.paired >= 0.99", "latency_ms.accept.p99 < 0.001"
    fleet = replace(calm(), gate=[shipped])
    fleet.scenario["reach"] = [["cancel_in_flight", 1_000_000]]
    notes = list(notes_at_another_pace([shipped, "violations == 0"], [("cancel_in_flight", 10**6)]))
    assert notes == [shipped, "sometimes.cancel_in_flight >= 1000"]
    manifest = read_manifest(fleet.write(tmp_path / "strict"))
    assert build_fleet_report(manifest).verdict is Overall.DOES_NOT_CONFORM

    def at_another_pace(gate: list[str], folder: str) -> FleetReport:
        realtime = RealtimeLine(target="http://t", effort=EffortLine(requests=1), notes=notes)
        path = replace(fleet, gate=gate, realtime=realtime).write(tmp_path / folder)
        return build_fleet_report(read_manifest(path))

    report = at_another_pace([shipped], "noted")
    assert (report.verdict, report.gates, report.demands) == (Overall.CONFORMS, (), ())
    told = [warning for warning in report.warnings if warning.startswith("only a note")]
    assert [shipped in told[0], "cancel_in_flight" in told[1]] == [True, True]
    assert at_another_pace([shipped, own], "own").verdict is Overall.DOES_NOT_CONFORM


def test_evidence_that_was_changed_never_conforms(tmp_path: Path) -> None:
    path = calm().write(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"hosts":1000', b'"hosts":1001', 1))
    report = build_fleet_report(read_manifest(path))
    assert report.verdict is Overall.INCONCLUSIVE
    assert report.why.startswith("The evidence is not sound")


def test_a_run_that_a_violation_stopped_says_so(tmp_path: Path) -> None:
    report = report_of(replace(faulty(), interrupted=True), tmp_path)
    assert "the run did not get to its end: a violation stopped it" in report.problems
    assert report.verdict is Overall.DOES_NOT_CONFORM


def test_every_invariant_has_its_finding(made: Callable[[str], Made]) -> None:
    report = made("faulty").report
    found = {c.requirement.id: c for c in report.requirements}
    assert list(found) == [f"INV-{n}" for n in range(1, 11)]
    failed = [id_ for id_, c in found.items() if c.verdict is Verdict.FAIL]
    assert failed == ["INV-1", "INV-5"]
    assert found["INV-8"].verdict is Verdict.INCONCLUSIVE
    assert "18 decisions" in found["INV-8"].why
    assert found["INV-1"].operations == tuple(report.evidence.violations[0].operations)
    assert report.counts["fail"] == 2
    assert sum(report.counts.values()) == 10


def test_an_invariant_without_a_verdict_was_not_judged(tmp_path: Path) -> None:
    path = calm().write(tmp_path)
    lines = [line for line in path.read_bytes().splitlines(True) if b'"INV-3"' not in line]
    path.write_bytes(b"".join(lines))
    report = build_fleet_report(read_manifest(path))
    third = report.requirements[2]
    assert (third.verdict, third.why) == (Verdict.INCONCLUSIVE, NOT_JUDGED)


def test_situations_begin_with_those_asked_for_and_each_has_a_sentence(
    made: Callable[[str], Made],
) -> None:
    situations = made("faulty").report.situations
    assert [s.name for s in situations[:2]] == ["cancel_in_flight", "confirmed_twice"]
    assert {s.name for s in situations} == set(SITUATIONS)
    assert all(s.sentence and s.sentence.endswith(".") for s in situations)
    assert [s.name for s in situations if s.demand] == ["cancel_in_flight", "confirmed_twice"]


def test_what_this_version_does_not_know_is_told_and_not_hidden(tmp_path: Path) -> None:
    fleet = calm()
    fleet.scenario["reach"] = [["from_a_later_version", 1000], "nonsense"]
    report = report_of(fleet, tmp_path)
    assert report.demands[0].reason == "this version does not know this situation"
    assert report.situations[0].sentence == "not known to this version"


def test_the_hosts_are_those_asked_for_where_the_scenario_says_them(tmp_path: Path) -> None:
    fleet = calm()
    fleet.scenario["fleet"] = {"hosts": 5_000}
    assert report_of(fleet, tmp_path).hosts == 5_000


def test_planting_is_a_warning(made: Callable[[str], Made]) -> None:
    assert made("calm").report.warnings == ()
    (warning,) = made("faulty").report.warnings
    assert "mutant:takes_over_before_confirmation was planted" in warning


@pytest.mark.parametrize(
    ("expression", "value", "holds", "told"),
    [
        ("violations == 0", 0, True, ""),
        ("violations == 0", 2, False, "shrink"),
        ("latency_ms.accept.p99 < 5", 9, False, "[central] in the scenario"),
        ("latency_ms.accept.p99 < 5", 9, None, "Let the run get to its end"),
        ("latency_ms.accept.p99 < 5", None, None, "take more hosts"),
        ("sometimes.cancel_in_flight >= 1", 0, None, "take more hosts"),
        ("from_a_later_version < 1", 2, False, "See the figures"),
    ],
)
def test_advice_goes_by_what_is_wrong(
    expression: str, value: float | None, holds: bool | None, told: str
) -> None:
    line = GateLine(expression=expression, value=value, holds=holds)
    assert told in advice(line)
    assert bool(advice(line)) is bool(told)


def test_each_expression_that_does_not_hold_has_advice(made: Callable[[str], Made]) -> None:
    report = made("faulty").report
    for line in (*report.gates, *report.demands):
        assert bool(advice(line)) is not (line.holds is True)
