"""What can be asked of the catalogue in error.

PairproofError
+-- CatalogueError
    +-- UnknownName        no requirement, profile, feature or limit is called so
    +-- LimitOutOfRange    a limit is not a number of seconds that is allowed
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.domain.errors import PairproofError


class CatalogueError(PairproofError):
    """The root of the errors of the catalogue."""


class UnknownName(CatalogueError):
    """A name that the catalogue does not have.

    `kind` says of what (`requirement`), `given` is the name as it came, `near` are the known
    names that resemble it most, or all of them where they are few.
    """

    def __init__(self, kind: str, given: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.given = given
        self.near = _near(given, tuple(known))
        hint = f"did you mean {' or '.join(self.near)}?"
        if not self.near:
            hint = f"`pairproof requirements --coverage` shows every {kind} there is"
        super().__init__(f"no {kind} is called {given!r}; {hint}")


class LimitOutOfRange(CatalogueError):
    """A limit that is not a number of seconds above 0 and up to its stated maximum.

    `field` names the limit, `given` is what came, `maximum_s` is the most it may be.
    """

    def __init__(self, field: str, given: object, maximum_s: float) -> None:
        self.field = field
        self.given = given
        self.maximum_s = maximum_s
        super().__init__(
            f"limit {field}: {given!r} was given;"
            f" give a number of seconds above 0 and at most {maximum_s:g}"
        )


def _near(given: str, known: tuple[str, ...]) -> tuple[str, ...]:
    if len(known) <= 8:
        return known
    # Imported here: an error is rare, and the command has to start fast.
    from difflib import get_close_matches

    by_folded = {name.casefold(): name for name in known}
    close = get_close_matches(given.casefold(), by_folded, n=3, cutoff=0.7)
    return tuple(by_folded[name] for name in close)
