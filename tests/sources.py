"""The project's source files as the guards read them: each is parsed once, for all of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    str(path.relative_to(ROOT))
    for top in ("harness", "features")
    for path in ROOT.glob(f"{top}/**/*.py")
)


@dataclass(frozen=True)
class Source:
    """A file and its text, which a guard's own test makes up.

    Attributes:
        where: its path below the project's folder.
    """

    where: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> frozenset[str]:
        """The full names that it imports; `from a import b` gives both `a` and `a.b`."""
        package, found = self.where.split("/")[:-1], set[str]()
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package[: len(package) - node.level + 1] if node.level else []
                module = ".".join([*above, *filter(None, [node.module])])
                found.update([module, *(f"{module}.{alias.name}" for alias in node.names)])
        return frozenset(found)

    @cached_property
    def used(self) -> frozenset[str]:
        """What it imports, calls by a single name, or names as `x.y`."""
        found = set(self.imports)
        for node in self.nodes:
            match node:
                case ast.Call(func=ast.Name(id=function)):
                    found.add(function)
                case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
                    found.add(f"{owner}.{attribute}")
        return frozenset(found)


@cache
def source(where: str) -> Source:
    """The file of this path."""
    return Source(where, (ROOT / where).read_text("utf-8"))
