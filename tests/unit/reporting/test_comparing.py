"""Two runs side by side."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Overall, Verdict
from harness.history.lines import WaiverLine
from harness.reporting.comparing import (
    Change,
    ComparedRun,
    RunComparison,
    compare,
    comparison_json,
    read_run,
)
from harness.reporting.comparison_page import comparison_html, write_comparison
from harness.reporting.files import write_reports
from harness.reporting.model import RequirementReport, ScenarioReport
from tests.unit.history.writing import scenario
from tests.unit.reporting.fleet.fleets import calm, faulty
from tests.unit.reporting.runs import header_of, write_run

NOBODY_ASKED = RequirementReport(
    by_id("WDR-4"), Verdict.INCONCLUSIVE, (), reason="no scenario of this run asks for it"
)
PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
OVERALL = {PASS: Overall.CONFORMS, FAIL: Overall.DOES_NOT_CONFORM, UNSURE: Overall.INCONCLUSIVE}


def said(
    id_: str = "WDR-4",
    overall: Overall | None = None,
    *,
    waived: bool = False,
    profile: str | None = None,
    edition: str = "2026-11",
    causes: bool = False,
    **scenarios: Verdict,
) -> ComparedRun:
    """What a run says of one requirement by its scenarios; with `causes` all have the same one."""
    waiver = WaiverLine(requirement=id_, reason="", owner="", expires="") if waived else None
    reports = [scenario_report(id_, name, v) for name, v in scenarios.items()]
    found = [v for v in (FAIL, UNSURE, PASS) if v in scenarios.values()]
    judged = [RequirementReport(by_id(id_), v, tuple(reports), waiver) for v in found[:1]]
    return ComparedRun(
        name="run",
        header=header_of(profile=profile, edition=edition),
        overall=overall or Overall.CONFORMS,
        headline="so it is",
        requirements={r.requirement.id: r for r in judged},
        findings={n: ("one",) if causes else (n,) for n, v in scenarios.items() if v is not PASS},
    )


def scenario_report(id_: str, name: str, verdict: Verdict) -> ScenarioReport:
    return ScenarioReport(scenario(name, id_), verdict, f"{name} {verdict.value}", 0.0, (), "")


def changed(comparison: RunComparison) -> list[tuple[str, Change]]:
    return [(c.requirement.id, c.change) for c in comparison.changes]


@pytest.mark.parametrize(
    ("before", "after", "change", "code"),
    [
        (PASS, FAIL, Change.BROKE, 1),
        (UNSURE, FAIL, Change.BROKE, 1),
        (FAIL, PASS, Change.MENDED, 0),
        (UNSURE, PASS, Change.MENDED, 0),
        (PASS, UNSURE, Change.LOST, 3),
        (FAIL, UNSURE, Change.CHANGED, 0),
    ],
)
def test_what_a_change_is(before: Verdict, after: Verdict, change: Change, code: int) -> None:
    comparison = compare(said(s=before), said(s=after))
    assert changed(comparison) == [("WDR-4", change)]
    assert comparison.exit_code == code


def test_equal_runs_have_no_changes() -> None:
    comparison = compare(said(s=PASS, t=FAIL), said(s=PASS, t=FAIL))
    assert (changed(comparison), comparison.unlike, comparison.exit_code) == ([], (), 0)


def test_a_should_that_breaks_is_told_and_fails_nothing() -> None:
    comparison = compare(said("PRE-5S", s=PASS), said("PRE-5S", s=FAIL))
    assert changed(comparison) == [("PRE-5S", Change.BROKE)]
    assert comparison.exit_code == 0


def test_what_breaks_and_is_waived_does_not_count() -> None:
    assert compare(said(s=PASS), said(waived=True, s=FAIL)).exit_code == 0


def test_a_failure_that_is_new_broke() -> None:
    assert changed(compare(said(), said(s=FAIL))) == [("WDR-4", Change.BROKE)]
    assert changed(compare(said(), said(s=PASS))) == [("WDR-4", Change.ADDED)]
    assert changed(compare(said(s=PASS), said())) == [("WDR-4", Change.GONE)]


def test_another_scenario_that_fails_is_seen_where_the_verdict_stays() -> None:
    (change,) = compare(said(s=FAIL, t=PASS), said(s=FAIL, t=FAIL)).changes
    assert change.change is Change.CHANGED
    ((scenario, before, after),) = ((s.scenario, s.before, s.after) for s in change.scenarios)
    assert (scenario, before and before.verdict, after and after.verdict) == ("t", PASS, FAIL)
    assert change.scenarios[0].reason == "t fail"


def test_changes_with_one_finding_behind_them_are_one_entry() -> None:
    fine, broken = said(s=PASS, t=PASS), said(s=FAIL, t=FAIL, causes=True)
    (cause,) = compare(fine, broken).of(Change.BROKE)
    assert (cause.told, [s.scenario for s in cause.scenarios]) == ("s fail", ["s", "t"])
    (mended,) = compare(broken, fine).of(Change.MENDED)
    assert mended.told == "s fail", "what was mended is told as it was"
    assert len(compare(fine, said(s=FAIL, t=FAIL)).of(Change.BROKE)) == 2


def test_a_change_is_told_by_the_scenarios_that_made_it() -> None:
    lost = compare(said(s=PASS, t=PASS), said(s=UNSURE, t=Verdict.NOT_SUPPORTED, causes=True))
    (cause,) = lost.of(Change.LOST)
    assert [s.scenario for s in cause.scenarios] == ["s"], "what is not supported lost nothing"
    assert [s.scenario for s in lost.changes[0].scenarios] == ["s", "t"]


def test_what_another_edition_does_not_ask_is_not_lost() -> None:
    unasked = replace(said(edition="2025-01"), requirements={"WDR-4": NOBODY_ASKED})
    (change,) = compare(said(s=PASS), unasked).changes
    assert (change.change, change.after) == (Change.GONE, None)
    same_edition = replace(said(), requirements={"WDR-4": NOBODY_ASKED})
    assert changed(compare(said(s=PASS), same_edition)) == [("WDR-4", Change.LOST)]


def test_what_is_gone_is_one_entry_by_the_reason() -> None:
    without = replace(said(), left_out={"WDR-4": "not selected"})
    (cause,) = compare(said(s=PASS), without).of(Change.GONE)
    assert cause.told == "not selected"


def test_what_was_observed_differs_by_what_was_done_and_not_by_whose_it_was() -> None:
    key = ("WDR-4", "the link comes back")
    one, same, other = (
        replace(said(s=PASS), observations={key: told})
        for told in ("Palette lists request 12ab34cd… 5 s after it", "Palette lists request"
                     " 99ff34cd… 7 s after it", "Palette does not list it")
    )  # fmt: skip
    assert compare(one, same).other_observations == []
    assert len(compare(one, same).observations) == 1
    assert [o[2:] for o in compare(one, other).other_observations] == [
        (one.observations[key], "Palette does not list it")
    ]


def test_a_green_scenario_that_is_new_is_no_news() -> None:
    assert compare(said(s=PASS), said(s=PASS, t=PASS)).changes == ()
    assert compare(said(s=PASS, t=FAIL), said(s=PASS, t=FAIL, u=UNSURE)).changes


def test_a_verdict_on_the_whole_that_falls_counts_by_itself() -> None:
    fine, fell = said(s=PASS), said(s=PASS, overall=Overall.DOES_NOT_CONFORM)
    assert compare(fine, fell).exit_code == 1
    assert compare(fell, fell).exit_code == 0
    assert compare(fine, said(s=PASS, overall=Overall.INCONCLUSIVE)).exit_code == 3


def test_runs_that_were_asked_for_different_things_say_so() -> None:
    comparison = compare(said(s=PASS), said(profile="core", s=PASS))
    assert comparison.unlike == ("profile: all; in the other core",)


def test_as_json() -> None:
    document = comparison_json(compare(said(s=PASS), said(s=FAIL)))
    assert document["schema"] == "pairproof/compare/1"
    assert document["exit_code"] == 1
    assert document["counts"] == {
        "broke": 1, "lost": 0, "mended": 0, "changed": 0, "added": 0, "gone": 0
    }  # fmt: skip
    (change,) = document["changes"]  # type: ignore[misc]
    assert isinstance(change, dict)
    assert (change["id"], change["before"], change["after"]) == ("WDR-4", "pass", "fail")


# --- the page -----------------------------------------------------------------------------------


def page_of(before: Path, after: Path, folder: Path) -> str:
    return comparison_html(compare(read_run(before), read_run(after)), folder)


def test_the_page_links_to_what_each_report_says_of_a_scenario(tmp_path: Path) -> None:
    asked = {"withdraw/a": ("WDR-4", FAIL)}
    write_reports(write_run(tmp_path / "a b", asked), tmp_path / "a b")
    write_run(tmp_path / "b", {"withdraw/a": ("WDR-4", PASS)})
    page = page_of(tmp_path / "a b", tmp_path / "b", tmp_path / "out")
    (link,) = set(re.findall(r'href="(\.\./a%20b/report\.html#scenario-[^"]*)"', page))
    told = (tmp_path / "a b" / "report.html").read_text("utf-8")
    assert f'id="{link.partition("#")[2]}"' in told
    assert "../b/" not in page, "no report lies beside the evidence of the other"
    assert "Requirements: 1 mended" in page
    assert 'class="banner selection"' in page, "that nothing broke is no certificate"


def test_the_page_says_what_broke_and_that_the_runs_were_asked_different_things(
    tmp_path: Path,
) -> None:
    before = write_run(tmp_path / "a", {"withdraw/a": ("WDR-4", PASS)}, edition="2025-01")
    after = write_run(tmp_path / "b", {"withdraw/a": ("WDR-4", FAIL)})
    comparison = compare(read_run(before), read_run(after))
    page = write_comparison(comparison, tmp_path / "made").read_text("utf-8")
    assert (tmp_path / "made" / "compare.html").is_file()
    assert 'class="banner does_not_conform"' in page
    assert "Withdraw/a fail because" in page
    assert "The two runs were not asked the same" in page
    assert "edition: 2025-01; in the other 2026-11" in page
    assert "A: selection passes: 1 of" in page, "a selection never looks like a certificate"


def test_two_implementations_are_told_apart_by_their_letters(tmp_path: Path) -> None:
    before = write_run(tmp_path / "a", {"withdraw/a": ("WDR-4", PASS)})
    other = msgspec.structs.replace(header_of().implementation, name="Other")
    after = write_run(tmp_path / "b", {"withdraw/a": ("WDR-4", FAIL)}, implementation=other)
    page = page_of(before, after, tmp_path)
    assert "Requirements: 1 fail in B alone</h1>" in page
    assert ">Fail in B alone (1)</a>" in page


def test_what_a_target_said_is_no_markup_on_the_page(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    before = write_run(tmp_path / "a", {evil: ("WDR-4", PASS)})
    after = write_run(tmp_path / "b", {evil: ("WDR-4", FAIL)})
    assert evil not in page_of(before, after, tmp_path)


def test_fleets_are_compared_by_invariants_gates_and_latencies(tmp_path: Path) -> None:
    before, after = calm().write(tmp_path / "a"), faulty().write(tmp_path / "b")
    comparison = compare(read_run(before), read_run(after))
    page = comparison_html(comparison, tmp_path)
    assert [c.requirement.id for c in comparison.changes if c.change is Change.BROKE] == [
        "INV-1",
        "INV-5",
    ]
    document = comparison_json(comparison)
    gates, latency = document["gate"], document["latency_ms"]
    assert isinstance(gates, list)
    assert isinstance(latency, dict)
    assert gates
    for gate in gates:
        assert isinstance(gate, dict)
        assert str(gate["expression"]).replace(">", "&gt;").replace("<", "&lt;") in page
    assert "SubmitPairing" in latency
    assert "Submit pairing" in page
