"""Lawful choices that were blamed together, and each alone for nothing."""

from __future__ import annotations

import pytest

from harness.catalogue.verdict import Verdict
from harness.proving.trials import Trial, TrialResult, run_trials
from harness.reference import planting

planting.load()
TOGETHER = (
    # What it says of Pair cluster is refused where a step that was taken may not be taken again.
    ("no_step_of_an_acceptance_is_taken_twice+an_acceptance_says_everything", "ACC-4"),
    # Neither side shows that the acceptance holds before the host has confirmed it.
    (
        "the_cluster_is_local_until_it_confirms+a_cluster_is_shown_once_its_host_has_confirmed",
        "WDR-6",
    ),
    # A request that ends with its token, a second later, may be shown as failed by then.
    ("a_request_ends_with_its_token+the_request_is_shown_a_second_late", "PRE-4"),
    # Local UI says "Paired" before the host has confirmed, which may be refused then.
    ("the_confirmation_needs_a_good_token+an_accepted_request_is_shown_as_paired_at_once", "SND-9"),
    # What is told late, by the secret of all requests, comes while a list is waited for.
    ("one_secret_for_good_and_an_offline_cancel_told_late+the_list_is_two_seconds_behind", "INV-9"),
    # A restart takes longer than an acceptance waits for its host, which was away.
    ("a_restart_of_palette_takes_a_second+acceptance_waits_half_a_second", "ACC-12"),
    # The cluster is shown as running, and takes no central operation before it is imported.
    ("a_paired_cluster_is_imported_first+the_cluster_is_local_until_it_confirms", "INV-9"),
    # Nothing but the request shows that the acceptance holds.
    (
        "the_cluster_is_local_until_it_confirms+a_cluster_is_shown_once_its_host_has_confirmed",
        "INV-9",
    ),
    # A login ends twice, and nothing tells that what is refused is refused for that.
    ("refuses_as_a_bad_request+logins_end_with_the_handover", "INV-1"),
)


@pytest.mark.parametrize(("choices", "requirement"), TOGETHER)
def test_choices_that_meet_are_blamed_for_nothing(choices: str, requirement: str) -> None:
    found: list[TrialResult] = []
    trials = [Trial(f"variant:{choices}", "inprocess", requirement)]
    run_trials(trials, 1, lambda _, result: found.append(result))
    (result,) = found
    assert not result.problem
    assert not result.with_verdict(Verdict.FAIL), result.ended
    assert not result.with_verdict(Verdict.INCONCLUSIVE), result.ended
    assert result.with_verdict(Verdict.PASS) or result.with_verdict(Verdict.OBSERVED)
