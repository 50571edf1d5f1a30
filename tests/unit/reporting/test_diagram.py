"""Operations drawn as bars over time."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.history.evidence import EvidenceWriter
from harness.history.operation import Json, OperationRecord, Outcome
from harness.history.reader import read_evidence
from harness.history.redaction import Redactor
from harness.reporting.diagram import OPERATIONS_MAX, WIDTH, diagram
from harness.reporting.html import report_html
from harness.reporting.model import build_report
from tests.unit.reporting.sample import HEADER, Recorder

SVG = "{http://www.w3.org/2000/svg}"


def operation(
    number: int,
    kind: str,
    start: int,
    end: int | None,
    outcome: Outcome = Outcome.OK,
    value: dict[str, Json] | None = None,
    error: dict[str, Json] | None = None,
    actor: str = "administrator",
) -> OperationRecord:
    times = (start, end)
    return OperationRecord(str(number), "s", actor, kind, {}, *times, outcome, value, error)


HISTORY = [
    operation(1, "RejectPairingRequest", 900_000, 904_000, value={}),
    operation(
        2,
        "AcceptPairingRequest",
        902_000,
        60_000_000,
        Outcome.FAIL,
        error={"reason": "<b>&\"'"},
        actor="another </text>",
    ),
    operation(3, "CancelPairingRequest", 903_000, 30_903_000, Outcome.INFO, error={"why": "x"}),
    operation(4, "ViewPairingRequest", 904_000, 905_000, value={"state": "Pairing"}),
]


def bars(svg: str) -> list[tuple[str, float, float]]:
    rects = ET.fromstring(svg).iter(f"{SVG}rect")
    return [(r.attrib["class"], float(r.attrib["x"]), float(r.attrib["width"])) for r in rects]


def test_it_is_well_formed_labelled_and_no_wider_than_a_page() -> None:
    root = ET.fromstring(diagram("A part", HISTORY, "k").svg)
    assert (root.attrib["role"], root.attrib["aria-labelledby"]) == ("img", "k-title k-desc")
    assert root.findtext(f"{SVG}title") == "A part"
    described = root.findtext(f"{SVG}desc") or ""
    assert "administrator: Reject pairing request: acknowledged, 0.900 to 0.904 s" in described
    assert "never answered, asked at 0.903 s" in described
    assert all(x >= 0 and x + wide <= WIDTH for _, x, wide in bars(diagram("", HISTORY, "k").svg))
    assert not [e for e in root.iter() if "style" in e.attrib], "a policy forbids inline styles"


def test_what_came_from_a_target_stays_text() -> None:
    root = ET.fromstring(diagram("A part", HISTORY, "k").svg)
    texts = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert "another </text>" in texts
    assert any("refused, <b>&\"'" in text for text in texts)


def test_what_overlaps_overlaps_and_what_came_before_lies_before() -> None:
    by_class = dict(zip("abcd", bars(diagram("", HISTORY, "k").svg), strict=True))
    reject, cancel, view, accept = by_class.values()
    assert [b[0] for b in by_class.values()] == ["bar ok", "bar info", "bar ok", "bar fail"]
    assert reject[1] < accept[1] < reject[1] + reject[2]
    assert reject[1] + reject[2] <= view[1]
    assert cancel[1] + cancel[2] > accept[1] + accept[2], "it may take effect at any later time"


def test_the_same_as_plain_text() -> None:
    assert diagram("A part", [HISTORY[0], HISTORY[3]], "k").text.splitlines() == [
        "A part",
        "  administrator |=====       | ✓ Reject pairing request: acknowledged, 0.900 to 0.904 s",
        "  administrator |      ===== | ✓ View pairing request: Pairing, 0.904 to 0.905 s",
    ]


@pytest.mark.parametrize("count", [0, 1, OPERATIONS_MAX + 5])
def test_any_number_of_operations(count: int) -> None:
    many = [operation(i, "ViewPairingRequest", 10 * i, 10 * i + 5) for i in range(count)]
    drawn = diagram("Many", many, "k")
    assert len(bars(drawn.svg)) == min(count, OPERATIONS_MAX)
    assert (f"of {count} operations" in drawn.title) is (count > OPERATIONS_MAX)


def test_a_report_draws_what_fits_no_order(tmp_path: Path) -> None:
    writer = EvidenceWriter(tmp_path / "evidence.jsonl", Redactor())
    writer.header(HEADER)
    recorder = Recorder(writer)
    recorder.begin(next(r for r in REQUIREMENTS if r.id == "INV-8"), "Two decide", 10)
    request: dict[str, Json] = {"pairing_uid": "r"}
    log_in = recorder.operate("operator", "LogIn", {}, Outcome.OK, value={})
    part = [
        recorder.operate("ana", "RejectPairingRequest", request, Outcome.OK, value={}),
        recorder.operate("bo", "AcceptPairingRequest", request, Outcome.OK, value={}),
    ]
    why = "two decisions"
    check = "operations_are_linearizable"
    recorder.judge(check, Verdict.FAIL, why, step="Then they fit", operations=part)
    recorder.end(Verdict.FAIL, why, part)
    writer.close(ended_at="2026-11-24T10:00:12.500000Z")
    page = report_html(build_report(read_evidence(tmp_path / "evidence.jsonl"), REQUIREMENTS))
    assert page.count('<svg class="order"') == 1
    assert len(bars(page[page.index("<svg") : page.index("</svg>") + 6])) == len(part)
    assert log_in not in part


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        ("administrator", "administrator"),
        ("admin:ana@acme.example", "admin:ana"),
        ("admin:autumn.nixon.00-0-1@example.com", "admin:au….00-0-1"),
        ("operator host-412", "operator…ost-412"),
        ("operator host-413", "operator…ost-413"),
    ],
)
def test_who_acts_is_told_apart_in_little_room(actor: str, shown: str) -> None:
    drawn = diagram("t", [operation(1, "ViewPairing", 0, 1, actor=actor)], "k")
    lane = next(e for e in ET.fromstring(drawn.svg).iter(f"{SVG}text") if e.get("x") == "0")
    assert lane.text == shown
    assert f"  {shown} |" in drawn.text
