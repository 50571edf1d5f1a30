"""Failures with one cause are one card, told by its shortest scenario."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.lines import CheckLine
from harness.history.operation import Json, Outcome
from harness.history.reader import read_evidence
from harness.history.redaction import Redactor
from harness.reporting.causes import causes
from harness.reporting.html import report_html
from harness.reporting.model import Report, build_report
from harness.reporting.summary import summary_md
from tests.unit.history.writing import HEADER, scenario, verdict
from tests.unit.reporting.sample import write_sample

UNSURE = Verdict.INCONCLUSIVE


class Writing:
    """Writes scenarios in which what was waited or asked for was not as it should be."""

    def __init__(self, writer: EvidenceWriter) -> None:
        self.writer = writer
        self.now = 0

    def still_listed(self, id_: str, requirement: str, uid: str, before: int = 1) -> None:
        """The request of this id stays in the list after a cancel; `before` it other calls."""
        self.writer.scenario(scenario(id_, requirement))
        for _ in range(before):
            self.operate(id_, "ViewPairing", {}, Outcome.OK, {})
        self.operate(id_, "CancelPairingRequest", {}, Outcome.OK, {})
        items: Json = [{"pairing_uid": uid, "local_cluster_uid": "c1", "state": "Pairing"}]
        seen: Json = {"at": self.now, "outcome": "ok", "value": {"items": items}, "error": None}
        args: dict[str, Json] = {
            "predicate": "not_listed",
            "predicate_args": {"pairing_uid": uid},
            "polls": "ListPairingRequests",
            "within_s": 5.0,
        }
        value: dict[str, Json] = {"held": False, "samples": [seen]}
        waited = self.operate(id_, "await_state", args, Outcome.OK, value, took=5_000_000)
        why = f"ListPairingRequests: not_listed (pairing_uid {uid}) did not hold; seen: (items 1)"
        self.judge(id_, requirement, "held", waited, why)

    def succeeded(self, id_: str, requirement: str) -> None:
        self.writer.scenario(scenario(id_, requirement))
        sent = self.operate(id_, "SendPairingRequest", {}, Outcome.OK, {"pairing_uid": "r"})
        why = "SendPairingRequest should be refused, and succeeded"
        self.judge(id_, requirement, "refused", sent, why)

    def operate(
        self,
        id_: str,
        kind: str,
        args: dict[str, Json],
        outcome: Outcome,
        value: dict[str, Json],
        took: int = 1_000,
    ) -> str:
        start, self.now = self.now, self.now + took
        sent = self.writer.invoke(id_, "operator", kind, args, start=start)
        self.writer.outcome(sent.id, outcome, end=self.now, value=value)
        return sent.id

    def judge(self, id_: str, requirement: str, check: str, operation: str, why: str) -> None:
        given = {"scenario": id_, "requirement": requirement, "step": "Then it holds"}
        line = CheckLine(
            **given, check=check, args={"operation": operation}, verdict=Verdict.FAIL, reason=why,
            operations=[operation],
        )  # fmt: skip
        self.writer.check(line)
        judged = verdict(id_, requirement, Verdict.FAIL, why)
        self.writer.verdict(msgspec.structs.replace(judged, operations=[operation]))


@pytest.fixture
def report(tmp_path: Path) -> Report:
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        writing = Writing(writer)
        writing.succeeded("send/unhealthy", "PRE-2")
        writing.still_listed("withdraw/long", "WDR-3", "450d12aa", before=7)
        writing.still_listed("withdraw/short", "WDR-3", "9f00aa12")
        writing.still_listed("reject/other", "REJ-5", "aaaa1111", before=3)
        writing.succeeded("send/no-token", "PRE-4")
    return build_report(read_evidence(tmp_path / "evidence.jsonl"), REQUIREMENTS)


def test_what_was_seen_in_the_same_way_is_one_cause_whatever_it_breaks(report: Report) -> None:
    first, *others = causes(report, Verdict.FAIL)
    assert [s.line.id for s in first.stories] == ["withdraw/short", "reject/other", "withdraw/long"]
    assert [r.requirement.id for r in first.requirements] == ["WDR-3", "REJ-5"]
    assert [[s.line.id for s in o.stories] for o in others] == [
        ["send/unhealthy"],
        ["send/no-token"],
    ], "the same answer to another question has another cause"


def test_a_card_folds_its_other_scenarios_in(report: Report) -> None:
    page = report_html(report)
    card = page[page.index('id="failures"') :]
    assert card.count("The same in 2 more scenarios") == 1
    order = ["<h4>short</h4>", "The same in 2 more", "<summary>long</summary>"]
    assert sorted(order, key=card.index) == order


def test_a_link_to_a_scenario_stays_good_in_other_reports(report: Report, tmp_path: Path) -> None:
    with EvidenceWriter(tmp_path / "other.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        Writing(writer).still_listed("reject/other", "REJ-5", "aaaa1111")
    other = build_report(read_evidence(tmp_path / "other.jsonl"), REQUIREMENTS)
    (link,) = re.findall('id="(scenario-[0-9a-f]{12})"', report_html(other))
    assert f'id="{link}"' in report_html(report)


def test_what_could_not_be_judged_is_one_card_by_what_was_missing(tmp_path: Path) -> None:
    with EvidenceWriter(tmp_path / "e.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        for id_, requirement, why in (
            ("send/a", "PRE-2", "the link of host 12 cannot be cut"),
            ("send/b", "PRE-4", "the link of host 34 cannot be cut"),
            ("send/c", "PRE-4", "no cluster is left"),
        ):
            writer.scenario(scenario(id_, requirement))
            writer.verdict(verdict(id_, requirement, Verdict.INCONCLUSIVE, why))
    found = causes(build_report(read_evidence(tmp_path / "e.jsonl"), REQUIREMENTS), UNSURE)
    assert [[s.line.id for s in c.stories] for c in found] == [["send/a", "send/b"], ["send/c"]]


# --- in short -------------------------------------------------------------------------------


def unfolded(summary: str) -> str:
    """What is read before anything is unfolded."""
    while "<details>" in summary:
        summary = re.sub("<details>(?:(?!<details>).)*?</details>\n?", "", summary, flags=re.S)
    return summary


def test_the_summary_has_an_entry_for_each_cause_in_the_words_of_the_report(
    report: Report,
) -> None:
    summary, page = summary_md(report), report_html(report)
    told = re.findall("^\\*\\*(.*)\\*\\*<br>$", summary, flags=re.M)
    *failed, unasked = told
    assert len(failed) == 3
    assert all(f"</span> {sentence}</h3>" in page for sentence in failed)
    assert unasked == "No scenario of this run asks for it"
    assert told[0] == "Palette still lists request 9f00aa12 5 s after the cancel was acknowledged"
    assert "<details><summary>3 scenarios</summary>" in summary
    for name in ("short", "long", "other", "unhealthy", "no token"):
        assert f"- {name}<br><code>pairproof certify" in summary
        assert f"- {name}<br>" not in unfolded(summary)


@pytest.mark.parametrize("failures", [1, 20, 200])
def test_the_summary_fits_a_screen_and_cuts_nothing_off(failures: int, tmp_path: Path) -> None:
    numbers = [chr(97 + n // 26) + chr(97 + n % 26) for n in range(failures)]
    with EvidenceWriter(tmp_path / "e.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        for word in numbers:
            why = f"it fails for the reason {word} {'and so on ' * 60}"
            writer.scenario(scenario(f"send/{word}", "PRE-2"))
            writer.verdict(verdict(f"send/{word}", "PRE-2", Verdict.FAIL, why))
    summary = summary_md(build_report(read_evidence(tmp_path / "e.jsonl"), REQUIREMENTS))
    assert unfolded(summary).count("\n") <= 50
    assert summary.count("<details>") == summary.count("</details>")
    assert [word for word in numbers if f"It fails for the reason {word} " not in summary] == []
    assert summary.count("and so on") == 60 * failures


def test_what_was_observed_is_folded(tmp_path: Path) -> None:
    write_sample(tmp_path / "e.jsonl")
    summary = summary_md(build_report(read_evidence(tmp_path / "e.jsonl"), REQUIREMENTS))
    assert "| SND-7 |" in summary
    assert "| SND-7 |" not in unfolded(summary)


def test_what_no_scenario_asked_for_is_told_by_the_reason(tmp_path: Path) -> None:
    with EvidenceWriter(tmp_path / "e.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("send/a", "PRE-2"))
        writer.verdict(verdict("send/a", "PRE-2", Verdict.PASS))
    summary = summary_md(build_report(read_evidence(tmp_path / "e.jsonl"), REQUIREMENTS))
    assert summary.count("**No scenario of this run asks for it**") == 1
    assert "**WDR-4** " in summary
