"""A credential in a file of its own, named by `x_file`."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.targets.reading import CredentialError, TargetFileError, credential_in
from harness.targets.target import Target
from harness.targets.target_file import read_target

TEXT = """\
schema = "pairproof/target/1"
roles = ["edge"]
[implementation]
name = "Acme"
[[edge.clusters]]
slot = "lab"
hosts = [{ uid = "h1", url = "http://127.0.0.1:1" }]
[edge.login]
username_env = "ACME_USER"
"""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("canary pass word\n")
    path.chmod(0o600)
    return path


def read(line: str, folder: Path) -> Target:
    return read_target(f"{TEXT}{line}\n", "acme.toml", folder, {"ACME_USER": "kim", "PW": "x"})


def test_it_is_found_beside_the_target_file_without_the_end_of_its_line(secret: Path) -> None:
    target = read('password_file = "password"', secret.parent)
    assert target.local_user.password == "canary pass word"


@pytest.mark.parametrize("content", ["canary", "canary\n", "canary\r\n"])
def test_one_end_of_line_is_taken_off(secret: Path, content: str) -> None:
    secret.write_bytes(content.encode())
    assert credential_in(secret) == "canary"
    secret.write_bytes(b"two\n\n")
    assert credential_in(secret) == "two\n"


@pytest.mark.parametrize(
    ("line", "key", "told"),
    [
        ('password_file = "password"\npassword_env = "PW"', "password_env", "contradict"),
        ("", "password_env", "or password_file = "),
        ('password_file = "hunter2"', "password_file", "cannot be used: there is no such file"),
        ('password_file = " "', "password_file", "the path of a file"),
        ('password = "hunter2"', "password", "with password_env, or a file with password_file"),
    ],
)
def test_one_of_the_two_is_needed(secret: Path, line: str, key: str, told: str) -> None:
    with pytest.raises(TargetFileError) as caught:
        read(line, secret.parent)
    (mistake,) = caught.value.mistakes
    assert mistake.key == f"edge.login.{key}"
    assert mistake.line >= 8
    assert told in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        (b"canary", 0o640, "others may read"),
        (b"canary", 0o604, "chmod 600"),
        (b"", 0o600, "is empty"),
        (b"\n", 0o600, "is empty"),
        (b"canary" * 20_000, 0o600, "too large"),
        (b"\xff\xfe", 0o600, "no text in UTF-8"),
    ],
)
def test_a_file_that_will_not_do_is_told_and_not_repeated(
    secret: Path, content: bytes, mode: int, told: str
) -> None:
    secret.write_bytes(content)
    secret.chmod(mode)
    with pytest.raises(CredentialError) as caught:
        credential_in(secret)
    said = f"{caught.value} {caught.value.remedy}"
    assert told in said
    assert "canary" not in said


def test_a_folder_is_no_credential(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="cannot be read"):
        credential_in(tmp_path)
