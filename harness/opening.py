"""Opens what a run is about: the embedded reference, or what a target file describes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from harness import __version__
from harness.catalogue.limits import Limits
from harness.domain.errors import PairproofError
from harness.targets.port import Driver, TargetInfo

# What a driver needs is imported when it is opened: servers and HTTP clients cost a second.
if TYPE_CHECKING:
    from harness.targets.http import HttpDriver
    from harness.targets.target_file import Target


class UnknownDriver(PairproofError):
    """No driver has this name, or this one cannot be used so; the message says which can."""


def open_target(driver: str, target_file: Path | None, seed: int, planted: str = "") -> Driver:
    """The driver of this name, for what the file describes, or for the embedded reference.

    `planted` names what is planted into the embedded reference: `mutant:NAME`, `variant:NAME`.

    Whoever opens it has to close it: that stops all that was started for it.

    Raises:
        UnknownDriver: there is no such driver, or it takes no target file.
        UnknownPlanted: nothing of this name can be planted.
        TargetFileError: the target file cannot be read, or is wrong.
        TargetUnusable: what it describes does not answer as it should.
    """
    if driver not in DRIVERS:
        raise UnknownDriver(f"no driver is called {driver!r}; there are {', '.join(DRIVERS)}")
    return DRIVERS[driver](target_file, seed, planted)


def open_inprocess(seed: int, planted: str = "") -> Driver:
    """The embedded reference in this process, in virtual time."""
    from harness.reference.planting import behaviour_with
    from harness.reference.world import direct_reference
    from harness.targets.inprocess import INPROCESS_FEATURES, InprocessDriver

    behaviour = behaviour_with(planted)
    reference = direct_reference(seed, clusters=3, behaviour=behaviour)
    info = TargetInfo(behaviour.called, __version__, features=INPROCESS_FEATURES)
    return InprocessDriver(reference, info, Limits.from_mapping(behaviour.limits))


def open_http(target: Target, closing: Callable[[], None] = lambda: None) -> HttpDriver:
    """A driver over HTTP whose target has been tried.

    Raises:
        TargetUnusable: the target does not answer as it should. `closing` was called.
    """
    from harness.targets.http import HttpDriver

    driver = HttpDriver(target, closing=closing)
    try:
        driver.check()
    except BaseException:
        driver.close()
        raise
    return driver


def open_embedded(seed: int, planted: str = "") -> HttpDriver:
    """The embedded reference on loopback, over HTTP, through a target file as anybody's."""
    from harness.reference.description import environment, target_text
    from harness.reference.embedded import EmbeddedReference
    from harness.reference.planting import behaviour_with
    from harness.targets.target_file import read_target

    with ExitStack() as held:
        reference = held.enter_context(EmbeddedReference(seed, behaviour=behaviour_with(planted)))
        text, folder = target_text(reference), reference.ca_file.parent
        target = read_target(text, "the embedded reference", folder, environment(reference))
        return open_http(target, held.pop_all().close)


def _inprocess(target_file: Path | None, seed: int, planted: str) -> Driver:
    if target_file is not None:
        raise UnknownDriver(
            "the driver inprocess runs the embedded reference only, and cannot reach"
            f" {target_file}; use the driver http"
        )
    return open_inprocess(seed, planted)


def _http(target_file: Path | None, seed: int, planted: str) -> Driver:
    if target_file is None:
        return open_embedded(seed, planted)
    from harness.targets.target_file import load_target

    return open_http(load_target(target_file, os.environ))


DRIVERS: Mapping[str, Callable[[Path | None, int, str], Driver]] = {
    "inprocess": _inprocess,
    "http": _http,
}
"""How each driver is opened."""
