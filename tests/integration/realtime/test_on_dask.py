"""A fleet in real time on the workers of a Dask cluster."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.domain.arrangements import Side
from harness.history.manifest import read_manifest
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout
from harness.targets.ledger import Ledger
from harness.verifying.fleet import verify_fleet
from tests.integration.cli.command import Command
from tests.integration.fleet.test_dask import Cluster, pytestmark  # noqa: F401
from tests.integration.realtime.test_command import SCENARIO, described_in, fleet


@pytest.mark.slow
def test_two_workers_share_a_fleet_and_each_gives_back_what_it_made(tmp_path: Path) -> None:
    (tmp_path / "quick.toml").write_text(SCENARIO)
    command = Command(tmp_path)
    layout = Layout(clusters=1, hosts=1, tls=False, sides=frozenset({Side.CENTRAL}))
    with ExitStack() as held:
        reference = held.enter_context(EmbeddedReference(3, layout))
        target = described_in(tmp_path, reference)
        cluster = Cluster(held, tmp_path)
        words = fleet(target, "--speed", "4", "--scheduler", cluster.address)
        done = command.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"on the Dask cluster at {cluster.address}" in done.stdout
        for cell in ("cell-00", "cell-01"):
            with Ledger.resume(tmp_path / "out" / cell / "ledger.jsonl") as ledger:
                assert ledger.entries
                assert not list(ledger.open_entries())
    manifest = read_manifest(tmp_path / "out")
    assert manifest.measures.clusters == 24
    assert verify_fleet(tmp_path / "out").same
