"""Two runs side by side."""

from __future__ import annotations

import pytest

from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Overall, Verdict
from harness.reporting.comparing import Change, RunComparison, Verdicts, compare, comparison_json
from tests.unit.reporting.runs import header_of

PASS, FAIL, UNSURE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
OVERALL = {PASS: Overall.CONFORMS, FAIL: Overall.DOES_NOT_CONFORM, UNSURE: Overall.INCONCLUSIVE}


def said(
    id_: str = "WDR-4",
    overall: Overall | None = None,
    *,
    waived: bool = False,
    profile: str | None = None,
    **scenarios: Verdict,
) -> Verdicts:
    """What a run says of one requirement by its scenarios."""
    found = [v for v in (FAIL, UNSURE, PASS) if v in scenarios.values()]
    return Verdicts(
        name="run",
        header=header_of(profile=profile),
        overall=overall or Overall.CONFORMS,
        requirements={id_: (by_id(id_), found[0], waived)} if found else {},
        scenarios={(id_, name): (v, f"{name} {v.value}") for name, v in scenarios.items()},
    )


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
    assert [(s.scenario, s.before, s.after, s.reason) for s in change.scenarios] == [
        ("t", PASS, FAIL, "t fail")
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
    assert comparison.unlike == ("profile: all and core",)


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
