"""A fleet in real time at a target's Local UIs: judged by looks, with agents that nobody hears."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.catalogue.verdict import Overall, Verdict
from harness.fleet.scenario import FaultKind, FaultPlan, fixed
from harness.history.manifest import read_manifest
from harness.history.parts import parts_in, read_part
from harness.reference.behaviour import Behaviour
from harness.reference.planting import behaviour_with
from harness.targets.env_file import env_file_of
from harness.targets.ledger import Ledger
from harness.verifying.fleet import verify_fleet
from tests.integration.realtime.at_the_edge import PLACES, TEN, edge, run
from tests.integration.realtime.over_http import MS

OF_PALETTE = {"INV-2", "INV-3", "INV-8"}
SESSIONS: set[bytes] = set()
"""Every session that the Local UIs have seen."""


class Sessions:
    """Notes by what operators prove that they are logged in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for name, value in scope.get("headers", ()):
            if name == b"authorization":
                SESSIONS.add(value.rpartition(b" ")[2])
        await self._app(scope, receive, send)


def written(folder: Path) -> bytes:
    """All that a run wrote, unpacked."""
    parts = [raw.raw for part in parts_in(folder) for raw in read_part(part)]
    return b"".join([*parts, *(f.read_bytes() for f in folder.rglob("*") if f.is_file())])


def test_a_cluster_at_each_place_pairs_and_is_judged_without_its_agents(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with edge(tmp_path, Behaviour(wrap_local_ui=Sessions)) as target:
        finished = run(target, out)
        with Ledger.resume(out / "ledger.jsonl") as ledger:
            assert ledger.entries
            assert not list(ledger.open_entries())
        password = env_file_of(target).read_bytes()
    assert (finished.verdict, finished.violations) == (Overall.CONFORMS, ())
    assert finished.measures.requests["paired"] == PLACES
    assert finished.measures.requests["withdrawn"] > 0
    operations = finished.measures.operations
    assert not {"SubmitPairing", "PollPairing", "ConfirmPairing"} & operations.keys()
    assert operations["PatchCluster"]["fail"] == PLACES
    verdicts = {line.requirement: line.verdict for line in read_manifest(out).verdicts}
    assert {i for i, v in verdicts.items() if v is Verdict.NOT_SUPPORTED} == OF_PALETTE
    assert {v for i, v in verdicts.items() if i not in OF_PALETTE} == {Verdict.PASS}
    assert verify_fleet(out).same
    assert finished.realtime is not None
    answered = finished.realtime.effort.answered
    assert answered["SendPairingRequest"].count >= PLACES
    assert answered["AcceptPairingRequest"].count >= PLACES
    everything = written(out)
    assert SESSIONS
    secrets = [line.partition(b"=")[2].strip() for line in password.splitlines() if b"PASS" in line]
    assert secrets
    assert not [secret for secret in (*SESSIONS, *secrets) if secret in everything]


@pytest.mark.parametrize(
    ("mutant", "invariant"),
    [
        ("paired_cluster_is_still_changed_locally", "INV-10"),
        pytest.param("failed_pairing_stays_locked", "INV-1", marks=pytest.mark.slow),
    ],
)
def test_a_defect_of_the_edge_is_found_by_looks_at_both_sides(
    mutant: str, invariant: str, tmp_path: Path
) -> None:
    with edge(tmp_path, behaviour_with(f"mutant:{mutant}")) as target:
        finished = run(target, tmp_path / "out")
    assert finished.verdict is Overall.DOES_NOT_CONFORM
    assert invariant in {violation.invariant for violation in finished.violations}


@pytest.mark.slow
def test_links_are_cut_by_the_targets_own_way(tmp_path: Path) -> None:
    """Who cancels while the link is down has not told Palette, and nobody is blamed for it."""
    cut = FaultPlan(FaultKind.LINK, at=50 * MS, lasts=fixed(500 * MS))
    with edge(tmp_path) as target:
        finished = run(target, tmp_path / "out", replace(TEN, faults=(cut,)))
    assert (finished.verdict, finished.violations) == (Overall.CONFORMS, ())
    assert finished.measures.operations["SetLink"]["ok"] == 2 * PLACES
