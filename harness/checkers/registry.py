"""Named checks: pure functions over a history, which evidence can name and call again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.catalogue.verdict import Verdict
from harness.history.operation import History, Json


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the verdict, why, and the operations that it rests on."""

    verdict: Verdict
    reason: str
    operations: tuple[str, ...] = ()


Check = Callable[..., Finding]
"""`check(history, **args) -> Finding`; `args` are JSON values, operation ids among them."""

_CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Register a check under its function's name.

    Raises:
        ValueError: the name is taken.
    """
    name = function.__name__
    if name in _CHECKS:
        raise ValueError(f"two checks are called {name}")
    _CHECKS[name] = function
    return function


def run_check(name: str, history: History, args: Mapping[str, Json]) -> Finding:
    """Judge the history by the named check.

    Raises:
        KeyError: there is no check of this name.
    """
    return _CHECKS[name](history, **args)


def check_names() -> tuple[str, ...]:
    """Every registered check, sorted."""
    return tuple(sorted(_CHECKS))


def meaning_of(name: str) -> str:
    """What the named check expects, in one line: the first of its docstring.

    Raises:
        KeyError: there is no check of this name.
    """
    return (_CHECKS[name].__doc__ or "").partition("\n")[0].strip()
