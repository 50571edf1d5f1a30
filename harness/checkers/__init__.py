"""Named checks. Importing the package registers every one of them.

Imports `domain`, `catalogue`, `history`. Begin with `registry`.
"""

from harness.checkers import (
    answers,
    backlog,
    effects,
    ids,
    invariants,
    pages,
    requests,
    settling,
    writings,
)

__all__ = [
    "answers",
    "backlog",
    "effects",
    "ids",
    "invariants",
    "pages",
    "requests",
    "settling",
    "writings",
]
