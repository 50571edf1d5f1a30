"""A command arranges what it is asked for, or says why not; whatever it does, the run goes on."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.domain import arrangements
from harness.domain.cluster import Health
from harness.domain.permission import every_grant
from harness.targets.arranging.commands import Command, Commands
from harness.targets.arranging.process import OUTPUT_BYTES_MAX
from harness.targets.port import ArrangingFailed, CannotArrange
from tests.unit.targets.arranging import fakes
from tests.unit.targets.arranging.fakes import TOKEN, python


def commands(command: Command, **resets: Command) -> Commands:
    return Commands({"*": command}, resets)


@pytest.mark.parametrize("code", [fakes.PRINTS_NO_JSON, fakes.READS_NOTHING, "pass"])
def test_a_command_that_succeeds_has_arranged_what_was_asked(code: str) -> None:
    assert commands(python(code)).arrange(TOKEN) == TOKEN


CAN_TWO = 'import sys; print(\'{"can": ["Restart", "PutToken"]}\'); sys.exit(0)'
STAYS = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)["arrangement"] == "WhatCanBe"
    print(json.dumps({"can": ["Restart", "PutToken"]} if asked else {}), flush=True)
"""


@pytest.mark.parametrize(
    "command", [python(CAN_TWO), replace(python(STAYS), stays=True)], ids=["once", "stays"]
)
def test_one_that_says_what_it_can_is_not_taken_to_do_more(command: Command) -> None:
    asked = commands(command)
    assert asked.cannot(arrangements.SetRateLimit) == "", "nobody has asked it"
    assert asked.ask_what_it_can() == ""
    assert asked.cannot(arrangements.Restart) == ""
    assert "does not say that it can" in asked.cannot(arrangements.SetRateLimit)
    asked.close()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import sys; sys.exit(3)", "does not answer"),
        ("import sys; sys.exit(1)", "does not answer"),
        ("pass", "does not answer"),
        ("print('{}')", "does not answer"),
        ('print(\'{"can": ["Fly"]}\')', "knows Fly, which is no arrangement"),
    ],
)
def test_one_that_does_not_know_the_question_may_still_do_everything(code: str, why: str) -> None:
    asked = commands(python(code))
    assert why in asked.ask_what_it_can()
    assert asked.cannot(arrangements.SetRateLimit) == ""


TELLS = """
import json, sys
for line in sys.stdin:
    match json.loads(line):
        case {"arrangement": "WhatCanBe"}:
            told = {"can": ["SeeEffect", "AdvanceClock"]}
        case {"arrangement": "SeeEffect", "of": {"arrangement": "AdvanceClock", "side": "central"}}:
            told = {"now": 1700000000000000}
        case {"arrangement": "SeeEffect", "of": {"arrangement": "Restart"}}:
            told = {"starts": "often"}
        case {"arrangement": "SeeEffect"}:
            told = {"cannot": "that leaves no trace"}
            if "once" in sys.argv:
                sys.exit(3)
    print(json.dumps(told), flush=True)
"""
CLOCK = arrangements.AdvanceClock(arrangements.Side.CENTRAL, 0)


@pytest.mark.parametrize(
    "command", [python(TELLS, "once"), replace(python(TELLS), stays=True)], ids=["once", "stays"]
)
def test_one_that_says_so_tells_what_came_of_an_arrangement(command: Command) -> None:
    asked = commands(command)
    assert asked.seen(CLOCK) == arrangements.FaultEffect(now=1_700_000_000_000_000)
    assert asked.seen(TOKEN) is None
    with pytest.raises(ArrangingFailed, match="does not tell what came of it: starts: Expected"):
        asked.seen(arrangements.Restart(arrangements.Side.EDGE))
    assert asked.cannot(arrangements.Restart) == "", "what it can is asked by the doctor alone"
    asked.close()


@pytest.mark.parametrize("code", ["pass", CAN_TWO, "import sys; sys.exit(1)"])
def test_of_one_that_does_not_say_so_nothing_is_asked_a_second_time(
    code: str, tmp_path: Path
) -> None:
    asked = commands(python(f"open({str(tmp_path / 'log')!r}, 'a').write('.')\n{code}"))
    assert asked.seen(CLOCK) is None
    assert asked.seen(CLOCK) is None
    assert (tmp_path / "log").read_text("ascii") == "."


def test_one_that_can_nothing_says_so() -> None:
    asked = commands(python("print('{\"can\": []}')"))
    assert asked.ask_what_it_can() == ""
    assert asked.cannot(arrangements.Restart) != ""


LAB = """#!/bin/sh
echo "$@" >> "$0.log"
case "$1" in project) echo made-there ;; user) echo canary-key ;; esac
"""


def test_the_example_arranges_by_the_program_of_a_lab(tmp_path: Path) -> None:
    example = Path(__file__).parents[4] / "examples" / "targets" / "lab" / "arrange.py"
    lab = tmp_path / "acme-lab"
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    asked = commands(Command((str(example),), tmp_path, environment=path))
    assert asked.ask_what_it_can() == ""
    assert asked.cannot(arrangements.Restart) != "", "there is no lab yet"
    lab.write_text(LAB, "utf-8")
    lab.chmod(0o755)
    assert asked.ask_what_it_can() == ""
    assert asked.cannot(arrangements.Restart) == ""
    user = arrangements.PutUser("a@b.example", "pw", "asked", every_grant("p"))
    came = asked.arrange(user)
    assert came == replace(user, api_key="canary-key")
    project = asked.arrange(arrangements.CreateProject("asked", "retail"))
    assert project == arrangements.CreateProject("made-there", "retail")
    with pytest.raises(CannotArrange, match="Reset: not written yet"):
        asked.arrange(arrangements.Reset())
    did = lab.with_name("acme-lab.log").read_text("utf-8").splitlines()
    assert did[0].startswith("user replace a@b.example ")
    assert set(did[0].split()[3:]) == {f"{p}@p" for p in ("list", "get", "update", "delete")}
    assert did[1:] == ["project create retail"]


def test_what_it_prints_is_what_became_of_it() -> None:
    came = commands(python(fakes.PRINTS_ANOTHER_UID)).arrange(TOKEN)
    assert came == replace(TOKEN, token=replace(TOKEN.token, uid="own-uid"))
    came = commands(python(fakes.PRINTS_ANOTHER_VALUE)).arrange(TOKEN)
    assert came == replace(TOKEN, token=replace(TOKEN.token, value="own-value"))


def test_it_gets_the_arrangement_as_json_and_may_give_it_back() -> None:
    code = "import json, sys; d = json.load(sys.stdin); d.pop('arrangement'); print(json.dumps(d))"
    assert commands(python(code)).arrange(TOKEN) == TOKEN


def test_it_gets_nothing_where_that_is_not_wanted() -> None:
    code = "import sys; sys.exit(bool(sys.stdin.read()))"
    assert commands(python(code, stdin=False)).arrange(TOKEN) == TOKEN


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (fakes.EXITS_7, "ended with 7, not with 0: broken"),
        (fakes.PRINTS_HALF_JSON, "an object that is no JSON"),
        (fakes.LIES, "active = False, which is not what was asked"),
        (fakes.PRINTS_STRANGE_FIELD, "colour: there is no such field"),
        (fakes.FLOODS, f"printed more than {OUTPUT_BYTES_MAX // 1024} KiB"),
        (fakes.FLOODS_ERRORS, f"printed more than {OUTPUT_BYTES_MAX // 1024} KiB"),
        ("import os; os.kill(os.getpid(), 9)", "ended with -9, not with 0"),
    ],
)
def test_one_that_goes_wrong_says_so_and_no_other_way_is_tried(code: str, why: str) -> None:
    with pytest.raises(ArrangingFailed) as told:
        commands(python(code)).arrange(TOKEN)
    assert why in str(told.value)


@pytest.mark.parametrize("code", [fakes.HANGS, fakes.IGNORES_TERM])
def test_one_that_hangs_is_killed_with_all_that_it_started(code: str, tmp_path: Path) -> None:
    child = tmp_path / "child"
    parent = (
        "import pathlib, subprocess, sys\n"
        f"p = subprocess.Popen([sys.executable, '-c', {code!r}])\n"
        f"pathlib.Path({str(child)!r}).write_text(str(p.pid))\n"
        "p.wait()"
    )
    with pytest.raises(ArrangingFailed, match=r"did not end within 3 s and was killed"):
        commands(python(parent, timeout_s=3)).arrange(TOKEN)
    assert is_gone(int(child.read_text()))


def is_gone(pid: int, within_s: float = 5.0) -> bool:
    """Whether a process ends soon; one that nobody has waited for yet counts as ended."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return True
        if state == "Z":
            return True
        os.sched_yield()
    return False


def test_what_it_leaves_behind_is_not_waited_for() -> None:
    before = time.monotonic()
    assert commands(python(fakes.LEAVES_A_CHILD)).arrange(TOKEN) == TOKEN
    assert time.monotonic() - before < 15


def test_exit_code_3_means_that_it_cannot_and_has_changed_nothing() -> None:
    with pytest.raises(CannotArrange, match="says that it cannot") as told:
        commands(python(fakes.EXITS_3)).arrange(TOKEN)
    assert not isinstance(told.value, ArrangingFailed)
    assert commands(python(fakes.EXITS_3, expect=3)).arrange(TOKEN) == TOKEN


def test_its_output_can_be_looked_over() -> None:
    good = python(fakes.PRINTS_NO_JSON, expect_output="^done$")
    assert commands(good).arrange(TOKEN) == TOKEN
    bad = python(fakes.PRINTS_NO_JSON, expect_output="^really done$")
    with pytest.raises(ArrangingFailed, match=r"does not contain .*really done"):
        commands(bad).arrange(TOKEN)


def test_values_are_arguments_and_nothing_in_them_is_interpreted() -> None:
    nasty = "w $(touch /tmp/x); `id` 'a' \"b\" * {slot} \\"
    command = python(fakes.SHOWS_ARGUMENTS, "{slot}", "--node={node}", "{health}", "{{x}}")
    with pytest.raises(ArrangingFailed) as told:
        commands(command).arrange(arrangements.SetNodeHealth("lab 1", nasty, Health.UNHEALTHY))
    shown = str(told.value)
    for part in ('["lab 1", ', "$(touch /tmp/x)", "`id`", '"Unhealthy", "{x}"]', "{slot}"):
        assert part in shown


@pytest.mark.parametrize("value", ["-rf", "--help", "a\0b"])
def test_a_value_that_would_be_an_option_is_refused(value: str) -> None:
    with pytest.raises(CannotArrange, match=r"begins with a dash|zero byte"):
        commands(python("pass", "{uid}")).arrange(arrangements.RemoveToken(value))


def test_it_gets_just_the_environment_that_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY_OF_THE_RUN", "x")
    command = python(fakes.SHOWS_ENVIRONMENT, environment={"LANG": "C", "ACME": "1"})
    with pytest.raises(ArrangingFailed) as told:
        commands(command).arrange(TOKEN)
    assert "ACME" in str(told.value)
    assert "CANARY" not in str(told.value)


def test_secrets_that_it_complains_of_are_not_repeated() -> None:
    user = arrangements.PutUser("kim@x.example", "canary-password", "canary-api-key", frozenset())
    code = "import os, sys; print(os.environ['S'], file=sys.stderr);" + fakes.TELLS_SECRETS
    command = python(code, environment={"S": "canary-passed"}, secrets=("canary-passed",))
    for arrangement in (user, TOKEN):
        with pytest.raises(ArrangingFailed) as told:
            commands(command).arrange(arrangement)
        assert "<secret>" in str(told.value)
        assert "canary" not in str(told.value)


def test_what_it_complains_of_is_cut_and_does_nothing_to_a_terminal() -> None:
    code = "import sys; print('\\x1b[31m' + 'é' * 5000 + 'end', file=sys.stderr); sys.exit(1)"
    with pytest.raises(ArrangingFailed) as told:
        commands(python(code)).arrange(TOKEN)
    assert str(told.value).isprintable()
    assert str(told.value).endswith("end)")
    assert len(str(told.value)) < 1_000


def test_a_program_that_is_not_there_cannot() -> None:
    missing = Command(("/nowhere/reset.sh",), Path("/"))
    with pytest.raises(CannotArrange, match="cannot be started: No such file") as told:
        commands(missing).arrange(TOKEN)
    assert not isinstance(told.value, ArrangingFailed)


def test_its_own_entry_comes_before_the_one_for_all() -> None:
    both = Commands({"*": python("pass"), "SetLink": python(fakes.EXITS_7)}, {})
    assert both.arrange(TOKEN) == TOKEN
    with pytest.raises(ArrangingFailed):
        both.arrange(arrangements.SetLink("h", up=False))


def test_without_an_entry_it_says_what_to_write() -> None:
    none = Commands({"SetLink": python("pass")}, {})
    assert none.cannot(arrangements.SetLink) == ""
    assert "[arrange.commands.RemoveToken]" in none.cannot(arrangements.RemoveToken)
    with pytest.raises(CannotArrange, match="RemoveToken"):
        none.arrange(arrangements.RemoveToken("t"))


def test_each_slot_may_have_a_reset_of_its_own() -> None:
    one = Commands({}, {"lab-1": python("pass")})
    assert one.cannot(arrangements.RenewCluster) == ""
    assert (one.renews("lab-1"), one.renews("lab-2")) == (True, False)
    assert one.arrange(arrangements.RenewCluster("lab-1")) == arrangements.RenewCluster("lab-1")
    with pytest.raises(CannotArrange):
        one.arrange(arrangements.RenewCluster("lab-2"))
    assert "add reset" in Commands({}, {}).cannot(arrangements.RenewCluster)
