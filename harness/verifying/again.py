"""One scenario judged again: its operations as they come, its checks, its verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from harness.catalogue.verdict import Verdict
from harness.checkers import registry
from harness.checkers.invariants import stream
from harness.history import lines
from harness.history.operation import History, Json, OperationRecord
from harness.verifying.differences import DifferenceKind, DifferenceList
from harness.verifying.order import OperationOrder

_EARLY = (Verdict.INCONCLUSIVE, Verdict.NOT_SUPPORTED, Verdict.SKIPPED)
"""The verdicts with which a scenario can end before its checks have said all."""

_CANNOT = (LookupError, TypeError, ValueError, AttributeError)
"""What a check raises for arguments or a history that it was not made for."""


@dataclass(slots=True)
class Again:
    """A scenario on its way through the file, in the order of its lines.

    Only what later lines may need is kept: `forget` lets the operations go.
    """

    line: lines.ScenarioLine
    number: int
    found: DifferenceList
    tally: dict[str, int]
    records: dict[str, OperationRecord] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    """The requirements that have a verdict, with its line."""
    findings: dict[str, list[registry.Finding]] = field(default_factory=dict)
    _order: OperationOrder = field(init=False)
    _history: History | None = None
    _last: tuple[lines.CheckLine, registry.Finding | str] | None = None

    def __post_init__(self) -> None:
        scope, kept = self.line.id, self.records
        self._order = OperationOrder(scope, f"scenario {scope}", self.found, kept, scenario=scope)

    def invoke(self, line: lines.InvokeLine, number: int) -> None:
        self._keep(self._order.begins(line, number))

    def outcome(self, line: lines.OutcomeLine, number: int) -> None:
        self._keep(self._order.ends(line, number))

    def _keep(self, record: OperationRecord | None) -> None:
        if record is not None:
            self.records[record.id] = record
            self._history = None

    def check(self, line: lines.CheckLine, number: int) -> None:
        """A check, asked again of the history as it stands here."""
        self.tally["checks"] += 1
        self._belongs(line.requirement, number)
        if line.requirement in self.verdicts:
            self._differs(
                DifferenceKind.OUT_OF_ORDER,
                f"check {line.check} stands after the verdict on {line.requirement}"
                f" (line {self.verdicts[line.requirement]}), which so did not count it",
                number,
                requirement=line.requirement,
            )
            return
        answer = self._asked_again(line)
        if isinstance(answer, str):
            is_known = line.check in registry.check_names()
            kind = DifferenceKind.CHECK_IMPOSSIBLE if is_known else DifferenceKind.UNKNOWN_CHECK
            self._differs(kind, answer, number, requirement=line.requirement)
            # The verdict below is then judged by what the file says of this check.
            answer = registry.Finding(line.verdict, line.reason, tuple(line.operations))
        elif self._agrees(line, answer, number):
            self.tally["checks_same"] += 1
        self.findings.setdefault(line.requirement, []).append(answer)

    def verdict(self, line: lines.VerdictLine, number: int) -> None:
        """A verdict, reached again from the checks; or believed, where none says more."""
        self.tally["verdicts"] += 1
        self._belongs(line.requirement, number)
        if line.requirement in self.verdicts:
            self._differs(
                DifferenceKind.TWICE,
                f"a second verdict on {line.requirement} of scenario {self.line.id}; the first"
                f" stands in line {self.verdicts[line.requirement]}",
                number,
                requirement=line.requirement,
            )
            return
        self.verdicts[line.requirement] = number
        findings = self.findings.get(line.requirement, [])
        verdict, reason = registry.verdict_of(findings)
        if (line.verdict, line.reason) == (verdict, reason):
            self._same_operations(line, findings, number)
            self.tally["verdicts_derived"] += 1
        elif _may_be_stated(line, findings, verdict):
            self._same_operations(line, findings, number)
            self.tally["verdicts_stated"] += 1
        else:
            self._other_verdict(line, verdict, reason, number)

    def end(self, *, interrupted: bool) -> None:
        """The file is over: what of this scenario is missing.

        A run that was stopped owes no verdict on what it had not judged.
        """
        self._order.end()
        self.check_verdicts(interrupted=interrupted)

    def check_verdicts(self, *, interrupted: bool = False) -> None:
        """The scenario is over: the verdicts that are missing, and checks of one requirement."""
        self._same_number_of_checks()
        findings = (finding for many in self.findings.values() for finding in many)
        failed = any(finding.verdict is Verdict.FAIL for finding in findings)
        if interrupted and not self.verdicts and not failed:
            return
        for requirement in self.line.requirements:
            if requirement not in self.verdicts:
                message = f"scenario {self.line.id} has no verdict on {requirement}"
                kind = DifferenceKind.MISSING_VERDICT
                self._differs(kind, message, self.number, requirement=requirement)

    def forget(self) -> None:
        """Let go of the operations, if all verdicts are in."""
        if self.verdicts.keys() >= set(self.line.requirements):
            self.records.clear()
            self._history = self._last = None

    # --- checks ---------------------------------------------------------------------------

    def _asked_again(self, line: lines.CheckLine) -> registry.Finding | str:
        """What the check finds now, or why it cannot be asked.

        A scenario writes each finding down under every requirement that it has, so the same
        question often comes again at once.
        """
        if self._last is not None and self._history is not None:
            before, answer = self._last
            if (before.check, before.args) == (line.check, line.args):
                return answer
        if self._history is None:
            self._history = History(tuple(self.records.values()))
        answer = _ask(line, self._history)
        self._last = (line, answer)
        return answer

    def _agrees(self, line: lines.CheckLine, finding: registry.Finding, number: int) -> bool:
        told = {
            "verdict": (line.verdict.value, finding.verdict.value),
            "reason": (line.reason, finding.reason),
            "operations": (", ".join(line.operations), ", ".join(finding.operations)),
            "expectation": (line.expected, registry.meaning_of(line.check)),
        }
        other = [f"the {n} {now!r}, not {was!r}" for n, (was, now) in told.items() if was != now]
        if other:
            self._differs(
                DifferenceKind.CHECK_DIFFERS,
                f"check {line.check} on {line.requirement}, asked again, has {'; '.join(other)}",
                number,
                requirement=line.requirement,
                operation=next(iter(line.operations), ""),
            )
        return not other

    def _same_number_of_checks(self) -> None:
        """A scenario writes each finding down under each of its requirements."""
        counts = {id_: len(self.findings.get(id_, ())) for id_ in self.line.requirements}
        if len(set(counts.values())) > 1:
            fewest, most = min(counts, key=counts.__getitem__), max(counts.values())
            self._differs(
                DifferenceKind.MISSING_CHECK,
                f"scenario {self.line.id} has {counts[fewest]} checks on {fewest} and {most} on"
                " another of its requirements, which it judges by the same",
                self.number,
                requirement=fewest,
            )

    # --- verdicts -------------------------------------------------------------------------

    def _same_operations(
        self, line: lines.VerdictLine, findings: list[registry.Finding], number: int
    ) -> None:
        operations = registry.rests_on(findings, line.verdict)
        if line.operations != operations:
            self._differs(
                DifferenceKind.VERDICT_DIFFERS,
                f"the verdict on {line.requirement} of scenario {self.line.id} rests on"
                f" {', '.join(operations) or 'no operation'}, not on"
                f" {', '.join(line.operations) or 'none'}",
                number,
                requirement=line.requirement,
            )

    def _other_verdict(
        self, line: lines.VerdictLine, verdict: Verdict, why: str, number: int
    ) -> None:
        reached = f"{verdict.value} ({why})" if why else verdict.value
        stated = f"{line.verdict.value} ({line.reason})" if line.reason else line.verdict.value
        self._differs(
            DifferenceKind.VERDICT_DIFFERS,
            f"the verdict on {line.requirement} of scenario {self.line.id} is {stated} in the"
            f" file, and {reached} by its checks",
            number,
            requirement=line.requirement,
        )

    def _belongs(self, requirement: str, number: int) -> None:
        if requirement not in (*self.line.requirements, *stream.ALL):
            message = f"{requirement} is none of the requirements of scenario {self.line.id}"
            kind = DifferenceKind.OTHER_REQUIREMENTS
            self._differs(kind, message, number, requirement=requirement)

    def _differs(self, kind: DifferenceKind, message: str, number: int, **named: str) -> None:
        self.found.add(kind, message, number, scenario=self.line.id, **named)


def _ask(line: lines.CheckLine, history: History) -> registry.Finding | str:
    name = line.check
    if name not in registry.check_names():
        return f"check {name} is none that this version has, so it cannot be asked again"
    try:
        return registry.run_check(name, history, cast(Mapping[str, Json], line.args))
    except KeyError as error:
        return f"check {name} needs {error.args[0]!r}, which the file does not have before it"
    except _CANNOT as error:
        told = " ".join(str(error).split())
        return f"check {name} cannot be asked with these arguments or this history ({told})"


def _may_be_stated(
    line: lines.VerdictLine, findings: list[registry.Finding], reached: Verdict
) -> bool:
    """Whether the scenario may have ended early with this verdict.

    It may, unless a check has said something worse before.
    """
    told = {finding.verdict for finding in findings}
    if line.verdict not in _EARLY or not line.reason or reached is Verdict.FAIL:
        return False
    return line.verdict is Verdict.INCONCLUSIVE or Verdict.INCONCLUSIVE not in told
