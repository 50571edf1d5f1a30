"""A reference that was killed leaves a folder: the next one removes it, and no living one's."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout
from harness.reference.own_folder import own_folder
from tests.sources import ROOT

ANOTHER = """
import sys
from harness.reference.own_folder import own_folder
with own_folder() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary folders of these tests' own: others may run beside them."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@contextmanager
def another() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that holds such a folder."""
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process, Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_the_folder_of_a_killed_one_goes_with_the_next(tmp_path: Path) -> None:
    with another() as (process, folder):
        (folder / "reference-central.db").write_bytes(b"x")
        process.kill()
        process.wait()
        assert folder.is_dir()
        with EmbeddedReference(1, Layout(1, 1)) as reference:
            assert not folder.exists()
            assert reference.ca_file.parent.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_that_of_a_living_one_stays() -> None:
    with another() as (process, folder), own_folder() as own:
        with own_folder() as other:
            assert folder.is_dir()
            assert own.is_dir()
            assert len({folder, own, other}) == 3
        assert not other.exists()
        process.communicate()
        assert process.returncode == 0
        assert not folder.exists()


def test_what_only_bears_the_name_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    (tmp_path / "pairproof-reference-link").symlink_to(elsewhere)
    (tmp_path / "pairproof-reference-file").write_text("mine")
    with own_folder():
        assert (elsewhere / "file").read_text() == "mine"
        assert (tmp_path / "pairproof-reference-file").is_file()
