"""The walks over every interleaving, on several cores: of the reference, and of the mutants
that only an unlucky order of events gives away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from harness.domain.errors import PairproofError
from harness.explore.interleaving_plots import PLOTS, Interleaving
from harness.explore.walk import InterleavingResult, first_violation, walk
from harness.reference.planting import MUTANTS, Mutant, behaviour_with


class UnknownInterleaving(PairproofError):
    """No plot has this name; the message says which there are."""


def plots_named(names: Sequence[str]) -> list[Interleaving]:
    """The plots of these names; all of them without any.

    Raises:
        UnknownPlot: there is none of a name.
    """
    for name in names:
        if name not in PLOTS:
            raise UnknownInterleaving(f"no plot is called {name!r}; there are {', '.join(PLOTS)}")
    return [PLOTS[name] for name in names] or list(PLOTS.values())


def walk_all(
    plots: Sequence[Interleaving], faults: int, workers: int, planted: str = ""
) -> Iterator[InterleavingResult]:
    """Walk the plots, each in a child, and give their results in order.

    Raises:
        UnknownPlanted: nothing of this name can be planted.
    """
    behaviour_with(planted)
    with children(workers) as pool:
        tasks = [pool.submit(_walk, plot.name, faults, planted) for plot in plots]
        for task in tasks:
            yield task.result()


def _walk(plot: str, faults: int, planted: str) -> InterleavingResult:
    return walk([PLOTS[plot]], faults, behaviour_with(planted)).plots[0]


def try_walks(mutants: Sequence[Mutant], workers: int) -> Iterator[tuple[Mutant, str, str]]:
    """Walk each mutant until its invariant is broken.

    Gives the mutant, the plot that found it (empty if none did), and what went wrong with the
    walk itself, if anything did.
    """
    with children(workers) as pool:
        tasks = {pool.submit(_find, mutant.name): mutant for mutant in mutants}
        for task, mutant in tasks.items():
            error = task.exception()
            told = f"the walk failed: {type(error).__name__}: {error}" if error else ""
            yield mutant, "" if error else task.result(), told


def _find(mutant: str) -> str:
    planted = MUTANTS.named(mutant)
    plots = plots_named([planted.plot] if planted.plot else [])
    found = first_violation(planted.behaviour, planted.requirement, plots)
    return found.schedule.plot if found else ""


@contextmanager
def children(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of forks; on an error or Ctrl-C, what has not begun is left undone."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("fork"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
