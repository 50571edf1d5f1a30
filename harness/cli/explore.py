"""`pairproof explore`: sequences from the model in lockstep with a target; prints what differs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalogue.errors import UnknownName
from harness.cli.commands.proof import Exploration
from harness.cli.exits import CONFORMS, DOES_NOT_CONFORM, INCONCLUSIVE, CannotDo, put, say
from harness.cli.folders import folder_for
from harness.history.lines import LeakLine, RunInfo
from harness.history.visible import visible_line
from harness.history.wording import counted
from harness.opening import driver_names, goes_with_run, open_target
from harness.running.belongings import Belongings, owned_now
from harness.running.facts import now_utc
from harness.running.session import seldom_collecting
from harness.targets.stepping import stepping

if TYPE_CHECKING:
    from harness.explore.search import Explored


def explore_target(asked: Exploration) -> int:
    """Explore, and print what was found as a scenario; returns the exit code.

    0: nothing was found. 1: something was. 3: most sequences could not be judged.

    Raises:
        CannotDo: the folder has evidence of another run.
        UnknownName: there is no such driver.
        UnknownSequence: what is to be made again is no sequence.
        PairproofError: the target cannot be used, or the evidence cannot be written.
    """
    if asked.how not in driver_names():
        raise UnknownName("driver", asked.how, driver_names())
    evidence = asked.out / "evidence.jsonl" if asked.out else None
    if evidence is not None and evidence.exists():
        raise CannotDo(f"--out {asked.out}: there is evidence of another run; name another folder")
    left: list[LeakLine] = []
    explored = _carried_out(asked, evidence, left)
    _print_counts(asked, explored)
    if evidence is not None:
        put(f"evidence: {evidence}")
    code = _verdict(asked, explored)
    return INCONCLUSIVE if left and code == CONFORMS else code


def _carried_out(asked: Exploration, evidence: Path | None, left: list[LeakLine]) -> Explored:
    """Explore; `left` takes what could not be removed from a target that outlives this."""
    from harness.explore.recording import Recording
    from harness.explore.search import SearchBudget, explore, make_again, steps_of

    again = steps_of(asked.sequence) if asked.sequence else ()
    planted = str(asked.planted)
    with ExitStack() as held:
        opened = open_target(asked.how, asked.target, asked.seed, planted)
        held.callback(opened.close)
        driver = stepping(opened)
        mark = ""
        if not goes_with_run(asked.how, asked.target):
            folder = evidence.parent if evidence else folder_for(None, "explore")
            belongings = Belongings(opened, folder, owned_now(opened, asked.target))
            held.callback(_give_back, belongings, left)
            driver, mark = belongings.noted(driver), belongings.mark
        held.enter_context(seldom_collecting())
        recording = Recording(driver, asked.seed, evidence, RunInfo(started_at=now_utc()), mark)
        held.callback(lambda: recording.close(now_utc()))
        if again:
            return make_again(recording, driver, again)
        budget = SearchBudget(asked.examples, asked.steps, asked.seconds)
        return explore(recording, driver, asked.seed, budget)


def _give_back(belongings: Belongings, left: list[LeakLine]) -> None:
    """Remove what was made, and say what could not be."""
    try:
        belongings.give_back_all()
    finally:
        left += belongings.leaks()
        for leak in left:
            say(visible_line(f"left on the target: {leak.kind} {leak.what}: {leak.why}"))
        if left:
            say(f"`pairproof cleanup {belongings.ledger.path}` tries again")
        belongings.close()


def _print_counts(asked: Exploration, explored: Explored) -> None:
    from harness.explore.actions import ACTIONS, STARTS
    from harness.explore.assertions import ASSERTIONS

    known = len(STARTS) + len(ACTIONS) + len(ASSERTIONS)
    put(
        f"{counted(explored.drawn, 'sequence')}, {counted(explored.operations, 'operation')},"
        f" {counted(explored.states, 'state')},"
        f" {len(explored.covered)} of {known} actions, seed {asked.seed}"
    )
    for why, many in sorted(explored.left_out.items()):
        say(f"{counted(many, 'action')} left out: {why}")
    for why, times in sorted(explored.unjudged.items()):
        say(f"{counted(times, 'sequence')} ended early: {why}")
    if explored.ran_out:
        say(f"the {asked.seconds:g} s were up before all sequences were drawn")


def _verdict(asked: Exploration, explored: Explored) -> int:
    from harness.explore.lockstep import feature_of
    from harness.explore.search import word_of
    from harness.reporting.words import command

    found = explored.first
    if found is not None:
        put(f"differs from the procedure ({found.expected.requirement}): {found.reason}\n")
        put(feature_of(found).rstrip("\n"))
        again = ["explore", "--sequence", word_of(found), "--seed", str(asked.seed)]
        again += ["--driver", asked.driver] if asked.driver else []
        again += ["--target", str(asked.target)] if asked.target else []
        kind, _, planted = str(asked.planted).partition(":")
        again += [f"--{kind}", planted] if planted else []
        say(f"once more: {command(*again)}")
        if explored.is_cut_short:
            say("the time was up before it was as short as it can be: give it more --seconds")
        if not explored.again:
            say("it did not differ again when the same steps were repeated: it depends on time")
        return DOES_NOT_CONFORM
    if not explored.is_conclusive:
        say("most sequences could not be judged, for the reasons above")
        return INCONCLUSIVE
    put("nothing differs from the procedure")
    return CONFORMS
