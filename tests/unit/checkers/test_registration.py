"""Whoever judges, in a run or from a file alone, has every check there is."""

from __future__ import annotations

import sys
from pathlib import Path

import harness.checkers

MACHINERY = {"fleet", "judge", "linear", "registry", "sentences", "verdicts"}


def test_the_package_imports_every_module_with_checks() -> None:
    folder = Path(harness.checkers.__path__[0])
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in folder.glob("*/__init__.py")}
    modules -= MACHINERY
    assert set(harness.checkers.__all__) == modules
    assert {f"harness.checkers.{name}" for name in modules} <= set(sys.modules)
