"""A stranger that takes the long way, by wizards, jobs, forms and cookies, is certified by a target
file alone.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.reference.certificates import Certificates
from tests.integration.acceptance.certifying import SOME, by_requirement
from tests.integration.strangers.certified import (
    ROLES,
    Certifier,
    certified,
    imported_by,
    none_fails_and_nearly_all_is_judged,
    planted,
)
from tests.strangers.steps import appliance, office
from tests.strangers.steps.serving import ENVIRONMENT, Steps, steps

CERTIFIER = Certifier(ENVIRONMENT)
DEFECTS = {
    "wizard-forgets-profiles": ("ACC-7", "central"),
    "wizard-forgets-details": ("ACC-6", "central"),
    "wizard-goes-on-without-the-warning": ("ACC-4", "central"),
    "accept-job-only-says-so": ("ACC-14", "central"),
    "wizard-opens-for-what-is-decided": ("ACC-20", "central"),
    "withdraw-takes-the-newest": ("WDR-3", "central"),
    "list-loses-its-second-page": ("ACC-3", "central", "INV-2"),
    "any-version-will-do": ("PRE-7", "central"),
    "reading-lets-one-decide": ("PRE-8", "central"),
    "cancel-job-only-says-so": ("WDR-3", "edge"),
    "send-asks-one-host-alone": ("PRE-5", "edge"),
    "sick-workers-do-not-matter": ("PRE-2", "edge"),
    "logout-is-for-show": ("SND-1", "edge"),
    "refused-changes-are-made": ("ACC-13", "edge"),
    "delete-job-fails-and-deletes": ("ACC-13", "edge"),
    # Twenty that somebody planted who had not seen the suite.
    "rights-are-kept-for-the-login": ("PRE-8", "central"),
    "voucher-once-good-stays-good": ("PRE-4", "central"),
    "list-filters-what-it-has-paged": ("REJ-5", "central"),
    "restart-forgets-the-last-number": ("INV-5", "central"),
    "latest-is-the-greatest-text": ("PRE-7", "central"),
    "releases-without-their-build": ("ACC-7", "central"),
    "emptied-details-come-back": ("ACC-6", "central"),
    "accept-looks-before-it-waits": ("INV-6", "central"),
    "turned-away-from-any-project": ("PRE-9", "central"),
    "confirmation-counts-once": ("INV-1", "central"),
    "reach-is-remembered": ("PRE-5", "edge"),
    "expired-logins-still-write": ("SND-1", "edge"),
    "restart-keeps-what-waits-alone": ("ACC-13", "edge"),
    "connections-are-shared-by-the-trusting": ("SND-13", "edge"),
    "cancel-gives-up-on-silence": ("WDR-4", "edge"),
    "sender-alone-knows-who-manages": ("ACC-13", "edge"),
    "names-are-sent-in-latin-1": ("ACC-24", "edge"),
    # Found since there is a scenario of what each needs.
    "agent-gives-up-asking": ("REJ-7", "edge"),
    "cancelled-in-flight-tells-nobody": ("INV-9", "edge-central"),
}
"""Each defect with the requirement that it breaks, and the roles in which that is found."""
HABITS = (*office.HABITS, *appliance.HABITS)


@contextmanager
def running(folder: Path, *words: str) -> Iterator[Steps]:
    """Both sides of it; the appliances trust the CA that the harness keeps as well."""
    Certificates.kept(folder / "peer-ca.pem")
    with steps(folder, *words, STEPS_CA=str(folder / "peer-ca.pem")) as made:
        yield made


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    with running(tmp_path_factory.mktemp("steps")) as made:
        yield made


@pytest.mark.slow
def test_some_of_it_conforms(stranger: Steps) -> None:
    CERTIFIER.some_conforms(stranger, ("edge", "central"), SOME)


@pytest.mark.slow
@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_all_of_it_conforms_and_nearly_all_is_judged(
    stranger: Steps, roles: tuple[str, ...]
) -> None:
    _, said = CERTIFIER.certify(stranger, roles)
    none_fails_and_nearly_all_is_judged(stranger.folder / "out", said)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS)
def test_its_defects_are_found(tmp_path: Path, defect: str) -> None:
    with running(tmp_path, *planted("defect", [defect])) as made:
        CERTIFIER.finds(made, *DEFECTS[defect])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("role", "words"), [("edge", "works-after-a-reject and named"), ("central", "can-be-reviewed")]
)
def test_its_file_of_both_sides_serves_one_of_them(stranger: Steps, role: str, words: str) -> None:
    file = stranger.target_file("edge", "central")
    with file.open("a", encoding="utf-8") as text:
        text.write('[peer]\nca_out = "peer-ca.pem"\n')
    asked = ("--role", role, "-k", words)
    code, said = certified(stranger.folder, file, *asked, env=ENVIRONMENT)
    assert code == 0, said
    out = stranger.folder / "out"
    assert json.loads((out / "report.json").read_text("utf-8"))["roles"] == [role]
    evidence = (out / "evidence.jsonl").read_text("utf-8")
    hosts = [url for rack in stranger.addresses["racks"].values() for url in rack.values()]
    assert (stranger.addresses["office"] in evidence) is (role == "central")
    assert any(url in evidence for url in hosts) is (role == "edge"), "the harness plays them"


@pytest.mark.slow
def test_what_comes_of_its_steps_is_observed_where_no_order_is_claimed(tmp_path: Path) -> None:
    with running(tmp_path, "--defect", "wizard-goes-on-without-the-warning") as made:
        file = made.target_file("central")
        file.write_text(file.read_text("utf-8").replace(', "server-steps"', ""), "utf-8")
        words = ("--requirement", "ACC-4,ACC-11,ACC-17", "--driver", "http")
        code, said = certified(tmp_path, file, *words, env=ENVIRONMENT)
    assert code == 0, said
    found = by_requirement(tmp_path / "out")
    assert found == dict.fromkeys(["ACC-4", "ACC-11", "ACC-17"], "observed"), said
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    seen = {(each["requirement"], each["situation"]): each["observed"]
            for each in report["observations"]}  # fmt: skip
    assert seen["ACC-4", "the details, first"].startswith("EnterDetails succeeded")
    refused = seen["ACC-17", "the match, after I understand and the details"]
    assert "ConfirmMatch was refused" in refused


def test_every_defect_is_looked_for() -> None:
    assert DEFECTS.keys() == {*office.DEFECTS, *appliance.DEFECTS}


def test_it_shares_nothing_with_the_harness_or_another_stranger() -> None:
    assert imported_by("steps") <= {*sys.stdlib_module_names, "trustme"}


@pytest.mark.slow
@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_is_blamed_for_nothing(tmp_path: Path, habit: str) -> None:
    with running(tmp_path, *planted("habit", [habit])) as made:
        CERTIFIER.some_conforms(made, ("edge", "central"), SOME)


@pytest.mark.slow
def test_all_its_habits_at_once_are_blamed_for_nothing(tmp_path: Path) -> None:
    with running(tmp_path, *planted("habit", HABITS)) as made:
        _, said = CERTIFIER.certify(made, ("edge", "central"))
    none_fails_and_nearly_all_is_judged(tmp_path / "out", said)
