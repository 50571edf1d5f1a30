"""The direction of imports, and who may know the clock, chance, the network and the terminal.

The reasons stand in docs/adr/0002-one-core-many-shells.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS = (
    {"domain"},
    {"catalogue", "wire", "suite", "gherkin"},
    {"history"},
    {"reference", "targets", "checkers"},
    {"scenes"},
    {"explore", "fleet", "reporting", "opening", "running", "serving", "verifying"},
    {"proving"},
    {"plugin", "cli", "features"},
)
"""A part imports from rows before its own. Neighbours on one row do not know each other."""

ROW_OF = {part: row for row, parts in enumerate(ROWS) for part in parts}
PURE = ("harness/domain/", "harness/checkers/", "harness/reference/core/")
CLOCKLESS = (*PURE, *(f"harness/{p}/" for p in ("catalogue", "wire", "history", "reporting")))
DOES_NO_IO = frozenset(
    "__future__ abc base64 bisect collections contextlib copy dataclasses difflib enum fractions"
    " functools hashlib heapq hmac itertools json math operator re string types typing"
    " urllib.parse".split()
)
CLOCKS = frozenset("time datetime.now datetime.utcnow datetime.today date.today".split())
FILES = sorted(
    str(path.relative_to(ROOT))
    for top in ("harness", "features")
    for path in ROOT.glob(f"{top}/**/*.py")
)


def imports(where: str, source: str) -> Iterator[str]:
    """The full names that a file imports; `from a import b` gives both `a` and `a.b`."""
    package = where.split("/")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*above, *filter(None, [node.module])])
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def names_used(source: str) -> Iterator[str]:
    """What a file uses by name: `print` where it is called, and each `x.y` of two names."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name(id=function)):
                yield function
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
                yield f"{owner}.{attribute}"


def part_of(where: str) -> str:
    return Path(where.removeprefix("harness/")).parts[0].removesuffix(".py")


def violations(where: str, source: str) -> Iterator[str]:
    part, imported = part_of(where), set(imports(where, source))
    used = imported | set(names_used(source))
    for other in {name.split(".")[1] for name in imported if name.startswith("harness.")}:
        if other != part and ROW_OF.get(other, -1) >= ROW_OF.get(part, len(ROWS)):
            yield f"imports {other}, which does not stand before {part} in ROWS"
    if where.startswith(PURE):
        pure = DOES_NO_IO | {"harness"}
        yield from (f"imports {n}, which may do I/O" for n in imported if not lies_in(pure, n))
    if where.startswith(CLOCKLESS):
        yield from (f"reads the clock ({n}); take `now` as argument" for n in used & CLOCKS)
    for name in {n for n in used if n.startswith("random.")} - {"random.Random"}:
        yield f"draws from the global {name}; take chance as an argument"
    if "print" in used and part != "cli":
        yield "prints; only the command line does"


def lies_in(modules: frozenset[str], name: str) -> bool:
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


@pytest.mark.parametrize("where", FILES)
def test_a_file_keeps_the_rules(where: str) -> None:
    assert list(violations(where, (ROOT / where).read_text("utf-8"))) == []


def test_every_part_has_a_row() -> None:
    parts = {part_of(where) for where in FILES}
    assert parts - ROW_OF.keys() <= {"__init__", "__main__"}


def test_httpx_is_imported_once_in_targets_and_once_in_the_reference() -> None:
    sites = [w for w in FILES if "httpx" in set(imports(w, (ROOT / w).read_text("utf-8")))]
    assert len(sites) == len({part_of(w) for w in sites}), sites
    assert {part_of(w) for w in sites} <= {"targets", "reference"}, sites


@pytest.mark.parametrize(
    ("where", "source"),
    [
        ("harness/domain/a.py", "import os"),
        ("harness/domain/a.py", "import urllib.request"),
        ("harness/domain/a.py", "from harness.wire import models"),
        ("harness/checkers/a.py", "from ..targets import http"),
        ("harness/reference/core/a.py", "import sqlite3"),
        ("harness/history/a.py", "from time import time"),
        ("harness/reporting/a.py", "import datetime\ndatetime.now()"),
        ("harness/fleet/a.py", "import random\nrandom.random()"),
        ("harness/fleet/a.py", "from random import shuffle"),
        ("harness/plugin.py", "print('done')"),
        ("features/steps/a.py", "from harness.plugin import fixture"),
    ],
)
def test_the_guard_sees(where: str, source: str) -> None:
    assert list(violations(where, source)) != []
