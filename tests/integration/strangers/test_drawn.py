"""What is drawn, sequences and fleets, blames no stranger either, by the same target files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.acceptance.certifying import described
from tests.integration.cli.command import Command
from tests.strangers.__main__ import STRANGERS

SOON = ("--speed", "300", "--until", "30m")
FLEETS = {"edge": SOON, "central": ("--hosts", "20", *SOON)}
"""At the edge there are as many clusters as places; what settles has half a minute to do so."""


def asked(folder: Path, name: str, *words: str) -> str:
    """What a command says of a stranger of which both sides are described, where it ends well."""
    served, variables = STRANGERS[name]
    with served(folder) as made:
        file = str(made.target_file("edge", "central"))
        done = Command(folder).here(*words, "--target", file, env={**os.environ, **variables})
    assert done.returncode == 0, described(done)
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", STRANGERS)
def test_no_sequence_differs(tmp_path: Path, name: str) -> None:
    said = asked(tmp_path, name, "explore", "--examples", "60", "--seed", "5")
    assert "nothing differs from the procedure" in said


@pytest.mark.slow
@pytest.mark.parametrize("role", FLEETS)
@pytest.mark.parametrize("name", STRANGERS)
def test_a_fleet_pairs_and_violates_nothing(tmp_path: Path, name: str, role: str) -> None:
    said = asked(tmp_path, name, "fleet", "two-admins", "--role", role, *FLEETS[role])
    assert "fleet passes" in said
    assert " paired" in said, said
