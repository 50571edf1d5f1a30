"""The reference in two processes, over another wire, TLS with CAs of its own and commands in
place of a control port, is certified in each role with the verdicts of the embedded run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.domain.operations import Surface
from harness.history.reader import read_evidence
from harness.wire.routes import ROUTES
from harness.wire.table.palette import TENANT_TABLE
from tests.integration.acceptance.apart import SIDES, Apart, apart
from tests.integration.acceptance.certifying import SOME, assert_ends_alike, described, verdicts
from tests.integration.cli.command import Command

PEOPLES = {r.operation.__name__ for r in ROUTES.values() if r.surface is not Surface.AGENT}
FOR_OTHERS = {
    *("ListTokens", "CreateToken", "ViewToken", "DeleteToken", "SetTokenState", "UpdateToken"),
    *("ListProfiles", "ViewProfile", "ListProjects", "ListCentralClusters", "PatchCluster"),
    *(row.operation.__name__ for row in TENANT_TABLE),
    *("ListRoles", "ListUsers"),
}
"""No scenario asks them of the reference: by them things are found, or arranged where nothing else
can, or they are deprecated."""
NOT_AMONG_SOME = {
    *("AddMachinePool", "UpdateMachinePool", "ScaleMachinePool", "RemoveMachinePool"),
    *("RemoveNode", "UpdateClusterSettings", "ViewClusterSettings", "UpdateCentralProfiles"),
    *("AcknowledgeWarning", "EnterDetails", "ConfirmMatch", "ValidateReview"),
}
"""Asked by the whole suite alone, or of a Palette that goes through the steps in calls."""
ROLES = [("edge",), ("central",), SIDES]
OFFERED = ("ACC-13", "after_decision/the-operation-is-refused[deprecated patch of the cluster]")
"""Its file says that it has what is deprecated; the embedded one's does not."""
OF_PALETTE = {("SND-5", "sizes/ids-are-drawn-from-so-many-that-none-comes-back")}


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    return Command(tmp_path_factory.mktemp("apart"))


@pytest.fixture(scope="module")
def lab(command: Command) -> Iterator[Apart]:
    with apart(command) as running:
        yield running
    assert command.alive() == []


def certified(command: Command, out: str, *words: str) -> Path:
    done = command.here("certify", "--workers", "1", "--out", out, *words)
    assert done.returncode == 0, described(done)
    return command.folder / out


@pytest.fixture(scope="module")
def embedded(command: Command) -> Path:
    # In process the verdicts are those over HTTP: tests/integration/http sees to that.
    return certified(command, "embedded", "--driver", "inprocess", "-k", SOME)


@pytest.fixture(scope="module")
def embedded_whole(command: Command) -> Path:
    return certified(command, "embedded-whole")


def compare(
    lab: Apart, command: Command, roles: tuple[str, ...], embedded: Path, *which: str
) -> Path:
    """Certify it in these roles, with the verdicts of that run; returns where the files are."""
    file = lab.target_file(*roles)
    assert "control]" not in file.read_text("utf-8")
    out = certified(command, f"{embedded.name}-{file.stem}", "--target", file.name, *which)
    expected = dict(verdicts(embedded, "both" if roles == SIDES else roles[0]))
    assert expected
    if roles == ("edge",):  # what the central side alone is asked for is asked of no other
        expected |= dict.fromkeys(OF_PALETTE & expected.keys(), "not_supported")
    expected |= dict.fromkeys({OFFERED} & expected.keys(), "pass")
    assert_ends_alike(out, expected)
    return out


@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_it_is_certified_with_the_verdicts_of_the_embedded_run(
    lab: Apart, command: Command, embedded: Path, roles: tuple[str, ...]
) -> None:
    out = compare(lab, command, roles, embedded, "-k", SOME)
    if roles == SIDES:
        assert_everything_came_up(out)


def assert_everything_came_up(out: Path) -> None:
    evidence = read_evidence(out)
    operations = [o for history in evidence.histories.values() for o in history.operations]
    seen = {str(o.args.get("polls", o.kind)) for o in operations}
    assert len(evidence.scenarios) < 40
    text = (out / "evidence.jsonl").read_text("utf-8")
    assert '"url":"https://localhost:' in text
    assert "/v1/" not in text
    assert seen >= PEOPLES - FOR_OTHERS - NOT_AMONG_SOME


@pytest.mark.slow
@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_the_whole_suite_ends_so(
    lab: Apart, command: Command, embedded_whole: Path, roles: tuple[str, ...]
) -> None:
    compare(lab, command, roles, embedded_whole)
