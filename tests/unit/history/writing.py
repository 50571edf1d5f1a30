"""Small pieces of evidence for the tests of this folder and of the reports."""

from __future__ import annotations

from pathlib import Path

import msgspec

from harness.catalogue.verdict import Verdict
from harness.history import lines
from harness.history.evidence import EvidenceWriter
from harness.history.operation import Outcome
from harness.history.redaction import Redactor

HEADER = lines.EvidenceHeader(
    harness=lines.HarnessInfo("0.1.0"),
    edition="2026-11",
    implementation=lines.Implementation("Sample", "1.2"),
    roles=["central", "edge"],
    driver="inprocess",
    seed=7,
    limits={"await_s": 5.0},
    run=lines.RunInfo(command=["pairproof", "certify"], started_at="2026-11-24T10:00:00Z"),
)


def scenario(id_: str, *requirements: str) -> lines.ScenarioLine:
    return lines.ScenarioLine(
        id=id_,
        name=id_.partition("/")[2].replace("-", " "),
        feature=f"features/{id_.partition('/')[0]}.feature",
        line=3,
        requirements=list(requirements or ("WDR-4",)),
        profile="core",
    )


def verdict(
    id_: str, requirement: str = "WDR-4", given: Verdict = Verdict.PASS, reason: str = ""
) -> lines.VerdictLine:
    return lines.VerdictLine(
        requirement=requirement, scenario=id_, verdict=given, reason=reason, operations=[], at=900
    )


def play(writer: EvidenceWriter, id_: str, *, token: str = "t0ken-of-this-scenario") -> None:
    """A scenario of two operations and its verdict."""
    writer.scenario(scenario(id_))
    sent = writer.invoke(id_, "operator", "SendPairingRequest", {"token": token}, start=100)
    writer.outcome(sent.id, Outcome.OK, end=200, value={"pairing_uid": "5f1c"})
    seen = writer.invoke(id_, "operator", "ViewPairing", {}, start=300)
    answer = {"status": 404, "headers": {}, "body": f'{{"message":"no such token {token}"}}'}
    writer.outcome(
        seen.id,
        Outcome.FAIL,
        end=400,
        error={"reason": "NotFound", "message": "none", "details": {}},
        response=answer,
    )
    writer.verdict(verdict(id_))


def write(path: Path, *ids: str, part: bool = False, header: lines.EvidenceHeader = HEADER) -> Path:
    """A file with these scenarios, by a writer of its own."""
    with EvidenceWriter(path, Redactor(), part=part) as writer:
        writer.header(header)
        for id_ in ids:
            play(writer, id_)
    return path


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def decoded(path: Path) -> list[dict[str, object]]:
    return [msgspec.json.decode(line, type=dict[str, object]) for line in lines_of(path)]
