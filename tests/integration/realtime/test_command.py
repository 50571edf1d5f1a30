"""`pairproof fleet --target`, as a command against a target file."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalogue.verdict import Verdict
from harness.domain.arrangements import Side
from harness.history.manifest import read_manifest
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout
from harness.targets.ledger import Ledger
from harness.targets.reading import env_file_of
from harness.verifying.fleet import verify_fleet
from tests.integration.cli.command import Command, wait_until

SCENARIO = """
schema = "pairproof/scenario/1"
name = "quick"
why = "Everything in seconds, to try the command."
duration = "8s"
gate = ["violations == 0", "share.paired >= 0.5"]

[fleet]
hosts = 24
projects = 1

[operators]
begin = "0s..4s"
think = "40ms..400ms"
watch = "2s..4s"

[agents]
poll = "1s..2s"
deadline = "1s"

[admins]
notice = "200ms..800ms"
think = "40ms..200ms"

[limits]
edge_lag = "4s"
settle = "4s"
"""


@pytest.fixture
def command(tmp_path: Path) -> Command:
    (tmp_path / "quick.toml").write_text(SCENARIO)
    return Command(tmp_path)


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The target file of a reference's central side."""
    layout = Layout(clusters=1, hosts=1, tls=False, sides=frozenset({Side.CENTRAL}))
    with EmbeddedReference(3, layout) as reference:
        yield described_in(tmp_path_factory.mktemp("target"), reference)


@pytest.fixture(scope="module")
def the_edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The target file of a reference's edge, with two places."""
    with EmbeddedReference(3, Layout(2, 1, False, sides=frozenset({Side.EDGE}))) as reference:
        folder = tmp_path_factory.mktemp("edge")
        yield described_in(folder, reference, "edge.toml", "\n[peer]\ntls = false\n")


def described_in(
    folder: Path, reference: EmbeddedReference, name: str = "target.toml", more: str = ""
) -> Path:
    """The target file of a reference, with its credentials beside it."""
    file = folder / name
    text = target_text(reference).replace("[limits]\n", "[limits]\nsettle_s = 1\n")
    file.write_text(text.replace("[limits]\n", "[limits]\nedge_lag_s = 1\n") + more)
    env = env_file_of(file)
    env.touch(0o600)
    lines = [f"{name}={value}" for name, value in environment(reference).items()]
    env.write_text("\n".join(lines))
    return file


def fleet(target: Path, *more: str) -> list[str]:
    return ["fleet", "./quick.toml", "--target", str(target), "--out", "out", *more]


@pytest.mark.slow
def test_a_run_names_its_target_is_judged_and_leaves_nothing(
    command: Command, described: Path
) -> None:
    done = command.run(*fleet(described, "--speed", "4", "--workers", "2", "--storm", "40"))
    assert done.returncode == 0, done.stdout + done.stderr
    first = done.stdout.splitlines()[0]
    assert "pairproof reference" in first
    assert "http://localhost:" in first
    assert "24 hosts" in first
    assert "in 2 processes" in first
    out = command.folder / "out"
    manifest = read_manifest(out)
    assert (manifest.header.driver, manifest.header.roles) == ("realtime", ["central"])
    assert [part.name for part in manifest.parts] == ["00", "01", "grants"]
    assert manifest.measures.clusters == 24
    assert verify_fleet(out).same
    storm = json.loads((out / "report.json").read_text())["realtime"]["storm"]
    assert (storm["stood"], storm["failed"]) == (40, {})
    for cell in ("cell-00", "cell-01"):
        with Ledger.resume(out / cell / "ledger.jsonl") as ledger:
            assert ledger.entries
            assert not list(ledger.open_entries())
    secret = env_file_of(described).read_text().partition("=")[2].strip()
    for file in out.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    assert command.alive() == []
    again = command.here("replay", "out")
    assert again.returncode == 2
    assert "real time, which does not come again" in again.stderr


@pytest.mark.slow
def test_an_interrupted_run_is_whole_and_leaves_nothing(command: Command, described: Path) -> None:
    with command.started(*fleet(described)) as process:
        out = command.folder / "out"
        wait_until(lambda: (out / "parts" / "00.jsonl.zst").exists(), "it has begun")
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    manifest = read_manifest(out)
    assert manifest.footer is not None
    assert manifest.footer.interrupted
    assert verify_fleet(out).same
    with Ledger.resume(out / "ledger.jsonl") as ledger:
        assert not list(ledger.open_entries())


@pytest.mark.slow
def test_the_limit_of_a_target_is_found(command: Command, described: Path) -> None:
    limit = ["--find-limit", "p50<0.001ms", "--rate", "16/s", "--until", "1s", "--format", "json"]
    done = command.run(*fleet(described, "--speed", "4", *limit))
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["holds_up_to_per_s"], found["breaks_at_per_s"]) == (0.0, 1.0)
    assert [tried["rate_per_s"] for tried in found["tried"]] == [16, 8, 4, 2, 1]
    assert json.loads((command.folder / "out" / "limit.json").read_text()) == found


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--rate", "fast"], "no rate of arrivals"),
        (["--rate", "1/s", "--steps", "1,2/s every 1s"], "leave one out"),
        (["--budget", "money=1"], "no part of a budget"),
        (["--speed", "0"], "--speed"),
        (["--seeds", "3"], "--seeds is for virtual time"),
        (["--mutant", "gives_up_asking"], "is for virtual time"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(
    more: list[str], told: str, command: Command, described: Path
) -> None:
    done = command.here(*fleet(described, *more))
    assert done.returncode == 2
    assert told in done.stderr
    assert not (command.folder / "out").exists()


def test_what_is_for_real_time_needs_a_target(command: Command) -> None:
    done = command.here("fleet", "./quick.toml", "--rate", "5/s")
    assert done.returncode == 2
    assert "give --target as well" in done.stderr


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--hosts", "25"], "the target has 2 places; --hosts 25: at most 2"),
        (["--workers", "2"], "--workers is for a fleet at a central side"),
        (["--storm", "10"], "--storm is for a fleet at a central side"),
        (["--role", "central"], "edge.toml does not describe that side; add [central]"),
        (["--role", "both"], "there is no such side of a fleet; write edge or central"),
    ],
)
def test_at_the_edge_some_things_make_no_sense(
    more: list[str], told: str, command: Command, the_edge: Path
) -> None:
    done = command.here(*fleet(the_edge, *more))
    assert done.returncode == 2
    assert told in done.stderr
    assert not (command.folder / "out").exists()


@pytest.mark.slow
def test_a_run_at_the_edge_has_a_cluster_for_each_place(command: Command, the_edge: Path) -> None:
    done = command.run(*fleet(the_edge, "--speed", "4"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 hosts" in done.stdout.splitlines()[0]
    manifest = read_manifest(command.folder / "out")
    assert (manifest.header.roles, manifest.measures.clusters) == (["edge"], 2)
    report = json.loads((command.folder / "out" / "report.json").read_text())
    assert report["realtime"]["played"] == ["central"]
    assert report["realtime"]["target"].endswith("and 1 more")
    assert verify_fleet(command.folder / "out").same
    assert command.alive() == []


@pytest.mark.slow
def test_of_a_target_with_both_sides_the_edge_is_tried_when_it_is_asked_for(
    command: Command, tmp_path: Path
) -> None:
    with EmbeddedReference(3, Layout(2, 1, False)) as reference:
        done = command.run(
            *fleet(described_in(tmp_path, reference), "--speed", "4", "--role", "edge")
        )
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = read_manifest(command.folder / "out")
    assert manifest.header.roles == ["central", "edge"]
    assert {line.verdict for line in manifest.verdicts} == {Verdict.PASS}
