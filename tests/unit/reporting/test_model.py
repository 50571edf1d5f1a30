"""How many verdicts become one, and what a run is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from harness.catalogue.requirement import Feature, Level, Profile, Requirement, Role
from harness.catalogue.verdict import Overall, Verdict
from harness.history.lines import (
    CheckLine,
    EndOfRun,
    EvidenceHeader,
    Footer,
    LeakLine,
    LineCounts,
    RunInfo,
    SelectionInfo,
    VerdictLine,
    WaiverLine,
)
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.reader import Evidence
from harness.reporting.causes import causes
from harness.reporting.model import NO_SCENARIO, NOT_JUDGED, build_report
from harness.reporting.story import details_of
from tests.unit.history.writing import HEADER, scenario

PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
UNSUPPORTED, SKIPPED, OBSERVED = Verdict.NOT_SUPPORTED, Verdict.SKIPPED, Verdict.OBSERVED


def requirement(id_: str, level: Level = Level.MUST, **fields: Any) -> Requirement:
    given = {"role": Role.EDGE, "profile": Profile.CORE, "source": "#prerequisites step 1"}
    return Requirement(id=id_, level=level, title=f"Title of {id_}", text="Text.", **given | fields)


M1, M2 = requirement("TST-1"), requirement("TST-2")
SHOULD = requirement("TST-3", Level.SHOULD)
SILENT = requirement("TST-4", Level.UNSPECIFIED)
CENTRAL = requirement("TST-5", role=Role.CENTRAL)
BOTH = requirement("TST-6", role=Role.BOTH)
INVARIANT = requirement("INV-1", profile=Profile.RESILIENCE)
EXTENDED = requirement("TST-7", profile=Profile.EXTENDED)


def asked_in(scenario_id: str) -> OperationRecord:
    return OperationRecord(f"{scenario_id}#1", scenario_id, "operator", "ViewPairing", {}, 0, 0)


def evidence(
    given: Iterable[tuple[Requirement, Verdict | None]] = (),
    *,
    complete: bool = True,
    problems: tuple[str, ...] = (),
    **header: Any,
) -> Evidence:
    """Evidence in which the n-th scenario says this of that requirement, or says nothing."""
    lines = [(scenario(f"test/s{n}", r.id), r, v) for n, (r, v) in enumerate(given)]
    return Evidence(
        path=Path("evidence.jsonl"),
        header=msgspec.structs.replace(HEADER, **header),
        scenarios=tuple(line for line, _, _ in lines),
        histories={line.id: History((asked_in(line.id),)) for line, _, _ in lines},
        checks=(),
        verdicts=tuple(
            VerdictLine(requirement=r.id, scenario=line.id, verdict=v, reason=f"{v} it is", at=1)
            for line, r, v in lines
            if v is not None
        ),
        footer=Footer(counts=LineCounts(), digest="sha256:0") if complete else None,
        complete=complete,
        problems=problems,
        sha256="0" * 64,
        operation_count=0,
    )


@pytest.mark.parametrize(
    ("given", "overall", "code"),
    [
        ([(M1, PASS), (M2, PASS)], Overall.CONFORMS, 0),
        ([(M1, PASS), (M2, FAIL)], Overall.DOES_NOT_CONFORM, 1),
        ([(M1, UNSURE), (M2, FAIL)], Overall.DOES_NOT_CONFORM, 1),
        ([(M1, PASS), (M2, UNSURE)], Overall.INCONCLUSIVE, 3),
        ([(M1, PASS), (SHOULD, FAIL)], Overall.CONFORMS, 0),
        ([(M1, PASS), (SHOULD, UNSURE)], Overall.CONFORMS, 0),
        ([(M1, PASS), (M2, UNSUPPORTED)], Overall.CONFORMS, 0),
        ([(M1, PASS), (M2, SKIPPED)], Overall.CONFORMS, 0),
        ([(SILENT, OBSERVED)], Overall.CONFORMS, 0),
        ([(M1, UNSUPPORTED), (M2, UNSUPPORTED)], Overall.INCONCLUSIVE, 3),
        ([(M1, SKIPPED)], Overall.INCONCLUSIVE, 3),
        ([(SHOULD, UNSURE), (SILENT, UNSURE), (M1, PASS)], Overall.INCONCLUSIVE, 3),
        ([], Overall.INCONCLUSIVE, 3),
    ],
)  # fmt: skip
def test_the_verdict_on_a_run(
    given: list[tuple[Requirement, Verdict]], overall: Overall, code: int
) -> None:
    report = build_report(evidence(given), [r for r, _ in given])
    assert (report.verdict, report.exit_code) == (overall, code)
    assert report.why.endswith(".")


def answered(
    *lost: int, told: Mapping[str, Json] | None = MappingProxyType({"status": 200})
) -> tuple[Evidence, list[Requirement]]:
    """A passing scenario for each number: how many of its ten answers could not be read. Of those
    that could, a driver tells this.
    """
    found = evidence([(M1, PASS)] * len(lost))
    histories = {}
    for line, number in zip(found.scenarios, lost, strict=True):
        ends = [Outcome.INFO] * number + [Outcome.OK] * (10 - number)
        histories[line.id] = History(
            tuple(
                replace(
                    asked_in(line.id),
                    id=f"{line.id}#{n}",
                    outcome=end,
                    response={"status": 200} if end is Outcome.INFO else told,
                    error={"why": "no JSON"} if end is Outcome.INFO else None,
                )
                for n, end in enumerate(ends, 1)
            )
        )
    return replace(found, histories=histories), [M1]


@pytest.mark.parametrize(
    ("lost", "verdict"), [((0, 2), PASS), ((1, 1), PASS), ((2, 1), UNSURE), ((2,), UNSURE)]
)
def test_a_tenth_of_a_requirements_answers_may_be_unreadable(
    lost: tuple[int, ...], verdict: Verdict
) -> None:
    (found,) = build_report(*answered(*lost)).requirements
    assert found.verdict is verdict
    told = f"{sum(lost)} of {10 * len(lost)} answers could not be read: no JSON"
    assert found.reason == (told if verdict is UNSURE else "")
    assert {s.verdict for s in found.scenarios} == {PASS}


def test_a_driver_need_not_tell_of_what_it_could_read() -> None:
    (found,) = build_report(*answered(1, told=None)).requirements
    assert found.verdict is PASS


def test_what_a_driver_tells_of_its_wire_is_shown_as_it_tells_it() -> None:
    run = evidence([(M1, UNSURE)])
    asked = replace(
        asked_in("test/s0"),
        outcome=Outcome.OK,
        value={},
        request={"subject": "edge.pair"},
        response={"frame": "0a01"},
    )
    verdicts = [msgspec.structs.replace(v, operations=[asked.id]) for v in run.verdicts]
    run = replace(run, histories={"test/s0": History((asked,))}, verdicts=tuple(verdicts))
    report = build_report(run, [M1])
    (detail,) = details_of(report, causes(report, UNSURE)).values()
    (exchange,) = detail.exchanges
    assert exchange.sent == '{\n  "subject": "edge.pair"\n}'
    assert exchange.received == 'done\n{\n  "frame": "0a01"\n}'


def test_what_the_sides_told_each_other_is_shown_whole_and_decides_nothing() -> None:
    run = evidence([(M1, UNSURE)])
    asked = replace(asked_in("test/s0"), outcome=Outcome.OK, value={})
    told = [f"PollPairing, GET /requests/{n}: 200 Pairing" for n in range(60)]
    heard = replace(
        asked, id="test/s0#9", kind="HearMessages", actor="harness", value={"messages": told}
    )
    verdicts = [msgspec.structs.replace(v, operations=[asked.id]) for v in run.verdicts]
    run = replace(run, histories={"test/s0": History((asked, heard))}, verdicts=tuple(verdicts))
    report = build_report(run, [M1])
    (detail,) = details_of(report, causes(report, UNSURE)).values()
    shown = {each.title: each for each in detail.exchanges}[
        "What the sides told each other was told"
    ]
    assert shown.received.splitlines() == told
    assert not shown.decisive


def test_answers_that_never_came_are_not_unreadable() -> None:
    run = evidence([(M1, PASS)])
    lost = replace(asked_in("test/s0"), outcome=Outcome.INFO)
    (found,) = build_report(
        replace(run, histories={"test/s0": History((lost,))}), [M1]
    ).requirements
    assert found.verdict is PASS


def test_what_failed_failed_whatever_could_not_be_read() -> None:
    run, _ = answered(9)
    verdicts = tuple(msgspec.structs.replace(v, verdict=FAIL) for v in run.verdicts)
    (found,) = build_report(replace(run, verdicts=verdicts), [M1]).requirements
    assert found.verdict is FAIL


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([PASS, FAIL, UNSURE], FAIL),
        ([PASS, UNSURE], UNSURE),
        ([PASS, UNSUPPORTED], PASS),
        ([OBSERVED, PASS], PASS),
        ([UNSUPPORTED, SKIPPED], UNSUPPORTED),
    ],
)
def test_a_requirement_gets_the_worst_verdict_of_its_scenarios(
    verdicts: list[Verdict], whole: Verdict
) -> None:
    report = build_report(evidence([(M1, v) for v in verdicts]), [M1])
    (found,) = report.requirements
    assert found.verdict is whole
    assert [s.verdict for s in found.scenarios] == verdicts


def test_counts_are_of_requirements_and_of_scenarios() -> None:
    report = build_report(evidence([(M1, PASS), (M1, FAIL), (M2, PASS)]), [M1, M2])
    assert report.counts == {
        "pass": 1, "fail": 1, "inconclusive": 0, "not_supported": 0, "skipped": 0, "observed": 0
    }  # fmt: skip
    assert report.scenario_counts["pass"] == 2


def test_what_binds_the_other_side_does_not_count() -> None:
    given = [(M1, PASS), (CENTRAL, FAIL), (BOTH, PASS)]
    report = build_report(evidence(given, roles=["edge"]), [M1, CENTRAL, BOTH])
    assert report.verdict is Overall.CONFORMS
    assert [r.requirement.id for r in report.requirements] == ["TST-1", "TST-6"]
    assert "central side" in report.left_out["TST-5"]
    assert len(report.scenario_verdicts) == 2
    both = build_report(evidence(given, roles=["both"]), [M1, CENTRAL, BOTH])
    assert both.verdict is Overall.DOES_NOT_CONFORM


def test_what_must_hold_and_nothing_asked_for_is_not_simply_skipped() -> None:
    report = build_report(evidence([(M1, PASS)]), [M1, M2, SHOULD, INVARIANT])
    assert [r.verdict for r in report.requirements] == [PASS, UNSURE, SKIPPED, SKIPPED]
    assert report.requirements[1].reason == NO_SCENARIO
    assert report.verdict is Overall.INCONCLUSIVE
    assert "TST-2" in report.why


def test_what_needs_a_feature_that_is_not_claimed_is_not_supported() -> None:
    pages = requirement("TST-8", features=(Feature.PAGES,))
    report = build_report(evidence([(M1, PASS)]), [M1, pages])
    assert (report.verdict, report.requirements[1].verdict) == (Overall.CONFORMS, UNSUPPORTED)
    claimed = build_report(evidence([(M1, PASS)], features=["pages"]), [M1, pages])
    assert claimed.requirements[1].verdict is UNSURE


@pytest.mark.parametrize(
    "header",
    [
        {"selection": SelectionInfo(requirements=["TST-1"])},
        {"selection": SelectionInfo(tags="core")},
        {"selection": SelectionInfo(keyword="cancel")},
        {"selection": SelectionInfo(own=True)},
        {"profile": "core"},
    ],
    ids=str,
)
def test_what_was_not_selected_is_left_out(header: dict[str, Any]) -> None:
    report = build_report(evidence([(M1, PASS)], **header), [M1, EXTENDED])
    assert report.verdict is Overall.CONFORMS
    assert report.left_out == {"TST-7": "not selected"}


ONE = SelectionInfo(requirements=["TST-1"])


@pytest.mark.parametrize(
    ("given", "header", "headline", "tone"),
    [
        ([(M1, PASS)], {}, "Conforms", "conforms"),
        ([(M1, PASS), (M2, UNSUPPORTED)], {}, "Conforms, 1 of 2 MUSTs not supported", "conforms"),
        ([(M1, PASS)], {"profile": "core"}, "Conforms", "conforms"),
        ([(M1, PASS)], {"selection": ONE}, "Selection passes: 1 of 2 requirements", "selection"),
        (
            [(M1, FAIL)],
            {"selection": ONE},
            "Does not conform, a selection of 1 of 2 requirements",
            "does_not_conform",
        ),
    ],
)
def test_a_headline_claims_no_more_than_was_judged(
    given: list[tuple[Requirement, Verdict]], header: dict[str, Any], headline: str, tone: str
) -> None:
    catalogue = [r for r, _ in given] + [EXTENDED] * bool(header)
    report = build_report(evidence(given, **header), catalogue)
    assert (report.headline, report.tone) == (headline, tone)


@pytest.mark.parametrize(
    ("profile", "headline", "told"),
    [
        ("core", "Conforms", "; 1 of 1 MUST passed. Asked for was core."),
        ("core,extended", "Conforms", "2 of 2 MUSTs passed. Asked for was core and extended."),
        (
            "extended",
            "Selection passes: 1 of 3 requirements",
            "1 of 1 MUST passed. It is a selection, and no certificate: extended stands on core.",
        ),
        (
            "resilience",
            "Selection passes: 1 of 3 requirements",
            "It is a selection, and no certificate: resilience stands on core and extended.",
        ),
        (
            "core,resilience",
            "Selection passes: 2 of 3 requirements",
            "2 of 2 MUSTs passed. It is a selection, and no certificate:"
            " resilience stands on extended.",
        ),
    ],
)
def test_profiles_are_claimed_with_all_that_they_stand_on(
    profile: str, headline: str, told: str
) -> None:
    every = [M1, EXTENDED, INVARIANT]
    asked = [(r, PASS) for r in every if r.profile.value in profile.split(",")]
    report = build_report(evidence(asked, profile=profile), every)
    assert report.headline == headline
    assert report.tone == ("conforms" if headline == "Conforms" else "selection")
    assert report.why.endswith(told)


def test_a_requirement_that_was_selected_and_not_asked_for_is_inconclusive() -> None:
    selection = SelectionInfo(requirements=["TST-1", "TST-2"])
    report = build_report(evidence([(M1, PASS)], selection=selection), [M1, M2])
    assert report.verdict is Overall.INCONCLUSIVE


def test_a_scenario_without_a_verdict_is_inconclusive() -> None:
    report = build_report(evidence([(M1, PASS), (M2, None)], complete=False), [M1, M2])
    assert report.requirements[1].verdict is UNSURE
    assert report.requirements[1].scenarios[0].reason == NOT_JUDGED
    assert report.verdict is Overall.INCONCLUSIVE


def test_a_run_that_is_not_whole_is_inconclusive_unless_something_failed() -> None:
    cut = build_report(evidence([(M1, PASS)], complete=False), [M1])
    assert (cut.verdict, cut.exit_code) == (Overall.INCONCLUSIVE, 3)
    failed = build_report(evidence([(M1, FAIL)], complete=False), [M1])
    assert failed.verdict is Overall.DOES_NOT_CONFORM


def test_evidence_that_was_changed_is_inconclusive() -> None:
    report = build_report(evidence([(M1, PASS)], problems=("the digest does not fit",)), [M1])
    assert report.verdict is Overall.INCONCLUSIVE
    assert "the digest does not fit" in report.why


def test_what_the_catalogue_lacks_counts_as_a_must() -> None:
    report = build_report(evidence([(M1, PASS), (requirement("NEW-1"), FAIL)]), [M1])
    assert report.verdict is Overall.DOES_NOT_CONFORM
    assert report.requirements[1].requirement.title == "Not in the catalogue of this version"


def test_a_should_that_fails_or_is_not_seen_to_hold_is_a_warning() -> None:
    report = build_report(evidence([(M1, PASS), (SHOULD, FAIL)]), [M1, SHOULD])
    assert report.warnings == ("TST-3 should hold, and does not: Title of TST-3",)
    report = build_report(evidence([(M1, PASS), (SHOULD, OBSERVED)]), [M1, SHOULD])
    assert report.warnings == ("TST-3 should hold, and was not seen to: Title of TST-3",)
    assert report.verdict is Overall.CONFORMS


# --- waivers --------------------------------------------------------------------------------


def waiver(expires: str, requirement_id: str = "TST-1") -> WaiverLine:
    return WaiverLine(requirement_id, "vendor bug 17", "Ana", expires)


def test_a_waiver_excuses_a_failure_and_stays_visible() -> None:
    given = evidence([(M1, FAIL), (M2, PASS)], waivers=[waiver("2026-12-31")])
    report = build_report(given, [M1, M2])
    assert report.verdict is Overall.CONFORMS
    assert report.requirements[0].verdict is FAIL
    assert report.requirements[0].waived == waiver("2026-12-31")
    assert "waived until 2026-12-31 by Ana: vendor bug 17" in report.warnings[0]
    assert "apart from 1 that a waiver excuses" in report.why


def test_a_waiver_holds_up_to_and_on_its_last_day() -> None:
    given = evidence([(M1, FAIL)], waivers=[waiver("2026-11-24")])  # the run was on 2026-11-24
    assert build_report(given, [M1]).requirements[0].waived
    report = build_report(evidence([(M1, FAIL)], waivers=[waiver("2026-11-23")]), [M1])
    assert report.verdict is Overall.DOES_NOT_CONFORM
    assert report.warnings == ("the waiver for TST-1 expired on 2026-11-23; what it excused fails",)


def test_a_waiver_that_is_not_needed_is_told() -> None:
    report = build_report(evidence([(M1, PASS)], waivers=[waiver("2026-12-31")]), [M1])
    assert report.requirements[0].waived is None
    assert report.warnings == ("the waiver for TST-1 is not needed: it did not fail",)


# --- what else a report holds ---------------------------------------------------------------


def test_observations_are_told_once_with_their_situation() -> None:
    seen = CheckLine(
        scenario="test/s0",
        requirement="TST-4",
        check="observed",
        args={"situation": "a second send"},
        step="Then it is recorded",
        verdict=OBSERVED,
        reason="refused",
    )
    given = changed(evidence([(SILENT, OBSERVED)]), checks=(seen, seen))
    (observation,) = build_report(given, [SILENT]).observations
    assert (observation.requirement, observation.situation, observation.observed) == (
        "TST-4", "a second send", "Refused"
    )  # fmt: skip


def changed(given: Evidence, **changes: Any) -> Evidence:
    names = Evidence.__dataclass_fields__
    return Evidence(**{name: getattr(given, name) for name in names} | changes)


def operation(number: int, start: int, end: int | None) -> OperationRecord:
    return OperationRecord(
        id=f"test/s0#{number}",
        scenario="test/s0",
        actor="operator",
        kind="ViewPairing",
        args={},
        start=start,
        end=end,
        outcome=Outcome.OK,
    )


def test_durations_come_from_the_operations() -> None:
    history = History((operation(1, 1_000_000, 1_250_000), operation(2, 1_500_000, None)))
    given = changed(evidence([(M1, PASS)]), histories={"test/s0": history})
    report = build_report(given, [M1])
    assert report.requirements[0].scenarios[0].duration_s == 0.5
    assert (report.started_at, report.ended_at, report.duration_s) == (
        "2026-11-24T10:00:00Z", "2026-11-24T10:00:00.500000Z", 0.5
    )  # fmt: skip


def test_the_end_of_a_run_is_taken_from_its_footer() -> None:
    footer = Footer(
        counts=LineCounts(), digest="sha256:0", run=EndOfRun(ended_at="2026-11-24T10:01:30Z")
    )
    report = build_report(changed(evidence([(M1, PASS)]), footer=footer), [M1])
    assert (report.ended_at, report.duration_s) == ("2026-11-24T10:01:30Z", 90.0)


def test_a_run_without_times_has_none() -> None:
    report = build_report(evidence([(M1, PASS)], run=RunInfo()), [M1])
    assert (report.started_at, report.ended_at, report.duration_s) == ("", "", 0.0)


@pytest.mark.parametrize(
    ("id_", "target", "command"),
    [
        ("withdraw/a-cancel", "", "--scenario withdraw/a-cancel {seed_and_driver}"),
        ("send/x[a b, c]", "", "--scenario 'send/x[a b, c]' {seed_and_driver}"),
        ("send/x", "my own.toml", "--scenario send/x {seed_and_driver} --target 'my own.toml'"),
    ],
)
def test_every_scenario_has_the_command_that_judges_it_again(
    id_: str, target: str, command: str
) -> None:
    header: EvidenceHeader = msgspec.structs.replace(HEADER, target_file=target)
    given = changed(
        evidence(), header=header, scenarios=(msgspec.structs.replace(scenario(id_, "TST-1")),)
    )
    (found,) = build_report(given, [M1]).requirements
    options = command.format(seed_and_driver="--seed 7 --driver inprocess")
    assert found.scenarios[0].reproduce == f"pairproof certify --requirement TST-1 {options}"


# --- what else keeps a run from conforming --------------------------------------------------


def test_a_run_that_left_something_behind_does_not_conform_for_sure() -> None:
    leak = LeakLine(n=1, kind="project", what="qa-7", side="central")
    left = changed(evidence([(M1, PASS)]), leaks=(leak,))
    report = build_report(left, [M1])
    assert (report.verdict, report.exit_code) == (Overall.INCONCLUSIVE, 3)
    assert "1 thing is left on the target" in report.why
    failed = changed(evidence([(M1, FAIL)]), leaks=(leak, leak))
    assert build_report(failed, [M1]).verdict is Overall.DOES_NOT_CONFORM


def test_a_run_most_of_whose_scenarios_could_not_be_judged_is_no_success() -> None:
    given = [(M1, PASS), (M2, PASS), *((SHOULD, UNSURE) for _ in range(3))]
    report = build_report(evidence(given), [M1, M2, SHOULD])
    assert report.verdict is Overall.INCONCLUSIVE
    assert "most of it could not be judged (3 of 5 by their scenarios)" in report.why
