"""A defect that is planted in a remote target is found by the requirement that it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.integration.acceptance.certifying import by_requirement, described, served
from tests.integration.cli.command import Command

MUTANTS = {
    # the edge
    "deleting_cluster_sends": "PRE-1",
    "workers_ignored": "PRE-2",
    "paired_cluster_sends_again": "PRE-3",
    "last_host_is_not_probed": "PRE-5",
    "any_certificate_will_do": "PRE-6",
    "logout_only_says_so": "SND-1",
    "id_is_shown_to_its_sender_only": "SND-3",
    "pending_request_locks_the_cluster": "SND-6",
    "scheme_is_required": "SND-8",
    "insecure_sticks": "SND-13",
    "forbidden_change_is_acknowledged": "ACC-13",
    "nothing_to_cancel_is_fine": "WDR-1",
    "id_is_hidden_without_a_link": "WDR-2",
    "cancel_needs_the_link": "WDR-4",
    "cancelled_cluster_sends_no_more": "WDR-7",
    "rejected_cluster_sends_no_more": "REJ-7",
    # Palette
    "revoked_token_still_admits": "PRE-4",
    "latest_by_text": "PRE-7",
    "who_may_reject_may_accept": "PRE-8",
    "any_project_is_seen": "PRE-9",
    "list_needs_no_login": "ACC-1",
    "namesake_is_accepted": "ACC-3",
    "changed_name_is_ignored": "ACC-6",
    "any_pack_has_the_version": "ACC-7",
    "mismatch_rejects": "ACC-15",
    "rejected_can_be_accepted": "ACC-20",
    "withdrawal_only_says_so": "WDR-3",
    "silent_hosts_request_is_forgotten": "WDR-5",
    "reject_only_says_so": "REJ-1",
    "refused_reject_has_the_status_of_success": "REJ-6",
}
"""Thirty of them, each at a requirement of its own."""
SOME = ("nothing_to_cancel_is_fine", "insecure_sticks", "silent_hosts_request_is_forgotten")


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    made = Command(tmp_path)
    yield made
    assert made.alive() == []


def serving(command: Command, *mutants: str) -> AbstractContextManager[None]:
    """Each of them, served by a process that writes `<mutant>.toml`."""
    return served(command, {f"{mutant}.toml": ("--mutant", mutant) for mutant in mutants})


def assert_failed(command: Command, mutant: str, *more: str) -> None:
    """Certifying just its requirement fails, and nothing else is blamed."""
    file = command.folder / f"{mutant}.toml"
    # What never comes is waited for in vain: a second is enough, or a few where all settles.
    shorter = file.read_text("utf-8").replace("[limits]\n", "[limits]\nawait_s = 1\nsettle_s = 5\n")
    file.write_text(shorter)
    words = ("--target", f"{mutant}.toml", "--requirement", MUTANTS[mutant], "--out", mutant)
    done = command.here("certify", "--workers", "1", *words, *more)
    assert done.returncode == 1, described(done)
    assert by_requirement(command.folder / mutant) == {MUTANTS[mutant]: "fail"}


def test_the_table_holds_thirty_requirements() -> None:
    assert len(MUTANTS) == len(set(MUTANTS.values())) == 30


@pytest.mark.slow
def test_a_few_are_failed_at_their_requirement(command: Command) -> None:
    with serving(command, *SOME):
        for mutant in SOME:
            assert_failed(command, mutant, "--fail-fast")


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_is_failed_at_its_requirement(command: Command, mutant: str) -> None:
    with serving(command, mutant):
        assert_failed(command, mutant)
