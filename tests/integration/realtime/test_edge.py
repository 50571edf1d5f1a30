"""A fleet in real time at a target's Local UIs: judged by looks, with agents that nobody hears."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.catalogue.verdict import Overall, Verdict
from harness.domain.arrangements import InstallCluster, Side
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.fleet.realtime.pace import rate_of
from harness.fleet.scenario import CentralPlan, FaultKind, FaultPlan, NetworkPlan, fixed
from harness.history.manifest import read_manifest
from harness.history.parts import parts_in, read_part
from harness.reference.behaviour import Behaviour
from harness.reference.description import target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout
from harness.reference.planting import behaviour_with
from harness.reporting.fleet.realtime import every_answer
from harness.targets.ledger import Ledger
from harness.targets.reading import env_file_of
from harness.verifying.fleet import verify_fleet
from tests.integration.realtime.at_the_edge import PLACES, TEN, described, edge, run
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
    assert operations["PatchNamedCluster"]["fail"] == PLACES
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


CHANGES = ("PatchNamedCluster", "UpdateCluster")


@pytest.mark.parametrize("lacking", [CHANGES[:1], CHANGES], ids="+".join)
def test_tags_are_changed_by_what_the_target_offers(
    tmp_path: Path, lacking: tuple[str, ...]
) -> None:
    more = "".join(f'[paths.{kind}]\nnot_offered = "it is not there"\n' for kind in lacking)
    with edge(tmp_path, more=f"\n{more}") as target:
        finished = run(target, tmp_path / "out")
    assert finished.violations == ()
    operations = finished.measures.operations
    refused = {kind: operations[kind]["fail"] for kind in CHANGES if kind in operations}
    assert refused == {kind: PLACES for kind in CHANGES if kind not in lacking}
    manifest = read_manifest(tmp_path / "out")
    verdicts = {line.requirement: line.verdict for line in manifest.verdicts}
    assert verdicts["INV-10"] is (Verdict.PASS if refused else Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("mutant", "invariant"),
    [
        ("paired_cluster_is_still_changed_locally", "INV-10"),
        pytest.param("cancelled_id_is_shown_again", "INV-4", marks=pytest.mark.slow),
        pytest.param("kept_local_by_an_earlier_cancel", "INV-10", marks=pytest.mark.slow),
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
def test_the_palette_that_is_played_waits_for_hosts_as_the_scenario_says(tmp_path: Path) -> None:
    hasty = replace(TEN, central=CentralPlan(handover=1))
    with edge(tmp_path) as target:
        finished = run(target, tmp_path / "out", hasty)
    requests = finished.measures.requests
    assert (requests["paired"], finished.violations) == (0, ())
    assert requests["failed"] >= PLACES
    assert "INV-10" in finished.measures.undecided  # no cluster was paired, so none was tried


@pytest.mark.slow
def test_links_are_cut_by_the_targets_own_way(tmp_path: Path) -> None:
    """Who cancels while the link is down has not told Palette, and nobody is blamed for it."""
    cut = FaultPlan(FaultKind.LINK, at=50 * MS, lasts=fixed(300 * MS))
    begun = replace(TEN.operators, begin=fixed(0))
    with edge(tmp_path) as target:
        finished = run(target, tmp_path / "out", replace(TEN, operators=begun, faults=(cut,)))
    assert (finished.verdict, finished.violations) == (Overall.CONFORMS, ())
    assert finished.measures.operations["SetLink"]["ok"] == 2 * PLACES
    # Who finds no connection tries again.
    assert finished.measures.operations["VerifyConnection"]["ok"] > 2 * PLACES
    assert finished.measures.requests["paired"] >= PLACES // 2


OWN = (
    StackProfile(
        "lab",
        ProfileType.FULL,
        "7",
        (
            Pack(Layer.OS, "own-os", "2024-r1"),
            Pack(Layer.K8S, "own-k8s", "1.2"),
            Pack(Layer.ADDON, "own-shop", "v9"),
        ),
    ),
)
"""What nobody's profiles match but those that are made for it."""


@pytest.mark.slow
def test_clusters_that_are_given_are_used_up_once_and_put_back_if_they_can_be(
    tmp_path: Path,
) -> None:
    """Two may be paired, one of which can be put back; the third may not."""
    layout = Layout(clusters=3, hosts=1, tls=False, sides=frozenset({Side.EDGE}))
    with EmbeddedReference(5, layout) as reference:
        slots = [place.uid for place in reference.inventory().slots]

        def stands(slot: str) -> None:
            (host,) = next(s.host_uids for s in reference.inventory().slots if s.uid == slot)
            pools = (NodePool("control", True, (Node(f"{slot}-n", host),)),)
            cluster = Cluster(f"{token_hex(12)}", f"lab-{slot}", pools=pools, stack=OWN)
            reference.arrange(InstallCluster(slot, cluster))

        for slot in slots:
            stands(slot)
        wish = tmp_path / "wish"
        os.mkfifo(wish)
        reset = f'reset = {{ command = ["sh", "-c", "echo $0 > {wish}; cat {wish}", "{{slot}}"] }}'
        text = target_text(reference).split("[edge.control]")[0]
        for slot, more in zip(slots, (reset, "disposable = true"), strict=False):
            text = text.replace(f'slot = "{slot}"\n', f'slot = "{slot}"\n{more}\n')
        target = described(tmp_path, reference, text + "\n[given]\nclusters = true\n")
        pair = replace(TEN, fleet=replace(TEN.fleet, hosts=2))
        first = run(target, tmp_path / "first", pair)
        assert (first.verdict, first.measures.requests["paired"]) == (Overall.CONFORMS, 2)

        def puts_back() -> None:
            stands(wish.read_text().strip())
            wish.write_text("done")

        helper = threading.Thread(target=puts_back, daemon=True)
        helper.start()
        again = run(target, tmp_path / "again", pair)
        helper.join(10)
    assert again.measures.requests["paired"] == 1
    assert again.verdict is Overall.INCONCLUSIVE
    assert "is paired already" in again.why
    assert again.measures.operations["RenewCluster"]["ok"] == 1


@pytest.mark.slow
def test_messages_are_lost_by_the_proxy_between_the_sides(tmp_path: Path) -> None:
    one = replace(TEN, fleet=replace(TEN.fleet, hosts=1))
    lossy = replace(one, network=NetworkPlan(lost_before_ppm=100_000, lost_after_ppm=100_000))
    with edge(tmp_path, more='\n[links]\nway = "proxy"\n') as target:
        finished = run(target, tmp_path / "out", lossy)
        apart = run(target, tmp_path / "apart", replace(lossy, fleet=TEN.fleet))
    assert (finished.verdict, finished.violations) == (Overall.CONFORMS, ())
    assert finished.measures.operations["DisturbMessages"]["ok"] == 2
    # Hosts that arrive from one address cannot be told apart: that is said, and proves nothing.
    assert apart.verdict is Overall.INCONCLUSIVE
    assert "arranged when it was due" in apart.why
    assert "[links.sources]" in apart.why


class StandStill:
    """All Local UIs stand still together for so many seconds, from one request on."""

    def __init__(self, after: int, seconds: float) -> None:
        self._left, self._seconds, self._until = after, seconds, 0.0
        self.held = 0

    def wrap(self, app: ASGIApp) -> ASGIApp:
        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self._left -= 1
                if not self._left:
                    self._until = time.monotonic() + self._seconds
                if (pause := self._until - time.monotonic()) > 0:
                    self.held += 1
                    await asyncio.sleep(pause)
            await app(scope, receive, send)

        return slow


@pytest.mark.slow
def test_local_uis_that_freeze_show_in_the_percentiles_of_all_who_came_meanwhile(
    tmp_path: Path,
) -> None:
    still = StandStill(after=25, seconds=0.8)
    with edge(tmp_path, Behaviour(wrap_local_ui=still.wrap)) as target:
        finished = run(target, tmp_path / "out", rate=rate_of("20/s"))
    assert still.held >= PLACES // 2
    assert finished.realtime is not None
    answers = every_answer(finished.realtime.effort)
    assert answers.percentile(1000) >= 700 * MS
    assert answers.percentile(1000 - 500 * still.held // answers.count) >= 300 * MS
