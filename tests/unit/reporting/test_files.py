"""The files of a report: their form, what they say, and what they never let through."""

from __future__ import annotations

import base64
import json
import re
import shutil
from hashlib import sha256
from html.parser import HTMLParser
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import pytest
from jsonschema import Draft202012Validator

from harness.catalogue.verdict import Overall, Verdict
from harness.history.errors import EvidenceError
from harness.history.evidence import EvidenceWriter
from harness.history.operation import Outcome
from harness.history.redaction import Redactor
from harness.reporting.files import REPORT_FILES, ReportError, write_reports
from harness.reporting.model import Report
from harness.reporting.story import BODY_CHARACTERS_MAX
from tests.jenkins_xunit import flaws
from tests.unit.history.writing import HEADER, scenario, verdict
from tests.unit.reporting.sample import requirements, write_sample


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("run")
    return folder, write_reports(write_sample(folder / "evidence.jsonl"), folder)


@pytest.fixture(scope="module")
def page(run: tuple[Path, Report]) -> str:
    return (run[0] / "report.html").read_text("utf-8")


def schema(name: str) -> Draft202012Validator:
    text = resources.files("harness.reporting").joinpath("schemas", name).read_text("utf-8")
    Draft202012Validator.check_schema(json.loads(text))
    return Draft202012Validator(json.loads(text))


# --- report.json and evidence.jsonl ---------------------------------------------------------


def test_report_json_is_valid_by_its_published_schema(run: tuple[Path, Report]) -> None:
    document = json.loads((run[0] / "report.json").read_text("utf-8"))
    schema("report-1.schema.json").validate(document)
    assert document["verdict"] == "does_not_conform"
    assert document["evidence"]["file"] == "evidence.jsonl"
    assert document["ended_at"] == "2026-11-24T10:00:12.500000Z"
    assert document["warnings"]
    assert sum(document["counts"].values()) == len(document["requirements"])


def test_every_line_of_evidence_is_valid_by_its_published_schema(run: tuple[Path, Report]) -> None:
    validator = schema("evidence-1.schema.json")
    for line in (run[0] / "evidence.jsonl").read_text("utf-8").splitlines():
        validator.validate(json.loads(line))


def test_the_schemas_refuse_what_is_not_theirs() -> None:
    assert not schema("report-1.schema.json").is_valid({"schema": "pairproof/report/1"})
    assert not schema("evidence-1.schema.json").is_valid({"type": "verdict", "verdict": "fine"})


def test_a_run_that_was_cut_off_still_gives_valid_files(tmp_path: Path) -> None:
    path = write_sample(tmp_path / "evidence.jsonl")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    report = write_reports(path, tmp_path)
    document = json.loads((tmp_path / "report.json").read_text("utf-8"))
    schema("report-1.schema.json").validate(document)
    assert document["evidence"]["complete"] is False
    assert report.verdict is Overall.INCONCLUSIVE
    assert "not the report of a whole run" in (tmp_path / "report.html").read_text("utf-8")


# --- junit.xml ------------------------------------------------------------------------------


def test_junit_has_a_suite_for_each_feature_and_a_case_for_each_scenario(
    run: tuple[Path, Report],
) -> None:
    folder, report = run
    root = ET.parse(folder / "junit.xml").getroot()
    names = [suite.get("name") for suite in root]
    assert names == sorted(set(names), key=names.index)
    cases = root.findall(".//testcase")
    assert int(root.get("tests", 0)) == len(cases) == len(list(requirements()))
    counts = report.scenario_counts
    assert counts["fail"] == 3
    assert [root.get(name) for name in ("failures", "errors")] == [
        str(counts[verdict]) for verdict in ("fail", "inconclusive")
    ]
    assert sum(int(suite.get("skipped", 0)) for suite in root) == counts["not_supported"]


def test_each_suite_says_what_the_whole_run_came_to(run: tuple[Path, Report]) -> None:
    suites = ET.parse(run[0] / "junit.xml").getroot()
    expected = [("headline", run[1].headline), *(("warning", told) for told in run[1].warnings)]
    assert len(expected) > 1
    for suite in suites:
        told = [(p.get("name"), p.get("value")) for p in suite.findall("properties/property")]
        assert told == expected


def test_jenkins_accepts_it(run: tuple[Path, Report]) -> None:
    assert flaws((run[0] / "junit.xml").read_bytes()) == []


def test_junit_tells_each_verdict_in_its_own_way(run: tuple[Path, Report]) -> None:
    cases = {requirement_of(case): case for case in ET.parse(run[0] / "junit.xml").iter("testcase")}
    assert [child.tag for child in cases["PRE-1"]] == ["system-out"]
    assert "verdict:PRE-1=pass" in (cases["PRE-1"].findtext("system-out") or "")
    failure = cases["WDR-4"].find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("WDR-4: Local UI still shows request")
    assert "reproduce: pairproof certify --requirement WDR-4" in (failure.text or "")
    assert cases["PRE-9"].find("error") is not None
    skipped = cases["SND-2"].find("skipped")
    assert skipped is not None
    assert skipped.get("message", "").startswith("SND-2: pages")
    assert (cases["SND-7"].findtext("system-out") or "").startswith("observed: ")


def requirement_of(case: ET.Element) -> str:
    found = re.search(r"^requirement=(\S+)$", case.findtext("system-out") or "", re.MULTILINE)
    assert found is not None
    return found[1]


# --- report.html ----------------------------------------------------------------------------


class Outline(HTMLParser):
    """What a page is made of: tags with their attributes, and the text by tag."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img", "input", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> does not close what is open"


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    assert parsed.open == []
    return parsed


def test_the_page_fetches_nothing(page: str, outline: Outline) -> None:
    assert not {"link", "img", "iframe", "object", "embed"} & {tag for tag, _ in outline.tags}
    assert not any("src" in attributes for _, attributes in outline.tags)
    links = [a["href"] or "" for tag, a in outline.tags if tag == "a"]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "url(" not in page
    assert "@import" not in page


def test_every_link_leads_to_one_place(outline: Outline) -> None:
    ids = [a["id"] for _, a in outline.tags if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {(a["href"] or "")[1:] for tag, a in outline.tags if tag == "a"}
    assert targets <= set(ids)


def test_the_page_can_be_walked_by_its_landmarks_and_headings(outline: Outline) -> None:
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("main") == tags.count("h1") == 1
    assert {"header", "nav", "footer"} <= set(tags)
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert ("html", {"lang": "en"}) in outline.tags
    assert all("scope" in a for tag, a in outline.tags if tag == "th")


def test_the_policy_admits_the_one_script_and_style_of_the_page(page: str) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    for element in ("style", "script"):
        (inline,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(sha256(inline.encode()).digest()).decode()
        assert f"{element}-src &#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;")


def test_what_a_target_sent_is_never_markup(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>k8s" not in page
    assert "&lt;b&gt;k8s 1.29.4&lt;/b&gt;" in page


def test_a_failure_tells_what_was_sent_expected_and_received(page: str) -> None:
    story = page[page.index('data-requirement="WDR-4">', page.index('id="failures"')) :]
    story = story[: story.index("</article>")]
    for told in (
        "Within 5 s Local UI shows no pending request",
        "Local UI still shows request 6f0c1d9a… as pending 10 ms after the cancel was refused",
        "<b>Then</b> nothing is pending in Local UI",
        "Withdraw Pairing Request From Local Cluster, step 5",
        "pairproof certify --requirement WDR-4 --scenario withdraw/without-a-link",
        "POST https://edge-7.fjord.example:5080/v1/edge-mgmt/cluster/pair/reject",
        "status 502",
        "with token &lt;token:2&gt;",
        "the verdict rests on this",
    ):
        assert told in story
    assert story.count('<details class="decisive">') == 2
    assert story.count('decisive"><rect') == 2


def test_failures_that_decide_come_before_those_that_warn(page: str) -> None:
    order = [page.index(f"--requirement {id_} ") for id_ in ("ACC-7", "WDR-4", "PRE-5S")]
    assert order == sorted(order)


def test_a_long_body_is_cut_with_a_note(page: str) -> None:
    assert re.search("cut here: 9[0-9]{3} characters in all; the rest is in the evidence", page)
    assert "x" * (BODY_CHARACTERS_MAX + 1) not in page


def test_a_long_scenario_is_told_around_what_decided(tmp_path: Path) -> None:
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("withdraw/a"))
        for n in range(500):
            sent = writer.invoke("withdraw/a", "operator", "ViewPairing", {}, start=n)
            writer.outcome(sent.id, Outcome.OK, end=n, value={})
        judged = verdict("withdraw/a", given=Verdict.FAIL, reason="the last one is wrong")
        writer.verdict(msgspec.structs.replace(judged, operations=["withdraw/a#500"]))
    write_reports(path, tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "498 more operations of this scenario" in page
    assert page.count('<details class="decisive">') == 1
    assert "Who asked whom (2 of 500 operations)" in page
    assert "1 View pairing (×499)" in page


# --- summary.md -----------------------------------------------------------------------------


def test_the_summary_tells_verdict_counts_failures_and_observations(
    run: tuple[Path, Report],
) -> None:
    folder, report = run
    summary = (folder / "summary.md").read_text("utf-8")
    assert summary.startswith("## ✗ Does not conform: Fjord Edge Manager 2.4.1\n")
    counts = " | ".join(map(str, report.counts.values()))
    assert f"| requirements | {counts} |" in summary
    for title in ("### Failed", "### Inconclusive", ">Observed where the procedure is silent: "):
        assert title in summary
    assert "&lt;b&gt;k8s 1.29.4&lt;/b&gt; unlike 1.29.5 \\| and \\`said\\` valid" in summary
    assert not re.search("<(?!br>|/?code>|/?details>|/?summary>)", summary)


# --- awkward content ------------------------------------------------------------------------


def test_no_character_of_a_target_breaks_a_file(tmp_path: Path) -> None:
    awkward = "null \0 escape \x1b[31m half \ud800 ]]> \u2028 ￿ ' \" & | `\n```"
    path = tmp_path / "evidence.jsonl"
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(msgspec.structs.replace(scenario("withdraw/a"), name=awkward))
        sent = writer.invoke("withdraw/a", "operator", "ViewPairing", {"x": awkward}, start=1)
        response: dict[str, Any] = {"status": 200, "headers": {"x": awkward}, "body": awkward}
        writer.outcome(sent.id, Outcome.OK, end=2, value={}, request={}, response=response)
        judged = verdict("withdraw/a", given=Verdict.FAIL, reason=awkward)
        writer.verdict(msgspec.structs.replace(judged, operations=[sent.id]))
    write_reports(path, tmp_path)
    ET.parse(tmp_path / "junit.xml")
    schema("report-1.schema.json").validate(json.loads((tmp_path / "report.json").read_bytes()))
    Outline().feed((tmp_path / "report.html").read_text("utf-8"))
    told = (tmp_path / "summary.md").read_text("utf-8").split("\n")
    rows = [row for row in told if "half" in row]
    assert [row.partition("ull")[0] for row in rows] == ["**N", "- n"], "each in a line of its own"


# --- what can go wrong ----------------------------------------------------------------------


def test_the_folder_is_made_and_holds_the_files(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b"
    write_reports(write_sample(tmp_path / "evidence.jsonl"), out)
    assert sorted(path.name for path in out.iterdir()) == sorted(REPORT_FILES)
    document = json.loads((out / "report.json").read_bytes())
    assert document["evidence"]["file"] == str(tmp_path / "evidence.jsonl")


def test_evidence_that_cannot_be_read_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="there is no such file"):
        write_reports(tmp_path / "gone.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    evidence = write_sample(tmp_path / "evidence.jsonl")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ReportError, match=r"report.json: .*make the report again") as raised:
        write_reports(evidence, tmp_path / "file")
    assert raised.value.path.name == "report.json"


def test_a_file_that_cannot_be_replaced_leaves_nothing_unfinished(tmp_path: Path) -> None:
    evidence = write_sample(tmp_path / "evidence.jsonl")
    (tmp_path / "report.json").mkdir()
    with pytest.raises(ReportError, match="cannot be written"):
        write_reports(evidence, tmp_path)
    assert not list(tmp_path.glob("*.unfinished"))


def test_reports_of_a_folder_of_parts_say_that_the_run_is_not_whole(tmp_path: Path) -> None:
    whole = write_sample(tmp_path / "evidence.jsonl")
    parts = tmp_path / "evidence.parts"
    parts.mkdir()
    shutil.move(whole, parts / "gw0.jsonl")
    lines = (parts / "gw0.jsonl").read_bytes().splitlines(keepends=True)
    (parts / "gw0.jsonl").write_bytes(b"".join(lines[:-1]))
    report = write_reports(tmp_path, tmp_path / "out")
    assert report.verdict is Overall.DOES_NOT_CONFORM
    assert not report.evidence.complete
