"""A small run with one scenario for each way to end, and a way to change its file afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from harness.catalogue.edition import EDITION
from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, meaning_of, rests_on, run_check, verdict_of
from harness.history.evidence import EvidenceWriter
from harness.history.lines import CheckLine, EvidenceHeader, VerdictLine
from harness.history.operation import Json, Outcome
from harness.history.redaction import Redactor
from harness.verifying.known import KnownScenario, VersionKnowledge
from harness.verifying.verify import verify
from tests.unit.history.writing import HEADER, scenario

PASSES = "withdraw/a-cancel"
FAILS = "withdraw/a-second-cancel"
SEEN = "withdraw/the-link-comes-back"
UNSUPPORTED = "withdraw/on-the-pages"
UNREACHED = "withdraw/a-cancel-of-nothing"
REQUIREMENTS = {
    PASSES: ("WDR-1", "WDR-4"),
    FAILS: ("WDR-4",),
    SEEN: ("WDR-8",),
    UNSUPPORTED: ("WDR-2",),
    UNREACHED: ("WDR-3",),
}
KNOWN = VersionKnowledge(
    EDITION,
    frozenset(f"WDR-{n}" for n in range(1, 9)),
    {id_: KnownScenario(frozenset(given), given) for id_, given in REQUIREMENTS.items()},
)
REFUSAL: dict[str, Json] = {"reason": "Conflict", "message": "none is pending", "details": {}}
TOKEN = "t0ken-of-this-scenario"

Line = dict[str, Any]
Change = Callable[[list[Line]], None]


class Teller:
    """Writes scenarios as a run does: each check judges what the file holds so far."""

    def __init__(self, writer: EvidenceWriter, scenario: str = "") -> None:
        self._writer = writer
        self._scenario = scenario
        self._findings: list[Finding] = []
        self._at = 0

    def begin(self, id_: str) -> None:
        self._scenario, self._findings = id_, []
        self._writer.scenario(scenario(id_, *REQUIREMENTS[id_]))

    def do(self, kind: str, *, refused: bool = False, **args: Json) -> str:
        """An operation that is carried out, or refused; its id."""
        self._at += 100
        record = self._writer.invoke(self._scenario, "operator", kind, args, start=self._at)
        told: Mapping[str, Any] = {"error": REFUSAL} if refused else {"value": {"uid": "5f1c"}}
        outcome = Outcome.FAIL if refused else Outcome.OK
        self._writer.outcome(record.id, outcome, end=self._at + 50, **told)
        return record.id

    def check(self, name: str, **args: Json) -> None:
        found = run_check(name, self._writer.history(self._scenario), args)
        self._findings.append(found)
        for requirement in REQUIREMENTS[self._scenario]:
            self._writer.check(CheckLine(
                scenario=self._scenario, requirement=requirement, check=name, args=dict(args),
                step="Then it is so", verdict=found.verdict, reason=found.reason,
                operations=list(found.operations), expected=meaning_of(name),
            ))  # fmt: skip

    def end(self, early: tuple[Verdict, str] | None = None) -> None:
        verdict, reason = early or verdict_of(self._findings)
        operations = rests_on(self._findings, verdict)
        for requirement in REQUIREMENTS[self._scenario]:
            self._writer.verdict(VerdictLine(
                requirement=requirement, scenario=self._scenario, verdict=verdict, reason=reason,
                operations=operations, at=self._at + 60,
            ))  # fmt: skip


def write(path: Path, *, header: EvidenceHeader = HEADER, part: bool = False) -> Path:
    """The run, on the path."""
    with EvidenceWriter(path, Redactor(), part=part) as writer:
        writer.header(header)
        tell(Teller(writer))
        writer.close(ended_at="2026-11-24T10:00:03Z")
    return path


def tell(run: Teller) -> None:
    """One scenario for each way to end."""
    run.begin(PASSES)
    run.do("PutToken", token={"value": TOKEN, "expiry": 5})
    run.check("succeeded", operation=run.do("SendPairingRequest", token=TOKEN))
    run.check("succeeded", operation=run.do("CancelPairingRequest"))
    run.check("token_is_not_repeated", operation=run.do("ViewPairing", refused=True, token=TOKEN))
    run.end()
    run.begin(FAILS)
    run.check("refused", operation=run.do("SendPairingRequest", refused=True))
    run.check("refused", operation=run.do("CancelPairingRequest"))
    run.end()
    run.begin(SEEN)
    operations: list[Json] = [run.do("ListPairingRequests"), run.do("ViewPairing", refused=True)]
    run.check("observed", situation="the link comes back", operations=operations)
    run.end()
    run.begin(UNSUPPORTED)
    run.end((Verdict.NOT_SUPPORTED, "pages"))
    run.begin(UNREACHED)
    run.check("succeeded", operation=run.do("SendPairingRequest"))
    run.do("CancelPairingRequest", refused=True)
    run.end((Verdict.INCONCLUSIVE, "precondition not reached: nothing to cancel"))


# --- changing it ----------------------------------------------------------------------------


def decoded(path: Path) -> list[Line]:
    return [msgspec.json.decode(raw) for raw in path.read_bytes().splitlines()]


def changed(path: Path, change: Change, *, sealed: bool = True) -> Path:
    """The file with its lines changed; sealed, with counts and digest that fit again."""
    lines = decoded(path)
    change(lines)
    raw = [msgspec.json.encode(line) + b"\n" for line in lines]
    if sealed:
        raw[-1] = msgspec.json.encode(seal(lines)) + b"\n"
    path.write_bytes(b"".join(raw))
    return path


def seal(lines: list[Line]) -> Line:
    """The footer that a run would have written under these lines."""
    kinds = [line["type"] for line in lines]
    named = {"scenarios": "scenario", "operations": "invoke", "checks": "check",
             "verdicts": "verdict"}  # fmt: skip
    header = {key: value for key, value in lines[0].items() if key != "run"}
    digest = hashlib.sha256()
    for line in (header, *lines[1:-1]):
        digest.update(msgspec.json.encode(line) + b"\n")
    counts = {name: kinds.count(kind) for name, kind in named.items()}
    return {**lines[-1], "counts": counts, "digest": f"sha256:{digest.hexdigest()}"}


def place(lines: list[Line], kind: str, nth: int = 0, **fields: Any) -> int:
    """Where the nth line stands that has these values."""
    found = [
        n for n, line in enumerate(lines)
        if line["type"] == kind and all(line.get(k) == v for k, v in fields.items())
    ]  # fmt: skip
    return found[nth]


def one(lines: list[Line], kind: str, nth: int = 0, **fields: Any) -> Line:
    """The nth line that has these values."""
    return lines[place(lines, kind, nth, **fields)]


def kinds_of(path: Path) -> list[str]:
    """What differs, by kind, in the order of the file."""
    return [difference.kind.value for difference in verify(path, KNOWN).differences]
