"""Who asked whom, drawn as a sequence."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
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


def arrows(svg: str) -> list[tuple[str, float, float]]:
    """The class of each message, and from where to where it leads."""
    found = []
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        for path in group.iter(f"{SVG}path"):
            since, until = re.findall(r"[MH]([\d.]+)", path.attrib["d"])
            found.append((group.attrib["class"], float(since), float(until)))
    return found


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter(f"{SVG}text")]


def test_it_is_well_formed_labelled_and_no_wider_than_a_page() -> None:
    root = ET.fromstring(diagram("A part", HISTORY, "k").svg)
    assert (root.attrib["role"], root.attrib["aria-labelledby"]) == ("img", "k-title k-desc")
    assert root.findtext(f"{SVG}title") == "A part"
    described = root.findtext(f"{SVG}desc") or ""
    assert "administrator: View pairing request: Pairing" in described
    assert "Cancel pairing request: never answered" in described
    drawn = arrows(diagram("", HISTORY, "k").svg)
    assert all(0 <= x <= WIDTH for _, *ends in drawn for x in ends)
    assert not [e for e in root.iter() if "style" in e.attrib], "a policy forbids inline styles"


def test_what_came_from_a_target_stays_text() -> None:
    found = texts(diagram("A part", HISTORY, "k").svg)
    assert "another </text>" in found
    assert any("Accept pairing request: <b>&\"'" in text for text in found)


def test_what_overlaps_is_asked_before_the_other_is_answered() -> None:
    """The reject is answered after the acceptance was asked for, and the look comes after that."""
    assert diagram("A part", HISTORY, "k").text.splitlines() == [
        "A part",
        "      0 ms administrator → Palette: … 1 Reject pairing request",
        "      2 ms another </text> → Palette: … 2 Accept pairing request",
        "      3 ms administrator → edge host: ? 3 Cancel pairing request: never answered",
        "      4 ms administrator ← Palette: ✓ 1 Reject pairing request",
        "      4 ms administrator → Palette: ✓ 4 View pairing request: Pairing",
        "    59.1 s another </text> ← Palette: ✗ 2 Accept pairing request: <b>&\"'",
    ]


def test_what_began_at_the_same_time_stands_in_the_order_in_which_it_was_asked() -> None:
    cut = replace(operation(9, "SetLink", 0, 0, actor="harness"), args={"up": False})
    asked = [cut, operation(10, "CancelPairingRequest", 0, 5), operation(11, "ViewPairing", 5, 5)]
    said = [line.split()[2] for line in diagram("A part", asked, "k").text.splitlines()[1:]]
    assert said == ["⚡", "administrator", "administrator"]


def test_a_wait_that_saw_nothing_to_be_told_is_told_by_what_it_asked() -> None:
    seen: dict[str, Json] = {"held": False, "samples": [{"at": 0, "outcome": "ok", "value": {}}]}
    wait = replace(
        operation(1, "await_state", 0, 5_000_000, value=seen), args={"polls": "ViewPage"}
    )
    assert diagram("A part", [wait], "k").text.endswith(": ✗ 1 Look at the page for 5 s")


def test_what_decided_is_lit_and_leads_to_what_was_exchanged() -> None:
    svg = diagram("A part", HISTORY, "k", {"4"}, {"4": "#x-4"}).svg
    lit = [look for look, *_ in arrows(svg) if "decisive" in look]
    assert lit == ["message ok decisive"]
    (link,) = ET.fromstring(svg).iter(f"{SVG}a")
    assert link.attrib["href"] == "#x-4"
    assert "View pairing request" in "".join(link.itertext())


def test_faults_stand_where_they_struck() -> None:
    uid = "0412d90971f5993584fa0027"
    host: dict[str, Json] = {"host_uid": uid}
    story = [
        replace(operation(1, "SendPairingRequest", 0, 5), tags={"host": uid}, actor="operator"),
        replace(operation(2, "SetLink", 6, 7, actor="harness"), args={**host, "up": False}),
        replace(
            operation(3, "SetNodeHealth", 8, 9, actor="harness"),
            args={**host, "node": "n1", "health": "Unhealthy"},
        ),
        replace(operation(4, "Restart", 8, 9, actor="harness"), args={"side": "central"}),
        operation(5, "PutToken", 10, 11, actor="harness"),
        operation(6, "ListPairingRequests", 12, 13),
    ]
    drawn = diagram("A part", story, "k")
    lanes = {e.text: e.get("x") for e in ET.fromstring(drawn.svg).iter(f"{SVG}text")}
    order = ["operator", "edge host 0412", "link", "Palette", "administrator"]
    assert [name for name in lanes if name in order] == order
    for told, lane in (
        ("⚡ The host's link was cut", "link"),
        ("⚡ Node n1 was made unhealthy", "edge host 0412"),
        ("⚡ Palette was restarted", "Palette"),
    ):
        assert lanes[told] == lanes[lane], told
    assert drawn.shown == {"1", "2", "3", "4", "6"}, "what stands around it is no part of the story"


def test_what_was_asked_again_with_the_same_answer_is_drawn_once() -> None:
    many = [operation(i, "ViewPairingRequest", 10 * i, 10 * i + 5) for i in range(300)]
    drawn = diagram("Many", many, "k", {"299"})
    assert drawn.title == "Many (2 of 300 operations)"
    assert [line.partition(": ")[2] for line in drawn.text.splitlines()[1:]] == [
        "✓ 1 View pairing request (×299)",
        "✓ 300 View pairing request",
    ]


@pytest.mark.parametrize("count", [0, 1, OPERATIONS_MAX + 5])
def test_any_number_of_operations(count: int) -> None:
    many = [operation(i, "ViewPairingRequest", 10 * i, 10 * i + 5) for i in range(count)]
    drawn = diagram("Many", many, "k")
    assert len(arrows(drawn.svg)) == min(count, OPERATIONS_MAX)
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
    assert page.count('<svg class="sequence"') == 1
    drawn = arrows(page[page.index("<svg") : page.index("</svg>") + 6])
    assert ["decisive" in look for look, *_ in drawn] == [True] * len(part)
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
    assert texts(drawn.svg)[0] == shown


def test_no_name_of_many_lies_on_another() -> None:
    people = [
        operation(n, "ViewPairingRequest", n, n, actor=f"administrator {n}") for n in range(9)
    ]
    names = texts(diagram("t", people, "k").svg)[:10]
    assert len(set(names)) == len(names)
    assert all(len(name) * 8 <= (WIDTH - 52) / 10 for name in names)
