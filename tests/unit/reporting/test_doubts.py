"""Where a run proved little: each doubt is raised by the target that deserves it, and no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.history.lines import Footer, LineCounts, SelectionInfo
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.reader import Evidence
from harness.reporting.doubts import doubts
from tests.unit.history.writing import HEADER, scenario

KINDS = ("LogIn", "ViewPairing", "SendPairingRequest", "CancelPairingRequest")
SCENARIO = "withdraw/a"
REASONS = {401: "Unauthenticated", 403: "Forbidden", 409: "Conflict", 429: "TooManyRequests"}
PASSED = {SCENARIO: Verdict.PASS}

Target = Callable[[int], tuple[Outcome, int, str]]
"""The n-th answer of a target: how it is taken, its status, its body."""


def sound(n: int) -> tuple[Outcome, int, str]:
    return (Outcome.FAIL, 409, "taken") if n % 5 == 4 else (Outcome.OK, 200, f'{{"n":{n}}}')


def refuses_every_login(n: int) -> tuple[Outcome, int, str]:
    return Outcome.FAIL, (401, 403)[n % 2], f"no {n}"


def has_no_time(n: int) -> tuple[Outcome, int, str]:
    return Outcome.FAIL, 429, f"later {n}"


def talks_nonsense(n: int) -> tuple[Outcome, int, str]:
    return Outcome.INFO, 200, f"<html>{n}"


def says_ok_to_everything(n: int) -> tuple[Outcome, int, str]:
    return Outcome.OK, 200, "{}"


def refuses_nothing(n: int) -> tuple[Outcome, int, str]:
    return Outcome.OK, 200, f'{{"n":{n}}}'


def run(target: Target, count: int = 40, *, hosts: int = 2, **header: object) -> Evidence:
    """A run against the target: so many requests in one scenario."""
    return evidence([asked(n, *target(n), host=f"edge-{n % hosts}") for n in range(count)], header)


def asked(
    n: int, outcome: Outcome, status: int, body: str, *, host: str = "edge-1"
) -> OperationRecord:
    response: Mapping[str, Json] = {"status": status, "headers": {}, "body": body}
    error: Mapping[str, Json] | None = {"reason": REASONS[status]} if status in REASONS else None
    return OperationRecord(
        id=f"{SCENARIO}#{n}",
        scenario=SCENARIO,
        actor="operator",
        kind=KINDS[n % len(KINDS)],
        args={},
        start=n,
        end=n,
        outcome=outcome,
        error=error,
        response=response,
        tags={"host": host},
    )


def evidence(operations: list[OperationRecord], header: Mapping[str, object]) -> Evidence:
    return Evidence(
        path=Path("evidence.jsonl"),
        header=msgspec.structs.replace(HEADER, **header),
        scenarios=(scenario(SCENARIO),),
        histories={SCENARIO: History(tuple(operations))},
        checks=(),
        verdicts=(),
        footer=Footer(counts=LineCounts(), digest=""),
        complete=True,
        problems=(),
        sha256="0" * 64,
        operation_count=len(operations),
    )


def described(given: Evidence, verdicts: Mapping[str, Verdict] = PASSED) -> list[str]:
    return list(doubts(given, verdicts))


def test_of_a_sound_target_there_is_no_doubt() -> None:
    assert described(run(sound)) == []


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (refuses_every_login, "40 of 40 requests were refused for want of a login or of a"),
        (has_no_time, "40 of 40 requests were too many for its rate limit"),
        (talks_nonsense, "40 of 40 operations had no well-formed answer"),
        (says_ok_to_everything, "all of 40 requests got one and the same answer"),
        (refuses_nothing, "the target refused none of 40 operations"),
    ],
)
def test_a_target_that_shows_little_is_told_of(target: Target, words: str) -> None:
    assert any(words in doubt for doubt in described(run(target)))


@pytest.mark.parametrize("wire", [None, {}, {"frame": "0a01"}])
def test_a_driver_need_not_tell_of_its_wire(wire: Mapping[str, Json] | None) -> None:
    """It does not speak HTTP, or keeps to itself how; what it made of the answers tells."""

    def with_wire(target: Target) -> list[str]:
        operations = run(target).histories[SCENARIO].operations
        for n, operation in enumerate(operations):
            operation.response = wire
            operation.value = {"n": n} if operation.outcome is Outcome.OK else None
        return described(evidence(list(operations), {}))

    assert with_wire(sound) == []
    assert "40 of 40 requests were refused for want of a login" in with_wire(refuses_every_login)[0]
    assert "40 of 40 requests were too many" in with_wire(has_no_time)[0]


@pytest.mark.parametrize("target", [refuses_every_login, has_no_time, talks_nonsense])
def test_nearly_all_is_enough_where_there_is_much(target: Target) -> None:
    def mostly(n: int) -> tuple[Outcome, int, str]:
        return sound(n) if n in (0, 1) else target(n)

    def half(n: int) -> tuple[Outcome, int, str]:
        return sound(n) if n % 2 else target(n)

    assert len(described(run(mostly))) == 1
    assert not any("requests were" in d or "well-formed" in d for d in described(run(half)))


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_answers_are_no_pattern(count: int) -> None:
    for target in (refuses_every_login, has_no_time, says_ok_to_everything):
        assert described(run(target, count)) == []


@pytest.mark.parametrize("count", [1, 2])
def test_each_answer_that_could_not_be_read_is_counted(count: int) -> None:
    (doubt,) = described(run(talks_nonsense, count))
    assert doubt.startswith(f"{count} of {count} answers could not be read, the first at ")


def test_a_run_without_a_request_says_so() -> None:
    arranged = asked(0, Outcome.OK, 200, "")
    arranged.actor = "harness"
    words = "no request was sent to the target"
    assert [words in doubt for doubt in described(evidence([arranged], {}))] == [True]
    assert [words in doubt for doubt in described(evidence([], {}))] == [True]


def test_one_edge_host_is_not_a_cluster_of_several() -> None:
    (doubt,) = described(run(sound, hosts=1, features=["multi-node"]))
    assert doubt == (
        "everything was asked of one edge host, so nothing was seen of a cluster of several"
    )
    (doubt,) = described(run(sound, hosts=1))
    assert doubt.endswith("(it does not claim multi-node)")
    assert described(run(sound, hosts=1, roles=["central"])) == []


def test_little_is_expected_of_a_selection() -> None:
    selection = SelectionInfo(requirements=["WDR-4"])
    assert described(run(refuses_nothing, hosts=1, selection=selection)) == []


@pytest.mark.parametrize(
    ("unsure", "passed", "skipped", "words"),
    [
        (3, 2, 0, "most scenarios could not be judged: 3 of 5 are inconclusive"),
        (2, 3, 0, ""),
        (2, 2, 0, ""),
        (0, 1, 2, "only 1 of 3 scenarios judged anything"),
        (0, 2, 2, ""),
    ],
)
def test_most_scenarios_should_have_judged_something(
    unsure: int, passed: int, skipped: int, words: str
) -> None:
    verdicts = [Verdict.INCONCLUSIVE] * unsure + [Verdict.PASS] * passed
    verdicts += [Verdict.NOT_SUPPORTED] * skipped
    others = {f"x/{n}": verdict for n, verdict in enumerate(verdicts[1:])}
    found = described(run(sound), {SCENARIO: verdicts[0], **others})
    assert len(found) == bool(words)
    assert all(words in doubt for doubt in found)
