"""A move does what the step of the same words does."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest

import harness.plugin.features
import harness.plugin.parallel  # noqa: F401
from harness.context.last_look import LOOKS
from harness.explore.actions import ACTIONS, STARTS
from harness.explore.assertions import ASSERTIONS
from harness.explore.lockstep import Differs, Expected, Lockstep, scenario_of
from harness.explore.model import settled
from harness.explore.recording import Recording
from harness.history.operation import OperationRecord
from harness.history.reader import read_evidence
from harness.opening import open_inprocess
from harness.suite import import_steps

pytest_plugins = ["pytester"]

import_steps()

SEQUENCES = 130
LENGTH = 14
LIST = "the administrator looks at the list of requests"
"""Whatever came before, it succeeds: each scenario has something to judge."""


SEND, CANCEL = ACTIONS[0].says, "the operator cancels the pairing request"
DIRECTED = (
    (SEND, CANCEL, SEND, "the administrator accepts the earlier request"),
    (SEND, CANCEL, SEND, "the administrator rejects the earlier request"),
    (SEND, 'a user with every permission but "list"', 'this person tries to "reject"'),
    (SEND, 'a user with every permission but "update"', 'this person tries to "accept"'),
    (
        SEND,
        'a user with every permission but "delete"',
        'this person tries to "list"',
        'this person tries to "open"',
    ),
    (
        SEND,
        "the administrator accepts the request",
        "Palette manages the cluster",
        "the administrator asks Palette to give the cluster back to local management",
    ),
)
"""What chance seldom comes to."""


def settle(lockstep: Lockstep) -> None:
    """Wait for the agents, where they have something to do: when they do it is their affair."""
    if settled(lockstep.worlds) != lockstep.worlds:
        for assertion in ASSERTIONS:
            if assertion.tells:
                lockstep.assertion(assertion)


def directed(lockstep: Lockstep, words: tuple[str, ...]) -> None:
    """A sequence of just these steps, and the one that is judged."""
    by_words = {step.says: step for step in (*ACTIONS, *ASSERTIONS)}
    lockstep.make(STARTS[0])
    for says in (*words, LIST):
        assert lockstep.take(by_words[says]), says


def drawn(lockstep: Lockstep, rng: Random) -> None:
    """A sequence that is drawn at random, of moves that were made least so far."""
    seen = lockstep.covered
    lockstep.make(rng.choice(STARTS))
    while len(lockstep.steps) < LENGTH:
        fitting = [action for action in ACTIONS if lockstep.fits(action)]
        rng.shuffle(fitting)
        fitting.sort(key=lambda action: seen[str(action)])
        lockstep.make(rng.choice(fitting[:6]))
        if rng.random() < 0.4:
            settle(lockstep)
            lockstep.make(ACTIONS[0])
        settle(lockstep)
        lockstep.assertion(rng.choice(ASSERTIONS))
    lockstep.make(next(action for action in ACTIONS if action.says == LIST))


def kinds(operations: list[OperationRecord]) -> list[tuple[str, str, str, object]]:
    told = (o for o in operations if o.kind != "SeeEffect")  # a scenario asks at its end as well
    return [(o.actor, o.kind, str(o.args.get("predicate")), o.outcome) for o in told]


def test_a_sequence_is_the_same_as_a_scenario(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    rng, seen = Random(7), Counter[str]()
    driver = open_inprocess(1)
    recording = Recording(driver, 1)
    done, scenarios = [], ["Feature: drawn"]
    for number in range(SEQUENCES):
        context, _ = recording.open_context(number)
        lockstep = Lockstep(context, covered=seen)
        if number < len(DIRECTED):
            directed(lockstep, DIRECTED[number])
        else:
            drawn(lockstep, rng)
        done.append(kinds(list(context.recorder.history().operations)))
        text = scenario_of(Differs(tuple(lockstep.steps), Expected("it succeeds", "INV-1"), ""))
        scenarios.append(text.replace("Scenario: ", f"Scenario: {number} "))
        context.clean_up()
    recording.close()
    driver.close()
    feature = pytester.path / "drawn.feature"
    feature.write_text("\n\n".join(scenarios) + "\n", "utf-8")
    pytester.makeini("[pytest]\npairproof_features = true\n")
    plugins = ("-p", "pytest_bdd.plugin", "-p", "harness.plugin", "-p", "no:cacheprovider")
    words = (*plugins, "--assert=plain", "--driver", "inprocess", "--out", "out", str(feature))
    pytester.runpytest_inprocess(*words)
    evidence = read_evidence(Path(pytester.path, "out"))
    # What is drawn may arrange a fault for a message that never comes.
    reasons = {v.reason.partition(":")[0] for v in evidence.verdicts}
    assert reasons == {"", "the fault did not take effect"}
    found = [kinds(list(evidence.histories[line.id].operations)) for line in evidence.scenarios]
    for number, expected in enumerate(done):  # a scenario that has passed is looked at once more
        assert found[number][: len(expected)] == expected, scenarios[number + 1]
        assert len(found[number]) <= len(expected) + LOOKS
    missed = {str(step) for step in (*STARTS, *ACTIONS)} - seen.keys()
    assert missed == set()
