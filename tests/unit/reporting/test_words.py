"""How things are called for people."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from harness.catalogue.requirement import Level, Role
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import EXIT_CODES, Overall, Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.redaction import Redactor
from harness.history.wording import describe_kind
from harness.reporting import words
from harness.reporting.files import write_reports
from harness.reporting.junit import github_commands
from tests.unit.checkers.test_sentences import names_in
from tests.unit.history.writing import HEADER
from tests.unit.reporting.sample import write_sample
from tests.unit.reporting.test_causes import Writing


def test_everything_has_a_name_and_every_verdict_a_symbol_of_its_own() -> None:
    assert set(words.VERDICT_NAMES) == set(words.VERDICT_SYMBOLS) == set(Verdict)
    assert len(set(words.VERDICT_SYMBOLS.values())) == len(Verdict)
    assert set(words.OVERALL_NAMES) == set(words.OVERALL_SYMBOLS) == set(EXIT_CODES) == set(Overall)
    assert set(words.LEVEL_NAMES) == set(Level)
    assert set(words.ROLE_NAMES) == set(Role)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("#prerequisites item 2", "Prerequisites, item 2"),
        ("#reject-pairing-request-in-palette", "Reject Pairing Request in Palette"),
        ("#elsewhere step 3", "#elsewhere, step 3"),
        ("", ""),
    ],
)
def test_the_place_in_the_document_is_told_in_words(source: str, place: str) -> None:
    assert words.place(source) == place


def test_every_requirement_has_a_place_in_words() -> None:
    assert not [r.id for r in REQUIREMENTS if words.place(r.source).startswith("#")]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("SendPairingRequest", "Send pairing request"), ("await_state", "Await state")],
)
def test_operations_are_told_in_words(kind: str, told: str) -> None:
    assert describe_kind(kind) == told


def words_of(name: str, text: str) -> str:
    """What a file of a report says itself: not what was exchanged, no command, no scenario's id."""
    if name.endswith(".html"):
        text = re.sub(r"<(script|style|pre|code)\b.*?</\1>", "", text, flags=re.DOTALL)
        text = re.sub(r"<[^>]+>", " ", text)
    if name.endswith(".md"):
        text = re.sub(r"<code>.*?</code>", "", text)
    if name.endswith(".xml"):
        text = re.sub(r"reproduce: .*|scenario=.*", "", text)
    return html.unescape(text)


def test_no_report_names_what_is_ours(tmp_path: Path) -> None:
    """Evidence has the names of predicates, checks and operations; a report says them in words."""
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        writing = Writing(writer)
        writing.succeeded("send/unhealthy", "PRE-2")
        writing.still_listed("withdraw/long", "WDR-3", "450d12aa", before=7)
        writing.still_listed("reject/other", "REJ-5", "aaaa1111", before=3)
    write_sample(tmp_path / "sample" / "evidence.jsonl")
    for folder in (tmp_path, tmp_path / "sample"):
        assert names_in((folder / "evidence.jsonl").read_text("utf-8"))
        report = write_reports(folder / "evidence.jsonl", folder)
        for name in ("report.html", "summary.md", "junit.xml"):
            told = words_of(name, (folder / name).read_text("utf-8"))
            assert names_in(told) == set(), (folder, name)
        assert names_in("\n".join(github_commands(report))) == set()
