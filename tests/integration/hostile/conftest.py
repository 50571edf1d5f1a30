"""A folder in which `pairproof` is run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.command import Command


@pytest.fixture
def command(tmp_path: Path) -> Command:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    return Command(folder)
