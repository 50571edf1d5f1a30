"""Reaches the target of a fleet in real time, in whatever process a cell is."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from harness.domain.arrangements import Side
from harness.fleet.realtime.settings import Endpoint
from harness.running.belongings import Belongings, owned_now
from harness.targets.http import HttpDriver
from harness.targets.target_file import load_target


@dataclass(frozen=True, slots=True)
class Reaching:
    """Makes an endpoint for a cell. A file and an environment are all that it needs.

    Attributes:
        target_file: of the target; its credentials come from the environment of the process.
        folder: of the run: what a cell makes on the target is noted below it.
        mark: what is made bears it.
        cells: how many there are.
    """

    target_file: Path
    folder: Path
    mark: str
    cells: int = 1

    def __call__(self, number: int) -> Endpoint:
        """The endpoint of a cell.

        Raises:
            TargetFileError: the file is wrong, or a variable that it names is not set here.
            LedgerError: the ledger cannot be written.
        """
        target = load_target(self.target_file, os.environ)
        driver = HttpDriver(target)
        folder = self.folder if self.cells == 1 else self.folder / f"cell-{number:02d}"
        belongings = noting(driver, self.target_file, folder, self.mark)
        return Endpoint(
            driver=belongings.noted(driver),
            url=target.central_url,
            endpoint=target.endpoint,
            context=target.trust_of(Side.CENTRAL).context(),
            wire=target.wire,
            per_second=target.rate_limit.per_second,
            close=lambda: closing(belongings, folder, driver.close),
        )


def noting(driver: HttpDriver, target_file: Path, folder: Path, mark: str) -> Belongings:
    """A ledger in a folder of what is made on a target.

    Raises:
        LedgerError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    header = structs.replace(owned_now(driver, target_file), mark=mark)
    return Belongings(driver, folder, header, str)


def closing(belongings: Belongings, folder: Path, let_go: Callable[[], None]) -> list[str]:
    """Give everything back, then let go of the target; returns what is left there."""
    try:
        belongings.give_back_all()
        left = belongings.leaks()
    finally:
        belongings.close()
        let_go()
    again = f"`pairproof cleanup {folder}` says why, and tries again"
    return [f"{leak.kind} {leak.what}; {again}" for leak in left]
