"""The direction of imports, and who may know the clock, chance, the network and the terminal.

The reasons stand in docs/adr/0002-one-core-many-shells.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.set_order import set_orders
from tests.sources import FILES, Source, source

ROWS = (
    {"domain"},
    {"files", "loopback"},
    {"configuration"},
    {"catalogue", "wire", "suite", "gherkin"},
    {"history", "http_client", "tables"},
    {"reference", "targets", "checkers", "load"},
    {"context"},
    {"doctor", "explore", "fleet", "reporting", "opening", "running", "serving", "verifying"},
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
    " unicodedata urllib.parse".split()
)
CLOCKS = frozenset("time datetime.now datetime.utcnow datetime.today date.today".split())


@pytest.fixture(scope="module", autouse=True)
def _trees_are_let_go() -> Iterator[None]:
    """Half a million nodes would burden every test that comes after these."""
    yield
    source.cache_clear()


def part_of(where: str) -> str:
    return Path(where.removeprefix("harness/")).parts[0].removesuffix(".py")


def violations(file: Source) -> Iterator[str]:
    part = part_of(file.where)
    for other in {name.split(".")[1] for name in file.imports if name.startswith("harness.")}:
        if other != part and ROW_OF.get(other, -1) >= ROW_OF.get(part, len(ROWS)):
            yield f"imports {other}, which does not stand before {part} in ROWS"
    if file.where.startswith(PURE):
        pure = DOES_NO_IO | {"harness"}
        yield from (f"imports {n}, which may do I/O" for n in file.imports if not lies_in(pure, n))
    if file.where.startswith(CLOCKLESS):
        yield from (f"reads the clock ({n}); take `now` as argument" for n in file.used & CLOCKS)
    for name in {n for n in file.used if n.startswith("random.")} - {"random.Random"}:
        yield f"draws from the global {name}; take chance as an argument"
    if "print" in file.used and part != "cli":
        yield "prints; only the command line does"


def lies_in(modules: frozenset[str], name: str) -> bool:
    return any(f"{name}.".startswith(f"{module}.") for module in modules)


def test_every_file_keeps_the_rules() -> None:
    found = [f"{where}: {wrong}" for where in FILES for wrong in violations(source(where))]
    assert sorted(found) == []


def test_every_part_has_a_row() -> None:
    parts = {part_of(where) for where in FILES}
    assert parts - ROW_OF.keys() <= {"__init__", "__main__"}


def test_every_package_says_what_it_imports_and_where_to_begin() -> None:
    packages = [where for where in FILES if where.endswith("/__init__.py")][1:]
    assert len(packages) > 30
    found = [f"{where}: {wrong}" for where in packages for wrong in untold(source(where), FILES)]
    assert found == []


def untold(package: Source, files: Iterable[str]) -> Iterator[str]:
    """What a package's docstring leaves out, or says otherwise than it is."""
    folder = package.where.removesuffix("__init__.py")
    last = (ast.get_docstring(package.tree) or "").split("\n\n")[-1].replace("\n", " ")
    says = re.fullmatch(r"Imports (.*)\. Begin with `(\w+)`\.", last)
    if says is None:
        yield "its docstring does not end with what it imports and where to begin"
        return
    inside = [where for where in files if where.startswith(folder)]
    imported = {name for where in inside for name in source(where).imports if "." in name}
    parts = {name.split(".")[1] for name in imported if name.startswith("harness.")}
    wrong = (parts & ROW_OF.keys() - {part_of(folder)}) ^ set(re.findall(r"`(\w+)`", says[1]))
    yield from (f"it is not so that it imports {part}, or not said" for part in sorted(wrong))
    begins = (f"{folder}{says[2]}.py", f"{folder}{says[2]}/__init__.py")
    if not any(where.startswith(begins) for where in inside):
        yield f"there is no {says[2]} to begin with"


def test_that_guard_sees() -> None:
    package, true = source("harness/load/__init__.py"), "Imports `domain`, `wire`."
    wrong = {
        f'"""The load. {true} Begin with `client`."""': "does not end with",
        '"""The load."""': "does not end with",
        '"""The load.\n\nImports `domain`. Begin with `client`."""': "imports wire",
        '"""The load.\n\nImports `cli`, `domain`, `wire`. Begin with `client`."""': "imports cli",
        f'"""The load.\n\n{true} Begin with `nothing`."""': "no nothing",
    }
    assert list(untold(package, FILES)) == []
    for text, told in wrong.items():
        assert any(told in each for each in untold(Source(package.where, text), FILES)), text


def test_httpx_is_imported_once() -> None:
    assert [where for where in FILES if "httpx" in source(where).imports] == [
        "harness/http_client.py"
    ]


PLANTED = {
    "does not stand before": (
        ("harness/domain/a.py", "from harness.wire import models"),
        ("harness/checkers/a.py", "from ..targets import http"),
        ("features/steps/a.py", "from harness.plugin import fixture"),
    ),
    "may do I/O": (
        ("harness/domain/a.py", "import os"),
        ("harness/domain/a.py", "import urllib.request"),
        ("harness/reference/core/a.py", "import sqlite3"),
    ),
    "reads the clock": (
        ("harness/history/a.py", "from time import time"),
        ("harness/reporting/a.py", "import datetime\ndatetime.now()"),
    ),
    "draws from the global": (
        ("harness/fleet/a.py", "import random\nrandom.random()"),
        ("harness/fleet/a.py", "from random import shuffle"),
    ),
    "prints": (("harness/plugin.py", "print('done')"),),
}


def test_the_guard_sees_each_kind() -> None:
    unseen = [
        (kind, where, text)
        for kind, planted in PLANTED.items()
        for where, text in planted
        if not any(kind in wrong for wrong in violations(Source(where, text)))
    ]
    assert unseen == []


# --- what a cell of the fleet is made of ------------------------------------------------------

CELL = "harness/fleet/cell.py"
UNPREDICTABLE = frozenset("time datetime random uuid secrets os.urandom os.getpid".split())
EXACT_MATH = frozenset(f"math.{n}" for n in "comb gcd isfinite isqrt lcm perm prod".split())
TAKES_NO_PART = frozenset(
    {
        "harness/reference/clock.py",
        "harness/reference/variants/wire.py",
        "harness/wire/timestamps.py",
    }
)
"""The clock of the embedded reference, and what only shows over HTTP: no cell has either."""


def made_of(where: str) -> list[str]:
    """The files that a file imports, and those that they import: all that runs with it."""
    found, waiting = set[str](), [where]
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            named = source(place).imports
            modules = {m.replace(".", "/") for n in named for m in (n, n.rpartition(".")[0])}
            files = {f"{m}{end}" for m in modules for end in (".py", "/__init__.py")}
            waiting += files.intersection(FILES)
    return sorted(found)


def chances(file: Source) -> Iterator[str]:
    """What in a file could differ between two runs of one seed, or between two machines."""
    if file.where not in TAKES_NO_PART:
        yield from (f"uses {n}" for n in file.used if lies_in(UNPREDICTABLE, n))
    for name in (n for n in file.used if n.startswith("math.") and n not in EXACT_MATH):
        yield f"uses {name}, whose last digit differs between machines"
    yield from (f"goes through a set in its order: {place}" for place in set_orders(file.tree))
    reckons = file.where.startswith("harness/fleet/")
    hashing = {n for f in file.nodes if is_hash_method(f) for n in ast.walk(f)}
    for node in file.nodes:
        match node:
            case ast.Call(func=ast.Name(id="hash")) if node not in hashing:
                yield f"line {node.lineno}: a hash differs between processes"
            case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")):
                if reckons:
                    yield f"line {node.lineno}: floating point where integers are asked for"
            case ast.BinOp(op=ast.Div()) if reckons:
                if "pathlib" not in file.imports:
                    yield f"line {node.lineno}: a division that gives floating point"


def is_hash_method(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "__hash__"


def test_nothing_that_a_cell_is_made_of_depends_on_chance() -> None:
    found = [f"{where}: {why}" for where in made_of(CELL) for why in chances(source(where))]
    assert sorted(found) == []


def test_a_cell_is_made_of_all_that_is_simulated() -> None:
    parts = made_of(CELL)
    engine = "admins operators hosts plane network disturbing recorder draws timelines nemesis"
    assert {f"harness/fleet/{part}.py" for part in engine.split()} <= set(parts)
    assert {"harness/checkers/fleet/judge.py", "harness/checkers/linear.py"} <= set(parts)
    cores = "central/review edge edge_flows store"
    assert {f"harness/reference/core/{part}.py" for part in cores.split()} <= set(parts)
    assert not {p for p in parts if p.startswith(("harness/cli", "harness/fleet/pool"))}


CHANCES = {
    "uses time": ("import time", "from time import monotonic"),
    "uses datetime": ("import datetime",),
    "uses random": ("from random import Random",),
    "uses uuid": ("import uuid",),
    "uses secrets": ("from secrets import token_hex",),
    "uses os.urandom": ("import os\nos.urandom(8)", "from os import urandom"),
    "whose last digit differs": ("import math\nmath.log(2)", "from math import exp"),
    "a hash differs": ("hash('a')",),
    "floating point where integers": ("half = 0.5", "half = float(1)"),
    "a division": ("half = 1 / 2",),
    "goes through a set": (
        "for x in {1, 2}: pass",
        "a = [x for x in set(b)]",
        "a = list({x for x in b})",
        "a = ','.join(frozenset(b))",
        "a = {**dict.fromkeys(set(b))}",
        "known = set()\nfor x in known: pass",
        "def f(those: set[str]): yield from those",
        "def f(self):\n self.a: set[int] = set()\n return tuple(self.a)",
        "class A:\n a: frozenset[str]\n def f(self): return [*self.a]",
        "def a() -> set[str]: ...\nb = next(iter(a()))",
        "for x in a.keys() - b: pass",
        "for x in known | {1}: pass",
    ),
}
LAWFUL = (
    "for x in sorted({1, 2}): pass",
    "a = any(x for x in set(b))",
    "a = {x for x in set(b)}",
    "a = len(set(b)), 1 in set(b), max(set(b))",
    "for x in dict.fromkeys(b): pass",
    "def f(those: list[str]): yield from those\ndef g(those: set[str]): return len(those)",
    "class A:\n def __hash__(self): return hash(1)",
    "import math\nmath.isqrt(4)",
    "half = 1 // 2",
    "from pathlib import Path\na = Path('b') / 'c'",
)


def in_a_cell(text: str) -> list[str]:
    return list(chances(Source("harness/fleet/a.py", text)))


def test_the_guard_of_cells_sees_each_kind() -> None:
    unseen = [
        (kind, text)
        for kind, planted in CHANCES.items()
        for text in planted
        if not any(kind in why for why in in_a_cell(text))
    ]
    assert unseen == []


def test_the_guard_of_cells_lets_pass() -> None:
    assert [(text, in_a_cell(text)) for text in LAWFUL if in_a_cell(text)] == []
