"""Drivers that come with other packages: entry points of the group `pairproof.targets`.

A package names a factory there, under the name that `--driver` is given:

    [project.entry-points."pairproof.targets"]
    acme-bus = "acme_pairproof:open_driver"

The factory is called with the path of the target file (`None` without one) and the seed, and
returns a `Driver` (`harness.targets.port`), mostly an `OwnDriver` (`harness.targets.own`). What
stands in its target file is its own affair.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeAlias

from harness.domain.errors import PairproofError
from harness.targets.port import Driver

GROUP = "pairproof.targets"
_PORT = tuple(
    "info local_user inventory send arrange seen cannot confirmation now epoch sleep"
    " begin_scenario end_scenario close".split()
)

OpenDriver: TypeAlias = "Callable[[Path | None, int], Driver]"
"""Makes a driver from a target file and a seed."""


class PluginBroken(PairproofError):
    """A driver of another package cannot be used: which one, why, and who can mend it."""


def plugin_names() -> tuple[str, ...]:
    """The names of the drivers that other packages bring, in order."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def open_plugin(name: str, target_file: Path | None, seed: int) -> Driver:
    """The driver that another package makes.

    Raises:
        KeyError: no package brings a driver of this name.
        PluginBroken: the package does not do what it should.
        PairproofError: whatever it says of the target in the words of `harness.targets`.
    """
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if not found:
        raise KeyError(name)
    if len(found) > 1:
        both = " and ".join(_package(point) for point in found)
        raise PluginBroken(f"two packages bring a driver {name!r}: {both}; remove one of them")
    factory = _loaded(found[0])
    try:
        driver = factory(target_file, seed)
    except PairproofError:
        raise
    except Exception as error:
        raise _broken(found[0], f"{type(error).__name__}: {error}") from error
    missing = [name for name in _PORT if not hasattr(driver, name)]
    if missing:
        told = f"what {found[0].value} makes lacks {', '.join(missing)}"
        raise _broken(found[0], f"{told} (harness.targets.own.OwnDriver has most of it)")
    return driver


def _loaded(point: EntryPoint) -> OpenDriver:
    """The factory of an entry point, whatever the package does when it is imported."""
    try:
        factory = point.load()
    except Exception as error:
        raise _broken(point, f"{type(error).__name__}: {error}") from error
    if not callable(factory):
        raise _broken(point, f"{point.value} is no function that makes a driver")
    made: OpenDriver = factory
    return made


def _broken(point: EntryPoint, why: str) -> PluginBroken:
    return PluginBroken(
        f"the driver {point.name!r} of {_package(point)} cannot be used: {why};"
        " whoever makes that package can mend it"
    )


def _package(point: EntryPoint) -> str:
    dist = point.dist
    return f"{dist.name} {dist.version}" if dist else point.value
