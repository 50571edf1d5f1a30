"""docs/operations.md says of each operation what can be mapped."""

from __future__ import annotations

from functools import cache

import pytest

from harness.targets.operations_page import to_markdown
from harness.targets.reading import TargetFileError
from harness.wire.routes import ROUTES
from tests.sources import ROOT
from tests.unit.targets.test_one_side import CENTRAL, EDGE, read

page = cache(to_markdown)


def row(operation: str) -> str:
    return next(line for line in page().splitlines() if line.startswith(f"| `{operation}`: "))


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "operations.md").read_text("utf-8") == page(), "stale: make docs"


def test_each_operation_is_there_with_its_fields() -> None:
    assert all(row(operation.__name__) for operation in ROUTES)
    assert "**`items[].pairingUid`**, `items[].name`" in row("ListPairingRequests")
    assert "**`verified`** (*flag*)" in row("VerifyConnection")
    assert "**`status`** (*word*), `message`," in row("ViewPairing")
    assert "**`clusterConfigPatches[].path`**" in row("PatchNamedCluster")
    assert "**`status.nodePools[].nodes[].health.status`**" in row("ViewCluster")
    assert "**`spec.machinepoolconfig[].cloudConfig.edgeHosts[].hostUid`**" in row("SubmitPairing")


@pytest.mark.parametrize("operation", ["CreateCluster", "LogIn", "MatchProfiles", "ViewCluster"])
def test_a_file_is_refused_for_what_is_bold_and_for_nothing_else(operation: str) -> None:
    *_, sent, came = row(operation).split(" | ")
    for table, listed in (("request", sent), ("response", came)):
        for written in filter(None, listed.removesuffix(" |").split(", ")):
            place = written.split(" ")[0].strip("*`")
            if place.startswith("{"):
                continue  # it goes with the path
            nowhere = f'[paths.{operation}.{table}]\n"{place}" = ""\n'
            try:
                read('["edge", "central"]', EDGE, CENTRAL, nowhere)
                is_refused = False
            except TargetFileError:
                is_refused = True
            assert is_refused is written.startswith("**"), place
