"""Pages that share nothing with the reference's are judged by a target file alone.

They belong to the stranger that takes the long way: other labels, other roles, a login in two
steps, a question before whatever has consequences, and a wizard that begins with the profiles.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalogue.requirement import Feature
from harness.catalogue.requirements import REQUIREMENTS
from tests.integration.acceptance.certifying import by_requirement
from tests.integration.strangers.certified import certified, none_fails_and_nearly_all_is_judged
from tests.integration.strangers.test_steps import running
from tests.strangers.steps import leaves
from tests.strangers.steps.serving import ENVIRONMENT, Steps

pytestmark = pytest.mark.usefixtures("needs_browser", "_variables")

OF_PAGES = [each.id for each in REQUIREMENTS if Feature.PAGES in each.features]
DEFECTS = {
    "page-says-little-of-the-terms": ("ACC-4", "central"),
    "page-turns-away-who-asked-first": ("ACC-23", "central"),
    "page-shows-another-number": ("WDR-2P", "edge"),
}
"""Each defect with the requirement that it breaks, and the role in which that is found."""
MISSED = {
    "checked-once-is-checked-for-good",  # whether another match takes another Validate is open
}


@pytest.fixture
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def certify(made: Steps, *words: str, roles: tuple[str, ...] = ("edge", "central")) -> str:
    _, said = certified(made.folder, made.target_file(*roles, await_s=15), *words)
    return said


def test_its_pages_are_walked_by_its_file(tmp_path: Path) -> None:
    with running(tmp_path) as made:
        said = certify(made, "-k", "procedure and (accept_pairing or withdraw_pairing)")
    assert by_requirement(tmp_path / "out") == {"ACC-11": "pass", "WDR-3P": "pass"}, said


@pytest.mark.slow
def test_its_pages_conform(tmp_path: Path) -> None:
    with running(tmp_path) as made:
        said = certify(made, "--requirement", ",".join(OF_PAGES))
    none_fails_and_nearly_all_is_judged(tmp_path / "out", said)
    found = by_requirement(tmp_path / "out")
    assert found == dict.fromkeys(OF_PAGES, "pass"), said


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS)
def test_defects_of_its_pages_are_found(tmp_path: Path, defect: str) -> None:
    requirement, role = DEFECTS[defect]
    with running(tmp_path, "--defect", defect) as made:
        said = certify(made, "--requirement", requirement, roles=(role,))
    assert by_requirement(tmp_path / "out") == {requirement: "fail"}, said


def test_every_defect_is_looked_for() -> None:
    assert DEFECTS.keys() | MISSED == set(leaves.DEFECTS)
