"""A reference that speaks another wire altogether, reached through a target file that says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.opening import open_target
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference, Layout
from harness.reference.planting import behaviour_with
from harness.targets.reading import env_text
from harness.targets.target_file import load_wire
from tests.integration.acceptance.certifying import assert_ends_alike, verdicts
from tests.integration.cli.command import Command
from tests.unit.wire.mapped import WILD

MAPPING = (Path(__file__).parent / "wild.toml").read_text("utf-8")
LAYOUT = Layout()
SOME = ("-k", "journeys and (send or accept or cancel)")
"""A selection in which most operations are asked, by people and by hosts."""
REJECTING = ("-k", "a-reject-is-refused and rejected")
"""One scenario: a request that is rejected cannot be rejected again (REJ-6)."""


@pytest.fixture(scope="module")
def reference() -> Iterator[EmbeddedReference]:
    with EmbeddedReference("wild", LAYOUT, wire=WILD) as running:
        yield running


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def describe(command: Command, reference: EmbeddedReference, mapping: str) -> None:
    """Write the target file, and the credentials beside it."""
    (command.folder / "target.toml").write_text(target_text(reference) + mapping, "utf-8")
    beside = command.folder / "target.env"
    beside.write_text(env_text(environment(reference)), "utf-8")
    beside.chmod(0o600)


@pytest.mark.slow  # `make test` certifies over the same mapping in tests/integration/acceptance
def test_it_is_certified_with_the_verdicts_of_the_published_wire(
    command: Command, reference: EmbeddedReference
) -> None:
    compare(command, reference, SOME)


@pytest.mark.slow
def test_all_of_it_ends_as_over_the_published_wire(
    command: Command, reference: EmbeddedReference
) -> None:
    compare(command, reference, ())


def compare(command: Command, reference: EmbeddedReference, which: tuple[str, ...]) -> None:
    describe(command, reference, MAPPING)
    wild = command.here("certify", "--target", "target.toml", *which, "--out", "wild")
    assert wild.returncode == 0, wild.stdout + wild.stderr
    plain = command.here("certify", *which, "--out", "plain")
    assert plain.returncode == 0, plain.stdout + plain.stderr
    assert_ends_alike(command.folder / "wild", verdicts(command.folder / "plain"))
    evidence = (command.folder / "wild" / "evidence.jsonl").read_text("utf-8")
    asked = [r["url"] for r in _requests(evidence)]
    assert asked
    assert not [url for url in asked if "/v1/" in url]
    told = [r for r in _requests(evidence) if "Authorization" in r["headers"]]
    assert told
    assert all("ApiKey" in r["as_published"]["headers"] for r in told)
    again = command.here("verify", "wild")
    assert again.returncode == 0, again.stdout


def _requests(evidence: str) -> list[dict[str, Any]]:
    lines = map(json.loads, evidence.splitlines())
    return [line["request"] for line in lines if line.get("request")]


def test_the_published_wire_finds_nothing_there(
    command: Command, reference: EmbeddedReference
) -> None:
    describe(command, reference, "")
    done = command.here("certify", "--target", "target.toml", *REJECTING)
    assert done.returncode == 2
    assert "Local UI of host" in done.stderr
    assert "/v1/edge-mgmt/cluster/details was tried" in done.stderr
    assert "an error without code and message" in done.stderr


def test_a_success_that_the_mapping_does_not_list_is_no_success(
    command: Command, reference: EmbeddedReference
) -> None:
    wrong = MAPPING.replace(
        'path = "/device/session"\nstatus = [201]', 'path = "/device/session"\nstatus = [200]'
    )
    assert wrong != MAPPING
    describe(command, reference, wrong)
    done = command.here("certify", "--target", "target.toml", *REJECTING)
    assert done.returncode == 3, done.stdout
    assert "a 2xx that is not one of paths.LogIn.status (200)" in done.stdout


def test_a_defect_before_the_app_is_found_through_the_mapping(command: Command) -> None:
    """Planted defects go by the published wire, and have to be there all the same."""
    behaviour = behaviour_with("mutant:refused_reject_has_the_status_of_success")
    with EmbeddedReference("wild", LAYOUT, wire=WILD, behaviour=behaviour) as reference:
        describe(command, reference, MAPPING)
        done = command.here("certify", "--target", "target.toml", *REJECTING)
    assert done.returncode == 1, done.stdout
    assert "REJ-6" in done.stdout


def test_serve_speaks_a_mapping_and_writes_it_into_the_target_file(command: Command) -> None:
    (command.folder / "wild.toml").write_text(MAPPING, "utf-8")
    words = ("--clusters", "2", "--hosts", "1", "--wire", "wild.toml", "--write-target", "t.toml")
    with command.started("serve", *words) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Credentials"):
                break
        open_target("http", command.folder / "t.toml", 1).close()
        process.terminate()
    assert load_wire(command.folder / "t.toml") == WILD


def test_serve_says_where_a_mapping_is_wrong(command: Command) -> None:
    (command.folder / "wrong.toml").write_text('[states]\nPayred = "x"\n', "utf-8")
    done = command.here("serve", "--wire", "wrong.toml")
    assert done.returncode == 2
    assert "wrong.toml:2: states.Payred" in done.stderr
    assert "did you mean Paired?" in done.stderr
