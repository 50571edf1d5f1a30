"""A run in which everything fails that evidence has a name for: predicates, checks, operations."""

from __future__ import annotations

import inspect
from pathlib import Path

import msgspec

from harness.catalogue.requirements import REQUIREMENTS
from harness.catalogue.verdict import Verdict
from harness.checkers import pages
from harness.checkers.registry import check_names
from harness.history import predicates
from harness.history.evidence import EvidenceWriter
from harness.history.lines import CheckLine
from harness.history.operation import Json, Outcome
from harness.history.predicates import predicate_names
from harness.history.redaction import Redactor
from tests.unit.checkers.test_sentences import EVERY, WAITING
from tests.unit.history.writing import HEADER, scenario, verdict

UNTOLD = Verdict.INCONCLUSIVE
_VALUES: dict[str, Json] = {"times": 2, "fields": {"name": "a"}, "expiry": 3, "active": True}


class _Failing:
    def __init__(self, writer: EvidenceWriter) -> None:
        self.writer, self.now = writer, 0

    def scenario(self, kind: str, name: str, n: int) -> str:
        self.id, self.requirement = f"{kind}/{name}", REQUIREMENTS[n % len(REQUIREMENTS)].id
        self.writer.scenario(scenario(self.id, self.requirement))
        self.operate("SendPairingRequest", {}, Outcome.OK, value={"pairing_uid": "450d12aa"})
        return self.id

    def operate(
        self, kind: str, args: dict[str, Json], outcome: Outcome, **came: dict[str, Json]
    ) -> str:
        start, self.now = self.now, self.now + 5_000
        sent = self.writer.invoke(self.id, "operator", kind, args, start=start)
        self.writer.outcome(sent.id, outcome, end=self.now, **came)
        return sent.id

    def refuse(self, kind: str) -> str:
        error: dict[str, Json] = {"reason": "NotFound", "message": "none", "details": {}}
        return self.operate(kind, {"label": "Pair", "page": "settings"}, Outcome.FAIL, error=error)

    def wait(self, polls: str, predicate: str, args: dict[str, Json]) -> str:
        asked: dict[str, Json] = {
            "predicate": predicate, "predicate_args": args, "polls": polls, "within_s": 5.0,
        }  # fmt: skip
        seen: Json = {"at": self.now, "outcome": "ok", "value": {"items": [WAITING]}, "error": None}
        value: dict[str, Json] = {"held": False, "asked": 1, "unread": 0, "samples": [seen]}
        return self.operate("await_state", asked, Outcome.OK, value=value)

    def judge(self, check: str, given: Verdict, why: str, *rests: str, **args: object) -> None:
        line = CheckLine(
            scenario=self.id, requirement=self.requirement, step="Then it holds", check=check,
            args=args, verdict=given, reason=why, operations=[*rests],
        )  # fmt: skip
        self.writer.check(line)
        self.end(given, why, *rests)

    def end(self, given: Verdict, why: str, *rests: str) -> None:
        judged = verdict(self.id, self.requirement, given, why)
        self.writer.verdict(msgspec.structs.replace(judged, operations=[*rests]))


def write_everything(path: Path) -> None:
    """The evidence of that run."""
    with EvidenceWriter(path, Redactor()) as writer:
        writer.header(HEADER)
        run = _Failing(writer)
        for n, name in enumerate(predicate_names()):
            declared = getattr(pages if hasattr(pages, name) else predicates, name)
            names = [p for p in inspect.signature(declared).parameters if p != "sample"]
            args = {p: _VALUES.get(p, "450d12aa") for p in names}
            run.scenario("predicate", name.replace("_", "-"), n)
            waited = run.wait("ViewPairing", name, args)
            why = f"ViewPairing: {name} (pairing_uid 450d12aa) did not hold; seen: (items 1)"
            run.judge("held", Verdict.FAIL, why, waited, operation=waited)
        for n, name in enumerate(check_names()):
            run.scenario("check", name.replace("_", "-"), n)
            refused = run.refuse("ViewPairing")
            given = (Verdict.FAIL, UNTOLD, Verdict.OBSERVED)[n % 3]
            run.judge(name, given, f"ViewPairing: {name} does not hold (NotFound)", refused)
        for n, kind in enumerate(sorted(EVERY)):
            run.scenario("operation", kind.lower(), n)
            refused = run.refuse(kind)
            why = f"{kind} should succeed, and was refused: none (NotFound)"
            run.judge("succeeded", Verdict.FAIL, why, refused)
            run.scenario("precondition", kind.lower(), n)
            run.refuse(kind)
            run.end(UNTOLD, f"precondition not reached: {kind}: none")
            run.scenario("wait", kind.lower(), n)
            waited = run.wait(kind, "nothing_pending", {})
            run.end(UNTOLD, f"precondition not reached: {kind} never showed nothing_pending")
            run.scenario("older", kind.lower(), n)
            waited = run.wait(kind, "nothing_pending", {})
            run.judge("of_old", Verdict.FAIL, f"{kind}: nothing_pending did not hold", waited)
