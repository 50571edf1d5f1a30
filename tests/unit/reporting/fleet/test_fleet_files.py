"""The files of a fleet's report agree with each other, and let nothing through that is markup."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import zstandard
from jsonschema import Draft202012Validator

from harness.history.fleet_lines import ViolationLine
from harness.reporting.files import REPORT_FILES
from harness.reporting.fleet.files import DATA, write_fleet_reports
from harness.reporting.fleet.model import TOLD_MAX
from harness.reporting.fleet.quantities import number
from tests.jenkins_xunit import flaws
from tests.unit.reporting.fleet.conftest import Made, published
from tests.unit.reporting.fleet.fleets import ALL, faulty
from tests.unit.reporting.test_files import Outline

Make = Callable[[str], Made]
TABLES = ("faults.csv", "latency.csv", "series.csv", "sometimes.csv", "waiting.csv")
EVERY = pytest.mark.parametrize("name", ALL)


def rows_of(made: Made, name: str) -> list[dict[str, str]]:
    return [*csv.DictReader(made.text(f"{DATA}/{name}").splitlines())]


def document_of(made: Made) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(made.text("report.json"))
    return document


# --- of every fleet -------------------------------------------------------------------------


@EVERY
def test_all_files_are_there_and_small(name: str, made: Make) -> None:
    folder = made(name).folder
    assert all((folder / file).stat().st_size for file in REPORT_FILES)
    assert sorted(path.name for path in (folder / DATA).iterdir()) == sorted(TABLES)
    assert (folder / "report.html").stat().st_size < 300_000
    assert (folder / "summary.md").stat().st_size < 20_000


@EVERY
def test_report_json_is_valid_by_its_published_schema(
    name: str, made: Make, schema: Draft202012Validator
) -> None:
    schema.validate(document_of(made(name)))


def test_the_evidence_is_valid_by_its_published_schema_in_manifest_and_parts(made: Make) -> None:
    schema = published("evidence-1.schema.json")
    of_manifest = Draft202012Validator(schema)
    folder = made("faulty").folder
    kinds = []
    for line in (folder / "evidence.jsonl").read_text("utf-8").split("\n"):
        if line:
            of_manifest.validate(json.loads(line))
            kinds.append(json.loads(line)["type"])
    assert {"fleet", "part", "violation", "measures", "gate"} < set(kinds)
    of_part = Draft202012Validator({"$defs": schema["$defs"], "$ref": "#/$defs/part_line"})
    (part,) = (folder / "parts").iterdir()
    with zstandard.open(part, "rt", encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    assert len(told) == 12
    for line in told:
        of_part.validate(line)
    assert not of_part.is_valid({**told[0], "type": "gate"})


def test_the_schema_wants_of_a_fleet_what_only_a_fleet_has(
    made: Make, schema: Draft202012Validator
) -> None:
    for key in ("scenario", "hosts", "virtual_s", "checkers", "throughput", "latency_ms",
                "faults", "sometimes", "gate"):  # fmt: skip
        document = document_of(made("faulty"))
        del document[key]
        assert not schema.is_valid(document), key
        assert schema.is_valid({**document, "kind": "certify"})


@EVERY
def test_the_page_fetches_nothing_and_can_be_walked(name: str, made: Make) -> None:
    page = made(name).text("report.html")
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    tags = {tag for tag, _ in outline.tags}
    assert not {"link", "img", "iframe", "object", "embed", "script", "image", "use"} & tags
    assert not any("src" in a or "xlink:href" in a for _, a in outline.tags)
    assert "url(" not in page
    ids = [a["id"] for _, a in outline.tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a["href"] or "" for tag, a in outline.tags if tag == "a"]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    files = {link for link in links if not link.startswith("#")}
    assert files <= {f"{DATA}/{table}" for table in TABLES}
    levels = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


@EVERY
def test_every_picture_is_named_and_described(name: str, made: Make) -> None:
    outline = Outline()
    outline.feed(made(name).text("report.html"))
    ids = {a["id"] for _, a in outline.tags if "id" in a}
    drawings = [a for tag, a in outline.tags if tag == "svg"]
    assert bool(drawings) is (name != "empty")
    for drawing in drawings:
        assert drawing["role"] == "img"
        assert set((drawing["aria-labelledby"] or "").split()) <= ids


@EVERY
def test_all_counts_agree_with_each_other_and_with_the_evidence(name: str, made: Make) -> None:
    run = made(name)
    document, report = document_of(run), run.report
    measures = report.evidence.measures
    page, summary = run.text("report.html"), run.text("summary.md")
    root = ET.fromstring(run.text("junit.xml"))
    total = sum(sum(kind.values()) for kind in measures.operations.values())

    assert document["verdict"] == report.verdict.value
    assert document["throughput"]["operations"] == total
    assert document["hosts"] == measures.hosts
    assert document["requests"] == measures.requests
    assert document["counts"] == report.counts
    assert len(document["violations"]) == len(report.evidence.violations)
    assert f"{number(total)} operation" in summary
    assert f"{number(total)}, " in page
    assert f"{number(measures.hosts)} hosts" in page
    assert report.why.split(":")[0] in page
    for state in ("paired", "rejected", "withdrawn"):
        if amount := measures.requests.get(state):
            assert f"{number(amount)} {state}" in summary
            assert f'<th scope="row">{state}</th><td class="amount">{number(amount)}</td>' in page

    lines = (*report.gates, *report.demands)
    assert [case["expression"] for case in (*document["gate"], *document["reach"])] == [
        line.expression for line in lines
    ]
    cases = root.findall("testsuite/testcase")
    problems = 1 if report.problems else 0
    assert len(cases) == int(root.get("tests", 0)) == 10 + len(lines) + problems
    unsure = sum(line.holds is None for line in lines) + problems
    assert int(root.get("failures", 0)) == report.counts["fail"] + sum(
        line.holds is False for line in lines
    )
    assert int(root.get("errors", 0)) == report.counts["inconclusive"] + unsure
    for situation in report.situations:
        assert document["sometimes"][situation.name]["count"] == situation.count


# --- the figures ----------------------------------------------------------------------------


@EVERY
def test_series_csv_is_the_series_step_by_step(name: str, made: Make) -> None:
    measures = made(name).report.measures
    rows = rows_of(made(name), "series.csv")
    for series, values in measures.series.items():
        assert [int(row[series]) for row in rows] == values
    assert [float(row["start_s"]) for row in rows] == [
        n * measures.bucket / 1_000_000 for n in range(len(rows))
    ]


def test_the_other_tables_are_what_was_measured(made: Make) -> None:
    run = made("faulty")
    measures = run.report.measures
    faults = rows_of(run, "faults.csv")
    assert sum(int(row["count"]) for row in faults) == sum(w.count for w in measures.faults)
    latency = {row["operation"]: row for row in rows_of(run, "latency.csv")}
    accept = measures.latency["AcceptPairingRequest"]
    assert float(latency["AcceptPairingRequest"]["p99_ms"]) == accept.percentile(990) / 1000
    waited = [row for row in rows_of(run, "waiting.csv") if row["waiting"] == "to_pair"]
    assert sum(int(row["count"]) for row in waited) == measures.waiting["to_pair"].count
    assert float(waited[-1]["share_so_far"]) == 1
    counted = {row["situation"]: int(row["count"]) for row in rows_of(run, "sometimes.csv")}
    assert counted == measures.sometimes


# --- what each file tells -------------------------------------------------------------------


def test_the_page_begins_with_verdict_and_why(made: Make) -> None:
    page = made("faulty").text("report.html")
    order = [
        page.index(told)
        for told in (
            "Does not conform</h1>", "An invariant was violated 2 times", "Violated: ",
            'id="gate"', 'id="violations"', 'id="invariants"', 'id="pictures"',
            'id="situations"', 'id="figures"', 'id="again"',
        )
    ]  # fmt: skip
    assert order == sorted(order)


def test_the_page_says_how_the_run_was_made(made: Make) -> None:
    run = made("faulty")
    page = run.text("report.html")
    for told in (
        "A fleet at work: what goes wrong here goes wrong everywhere.", "flaky-wan",
        "2026-11-24 10:00:00 UTC, for 41.5 s", "operations a second", "4711", "2026-11",
        "python 3.11.7", "0123456789ab", run.report.evidence.digest, run.report.evidence.sha256,
        "pairproof replay evidence.jsonl", "pairproof shrink evidence.jsonl",
        "pairproof fleet flaky-wan --hosts 2000 --seed 4711",
    ):  # fmt: skip
        assert told in page


def test_a_violation_is_told_with_its_operations_drawn(made: Make) -> None:
    page = made("faulty").text("report.html")
    story = page[page.index('id="violation-1"') :]
    story = story[: story.index("</article>")]
    for told in (
        "INV-1: One manager", "in cell 07", "07#11", "Confirm pairing: never answered",
        "admin:ana", "Change central cluster", "CentrallyManaged",
        '<svg class="sequence"', "pairproof shrink evidence.jsonl",
    ):  # fmt: skip
        assert told in story


def test_a_part_that_is_missing_is_said_and_the_rest_is_told(tmp_path: Path) -> None:
    path = faulty().write(tmp_path)
    (part,) = (tmp_path / "parts").glob("*07*")
    part.unlink()
    write_fleet_reports(path, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "Not to be found: 07#3, 07#11" in page
    assert '<svg class="sequence"' not in page
    assert "INV-5: A pairing id is never used again" in page


def test_many_violations_are_told_up_to_a_number_and_counted(tmp_path: Path) -> None:
    many = [
        ViolationLine(invariant="INV-2", cell="07", reason=f"lost {n}", operations=[], at=n)
        for n in range(TOLD_MAX + 30)
    ]
    report = write_fleet_reports(replace(faulty(), violations=many).write(tmp_path), tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.count('<article class="story fail"') == TOLD_MAX
    assert f"The first {TOLD_MAX} of {TOLD_MAX + 30} are told here" in page
    assert len(json.loads((tmp_path / "report.json").read_bytes())["violations"]) == len(many)
    assert "… and 40 more." in (tmp_path / "summary.md").read_text("utf-8")
    assert report.why.startswith("An invariant was violated 50 times")


@pytest.mark.parametrize("name", ["calm", "faulty", "stopped"])
def test_jenkins_accepts_it(name: str, made: Make) -> None:
    assert flaws(made(name).text("junit.xml")) == []


def test_junit_has_one_suite_and_tells_each_verdict_in_its_own_way(made: Make) -> None:
    root = ET.fromstring(made("faulty").text("junit.xml"))
    (suite,) = root
    assert suite.get("name") == "flaky-wan"
    cases = {case.get("name", ""): case for case in suite}
    failure = cases["INV-1 One manager"].find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("INV-1: cluster c-0000412 took a central change")
    for told in ("operations: 07#3, 07#11", "reproduce: pairproof replay", "shrink: pairproof"):
        assert told in (failure.text or "")
    assert (
        cases["INV-8 Central operations on one request are linearizable"].find("error") is not None
    )
    assert [child.tag for child in cases["INV-2 No request is lost"]] == ["system-out"]
    gate = cases["latency_ms.accept.p99 < 250"]
    assert gate.get("classname") == "flaky-wan.gate"
    assert gate.find("failure") is not None
    assert cases["latency_ms.verify.p99 < 5000"].find("error") is not None
    assert cases["sometimes.cancel_in_flight >= 5"].get("classname") == "flaky-wan.sometimes"


def test_a_run_that_is_not_whole_is_an_error_of_its_own(made: Make) -> None:
    run = made("stopped")
    (case,) = ET.fromstring(run.text("junit.xml")).findall(
        "testsuite/testcase[@name='the evidence is that of a whole run']"
    )
    error = case.find("error")
    assert error is not None
    assert error.get("message") == "the run did not get to its end: a violation stopped it"
    assert "This is not the report of a whole run" in run.text("report.html")
    assert "a violation stopped it" in run.text("summary.md")


@pytest.mark.parametrize(("name", "fails"), [("calm", False), ("faulty", True)])
def test_only_a_run_with_violations_can_be_made_smaller(name: str, fails: bool, made: Make) -> None:
    for file in ("report.html", "summary.md", "junit.xml"):
        assert ("pairproof shrink evidence.jsonl" in made(name).text(file)) is fails
    again = made(name).text("report.html").partition('id="again"')[2]
    assert ("<dt>The smallest run that still fails</dt>" in again) is fails
    assert "<dd><code>pairproof replay evidence.jsonl</code></dd>" in again


def test_the_summary_is_the_report_in_short(made: Make) -> None:
    summary = made("faulty").text("summary.md")
    assert summary.startswith("## ✗ Does not conform: flaky-wan\n")
    for title in ("### Gate", "### Invariants", "### 2 violations", "### In figures"):
        assert title in summary
    assert not re.search("<(?!br>|/?code>)", summary)
