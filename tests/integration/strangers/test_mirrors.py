"""A stranger whose edge hosts stand in rings, led by one host and mirrored by the others, is
certified by a target file alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.reference.certificates import Certificates
from tests.integration.strangers.certified import ROLES, Certifier, planted
from tests.strangers.mirrors import hub, rings
from tests.strangers.mirrors.serving import ENVIRONMENT, Mirrors, served

CERTIFIER = Certifier(ENVIRONMENT)
SOME = " or ".join(
    (
        "unhealthy-among-many and middle",  # PRE-2: a host that mirrors is asked
        "the-connection-check-says-no and second",  # PRE-5
        "works-after-a-reject and named",  # REJ-7: a held question is answered
        "cancels-nothing",  # WDR-1: a login is sent with each request
        "every-host-of-a-larger-cluster-is-cut-off",  # WDR-4
        "said-about-the-operation and deletion",  # ACC-13
        "the-id-is-shown-after-a-restart-of-the-edge",  # SND-3: another host leads
        "refused-or-means-the-same and send-its",  # SND-13: a host that mirrors is behind
    )
)
DEFECTS = {
    "mirrors-change-things": ("ACC-13", "edge"),
    "mirrors-show-long-ago": ("SND-3", "edge"),
    "new-leader-has-forgotten": ("SND-3", "edge"),
    "leader-asks-itself-alone": ("PRE-5", "edge"),
    "cancel-needs-the-hub": ("WDR-4", "edge"),
    "one-password-is-as-good": ("SND-1", "edge"),
    "poll-tells-of-before": ("ACC-12", "central"),
    "withdraw-takes-others-along": ("WDR-3", "central"),
    "withdraw-is-only-acknowledged": ("WDR-3", "central"),
    "any-version-fits": ("ACC-7", "central"),
    "refused-may-be-approved": ("ACC-20", "central"),
    # Twenty that somebody planted who had not seen the suite.
    "rights-lose-their-scope": ("PRE-9", "central"),
    "token-once-good-stays-good": ("PRE-4", "central"),
    "latest-is-by-letter": ("PRE-7", "central"),
    "two-versions-of-a-pack-fit": ("ACC-7", "central"),
    "approval-decides-later": ("INV-6", "central"),
    "numbers-are-recounted": ("INV-5", "central"),
    "labels-are-merged": ("ACC-6", "central"),
    "refused-change-is-kept": ("INV-1", "central"),
    "mismatch-leaves-a-name": ("ACC-15", "central"),
    "list-ends-with-its-page": ("ACC-3", "central"),
    "reached-once-is-reached": ("PRE-5", "edge"),
    "careless-once-is-always": ("SND-13", "edge"),
    "resend-goes-unchecked": ("PRE-1", "edge"),
    "slash-at-the-end-stays": ("SND-8", "edge-central"),
    "cancel-passes-at-handover": ("INV-6", "edge-central"),
    "restart-frees-the-joined": ("ACC-13", "edge"),
    "restart-wants-certificates": ("ACC-12", "edge"),
    "new-overtakes-cancelled": ("SND-5", "edge-central"),
    # Found since its file says how long an acceptance waits for its host.
    "lock-outlives-handover": ("INV-1", "edge-central"),
    # Found since there is a scenario of what it needs.
    "polls-are-given-up": ("INV-9", "edge"),
}
"""Each defect with a requirement that it breaks, and the roles in which that is found."""


@contextmanager
def running(folder: Path, *plants: str) -> Iterator[Mirrors]:
    """Both sides of it; the rings trust the authority that the harness keeps as well."""
    kept = folder / "peer-ca.pem"
    Certificates.kept(kept)
    with served(folder, *plants, also_trusted=kept.read_text("ascii")) as made:
        yield made


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirrors]:
    with running(tmp_path_factory.mktemp("mirrors")) as made:
        yield made


def test_some_of_it_conforms(stranger: Mirrors) -> None:
    CERTIFIER.some_conforms(stranger, ("edge",), SOME)


@pytest.mark.slow
@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_all_of_it_conforms_and_nearly_all_is_judged(
    stranger: Mirrors, roles: tuple[str, ...]
) -> None:
    CERTIFIER.nearly_all_is_judged(stranger, roles)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS)
def test_its_defects_are_found(tmp_path: Path, defect: str) -> None:
    with running(tmp_path, *planted("defect", [defect])) as made:
        CERTIFIER.finds(made, *DEFECTS[defect])


def test_every_defect_is_looked_for() -> None:
    assert set(DEFECTS) == {*hub.DEFECTS, *rings.DEFECTS}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("roles", "habits"),
    list(zip(ROLES, (rings.HABITS, hub.HABITS, rings.HABITS | hub.HABITS), strict=True)),
    ids=["edge", "central", "both"],
)
def test_its_habits_are_blamed_for_nothing(
    tmp_path: Path, roles: tuple[str, ...], habits: dict[str, str]
) -> None:
    """All that a side has, at once: a stranger differs in many ways."""
    with running(tmp_path, *planted("habit", habits)) as made:
        CERTIFIER.nearly_all_is_judged(made, roles)
