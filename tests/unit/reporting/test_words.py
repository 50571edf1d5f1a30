"""How things are called for people."""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from harness.catalogue.requirement import Level, Role
from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import EXIT_CODES, Overall, Verdict
from harness.history.wording import describe_kind
from harness.reporting import junit, words
from harness.reporting.comparing import compare, read_run
from harness.reporting.comparison_page import comparison_html
from harness.reporting.files import write_reports
from harness.reporting.messages import messages_ndjson
from tests.unit.checkers.test_sentences import names_in
from tests.unit.history.writing import write
from tests.unit.reporting.everything import write_everything
from tests.unit.reporting.sample import write_sample


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


def compared(folder: Path) -> str:
    """The page on a run beside one that has next to nothing."""
    before = read_run(write(folder / "before.jsonl", "withdraw/a-cancel"))
    return comparison_html(compare(before, read_run(folder / "evidence.jsonl")), folder)


@pytest.mark.parametrize("run", [write_sample, write_everything])
def test_no_report_names_what_is_ours(
    run: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Evidence has the names of predicates, checks and operations; a report says them in words."""
    monkeypatch.setattr(junit, "OF_A_KIND_MAX", 10_000)
    run(tmp_path / "evidence.jsonl")
    assert names_in((tmp_path / "evidence.jsonl").read_text("utf-8"))
    report = write_reports(tmp_path / "evidence.jsonl", tmp_path)
    for name in ("report.html", "summary.md", "junit.xml"):
        told = words_of(name, (tmp_path / name).read_text("utf-8"))
        assert names_in(told) == set(), name
    assert names_in("\n".join(junit.github_commands(report))) == set()
    assert names_in(words_of("compare.html", compared(tmp_path))) == set()


ODD: list[object] = [None, [], {}, "", -1, 1.5, True, "of next year", [None], {"a": [0]}, 10**18]
FREE = ("args", "value", "error", "request", "response", "tags")
NAMES = ("kind", "check", "reason", "step", "expected", "actor", "text")


def strange(value: object, rate: float, draw: random.Random) -> object:
    """A value as another version or another's driver may have it: less, more, of other types."""
    if draw.random() < rate:
        return deepcopy(draw.choice(ODD))
    if isinstance(value, dict):
        return {k: strange(v, rate, draw) for k, v in value.items() if draw.random() > rate}
    return [strange(v, rate, draw) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(6))
def test_evidence_that_this_version_did_not_write_makes_every_report(
    tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    write_everything(tmp_path / "evidence.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "evidence.jsonl").read_bytes().splitlines()]
    for line in lines[1:]:
        line |= {k: "OfNextYear" for k in NAMES if k in line and draw.random() < 0.1}
        line |= {k: strange(line[k], 0.1, draw) for k in FREE if isinstance(line.get(k), dict)}
        line |= {k: {} for k in FREE if k in line and not isinstance(line[k], dict)}
    told = [json.dumps(line) for line in lines]
    told.insert(-1, json.dumps({"type": "of next year", "id": 1}))
    (tmp_path / "evidence.jsonl").write_text("\n".join([*told, ""]))
    report = write_reports(tmp_path / "evidence.jsonl", tmp_path)
    assert len(report.scenario_verdicts) == sum(line["type"] == "scenario" for line in lines)
    assert any("this version does not know lines" in p for p in report.evidence.problems)
    assert [*junit.github_commands(report)]
    assert messages_ndjson(report, lambda address: None)
    assert compared(tmp_path)
