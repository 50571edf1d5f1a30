"""What was found, in the words of the procedure: from what evidence holds, and nothing else.

A check tells its sentence where it is declared (`registry.says`), a predicate as well
(`history.predicates`); what stands in evidence keeps its names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import SENTENCES, check_names
from harness.domain.errors import Reason
from harness.history.lines import CheckLine
from harness.history.operation import History, OperationRecord, Outcome
from harness.history.predicates import Sample, contrary, expectation, holds, predicate_names
from harness.history.wording import WAITS, begun, happened, noun, short, since, why, without_names

NOT_REACHED: Final = "precondition not reached: "
_LACKING: Final = (LookupError, TypeError, ValueError, AttributeError)
"""What is raised where evidence of another version lacks what a sentence needs."""
_REASONS: Final = re.compile(rf" \((?:{'|'.join(Reason)})\)")


def sentence_of(line: CheckLine, history: History) -> str:
    """What a check found, in the words of the procedure.

    Evidence of other versions may lack what its sentence needs, and name checks that are not known:
    then it is what a wait saw on which it rests, or the reason, with operations in words.
    """
    with suppress(*_LACKING):
        return short(SENTENCES[line.check](history, **line.args))
    for record in [o for o in history.operations if o.id in line.operations and o.kind in WAITS]:
        if line.verdict is not Verdict.PASS and (record.value or {}).get("held") is False:
            with suppress(*_LACKING):
                return short(describe_wait(record, history))
    told = readable(line.reason, history)
    return begun(told) if line.check in check_names() else told


def sentences_of(
    checks: Iterable[CheckLine], history: History, verdict: Verdict, reason: str
) -> str:
    """The reason of a verdict in the words of the procedure: what the checks found that decided it,
    or what else ended the scenario.
    """
    deciding = [c for c in checks if c.verdict is verdict and c.reason and c.reason in reason]
    found = dict.fromkeys(sentence_of(line, history) for line in deciding)
    return "; ".join(found) or readable(reason, history)


def expected_of(line: CheckLine, history: History) -> str:
    """What a check expected, in a sentence."""
    with suppress(*_LACKING):
        args = history[str(line.args["operation"])].args
        limit, looked = args.get("within_s", args.get("during_s")), args["predicate_args"]
        limit = f"{limit:g}" if isinstance(limit, float) else limit
        given = looked if isinstance(looked, dict) else {}
        told = expectation(str(args["predicate"]), str(args["polls"]), given)
        return short(f"{told}, {'within' if 'within_s' in args else 'for'} {limit} s")
    return re.sub(r"; see `\w+`", "", line.expected)


def readable(text: str, history: History) -> str:
    """A reason that no check told, or none that is known, without names of ours."""
    told = text
    if text.startswith(NOT_REACHED):
        with suppress(*_LACKING):
            told = _describe_missed(text.removeprefix(NOT_REACHED), history) or text
    told = _REASONS.sub("", without_names(told, [o.kind for o in history.operations]))
    told = re.sub(r"\bpairing_uid\b", "pairing id", told)
    known = [name for name in (*check_names(), *predicate_names()) if "_" in name]
    told = re.sub(rf"\b(?:{'|'.join(known)})\b", lambda m: m[0].replace("_", " "), told)
    return short(told if told == text else begun(told))


def _describe_missed(text: str, history: History) -> str:
    """A precondition that was not reached, by the operation that should have brought it about;
    empty where there is none.
    """
    for n, record in reversed(list(enumerate(history.operations))):
        if record.kind in WAITS and f"{record.args.get('polls')} never showed" in text:
            if not (record.value or {}).get("held"):
                return f"The scenario did not get that far: {describe_wait(record, history)}"
        elif text.startswith(f"{record.kind}: ") and record.outcome is not Outcome.OK:
            told = f"{happened(record)}{since(history.operations[:n], record.end or record.start)}"
            return f"The scenario did not get that far: {told}: {why(record)}"
    return ""


def describe_wait(record: OperationRecord, history: History) -> str:
    """What a wait saw in place of what it looked for, and how long after what was done before."""
    args, polls = record.args, str(record.args["polls"])
    name, given = str(args["predicate"]), args["predicate_args"]
    looked = given if isinstance(given, dict) else {}
    samples, stays = record.samples, record.kind == "stays"
    against = [
        s
        for s in samples
        if name not in predicate_names() or not holds(name, Sample.from_json(s), looked)
    ]
    telling = [s for s in against if Sample.from_json(s).outcome is not Outcome.INFO]
    if not telling:
        last = Sample.from_json(samples[-1]).error.get("why") if samples else ""
        return f"no well-formed answer came about {noun(polls)}{f': {last}' if last else ''}"
    sample = telling[0] if stays else telling[-1]
    at = sample.get("at") if stays else record.end
    before = [o for o in history.operations if o.start <= record.start and o is not record]
    when = since(before, at if isinstance(at, int) else record.end or record.start)
    return contrary(name, polls, looked, Sample.from_json(sample), not stays, when)
