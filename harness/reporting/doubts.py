"""Where a run proved little, although its verdicts may all be green.

A doubt decides no verdict: it says what a reader should know before relying on one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from harness.catalogue.requirement import Feature, Role
from harness.catalogue.verdict import Verdict
from harness.checkers.answers import ARRANGES, unread
from harness.domain.errors import Reason
from harness.history.lines import EvidenceHeader
from harness.history.operation import FAIL, INFO, OK, OperationRecord
from harness.history.reader import Evidence
from harness.history.wording import WAITS

FEW: Final = 3
"""Fewer answers than that are no pattern."""
SAME_MIN: Final = 5
WHOLE_MIN: Final = 20
"""With fewer operations nothing is expected of a whole run."""
NEARLY_ALL: Final = 0.9

_ANSWERED: Final = (Verdict.PASS, Verdict.FAIL, Verdict.OBSERVED)


def doubts(evidence: Evidence, scenarios: Mapping[str, Verdict]) -> Iterator[str]:
    """What should make a reader doubt that the run shows much; nothing where it does.

    `scenarios` is the verdict of each scenario that counts.
    """
    yield from evidence.warnings
    yield from _of_scenarios(scenarios.values())
    if not scenarios:
        return
    histories = [evidence.histories[id_] for id_ in scenarios if id_ in evidence.histories]
    asked = [o for h in histories for o in h.operations if o.actor != ARRANGES]
    if not asked:
        yield "no request was sent to the target: nothing here shows how it behaves"
        return
    sent = [o for o in asked if o.kind not in WAITS]
    in_common = list(_of_answers(sent))
    came, lost = unread(asked)
    if lost and not in_common:
        yield f"{lost.total()} of {came} answers could not be read, the first at {next(iter(lost))}"
    yield from in_common
    if evidence.header.is_whole and len(sent) >= WHOLE_MIN:
        yield from _of_a_whole_run(sent, evidence.header)


def _of_scenarios(verdicts: Iterable[Verdict]) -> Iterator[str]:
    found = list(verdicts)
    unsure = found.count(Verdict.INCONCLUSIVE)
    judged = sum(found.count(verdict) for verdict in _ANSWERED)
    if unsure > judged:
        yield f"most scenarios could not be judged: {unsure} of {len(found)} are inconclusive"
    elif judged * 2 < len(found):
        yield f"only {judged} of {len(found)} scenarios judged anything; the others were left out"


def _of_answers(sent: Sequence[OperationRecord]) -> Iterator[str]:
    """What all answers have in common. The first that fits says it."""
    answered = [o for o in sent if o.outcome is not INFO or o.response]
    reasons = [(o.error or {}).get("reason") for o in answered]
    unknown = sum(o.outcome is INFO for o in sent)
    refused = reasons.count(Reason.UNAUTHENTICATED) + reasons.count(Reason.FORBIDDEN)
    limited = reasons.count(Reason.RATE_LIMITED)
    if _is_nearly_all(unknown, len(sent)):
        yield (
            f"{unknown} of {len(sent)} operations had no well-formed answer, so what they did is"
            " unknown; look at addresses, paths and names in the target file"
        )
    elif _is_nearly_all(refused, len(answered)):
        yield (
            f"{refused} of {len(answered)} requests were refused for want of a login or of a"
            " permission, so little else was seen; look at the credentials"
        )
    elif _is_nearly_all(limited, len(answered)):
        yield (
            f"{limited} of {len(answered)} requests were too many for its rate limit, so little"
            " else was seen; lower the rate in the target file, or ask for more"
        )
    elif _are_the_same(answered):
        yield (
            f"all of {len(answered)} requests got one and the same answer, whatever they asked"
            " for; that may be a stub, a proxy or a catch-all page"
        )


def _is_nearly_all(count: int, total: int) -> bool:
    if total < FEW:
        return False
    return count == total or (total >= WHOLE_MIN and count >= NEARLY_ALL * total)


def _are_the_same(answered: Sequence[OperationRecord]) -> bool:
    """Whether different questions had but one answer."""
    kinds = {o.kind for o in answered}
    answers = {_answer(o) for o in answered}
    return len(answers) == 1 and len(answered) >= SAME_MIN and len(kinds) >= FEW


def _answer(operation: OperationRecord) -> str:
    """What came, as it was on the wire where that was HTTP; a driver need not tell of its wire."""
    came = operation.response
    if came and "body" in came:
        return str((came.get("status"), came["body"]))
    return str((operation.outcome, operation.value, operation.error, came))


def _of_a_whole_run(sent: Sequence[OperationRecord], header: EvidenceHeader) -> Iterator[str]:
    """What a whole run should have met."""
    happened = sum(o.outcome is OK for o in sent)
    if happened >= WHOLE_MIN and not any(o.outcome is FAIL for o in sent):
        yield (
            f"the target refused none of {len(sent)} operations, although much of what was asked"
            " for must be refused"
        )
    hosts = {str(o.tags["host"]) for o in sent if o.tags.get("host")}
    if len(hosts) == 1 and {Role.EDGE.value, Role.BOTH.value} & set(header.roles):
        claims = Feature.MULTI_NODE.value in header.features
        why = "" if claims else f" (it does not claim {Feature.MULTI_NODE.value})"
        yield (
            "everything was asked of one edge host, so nothing was seen of a cluster of several"
            f"{why}"
        )
