"""Named checks: pure functions over a history, which evidence can name and call again.

What they find is written down for a scenario, and decides it: once for the run and for its audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from harness.catalogue.verdict import Verdict, worst
from harness.domain.errors import PairproofError
from harness.history.lines import CheckLine
from harness.history.operation import History, Json

NOTHING_JUDGED: Final = "no step of this scenario has judged anything"

_TOLD = (Verdict.FAIL, Verdict.OBSERVED, Verdict.INCONCLUSIVE)
"""The verdicts that need a reason."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the verdict, why, and the operations that it rests on.

    `ground` says that it is not about the target, but about what every verdict of the scenario
    rests on: where that is not there, all others are void, those that failed as well.
    """

    verdict: Verdict
    reason: str
    operations: tuple[str, ...] = ()
    ground: bool = False

    def as_line(
        self, scenario: str, requirement: str, check: str, args: Mapping[str, Json], step: str
    ) -> CheckLine:
        """What the named check found, as it stands in the evidence."""
        return CheckLine(
            scenario=scenario,
            requirement=requirement,
            check=check,
            args=dict(args),
            step=step,
            verdict=self.verdict,
            reason=self.reason,
            operations=list(self.operations),
            expected=meaning_of(check),
        )


def passed(reason: str, *operations: str) -> Finding:
    """What was expected is so."""
    return Finding(Verdict.PASS, reason, operations)


def failed(reason: str, *operations: str) -> Finding:
    """What was expected is not so."""
    return Finding(Verdict.FAIL, reason, operations)


def unjudged(reason: str, *operations: str) -> Finding:
    """Nothing tells whether what was expected is so."""
    return Finding(Verdict.INCONCLUSIVE, reason, operations)


Check = Callable[..., Finding]
"""`check(history, **args) -> Finding`; `args` are JSON values, operation ids among them."""

_CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Register a check under its function's name. Raises `ValueError` if the name is taken."""
    name = function.__name__
    if name in _CHECKS:
        raise ValueError(f"two checks are called {name}")
    _CHECKS[name] = function
    return function


Sentence = Callable[..., str]
"""`sentence(history, **args) -> str`: what a check found, as people read it."""

SENTENCES: dict[str, Sentence] = {}


def says(sentence: Sentence) -> Callable[[Check], Check]:
    """Let a check say in a sentence of its own what it found, where its reason names what stands in
    evidence by the names of ours.
    """

    def declare(function: Check) -> Check:
        SENTENCES[function.__name__] = sentence
        return function

    return declare


THEN: dict[str, tuple[str, str]] = {}
"""The `Then` steps that only name a check: by their words, the check, and the operation's name."""


def then(*words: str, of: str = "it") -> Callable[[Check], Check]:
    """Let a check say by which `Then` steps it is called, with an operation and nothing else.

    `of` is the name under which an earlier step has kept the operation.
    """

    def declare(function: Check) -> Check:
        THEN.update(dict.fromkeys(words, (function.__name__, of)))
        return function

    return declare


def run_check(name: str, history: History, args: Mapping[str, Json]) -> Finding:
    """Judge the history by the named check. Raises `KeyError` if there is no check of this name."""
    return named(name)(history, **args)


def named(name: str) -> Check:
    """The check of this name. Raises `KeyError` if there is none."""
    return _CHECKS[name]


def check_names() -> tuple[str, ...]:
    """Every registered check, sorted."""
    return tuple(sorted(_CHECKS))


def meaning_of(name: str) -> str:
    """What the named check expects, in one line: the first of its docstring.

    Raises:
        KeyError: there is no check of this name.
    """
    return (named(name).__doc__ or "").partition("\n")[0].strip()


def verdict_of(findings: Sequence[Finding]) -> tuple[Verdict, str]:
    """The verdict of a scenario that went to its end, and why: the worst of what was found.

    Without any finding nothing was judged, and that is inconclusive.
    """
    deciding = _deciding(findings)
    if not deciding:
        return Verdict.INCONCLUSIVE, NOTHING_JUDGED
    verdict = worst(finding.verdict for finding in deciding)
    reasons = dict.fromkeys(f.reason for f in deciding if f.verdict is verdict)
    return verdict, "; ".join(reasons) if verdict in _TOLD else ""


def rests_on(findings: Sequence[Finding], verdict: Verdict) -> list[str]:
    """The operations that a verdict rests on: those of the findings that say the same."""
    operations = (o for f in _deciding(findings) if f.verdict is verdict for o in f.operations)
    return list(dict.fromkeys(operations))


def are_void(findings: Sequence[Finding]) -> bool:
    """Whether what they rest on is not there."""
    return bool(_voiding(findings))


def _voiding(findings: Sequence[Finding]) -> list[Finding]:
    return [f for f in findings if f.ground and f.verdict is not Verdict.PASS]


def _deciding(findings: Sequence[Finding]) -> list[Finding]:
    """What decides: a ground that is not there, otherwise all that was found about the target."""
    return _voiding(findings) or [finding for finding in findings if not finding.ground]


class CheckFailed(AssertionError):
    """A check says that the target does not do what is required."""


class CheckInconclusive(PairproofError):
    """A check could not judge, and says why."""


class FindingLog(Protocol):
    """Where findings are written down."""

    def history(self) -> History:
        """What was recorded so far."""

    def record_finding(self, name: str, args: Mapping[str, Json], finding: Finding) -> Finding:
        """Write down what a check found; returns it as it was written, without secrets."""


class Judge:
    """Judges what was recorded, by named checks only."""

    def __init__(self, log: FindingLog) -> None:
        self._log = log

    def check(self, name: str, /, **args: Json) -> Finding:
        """Judge by the named check, and write the finding down.

        Raises:
            CheckFailed: the verdict is `fail`.
            CheckInconclusive: the verdict is `inconclusive`.
        """
        finding = run_check(name, self._log.history(), args)
        finding = self._log.record_finding(name, args, finding)
        if finding.verdict is Verdict.FAIL:
            raise CheckFailed(finding.reason)
        if finding.verdict is Verdict.INCONCLUSIVE:
            raise CheckInconclusive(finding.reason)
        return finding
