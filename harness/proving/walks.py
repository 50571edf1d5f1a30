"""The walks over every interleaving, on several cores: of the reference, and of the mutants
that only an unlucky order of events gives away, or a sequence that nobody thinks of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from harness.domain.errors import PairproofError
from harness.explore.interleavings import INTERLEAVINGS, Interleaving
from harness.explore.recording import Recording
from harness.explore.search import SearchBudget, explore
from harness.explore.walk import InterleavingResult, first_violation, walk
from harness.opening import open_inprocess
from harness.reference.behaviour import Behaviour
from harness.reference.drawn import DrawnMutant
from harness.reference.planting import MUTANTS, Lane, Mutant, behaviour_with

SEQUENCES_MAX = 1_000
"""So many sequences are drawn for a mutant of that lane."""


class UnknownInterleaving(PairproofError):
    """No interleaving has this name; the message says which there are."""


def interleavings_named(names: Sequence[str]) -> list[Interleaving]:
    """The interleavings of these names; all of them without any.

    Raises:
        UnknownInterleaving: there is none of a name.
    """
    for name in names:
        if name not in INTERLEAVINGS:
            raise UnknownInterleaving(
                f"no interleaving is called {name!r}; there are {', '.join(INTERLEAVINGS)}"
            )
    return [INTERLEAVINGS[name] for name in names] or list(INTERLEAVINGS.values())


def walk_all(
    interleavings: Sequence[Interleaving], faults: int | None, workers: int, planted: str = ""
) -> Iterator[InterleavingResult]:
    """Walk the interleavings, each in a child, and give their results in order.

    Raises:
        UnknownPlanted: nothing of this name can be planted.
    """
    behaviour_with(planted)
    with children(workers) as pool:
        tasks = [
            pool.submit(_walk, interleaving.name, faults, planted) for interleaving in interleavings
        ]
        for task in tasks:
            yield task.result()


def _walk(interleaving: str, faults: int | None, planted: str) -> InterleavingResult:
    return walk(INTERLEAVINGS[interleaving], faults, behaviour_with(planted))


def try_walks(mutants: Sequence[Mutant], workers: int) -> Iterator[tuple[Mutant, str, str]]:
    """Walk each mutant until its invariant is broken, or draw sequences until its requirement is.

    Gives the mutant, the interleaving that found it or how many sequences it took (empty if nothing
    did), and what went wrong with the walk itself, if anything did.
    """
    with children(workers) as pool:
        ways = {Lane.INTERLEAVING: _find, Lane.EXPLORE: find_drawn}
        tasks = {pool.submit(ways[mutant.lane], mutant.name): mutant for mutant in mutants}
        for task, mutant in tasks.items():
            error = task.exception()
            told = f"the walk failed: {type(error).__name__}: {error}" if error else ""
            yield mutant, "" if error else task.result(), told


def _find(mutant: str) -> str:
    planted = MUTANTS.named(mutant)
    interleavings = interleavings_named([planted.found_by] if planted.found_by else [])
    found = first_violation(planted.behaviour, (planted.requirement,), interleavings)
    return found.schedule.interleaving if found else ""


def walk_drawn(mutants: Sequence[DrawnMutant], workers: int) -> Iterator[tuple[DrawnMutant, str]]:
    """Walk each of these until anything is broken; gives what is and where, or nothing.

    With one fault at most. Nothing is found either where what is planted ends the walk itself.
    """
    with children(workers) as pool:
        tasks = {mutant: pool.submit(_first_of_drawn, mutant) for mutant in mutants}
        for mutant, task in tasks.items():
            yield mutant, "" if task.exception() else task.result()


def _first_of_drawn(mutant: DrawnMutant) -> str:
    with mutant.planted():
        found = first_violation(Behaviour(), faults_max=1)
    return f"{found.violation.invariant} in {found.schedule.interleaving}" if found else ""


def find_drawn(mutant: str, sequences: int = SEQUENCES_MAX) -> str:
    """How many sequences it took until one broke the mutant's requirement; empty if none did."""
    planted = MUTANTS.named(mutant)
    driver = open_inprocess(1, f"mutant:{mutant}")
    explored = explore(Recording(driver, 1), driver, 1, SearchBudget(sequences))
    broken = explored.first.expected.requirement if explored.first else ""
    return f"{explored.drawn} sequences" if planted.requirement == broken else ""


@contextmanager
def children(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of forks; on an error or Ctrl-C, what has not begun is left undone."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("fork"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
