"""Where the suite lies: its features, its steps, its scenarios.

In a checkout `features/` and `scenarios/` stand beside the package; in an installed wheel
they travel below `harness/_suite/`. Nothing else in the project knows the difference.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Literal

from harness.domain.errors import PairproofError

FEATURES_VARIABLE = "PAIRPROOF_FEATURES"
"""The environment variable that names a folder of features to use in place of ours: the same ones,
with more rows in their tables (`pairproof requirements --tables`)."""

STEPS_PACKAGE = "pairproof_steps"
"""The package that step modules are imported into, wherever they lie."""

_PACKAGE = Path(__file__).resolve().parent


class SuiteMissing(PairproofError):
    """A part of the suite is neither in a checkout nor in the installed package."""


def suite_dir(name: Literal["features", "scenarios"]) -> Path:
    """The folder of this part of the suite.

    The wheel's place is asked first: beside an installed package stand the packages of
    others, and one of them may well be called `features`.

    Raises:
        SuiteMissing: there is no such folder; the message says where it was looked for.
    """
    named = os.environ.get(FEATURES_VARIABLE, "") if name == "features" else ""
    if named:
        if Path(named, "steps").is_dir():
            return Path(named).resolve()
        raise SuiteMissing(
            f"{FEATURES_VARIABLE} is {named}, which is no folder of features with their steps;"
            " write one with `pairproof requirements --tables DIR`, or unset it"
        )
    for folder in (_PACKAGE / "_suite" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise SuiteMissing(
        f"the suite's {name} folder is missing: it is neither {_PACKAGE / '_suite' / name} "
        f"(an installed package) nor {_PACKAGE.parent / name} (a checkout); "
        "install pairproof again, or run it from a whole checkout"
    )


def step_modules() -> tuple[Path, ...]:
    """The files that define steps, sorted. One whose name begins with `_` is a helper of theirs.

    Raises:
        SuiteMissing: the features are missing.
    """
    found = (suite_dir("features") / "steps").glob("*.py")
    return tuple(sorted(path for path in found if not path.name.startswith("_")))


def import_steps() -> tuple[ModuleType, ...]:
    """Import every step module as `pairproof_steps.<name>`, ready to be registered as a plugin.

    The name is the same in a checkout and in a wheel, and does not depend on the import path,
    so step modules may import one another (`from pairproof_steps import _phrases`).

    Raises:
        SuiteMissing: the features are missing.
    """
    package = sys.modules.setdefault(STEPS_PACKAGE, ModuleType(STEPS_PACKAGE))
    package.__path__ = [str(suite_dir("features") / "steps")]
    return tuple(import_module(f"{STEPS_PACKAGE}.{path.stem}") for path in step_modules())
