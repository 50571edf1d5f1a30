"""Every report of a run counts the same, and what the evidence holds."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.catalogue.requirement import Role
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict, worst
from harness.reporting.words import VERDICT_NAMES
from tests.integration.cli.command import Command
from tests.integration.cli.test_exit_codes import planted
from tests.jenkins_xunit import flaws

SOME = "PRE-1 or PRE-10 or SND-2 or WDR-2 or WDR-8"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which something passes, fails, is inconclusive, not supported and observed."""
    command = Command(tmp_path_factory.mktemp("counts"))
    words = ("certify", "--driver", "inprocess", "--tags", SOME, "--out", "out")
    done = planted(command, "passes", *words)
    assert done.returncode == 1, done.stderr
    return command.folder / "out"


@pytest.fixture(scope="module")
def of_scenarios(out: Path) -> Counter[str]:
    """How many scenarios have each verdict, counted from the lines of the evidence."""
    lines = map(json.loads, (out / "evidence.jsonl").read_text("utf-8").splitlines())
    verdicts: dict[str, list[Verdict]] = {}
    for line in lines:
        if line["type"] == "scenario":
            verdicts[line["id"]] = []
        elif line["type"] == "verdict":
            verdicts[line["scenario"]].append(Verdict(line["verdict"]))
    return Counter(worst(given).value for given in verdicts.values())


def test_the_run_has_something_of_everything(of_scenarios: Counter[str]) -> None:
    assert of_scenarios.keys() >= {"pass", "fail", "inconclusive", "not_supported", "observed"}


def test_report_json_counts_what_the_evidence_holds(out: Path, of_scenarios: Counter[str]) -> None:
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert nonzero(report["scenario_counts"]) == of_scenarios
    listed = Counter(r["verdict"] for r in report["requirements"])
    assert nonzero(report["counts"]) == listed
    assert sum(listed.values()) + len(report["left_out"]) == len(REQUIREMENTS)
    assert {r["role"] for r in report["requirements"]} <= {role.value for role in Role}
    invoked = (out / "evidence.jsonl").read_bytes().count(b'{"type":"invoke"')
    assert report["evidence"]["operations"] == invoked


def test_junit_counts_the_same(out: Path, of_scenarios: Counter[str]) -> None:
    root = ElementTree.parse(out / "junit.xml").getroot()
    by_attribute = {name: int(root.attrib[name]) for name in ("tests", "failures", "errors")}
    assert by_attribute == {
        "tests": of_scenarios.total(),
        "failures": of_scenarios["fail"],
        "errors": of_scenarios["inconclusive"],
    }
    skipped = of_scenarios["not_supported"] + of_scenarios["skipped"]
    listed = sum(int(suite.attrib["skipped"]) for suite in root)
    assert listed == len(root.findall(".//skipped")) == skipped
    assert flaws((out / "junit.xml").read_bytes()) == []
    assert len(root.findall(".//testcase")) == of_scenarios.total()
    assert len(root.findall(".//failure")) == of_scenarios["fail"]
    assert len(root.findall(".//error")) == of_scenarios["inconclusive"]


def test_the_summary_counts_the_same(out: Path) -> None:
    report = json.loads((out / "report.json").read_text("utf-8"))
    text = (out / "summary.md").read_text("utf-8")
    for name, counts in (("requirements", "counts"), ("scenarios", "scenario_counts")):
        row = [str(report[counts][verdict.value]) for verdict in VERDICT_NAMES]
        assert f"| {name} | {' | '.join(row)} |" in text


def test_the_page_counts_the_same(out: Path) -> None:
    report = json.loads((out / "report.json").read_text("utf-8"))
    page = (out / "report.html").read_text("utf-8")
    cards = re.findall(r'<li class="([a-z_]+)(?: zero)?"><strong>(\d+)</strong>', page)
    assert {name: int(count) for name, count in cards} == report["counts"]
    told = {VERDICT_NAMES[v]: report["scenario_counts"][v.value] for v in VERDICT_NAMES}
    for name, count in told.items():
        assert (f"{count} {name}" in page) == (count > 0), name


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
