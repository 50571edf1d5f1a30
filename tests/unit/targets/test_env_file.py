"""Credentials beside a target file: read strictly, written so that a shell reads them too."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.targets.reading import TargetFileError, env_file_of, env_text, read_env_file

SECRET = "canary-2f7d"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "target.env"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_it_lies_beside_the_target_file() -> None:
    assert env_file_of(Path("some/where/acme.v2.toml")) == Path("some/where/acme.v2.env")


def test_no_file_means_no_variables(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / "target.env") == {}


def test_every_usual_form_is_read(tmp_path: Path) -> None:
    text = (
        '# a comment\n\nA=1\nexport B = two words \nC=\'# no $comment\'\nD="q\\"x"  \nE=3 # c\nF=\n'
    )
    assert read_env_file(written(tmp_path, text)) == {
        "A": "1",
        "B": "two words",
        "C": "# no $comment",
        "D": 'q"x',
        "E": "3",
        "F": "",
    }


@pytest.mark.parametrize("value", ["plain", "two words", "a#b $HOME `id`", "it's", '"q"', "\\n"])
def test_what_is_written_reads_the_same_here_and_in_a_shell(tmp_path: Path, value: str) -> None:
    path = written(tmp_path, env_text({"NAME": value}))
    assert read_env_file(path) == {"NAME": value}
    shell = ["sh", "-c", f'. {path}; printf %s "$NAME"']
    assert subprocess.run(shell, check=True, stdout=subprocess.PIPE, text=True).stdout == value


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(TargetFileError, match=r"mode 6\d\d\).*chmod 600") as caught:
        read_env_file(written(tmp_path, f"A={SECRET}", mode))
    assert SECRET not in str(caught.value)


def test_a_line_that_assigns_nothing_is_named_and_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(TargetFileError, match=r"target\.env:2: this line assigns") as caught:
        read_env_file(written(tmp_path, f"A=1\n{SECRET}\n"))
    assert SECRET not in str(caught.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "target.env").mkdir(mode=0o700)
    with pytest.raises(TargetFileError, match="cannot be read"):
        read_env_file(tmp_path / "target.env")
