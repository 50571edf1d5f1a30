"""A public method says what it is for; one that overrides or implements a port need not again.

ruff's own rule (D102) knows neither, so it is off, and this takes its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.sources import FILES, Source, source

Classes = dict[str, list[ast.ClassDef]]


def silent(sources: Iterable[Source]) -> Iterator[str]:
    """Public methods of public classes that say nothing, and that nothing else says it for."""
    files = {file.where: file for file in sources}
    classes: Classes = {}
    for file in files.values():
        for node in file.nodes:
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, []).append(node)
    ports = [node for same in classes.values() for node in same if "Protocol" in bases(node)]
    asked_for = {name for port in ports for name, method in methods(port).items() if says(method)}
    for where, file in files.items():
        for node in file.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                known = asked_for | inherited(node, classes)
                for name, method in methods(node).items():
                    if not (name.startswith("_") or says(method) or name in known):
                        yield f"{where}:{method.lineno}: {node.name}.{name}"


def bases(node: ast.ClassDef) -> set[str]:
    """The last names of what a class is made from: `Port` for `ports.Port[T]`."""
    return {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}


def methods(node: ast.ClassDef) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name: each for each in node.body if isinstance(each, kinds)}


def says(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool(ast.get_docstring(method))


def inherited(node: ast.ClassDef, classes: Classes) -> set[str]:
    """The methods that its bases have, those of libraries among them."""
    found: set[str] = set()
    for base in bases(node):
        for ours in classes.get(base, []):
            found |= methods(ours).keys() | inherited(ours, classes)
        if base not in classes:
            found |= {name for name in methods(node) if base in OF_LIBRARIES}
    return found


OF_LIBRARIES = frozenset(
    "BaseTransport BufferedProtocol Environment Event HTMLParser NetworkBackend NetworkStream"
    " Progress ProgressColumn RuleBasedStateMachine SSLObject SSLSocket Thread TyperGroup".split()
)
"""Classes of libraries whose methods are overridden here."""


def test_every_public_method_says_what_it_is_for() -> None:
    assert list(silent(source(where) for where in FILES)) == []


def test_the_guard_sees() -> None:
    port = 'class P(Protocol):\n def a(self):\n  """Says it."""\n'
    sound = [
        "class A:\n def _a(self): ...",
        "class _A:\n def a(self): ...",
        f"{port}class A:\n def a(self): ...",
        f"{port}class A(P):\n def a(self): ...\nclass B(A):\n def a(self): ...",
    ]
    broken = [
        "class A:\n def a(self): ...",
        "class A:\n async def a(self): ...",
        "class P(Protocol):\n def a(self): ...",
        f"{port}class A(P):\n def b(self): ...",
        "class A(Other):\n def a(self): ...",
    ]
    assert [text for text in sound if list(silent([Source("harness/a.py", text)]))] == []
    assert [text for text in broken if not list(silent([Source("harness/a.py", text)]))] == []
