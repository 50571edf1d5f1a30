"""The examples, as somebody runs them who has installed the package and has no checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.domain.arrangements import Side
from harness.targets.ledger import (
    FILE,
    Ledger,
    LedgerEntry,
    LedgerHeader,
    LedgerKind,
    Owner,
    read_ledger,
)

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"


def built(folder: Path, out: Path) -> None:
    """Build the wheel of a project and unpack it, as an installation does."""
    wheels = out / f"wheel-{folder.name}"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
        wheel.extractall(out / "site")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed: the package from its wheel, and the driver of the example."""
    out = tmp_path_factory.mktemp("installed")
    built(ROOT, out)
    built(EXAMPLES / "driver", out)
    return out / "site"


@pytest.fixture
def environment(site: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(site)}


@pytest.fixture
def own_suite(tmp_path: Path) -> Path:
    """A copy of the example, away from the checkout."""
    return Path(shutil.copytree(EXAMPLES / "own-suite", tmp_path / "own-suite"))


def run(
    words: list[str], folder: Path, environment: dict[str, str], code: int = 0
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def test_features_and_steps_of_ones_own_run_beside_ours(
    own_suite: Path, environment: dict[str, str], site: Path
) -> None:
    where = "import harness; print(harness.__file__)"
    found = subprocess.check_output(
        [sys.executable, "-c", where], cwd=own_suite, env=environment, text=True
    )
    assert found.startswith(str(site))
    run(["pytest", "-p", "no:cacheprovider", "--out", "run"], own_suite, environment)
    verify = ["harness.cli", "verify", "run", "--suite", "features", "--format", "json"]
    done = run([*verify, "--checks", "acme_checks.py"], own_suite, environment)
    assert json.loads(done.stdout)["same"] is True


def test_a_house_rule_that_is_broken_is_a_failure(
    own_suite: Path, environment: dict[str, str]
) -> None:
    checks = own_suite / "acme_checks.py"
    checks.write_text(checks.read_text("utf-8").replace("{8,40}", "{80}"), "utf-8")
    done = run(["pytest", "-p", "no:cacheprovider"], own_suite, environment, code=1)
    assert "The pairing id is '" in done.stdout
    assert "1 failed, 2 passed" in done.stdout


Serve = Callable[[str], Path]


@pytest.fixture
def serve(tmp_path: Path, environment: dict[str, str]) -> Iterator[Serve]:
    """Starts the stand-in of the driver's example in a role; its target file."""
    with ExitStack() as held:

        def serving(role: str) -> Path:
            target_file = tmp_path / "target.toml"
            process = subprocess.Popen(
                [sys.executable, "-m", "acme_pairproof.stand_in", str(target_file), role],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            held.callback(lambda: process.wait(10) == 0 or pytest.fail("it did not end well"))
            assert process.stdin is not None
            assert process.stdout is not None
            held.callback(process.stdout.close)
            held.callback(process.stdin.close)
            assert process.stdout.readline() == "serving\n"
            return target_file

        yield serving


JUDGED = {
    "both": ("PRE-2", "WDR-4"),
    "edge": ("WDR-4", "SND-8"),
    "central": ("REJ-1", "REJ-5"),
}
"""In a role, what binds it; the harness plays the other side."""


@pytest.mark.parametrize(
    "role", ["both", *(pytest.param(r, marks=pytest.mark.slow) for r in ("edge", "central"))]
)
def test_a_driver_of_another_package_reaches_its_product(
    serve: Serve, role: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    certify = ["harness.cli", "certify", "--driver", "acme-bus", "--target", str(serve(role))]
    asked = ["--requirement", ",".join(JUDGED[role])]
    done = run([*certify, *asked, "--out", "run"], tmp_path, environment)
    assert "✓ selection passes: " in done.stdout
    assert ": Acme Bus Box" in done.stdout
    folder = tmp_path / "run"
    report = json.loads((folder / "report.json").read_text("utf-8"))
    verdicts = {r["id"]: r["verdict"] for r in report["requirements"] if r["scenarios"]}
    assert verdicts == dict.fromkeys(JUDGED[role], "pass")
    assert report["warnings"] == []
    evidence = (folder / "evidence.jsonl").read_text("utf-8")
    assert '"request":{"kind":"operation"' in evidence, "as it was on the bus"
    assert '"password":"<password:1>"' in evidence
    assert '"told":true' in evidence, "what came of faults"
    assert '"told":false' not in evidence
    _, entries = read_ledger(folder / FILE)
    assert entries
    assert not [entry for entry in entries.values() if entry.is_open]
    verify = run(["harness.cli", "verify", "run", "--format", "json"], tmp_path, environment)
    assert json.loads(verify.stdout)["same"] is True


@pytest.mark.slow
def test_the_other_commands_take_the_driver_too(
    serve: Serve, tmp_path: Path, environment: dict[str, str]
) -> None:
    way = ["--driver", "acme-bus", "--target", str(serve("both"))]
    done = run(["harness.cli", "doctor", *way, "--format", "json"], tmp_path, environment)
    document = json.loads(done.stdout)
    assert document["verdict"] == "ready"
    assert document["judged"] > 600
    explore = ["harness.cli", "explore", *way, "--examples", "2", "--steps", "6", "--out", "drawn"]
    done = run(explore, tmp_path, environment)
    assert "2 sequences" in done.stdout
    _, entries = read_ledger(tmp_path / "drawn" / FILE)
    assert not [entry for entry in entries.values() if entry.is_open]


@pytest.mark.slow
@pytest.mark.parametrize("role", JUDGED)
def test_a_fleet_goes_over_the_driver(
    serve: Serve, tmp_path: Path, environment: dict[str, str], role: str
) -> None:
    way = ["--driver", "acme-bus", "--target", str(serve(role)), "--out", "run"]
    fleet = ["harness.cli", "fleet", "two-admins", *way, "--speed", "600", "--hosts", "3"]
    done = run(fleet, tmp_path, environment)
    assert "at the driver acme-bus: 3 hosts" in done.stdout
    assert "✓ fleet passes" in done.stdout
    header, entries = read_ledger(tmp_path / "run" / FILE)
    assert header.driver == "acme-bus"
    assert not [entry for entry in entries.values() if entry.is_open]
    report = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    assert report["realtime"]["played"] == ["central" if role == "edge" else "edge"]
    done = run([*fleet, "--storm", "3"], tmp_path, environment, code=2)
    assert "--storm is for a load over HTTP" in done.stderr


def test_what_a_run_over_the_driver_left_behind_is_cleaned_up_over_it(
    serve: Serve, tmp_path: Path, environment: dict[str, str]
) -> None:
    """The ledger of a run that was killed names the driver and its target file."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    header = LedgerHeader(
        mark="pairproof-0000beef",
        implementation="Acme Bus Box",
        driver="acme-bus",
        target_file=str(serve("both")),
        owner=Owner(ended.pid, "2026-11-25T10:00:00.000Z"),
    )
    with Ledger.create(tmp_path / FILE, header) as ledger:
        for kind in (LedgerKind.TOKEN, LedgerKind.USER):
            ledger.intend(
                LedgerEntry(n=0, kind=kind, what="a thing", uid="uid-1", side=Side.CENTRAL)
            )
    done = run(["harness.cli", "cleanup", FILE], tmp_path, environment)
    assert "2 removed, 0 consumed, 0 left on Acme Bus Box" in done.stdout


def test_what_the_driver_says_of_its_target_is_told(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    done = run(["harness.cli", "certify", "--driver", "acme-bus"], tmp_path, environment, code=2)
    assert "the driver acme-bus needs --target FILE" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_driver_that_nobody_brings_is_told_with_those_that_there_are(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    done = run(["harness.cli", "certify", "--driver", "acme"], tmp_path, environment, code=2)
    assert "acme-bus" in done.stderr
