"""Whatever stands in the evidence, or does not: there is a report, and text stays text."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from jsonschema import Draft202012Validator

from harness.catalogue.verdict import Verdict
from harness.history.errors import EvidenceError
from harness.history.fleet_lines import DurationBuckets, FaultWindow, MeasuresLine, ViolationLine
from harness.reporting.files import REPORT_FILES
from harness.reporting.fleet.files import DATA, write_fleet_reports
from tests.unit.reporting.fleet.fleets import MIN, Fleet, calm, faulty, million, operation
from tests.unit.reporting.test_files import Outline

# --- awkward content ------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script> \0 \x1b[31m \u202etxt\u2066 ]]> \ud800 \uffff ' \" & | ` \n"
    "</title></svg><img src=x onerror=alert(1)> =cmd()"
)


def hostile() -> Fleet:
    """Whatever text there is in the evidence is an attack."""
    base = faulty()
    op = operation(1, HOSTILE, HOSTILE, MIN, 5, HOSTILE, error={"reason": HOSTILE})
    measures = msgspec.structs.replace(
        base.measures,
        operations={HOSTILE: {"ok": 1}},
        reasons={HOSTILE: 3, "x" * 5_000: 1},
        latency={HOSTILE: DurationBuckets([5_000], [1])},
        waiting={HOSTILE: DurationBuckets([5_000], [1])},
        sometimes={HOSTILE: 1},
        series={**base.measures.series, HOSTILE: [1]},
        faults=[FaultWindow(HOSTILE, 0, MIN)],
        requests={HOSTILE: 1},
        undecided={HOSTILE: HOSTILE},
    )
    violation = ViolationLine(
        invariant=HOSTILE, cell=HOSTILE, reason=HOSTILE * 50, operations=[op.id, HOSTILE], at=1
    )
    return replace(
        base,
        scenario={"name": HOSTILE, "why": HOSTILE, "reach": [[HOSTILE, 1]]},
        measures=measures,
        violations=[violation],
        operations=[op],
        verdicts={"INV-3": (Verdict.FAIL, HOSTILE)},
        planted=HOSTILE,
    )


def test_text_of_evidence_is_never_markup(tmp_path: Path, schema: Draft202012Validator) -> None:
    write_fleet_reports(hostile().write(tmp_path), tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert not {"script", "img"} & {tag for tag, _ in outline.tags}
    assert not any(a.get("onerror") for _, a in outline.tags)
    ET.parse(tmp_path / "junit.xml")
    schema.validate(json.loads((tmp_path / "report.json").read_bytes()))
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert not re.search("<(?!br>|/?code>)", summary)
    for table in (tmp_path / DATA).iterdir():
        cells = [c for row in csv.reader(table.read_text("utf-8").splitlines()) for c in row]
        assert not any(c.startswith(("=", "+", "@")) for c in cells)


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x1b", "\0"])
def test_what_turns_text_around_is_shown_and_does_not_act(character: str, tmp_path: Path) -> None:
    write_fleet_reports(hostile().write(tmp_path), tmp_path)
    for name in ("report.html", "summary.md"):
        assert character not in (tmp_path / name).read_text("utf-8")


# --- what can go wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "measures",
    [
        MeasuresLine(),
        MeasuresLine(ended_at=1, series={"operations": [1], "pending": [1]}),
        MeasuresLine(hosts=5, ended_at=MIN, series={"sent": [0] * 3, "pending": [0] * 3}),
        MeasuresLine(ended_at=MIN, faults=[FaultWindow("central", 0, MIN)]),
        MeasuresLine(ended_at=3 * MIN, series={"sent": [1], "operations": []}),
        MeasuresLine(
            hosts=1, ended_at=9, latency={"A": DurationBuckets([0], [4]), "B": DurationBuckets()}
        ),
        MeasuresLine(
            waiting={"to_pair": DurationBuckets([1], [1]), "to_decide": DurationBuckets()}
        ),
    ],
)
def test_a_run_of_next_to_nothing_has_its_report(
    measures: MeasuresLine, tmp_path: Path, schema: Draft202012Validator
) -> None:
    fleet = replace(calm(), measures=measures, gate=())
    fleet.scenario["reach"] = []
    write_fleet_reports(fleet.write(tmp_path), tmp_path)
    schema.validate(json.loads((tmp_path / "report.json").read_bytes()))
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "nan" not in re.sub("<style>.*?</style>", "", page, flags=re.DOTALL).casefold().split()


def test_evidence_that_is_not_there_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="no such file"):
        write_fleet_reports(tmp_path / "evidence.jsonl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_report_of_a_million_hosts_is_as_small_as_any(tmp_path: Path) -> None:
    big = million()
    steps = {name: [v % 977 for v in range(1_440)] for name in big.measures.series}
    faults = [FaultWindow("link", n * MIN // 4, n * MIN // 4 + 5, 9) for n in range(1_440)]
    measures = msgspec.structs.replace(big.measures, series=steps, faults=faults, bucket=MIN // 4)
    write_fleet_reports(replace(big, measures=measures).write(tmp_path), tmp_path)
    assert (tmp_path / "report.html").stat().st_size < 300_000


def test_equal_evidence_makes_equal_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder in (first, second):
        folder.mkdir()
        write_fleet_reports(faulty().write(folder), folder)
    tables = [f"{DATA}/{path.name}" for path in (first / DATA).iterdir()]
    for name in (*REPORT_FILES, *tables):
        assert (first / name).read_bytes() == (second / name).read_bytes()
