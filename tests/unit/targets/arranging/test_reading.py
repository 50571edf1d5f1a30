"""What a target file says of arranging is what is meant, or one message says where and why not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.domain.permission import Grant, PairPermission, every_grant
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileEdition, ProfileType
from harness.targets.arranging.reading import WAYS, ArrangingSettings
from harness.targets.reading import TargetFileError
from harness.targets.target import Target
from harness.targets.target_file import read_target
from tests.unit.configuration.placed import placed

HEAD = """\
schema = "pairproof/target/1"
roles = ["edge", "central"]
[implementation]
name = "Acme"
[edge.login]
username_env = "ACME_USER"
password_env = "ACME_PASSWORD"
[central]
url = "https://palette.acme.example"
[[edge.clusters]]
slot = "lab-1"
hosts = [{ uid = "h1", url = "https://edge-1.acme.example" }]
"""
ANY = '[arrange.commands."*"]\n'
ENVIRONMENT = {
    "ACME_USER": "kim",
    "ACME_PASSWORD": "canary-password",
    "ACME_KEY": "canary-api-key",
    "ACME_LAB": "canary-lab-secret",
    "PATH": "/usr/bin:/bin",
    "OTHER": "not-for-commands",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    script = tmp_path / "reset.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    (tmp_path / "plain.txt").write_text("")
    return tmp_path


def read(text: str, folder: Path, environment: Mapping[str, str] = ENVIRONMENT) -> Target:
    return read_target(HEAD + text, "target.toml", folder, environment)


def test_without_a_word_every_way_is_tried_and_nothing_is_there(folder: Path) -> None:
    target = read("", folder)
    assert target.arranging == ArrangingSettings()
    assert target.arranging.ways == WAYS


def test_ways_are_tried_in_the_order_of_the_file(folder: Path) -> None:
    target = read('[arrange]\nways = ["person", "api"]\n', folder)
    assert target.arranging.ways == ("person", "api")


def test_a_command_is_what_the_file_says(folder: Path) -> None:
    target = read(
        """
[arrange.commands.SetNodeHealth]
command = ["./reset.sh", "{slot}", "--node={node}", "{{}}"]
stdin = false
timeout_s = 5
expect = 4
expect_output = "^done$"
pass_env = ["ACME_LAB"]
[arrange.commands."*"]
command = ["sh", "{arrangement}"]
""",
        folder,
    )
    one, any_ = (target.arranging.commands[name] for name in ("SetNodeHealth", "*"))
    assert one.words == (str(folder / "reset.sh"), "{slot}", "--node={node}", "{{}}")
    assert (one.stdin, one.timeout_s, one.expect, one.expect_output) == (False, 5, 4, "^done$")
    assert one.environment == {"PATH": "/usr/bin:/bin", "ACME_LAB": "canary-lab-secret"}
    assert one.folder == folder
    assert any_.words[0].endswith("/sh")
    assert any_.environment == {"PATH": "/usr/bin:/bin"}
    assert (any_.stdin, any_.expect) == (True, 0)


def test_a_command_may_stay(folder: Path) -> None:
    target = read(f'{ANY}command = ["./reset.sh", "{{{{}}}}"]\nstays = true\ntimeout_s = 5', folder)
    command = target.arranging.commands["*"]
    assert (command.stays, command.timeout_s) == (True, 5)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('command = ["./reset.sh", "{arrangement}"]', "'{arrangement}' has a placeholder"),
        ('command = ["./reset.sh"]\nstdin = true', "stdin: it stands there"),
        ('command = ["./reset.sh"]\nexpect = 1', "expect: it stands there"),
        ('command = ["./reset.sh"]\nexpect_output = "x"', "expect_output: it stands there"),
    ],
)
def test_one_that_stays_is_told_by_lines_alone(more: str, told: str, folder: Path) -> None:
    with pytest.raises(TargetFileError, match="gets each arrangement as a line") as error:
        read(f"{ANY}{more}\nstays = true\n", folder)
    assert told in str(error.value)


def test_what_it_is_given_is_a_secret_of_the_run(folder: Path) -> None:
    target = read(
        """
reset = { command = ["./reset.sh"], pass_env = ["ACME_LAB"] }
[central.admin]
api_key_env = "ACME_KEY"
[given]
projects = ["p-1"]
[[given.people]]
label = "admin"
api_key_env = "ACME_USER"
password_env = "ACME_PASSWORD"
""",
        folder,
    )
    assert set(target.secrets()) >= {
        ("canary-lab-secret", "secret"),
        ("canary-api-key", "api_key"),
        ("kim", "api_key"),
        ("canary-password", "password"),
    }
    assert "canary" not in repr(target)


def test_a_place_is_disposable_if_it_says_so_or_can_be_put_back(folder: Path) -> None:
    assert read("", folder).arranging.disposable == frozenset()
    assert read("disposable = true\n", folder).arranging.disposable == {"lab-1"}
    reset = 'reset = { command = ["./reset.sh", "{slot}"] }\n'
    assert read(reset, folder).arranging.disposable == {"lab-1"}
    assert set(read(reset, folder).arranging.resets) == {"lab-1"}
    assert read(f"disposable = false\n{reset}", folder).arranging.disposable == frozenset()


def test_what_is_given_is_what_the_file_says(folder: Path) -> None:
    given = read(
        """
[given]
projects = ["p-1", "p-2"]
clusters = true
[[given.people]]
label = "admin"
api_key_env = "ACME_KEY"
[[given.people]]
label = "reader"
api_key_env = "ACME_KEY"
email = "r@x.example"
permissions = ["list", "get"]
projects = ["p-2"]
tenant = true
tenant_admin = true
[[given.profiles]]
uid = "pr-1"
name = "acme"
type = "infra"
versions = [
    { version = "1.0.0", packs = [{ layer = "cni", name = "Calico", version = "3.25.1" }] },
    { version = "1.1.0", published = false, packs = [{ layer = "os", name = "U", version = "2" }] },
]
""",
        folder,
    ).arranging.given
    assert (given.projects, given.clusters) == (("p-1", "p-2"), True)
    admin, reader = given.people
    assert admin.grants == every_grant("p-1")
    assert (admin.api_key, admin.password, admin.tenant_admin) == ("canary-api-key", "", False)
    assert reader.grants == {
        Grant(permission, scope)
        for permission in (PairPermission.LIST, PairPermission.GET)
        for scope in ("p-2", "")
    }
    assert (reader.email, reader.tenant_admin) == ("r@x.example", True)
    first = ProfileEdition("1.0.0", (Pack(Layer.CNI, "Calico", "3.25.1"),))
    second = ProfileEdition("1.1.0", (Pack(Layer.OS, "U", "2"),), published=False)
    assert given.profiles == (ClusterProfile("pr-1", "acme", ProfileType.INFRA, (first, second)),)


COMMAND = '[arrange.commands.SetNodeHealth]\ncommand = ["./reset.sh"'


@pytest.mark.parametrize(
    ("text", "line", "key", "told"),
    [
        (f'{COMMAND}, "{{host}}"]', 14, "arrange.commands.SetNodeHealth.command", "{host}"),
        (f'{COMMAND}, "{{slot"]', 14, "arrange.commands.SetNodeHealth.command", "'{slot'"),
        (f'{COMMAND}, "{{}}"]', 14, "arrange.commands.SetNodeHealth.command", "name of a field"),
        (f'{COMMAND}, "{{slot:>9}}"]', 14, "arrange.commands.SetNodeHealth.command", "name of a"),
        (f'{COMMAND}, "{{slot!r}}"]', 14, "arrange.commands.SetNodeHealth.command", "name of a"),
        (f'{COMMAND}, "{{slot[0]}}"]', 14, "arrange.commands.SetNodeHealth.command", "name of a"),
        (
            '[arrange.commands."*"]\ncommand = ["sh", "{slot}"]',
            14,
            "arrange.commands.*.command",
            "there are {arrangement}",
        ),
        (
            '[arrange.commands.SetLink]\ncommand = ["{host_uid}"]',
            14,
            "arrange.commands.SetLink.command",
            "has a placeholder",
        ),
        (
            '[arrange.commands.SetLink]\ncommand = ["./nowhere.sh"]',
            14,
            "arrange.commands.SetLink.command",
            "no program that can be run here",
        ),
        (
            '[arrange.commands.SetLink]\ncommand = ["./plain.txt"]',
            14,
            "arrange.commands.SetLink.command",
            "chmod +x",
        ),
        (
            '[arrange.commands.SetLink]\ncommand = ["no-such-program-anywhere"]',
            14,
            "arrange.commands.SetLink.command",
            "no program",
        ),
        (
            '[arrange.commands.SetLink]\ncommand = "reset.sh"',
            14,
            "arrange.commands.SetLink.command",
            "a list, each item a text",
        ),
        (f'{COMMAND}]\npass_env = ["NOT_SET"]', 15, "arrange.commands.SetNodeHealth.pass_env",
         "NOT_SET is not set"),
        (f'{COMMAND}]\nexpect_output = "("', 15, "arrange.commands.SetNodeHealth.expect_output",
         "a regular expression"),
        (f'{COMMAND}]\nexpect = 256', 15, "arrange.commands.SetNodeHealth.expect", "0 to 255"),
        ('[arrange.commands.BreakThings]\ncommand = ["sh"]', 13, "arrange.commands.BreakThings",
         "there is no"),
        ('[arrange]\nways = ["magic"]', 14, "arrange.ways[0]", "control, link, commands"),
        ('reset = { command = ["./reset.sh", "{node}"] }', 13, "edge.clusters[0].reset.command",
         "there are {arrangement}, {slot}"),
        ('[given]\nprojects = ["p", "p"]', 14, "given.projects[1]", "at given.projects[0]"),
        (
            '[[given.people]]\nlabel = "x"\napi_key_env = "ACME_KEY"\nprojects = ["p-9"]',
            16,
            "given.people[0].projects[0]",
            "one of given.projects",
        ),
        ('[[given.people]]\nlabel = "x"\napi_key = "k"', 15, "given.people[0].api_key",
         "credentials never stand in the file"),
        ('[central.admin]\napi_key_env = "NOT_SET"', 14, "central.admin.api_key_env", "is not set"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_with_its_line(
    text: str, line: int, key: str, told: str, folder: Path
) -> None:
    with pytest.raises(TargetFileError) as error:
        read(text, folder)
    assert placed(error.value) == [(line, key)]
    assert told in str(error.value)
    assert "canary" not in str(error.value)
