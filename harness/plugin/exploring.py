"""The lane of drawn sequences: beside the scenarios, on the same target, in the same evidence."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from harness.catalogue.requirements import by_id
from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding
from harness.context.recorder import Inconclusive
from harness.explore.lockstep import Differs, Lockstep, feature_of
from harness.explore.recording import Drawing
from harness.explore.search import INCONCLUSIVE, Explored, SearchBudget, explore, word_of
from harness.history.lines import DRAWN, ScenarioLine
from harness.history.operation import Json
from harness.history.wording import counted
from harness.running.run import Run
from harness.running.scenario import StepAt

FINDS_MAX = 5
"""So many different findings are enough; with each, others of the same defect are likelier."""

FILE = "found.feature"
"""What was found, as scenarios, in the folder of the run."""


def drawing_budget(config: pytest.Config) -> SearchBudget | None:
    """How long to draw, or how much; `None` where nobody asks for it."""
    seconds, _, examples = str(config.getoption("pairproof_explore")).partition(":")
    if not seconds:
        return None
    return SearchBudget(int(examples or 0), seconds=float(seconds), finds=FINDS_MAX)


def explore_lane(run: Run, budget: SearchBudget) -> Explored:
    """Draw sequences on the target of a run. What differs becomes a scenario: it is made once
    more, written down, and judged by the same checks.
    """
    mark = run.belongings.mark if run.belongings else ""
    drawing = Drawing(
        run.driver, run.pool, run.redactor, run.seed, run.limits, mark, give_back=run.give_back
    )
    explored = explore(drawing, run.driver, run.seed, budget)
    told = (
        f"{explored.drawn} sequences drawn by the seed {run.seed}:"
        f" {explored.operations} operations, {explored.states} states of both sides,"
        f" {explored.unjudged.total()} not judged to their end, {len(explored.finds)} found"
    )
    if explored.left_out:
        reasons = "; ".join(sorted(explored.left_out))
        told += f", {counted(explored.left_out.total(), 'action')} left out ({reasons})"
    run.writer.scenario(ScenarioLine(id=DRAWN, name=told, feature=DRAWN, line=0, requirements=[]))
    for found in explored.finds:
        _record(run, drawing, found)
    if explored.finds:
        scenarios = "\n".join(map(feature_of, explored.finds))
        (run.writer.path.parent / FILE).write_text(run.redactor.text(scenarios), "utf-8")
    return explored


def _record(run: Run, drawing: Drawing, found: Differs) -> None:
    requirement = found.expected.requirement
    scenario = run.begin(
        ScenarioLine(
            id=f"{DRAWN}/{word_of(found)}",
            name="; ".join(str(step) for step in (*found.steps, found.expected)),
            feature=DRAWN,
            line=0,
            requirements=[requirement],
            profile=by_id(requirement).profile.value,
        )
    )
    context = scenario.context = drawing.context_of(scenario.recorder)

    def write_down(check: str, args: Mapping[str, Json], requirement: str, found: Finding) -> None:
        scenario.record_finding(check, args, found)

    lockstep = Lockstep(context, judged=write_down)
    error: BaseException | None = None
    try:
        for step in found.steps:
            scenario.begin_step(StepAt(str(step)))
            lockstep.take(step)
        scenario.begin_step(StepAt(str(found.expected)))
        lockstep.repeat((), found.expected.says)
    except Differs:
        pass
    except INCONCLUSIVE as ended:
        error = ended
    if error is None and scenario.verdict(None)[0] is not Verdict.FAIL:
        error = Inconclusive(_not_again(found))
    run.end(scenario, error)


def _not_again(found: Differs) -> str:
    """What is told of something that differed at first only."""
    expected = found.expected
    return (
        "a drawn sequence differed, and did not when it was made again: it depends on time. At"
        f" first it differed from {expected.requirement} after {found.steps[-1].says!r}: expected"
        f" was {expected.says!r}, and what came was: {found.reason}"
    )
