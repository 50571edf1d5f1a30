"""What the suite says of servers that lie: never a pass, a traceback or a hang.

Each liar runs through the scenarios of one requirement whose answers it falsifies, over real
sockets. `FAIL` is for what the target itself can be blamed for, `INCONCLUSIVE` for what cannot
be told from a broken network; the reason has to say what came, so that a person can act on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from harness.catalogue.verdict import Verdict
from harness.proving.trials import Trial, TrialOutcome, TrialResult, run_trials
from harness.reference.behaviour import Behaviour
from harness.reference.planting import MUTANTS, Mutant
from tests.integration.lying.liars import (
    Lie,
    answers,
    before,
    closes_without_a_word,
    does_nothing,
    is_cut_off,
    is_silent,
    never_ends,
    with_headers,
    with_json,
)

FAIL, INCONCLUSIVE, PASS = Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS
HTML = b"<!doctype html><title>Sign in</title><h1>Please sign in to the network</h1>"
JSON = ("content-type", "application/json")
LIMITS = {"answer_s": 1.5, "await_s": 0.5, "settle_s": 5.0, "poll_s": 0.1}
"""Short, as most of what is waited for never comes, and looked for less often than elsewhere."""


@dataclass(frozen=True)
class Case:
    """A liar, the requirement whose scenarios meet it, and what has to come of that.

    `but` are the scenarios that never meet the lie, by a part of their id: they may pass.
    """

    lie: Lie
    ending: str
    requirement: str
    verdict: Verdict
    reason: str
    method: str = "POST"
    but: str = "$."


def sends(lie: Lie, reason: str, verdict: Verdict = INCONCLUSIVE) -> Case:
    return Case(lie, "/cluster/pair", "SND-3", verdict, reason)


def search(lie: Lie, reason: str, verdict: Verdict = INCONCLUSIVE) -> Case:
    return Case(lie, "/pairing/search", "SND-4", verdict, reason, but="opens-the-request")


def somebody_elses(found: Any) -> Any:
    return {"pairingUid": "00000000000000000000beef"} if "pairingUid" in found else found


CASES = {
    "html with 200": sends(answers(200, HTML, ("content-type", "text/html")), "html"),
    "a page of a proxy": sends(answers(502, HTML, ("content-type", "text/html")), "502"),
    "json of another shape": sends(answers(201, b'["u1"]', JSON), "201"),
    "an id that is a number": sends(answers(201, b'{"pairingUid": 7}', JSON), "pairingUid"),
    "no id": sends(answers(201, b"{}", JSON), "pairingUid"),
    "an empty body": sends(answers(201, b"", JSON), "201"),
    "half a body": sends(answers(201, b'{"pairingUid": "u', JSON), "201"),
    "cut off": sends(is_cut_off, "clos|cut|incomplete|end"),
    "without end": sends(never_ends, "more than|longer|too|limit|within"),
    "not a word": sends(closes_without_a_word, "disconnect|closed|without|broke|500"),
    "silence": sends(is_silent, "answer"),
    "redirect to itself": sends(
        answers(302, b"", ("location", "/v1/edge-mgmt/cluster/pair")), "302|redirect"
    ),
    "too many requests, for ever": sends(
        answers(429, b'{"code": "TooMany", "message": "slow down"}', JSON), "slow down|rate"
    ),
    "come back tomorrow": sends(
        answers(429, b'{"code": "T", "message": "slow down"}', JSON, ("retry-after", "86400")),
        "slow down|rate",
    ),
    "come back nonsense": sends(
        answers(429, b'{"code": "T", "message": "slow down"}', JSON, ("retry-after", "soon")),
        "slow down|rate",
    ),
    "a list that is text": search(answers(200, b'{"items": "none"}', JSON), "items"),
    "a list of nothing known": search(answers(200, b'{"items": [{"a": 1}]}', JSON), "items|uid"),
    "a page instead of a list": search(answers(200, HTML, ("content-type", "text/html")), "html"),
    "a list that never holds it": search(answers(200, b'{"items": []}', JSON), "list", FAIL),
    "an id of somebody else": Case(
        with_json(somebody_elses), "/cluster/pair", "SND-4", FAIL, "list|request|id"
    ),
    "a send that does nothing": Case(
        does_nothing(201, b'{"pairingUid": "00000000000000000000beef"}'),
        "/cluster/pair",
        "SND-3",
        FAIL,
        "request|id|pending",
    ),
    "a cancel that does nothing": Case(
        does_nothing(200),
        "/cluster/pair/reject",
        "WDR-3",
        FAIL,
        "pending|still lists",
        but="as-before",
    ),
    "an acceptance that does nothing": Case(
        does_nothing(200, b'{"uid": "00000000000000000000beef"}'),
        "/accept",
        "ACC-12",
        FAIL,
        "cluster|manage|pair|pending|acceptance",
    ),
    "a rejection that does nothing": Case(
        does_nothing(204, b""), "/reject", "REJ-5", FAIL, "still lists", but="can-still-be-accepted"
    ),
    "a second type of content": sends(with_headers(JSON, ("content-type", "text/html")), "", PASS),
    "no type of content": sends(with_headers(("x-nothing", "said")), "", PASS),
}

SOME = (
    *("html with 200", "no id", "half a body", "cut off", "without end", "silence"),
    *("redirect to itself", "come back tomorrow", "a list that is text"),
    *("a list that never holds it", "a send that does nothing", "no type of content"),
)
"""One of each kind of lie."""


def planted(name: str, case: Case) -> Mutant:
    """The liar as something that a trial can plant."""
    wrap = before(case.method, case.ending, case.lie)
    side = "wrap_local_ui" if "/cluster/pair" in case.ending else "wrap_palette"
    behaviour = Behaviour(limits=LIMITS, **{side: wrap})
    return Mutant(name, case.requirement, f"{name}.", behaviour)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(SOME, id="some"),
        pytest.param(
            [name for name in CASES if name not in SOME], id="others", marks=pytest.mark.slow
        ),
    ],
)
def test_liars_get_the_verdicts_that_they_deserve(names: Sequence[str]) -> None:
    """One test, since a fixture of the module would be made by each worker anew."""
    wrong: list[str] = []

    def report(trial: Trial, result: TrialResult) -> None:
        name = trial.planted.removeprefix("mutant:")
        wrong.extend(f"{name}: {why}" for why in undeserved(CASES[name], result))

    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setitem(MUTANTS.entries, name, planted(name, CASES[name]))
        trials = [Trial(f"mutant:{name}", "http", CASES[name].requirement) for name in names]
        run_trials(trials, 3, report)
    assert not wrong, "\n".join(wrong)


def undeserved(case: Case, result: TrialResult) -> Iterator[str]:
    """What is wrong with the verdicts on a liar, as lines for people."""
    met = [e for e in result.ended if not re.search(case.but, e.scenario)]
    told = "\n".join(f"{e.verdict.value} {e.scenario}: {e.reason}" for e in met)
    deserved = [e for e in met if e.verdict is case.verdict]
    if result.problem or not met:
        yield result.problem or "no scenario met it"
    if "harness itself failed" in told or "Traceback" in told:
        yield f"the harness failed\n{told}"
    if case.verdict is not PASS and PASS in {e.verdict for e in met}:
        yield f"something passed\n{told}"
    if not deserved or not all(re.search(case.reason, e.reason, re.I) for e in deserved):
        yield f"not {case.verdict.value} because of {case.reason!r}\n{told}"


@pytest.mark.parametrize(
    ("verdict", "reason", "expected"),
    [
        (PASS, "", "something passed"),
        (FAIL, "html", "not inconclusive"),
        (INCONCLUSIVE, "json", "not inconclusive because of 'html'"),
        (INCONCLUSIVE, "html; the harness itself failed: KeyError", "the harness failed"),
    ],
)
def test_an_undeserved_verdict_is_told(verdict: Verdict, reason: str, expected: str) -> None:
    ended = TrialOutcome("send:a-scenario", ["SND-3"], verdict, reason)
    found = list(undeserved(CASES["html with 200"], TrialResult([ended])))
    assert any(expected in line for line in found)
