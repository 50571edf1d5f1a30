"""An implementation that shares nothing with the reference is certified by a target file alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.reference.certificates import Certificates
from tests.integration.acceptance.certifying import SOME, by_requirement, described
from tests.integration.cli.command import Command
from tests.second.serving import ENVIRONMENT, Second, second

ROLES = [("edge",), ("central",), ("edge", "central")]
DEFECTS = [
    ("takes-any-version", "ACC-7", "central"),
    ("keeps-what-is-recalled", "WDR-3", "central"),
    ("keeps-its-hands-on", "ACC-13", "edge"),
]


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Second]:
    """Both sides of it; the boxes trust the CA that the harness keeps for playing Palette, too."""
    Certificates.kept(folder / "peer-ca.pem")
    with second(folder, BOX_CA=str(folder / "peer-ca.pem"), **environment) as made:
        yield made


@pytest.fixture(scope="module")
def implementation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    with running(tmp_path_factory.mktemp("second")) as made:
        yield made


@pytest.fixture
def command(implementation: Second, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    made = Command(implementation.folder)
    yield made
    assert made.alive() == []


def certify(
    command: Command, made: Second, roles: tuple[str, ...], *words: str, **limits: float
) -> tuple[int, str]:
    """Certify it in these roles; the harness plays the other side. The files go to `out`; returns
    the exit code and what was said.
    """
    more = "" if "central" in roles else '[peer]\nca_out = "peer-ca.pem"'
    file = made.target_file(*roles, more=more, **{"await_s": 5, **limits})
    target = ("--target", str(file), "--out", str(made.folder / "out"))
    done = command.here("certify", "--workers", "1", *target, *words)
    return done.returncode, described(done)


@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_it_conforms(command: Command, implementation: Second, roles: tuple[str, ...]) -> None:
    code, said = certify(command, implementation, roles, "-k", SOME)
    assert code == 0, said
    found = by_requirement(implementation.folder / "out")
    assert len(found) > 5
    assert set(found.values()) == {"pass"}, found


@pytest.mark.slow
@pytest.mark.parametrize("roles", ROLES, ids="-".join)
def test_all_of_it_conforms(
    command: Command, implementation: Second, roles: tuple[str, ...]
) -> None:
    code, said = certify(command, implementation, roles)
    assert code == 0, said
    found = by_requirement(implementation.folder / "out")
    assert set(found.values()) <= {"pass", "observed", "not_supported"}, found


@pytest.mark.parametrize(("defect", "requirement", "role"), DEFECTS)
def test_its_defects_are_found(
    command: Command, tmp_path: Path, defect: str, requirement: str, role: str
) -> None:
    with running(tmp_path, DEFECT=defect) as made:
        words = ("--requirement", requirement, "--fail-fast")
        # Looks that are far apart are late for a small share of the wait on a busy machine.
        code, said = certify(command, made, (role,), *words, await_s=2, poll_s=0.2)
    assert code == 1, said
    assert by_requirement(tmp_path / "out") == {requirement: "fail"}
