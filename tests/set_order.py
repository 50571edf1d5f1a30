"""Finds where code goes through a set: in an order that differs from process to process.

What is a set is told by how it is made or annotated in the same file; what is handed over
from elsewhere is not known. Attributes of the same name are taken for one.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

_MAKERS = frozenset({"set", "frozenset"})
_OF_SETS = frozenset("union intersection difference symmetric_difference".split())
_ORDER_FREE = frozenset("sorted set frozenset len any all sum min max Counter bool".split())
_IN_ORDER = frozenset(
    "list tuple dict iter enumerate zip map filter reversed deque chain fromkeys join extend"
    " merge accumulate pairwise islice starmap from_iterable extendleft writelines".split()
)
_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)


def set_orders(tree: ast.Module) -> Iterator[str]:
    """Each place, by line, where something follows the order of a set."""
    everywhere = _known(_outside(tree), frozenset(), attributes_of=tree)
    yield from _in_scope(_outside(tree), everywhere)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            inside = list(ast.walk(function))
            own = {node.arg for node in inside if isinstance(node, ast.arg)}
            yield from _in_scope(inside, _known(inside, everywhere - own))


def _outside(tree: ast.Module) -> list[ast.AST]:
    """What stands in no function, and the functions themselves."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef):
            waiting += ast.iter_child_nodes(node)
    return found


def _in_scope(nodes: list[ast.AST], known: frozenset[str]) -> Iterator[str]:
    free = {
        id(argument)
        for node in nodes
        if isinstance(node, ast.Call) and _called(node) in _ORDER_FREE
        for argument in node.args
    }
    for node in nodes:
        for iterated in _gone_through(node, free):
            if _is_set(iterated, known):
                yield f"line {iterated.lineno}: {ast.unparse(iterated)}"


def _gone_through(node: ast.AST, free: set[int]) -> Iterator[ast.expr]:
    """What a node goes through in an order that shows."""
    match node:
        case ast.For(iter=iterated) | ast.YieldFrom(value=iterated) | ast.Starred(value=iterated):
            yield iterated
        case ast.ListComp(generators=parts) | ast.DictComp(generators=parts):
            yield from (part.iter for part in parts if id(node) not in free)
        case ast.GeneratorExp(generators=parts):
            yield from (part.iter for part in parts if id(node) not in free)
        case ast.Call(args=arguments) if _called(node) in _IN_ORDER:
            yield from (argument for argument in arguments if id(node) not in free)


def _known(
    nodes: list[ast.AST], known: frozenset[str], attributes_of: ast.AST | None = None
) -> frozenset[str]:
    """The names that hold sets in a scope, with those that do so everywhere.

    An attribute stands there as `.name`, a function that returns a set as `name()`.
    """
    if attributes_of is not None:
        nodes = [*nodes, *(n for n in ast.walk(attributes_of) if _is_of_attribute(n))]
    fields = {id(f) for n in nodes if isinstance(n, ast.ClassDef) for f in _fields(n.body)}
    nodes = [node for node in nodes if id(node) not in fields]
    found, before = set(known), -1
    while len(found) > before:
        before = len(found)
        for node in nodes:
            match node:
                case ast.ClassDef(body=body):
                    found.update(f".{_name(line.target)}" for line in _fields(body))
                case ast.AnnAssign(target=target, annotation=annotation) if _says_set(annotation):
                    found.add(_name(target))
                case ast.arg(arg=name, annotation=ast.expr() as annotation):
                    found.update([name] if _says_set(annotation) else [])
                case ast.FunctionDef(name=name, returns=ast.expr() as annotation):
                    found.update([f"{name}()"] if _says_set(annotation) else [])
                case ast.Assign(targets=targets, value=value) if _is_set(value, found):
                    found.update(_name(target) for target in targets)
    return frozenset(found - {""})


def _fields(body: list[ast.stmt]) -> list[ast.AnnAssign]:
    """The fields of a class that hold sets."""
    annotated = [line for line in body if isinstance(line, ast.AnnAssign)]
    return [line for line in annotated if _says_set(line.annotation)]


def _is_of_attribute(node: ast.AST) -> bool:
    """Whether it says what an attribute or a method is."""
    match node:
        case ast.AnnAssign(target=ast.Attribute()) | ast.FunctionDef():
            return True
        case ast.Assign(targets=[ast.Attribute()]):
            return True
    return False


def _says_set(annotation: ast.expr) -> bool:
    """Whether an annotation is of a set, or perhaps one."""
    match annotation:
        case ast.BinOp(left=left, right=right):
            return _says_set(left) or _says_set(right)
        case ast.Subscript(value=value, slice=inner):
            return _says_set(value) or (_name(value) == "Final" and _says_set(inner))
        case _:
            return _name(annotation) in {*_MAKERS, "Set", "AbstractSet"}


def _is_set(node: ast.expr, known: Container[str]) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in _OF_SETS:
            return _is_set(owner, known)
        case ast.Call():
            return _called(node) in _MAKERS or f"{_called(node)}()" in known
        case ast.BinOp(left=left, op=operator, right=right) if isinstance(operator, _OPERATORS):
            return any(_is_set(side, known) or _is_view(side) for side in (left, right))
        case ast.IfExp(body=body, orelse=other):
            return _is_set(body, known) or _is_set(other, known)
        case ast.Name() | ast.Attribute():
            return _name(node) in known
    return False


def _is_view(node: ast.expr) -> bool:
    """Whether it is the keys of a dict, which are ordered until they are combined."""
    return isinstance(node, ast.Call) and _called(node) == "keys"


def _called(call: ast.Call) -> str:
    return _name(call.func).removeprefix(".")


def _name(node: ast.expr) -> str:
    """`x`, or `.x` of an attribute."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
        case ast.Subscript(value=value):
            return _name(value)
    return ""
