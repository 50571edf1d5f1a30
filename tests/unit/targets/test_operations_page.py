"""docs/operations.md says of each operation what can be mapped."""

from __future__ import annotations

from harness.targets.operations_page import to_markdown
from harness.wire.routes import ROUTES
from tests.sources import ROOT

PAGE = to_markdown()


def row(operation: str) -> str:
    return next(line for line in PAGE.splitlines() if line.startswith(f"| `{operation}`: "))


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "operations.md").read_text("utf-8") == PAGE, "stale: make docs"


def test_each_operation_is_there_with_its_fields() -> None:
    assert all(row(operation.__name__) for operation in ROUTES)
    assert "**`items[].pairingUid`**, `items[].name`" in row("ListPairingRequests")
    assert "`clusterConfigPatches[].path`" in row("PatchNamedCluster")
    assert "`status.nodePools[].nodes[].health.status`" in row("ViewCluster")
    assert "**`spec.machinepoolconfig[].cloudConfig.edgeHosts[].hostUid`**" in row("SubmitPairing")
