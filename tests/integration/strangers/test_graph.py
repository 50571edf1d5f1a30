"""A stranger whose two sides speak GraphQL, all of it at one address each, is certified by a target
file alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.strangers.certified import ROLES, Certifier, imported_by, planted
from tests.strangers.graph.serving import ENVIRONMENT, Graph, served
from tests.strangers.graph.words import DEFECTS, HABITS

CERTIFIER = Certifier(ENVIRONMENT)
SOME = " or ".join(
    (
        "unhealthy-among-many and middle",  # PRE-2: pools that are read twice
        "the-connection-check-says-no and second",  # PRE-5
        "works-after-a-reject and profiles",  # REJ-7
        "cancels-nothing",  # WDR-1: null means that there is none
        "said-about-the-operation and deletion",  # ACC-13: an error among `userErrors`
        "the-id-is-shown-after-a-restart-of-the-edge",  # SND-3
    )
)
FOUND_AT = {
    "ids-cut-short": ("REJ-6", "central"),
    "user-errors-though-done": ("REJ-1", "central"),
    "cursor-skips-one": ("ACC-3", "central"),
    "loader-keeps-profiles": ("PRE-7", "central"),
    "versions-by-text": ("PRE-7", "central"),
    "root-checks-alone": ("PRE-9", "central"),
    "half-a-mutation": ("ACC-15", "central"),
    "null-for-forbidden": ("REJ-3", "central"),
    "enum-falls-back": ("REJ-7", "edge"),
    "poll-stops": ("INV-9", "edge"),
    "bearer-outlives-sign-out": ("SND-1", "edge"),
}
"""Each defect with a requirement that it breaks, and the roles in which that is found."""
MISSED = {"user-errors-unread"}
"""What certifying finds nothing wrong with: a host that takes a refused cancel for done lets its
cluster go, and as it never confirms, the acceptance comes to nothing: both sides agree.
"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    with served(tmp_path_factory.mktemp("graph")) as made:
        yield made


def test_some_of_it_conforms(stranger: Graph) -> None:
    CERTIFIER.some_conforms(stranger, ("edge",), SOME)


@pytest.mark.slow
@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_all_of_it_conforms_and_nearly_all_is_judged(
    stranger: Graph, roles: tuple[str, ...]
) -> None:
    CERTIFIER.nearly_all_is_judged(stranger, roles)


@pytest.mark.slow
@pytest.mark.parametrize("defect", FOUND_AT)
def test_its_defects_are_found(tmp_path: Path, defect: str) -> None:
    with served(tmp_path, *planted("defect", [defect])) as made:
        CERTIFIER.finds(made, *FOUND_AT[defect])


def test_every_defect_is_looked_for() -> None:
    assert FOUND_AT.keys() | MISSED == DEFECTS.keys()


def test_it_shares_nothing_with_the_harness_or_another_stranger() -> None:
    known = {*sys.stdlib_module_names, "starlette", "uvicorn"}
    assert imported_by("graph") <= known


@pytest.mark.slow
@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_all_its_habits_at_once_are_blamed_for_nothing(
    tmp_path: Path, roles: tuple[str, ...]
) -> None:
    with served(tmp_path, *planted("habit", HABITS)) as made:
        CERTIFIER.nearly_all_is_judged(made, roles)
