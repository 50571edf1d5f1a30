"""Defects that nobody planted: the reference with one operator of its rules changed.

Whoever writes a suite also writes the mutants that it has to catch. These are written by nobody,
so they say more of what is found in a stranger's product.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import CodeType, FunctionType, ModuleType

from harness.domain.draws import derived_bits

_CENTRAL = ("access", "agents", "book", "core", "review")
_DOMAIN = ("cluster", "match", "pairing", "permission", "token")
RULES = (
    "harness.reference.core.edge",
    "harness.reference.core.edge_flows",
    *(f"harness.reference.core.central.{name}" for name in _CENTRAL),
    *(f"harness.domain.{name}" for name in _DOMAIN),
)
"""The modules that hold the rules of both sides."""

OUTSIDE = {
    "how registration tokens are administered": (
        "TokenRules.create_token",
        "TokenRules.delete_token",
        "TokenRules.known_token",
        "TokenRules.owned_token",
        "TokenRules.require_project",
        "TokenRules.set_token_state",
        "TokenRules.update_token",
    ),
    "how projects, profiles and paired clusters are found": (
        "AccessRules.list_projects",
        "AccessRules.project_scope",
        "AccessRules.member_of",
        "ClusterRules.list_clusters",
        "ClusterRules.clusters_of",
        "ProfileRules.view_profile",
        "ProfileRules.is_shared",
    ),
    "a logout of Palette": ("AccessRules.log_out",),
    "how a local cluster comes and goes, and which machine pools it may have": (
        "EdgeRules.create_cluster",
        "EdgeRules.delete_cluster",
        "EdgeCore.arrived",
        "EdgeRules.add_pool",
        "EdgeRules.remove_pool",
        "EdgeRules.remove_node",
        "EdgeRules._pool",
        "EdgeRules._with_nodes",
        "EdgeRules._with_pools",
        "EdgeRules.require_possible",
    ),
    "what the control port arranges": ("Cluster.with_health",),
}
"""What stands among the rules and is no part of the procedure: nothing is drawn there. That a
paired cluster refuses its local operations is (ACC-13), and is decided before all of these."""

_SWAPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In},
}


@dataclass(frozen=True, slots=True)
class DrawnMutant:
    """One change: the `number`-th that can be made in a function of a module, and what it is.

    `lines` is where the code stands that it changes.
    """

    module: str
    function: str
    number: int
    says: str
    lines: range = range(0)

    @property
    def name(self) -> str:
        """Stays the same as long as nothing is added before it in its function."""
        return f"{self.module.removeprefix('harness.')}:{self.function}:{self.number}"

    def plant(self) -> None:
        """Change the function in this process, whoever holds it."""
        module = importlib.import_module(self.module)
        tree = ast.parse(inspect.getsource(module))
        changes = [change for change in _changes(tree) if change.function == self.function]
        changes[self.number].make()
        code = compile(ast.fix_missing_locations(tree), inspect.getfile(module), "exec")
        changed = next(c for c in _codes(code) if c.co_qualname == self.function)
        _function(module, self.function).__code__ = changed

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Plant it for a while."""
        function = _function(importlib.import_module(self.module), self.function)
        before = function.__code__
        self.plant()
        try:
            yield
        finally:
            function.__code__ = before


def every_mutant() -> list[DrawnMutant]:
    """All changes that can be made to the rules of the procedure, in the order of the source."""
    found = []
    outside = {function for functions in OUTSIDE.values() for function in functions}
    for name in RULES:
        numbers: dict[str, int] = {}
        for change in _changes(ast.parse(inspect.getsource(importlib.import_module(name)))):
            number = numbers[change.function] = numbers.get(change.function, -1) + 1
            if change.function not in outside:
                found.append(DrawnMutant(name, change.function, number, change.says, change.lines))
    return found


def draw(count: int, seed: int) -> list[DrawnMutant]:
    """So many of them, each at most once, by the seed."""
    return sorted(every_mutant(), key=lambda m: derived_bits(seed, m.name, 0))[:count]


def plant_drawn(name: str) -> None:
    """Plant the mutant of this name in this process."""
    next(m for m in every_mutant() if m.name == name).plant()


# --- what can be changed --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Change:
    """A change: the outermost function's qualified name, what it is, where, what makes it."""

    function: str
    says: str
    lines: range
    make: Callable[[], None]


def _changes(tree: ast.Module) -> Iterator[_Change]:
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for function in inside:
            if isinstance(function, ast.FunctionDef):
                yield from _changes_in(function, f"{prefix}{function.name}")


def _changes_in(function: ast.FunctionDef, name: str) -> Iterator[_Change]:
    body = [statement for statement in function.body if not _is_docstring(statement)]
    for statement in body:
        for node in ast.walk(statement):
            if not isinstance(node, ast.expr | ast.stmt):
                continue
            lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
            for what, make in _of_node(node):
                says = f"line {node.lineno}: {_short(ast.unparse(node))}: {what}"
                yield _Change(name, says, lines, make)


def _of_node(node: ast.expr | ast.stmt) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _SWAPS:
            other = _SWAPS[type(operator)]
            yield f"{other.__name__} in its place", partial(setattr, node, "ops", [other()])
        case ast.BoolOp(op=operator):
            swapped = ast.Or() if isinstance(operator, ast.And) else ast.And()
            name = type(swapped).__name__
            yield f"{name} in its place", partial(setattr, node, "op", swapped)
        case ast.If() | ast.IfExp():
            for value in (True, False):
                always = ast.Constant(value)
                yield f"its condition is {value}", partial(setattr, node, "test", always)
        case ast.Constant(value=bool(value)):
            yield "the other truth", partial(setattr, node, "value", not value)
        case ast.Constant(value=int(number)):
            yield "one more", partial(setattr, node, "value", number + 1)
        case ast.Call(func=ast.Name("replace"), keywords=[_, _, *_] as keywords):
            for keyword in keywords:
                rest = [k for k in keywords if k is not keyword]
                yield f"without {keyword.arg}", partial(setattr, node, "keywords", rest)
        case ast.Expr(value=ast.Call()) if "super()" not in ast.unparse(node):
            yield "never called", partial(setattr, node, "value", ast.Constant(None))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            twice = ast.UnaryOp(ast.Not(), operand)
            yield "without its not", partial(setattr, node, "operand", twice)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _function(module: ModuleType, qualname: str) -> FunctionType:
    """The function itself, under whatever decorates it."""
    owner, _, name = qualname.rpartition(".")
    found = inspect.getattr_static(getattr(module, owner) if owner else module, name)
    while not isinstance(found, FunctionType):
        found = next(
            inner
            for attribute in ("__func__", "fget", "__wrapped__")
            if (inner := getattr(found, attribute, None)) is not None
        )
    return found
