"""The recipes for CI servers: they can be read, and what they run is run here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.cli.commands import app
from tests.integration.cli.command import Command
from tests.sources import ROOT

RECIPES = ROOT / "examples" / "ci"
WORKFLOWS = ("github-certify.yml", "github-nightly-chaos.yml")
ACTION = ROOT / "action.yml"
INPUTS = {"TARGET": "", "COMMAND": "certify", "ARGS": "", "OUT": "out", "FAIL": "true"}
QUICK = '--driver inprocess --requirement WDR-3 -k "a-cancel-ends and both"'


def read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return document


def step(name: str) -> dict[str, Any]:
    (found,) = [s for s in read(ACTION)["runs"]["steps"] if s.get("name") == name]
    return dict(found)


class Runner:
    """Runs a step of the action as GitHub's runner does, with its files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output, self.page = folder / "output", folder / "page.md"
        self.output.touch()

    def has_pairproof(self) -> None:
        """Put the tested `pairproof` where the step that installs it would."""
        folder = self.folder / "pairproof" / "bin"
        folder.mkdir(parents=True)
        command = folder / "pairproof"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness.cli "$@"\n')
        command.chmod(0o755)
        (folder / "python").symlink_to(sys.executable)

    def run(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """Run the step of this name."""
        given = {f"INPUT_{k}": v for k, v in {**INPUTS, **inputs}.items()}
        ours = {
            "PYTHONPATH": str(ROOT),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.page),
            "ACTION_PATH": str(ROOT),
        }
        script = self.folder / "step.sh"
        script.write_text(step(name)["run"])
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.folder,
            env={**os.environ, **ours, **given},
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )

    @property
    def outputs(self) -> dict[str, str]:
        """What the step handed on."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    runner = Runner(tmp_path)
    runner.has_pairproof()
    return runner


def test_the_action_hands_on_folder_verdict_and_code(runner: Runner) -> None:
    done = runner.run("Run pairproof", ARGS=QUICK)
    assert done.returncode == 0, done.stderr
    assert runner.outputs == {"folder": "out", "verdict": "conforms", "exit-code": "0"}
    assert "Selection passes" in runner.page.read_text()
    assert (runner.folder / "out" / "junit.xml").is_file()


def test_the_action_fails_with_the_code_of_pairproof_unless_it_is_told_not_to(
    runner: Runner,
) -> None:
    wrong = runner.run("Run pairproof", ARGS="--requirement NONE-1")
    assert wrong.returncode == 2
    assert runner.outputs == {"folder": "out", "verdict": "", "exit-code": "2"}
    assert runner.run("Run pairproof", ARGS="--requirement NONE-1", FAIL="false").returncode == 0


def test_no_input_of_the_action_is_taken_for_code(runner: Runner) -> None:
    for awkward in ("$(touch broken)", "`touch broken`", "; touch broken", "--out 'x"):
        assert runner.run("Run pairproof", ARGS=awkward).returncode != 0
        assert not (runner.folder / "broken").exists()
    text = ACTION.read_text("utf-8")
    for name in re.findall(r"\n +run: \|\n((?: {8,}.*\n|\n)+)", text):
        assert "${{" not in name


def test_the_action_runs_a_fleet_as_well(runner: Runner) -> None:
    words = {"COMMAND": "fleet flaky-wan", "ARGS": "--hosts 20 --seed random"}
    done = runner.run("Run pairproof", **words)
    assert done.returncode in (0, 3), done.stderr
    assert re.search(r"20 hosts, seed \d+,", done.stdout)
    assert runner.outputs["verdict"] in ("conforms", "inconclusive")


@pytest.mark.slow
def test_the_action_installs_pairproof_from_its_checkout(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    done = runner.run("Install pairproof")
    assert done.returncode == 0, done.stderr
    command = [str(tmp_path / "pairproof" / "bin" / "pairproof"), "--version"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert told.stdout.startswith("pairproof ")


def test_the_inputs_and_outputs_of_the_action_are_those_of_its_steps() -> None:
    action = read(ACTION)
    env = step("Run pairproof")["env"]
    assert {f"inputs.{name}" for name in action["inputs"]} == set(
        re.findall(r"inputs\.[a-z-]+", str(action["runs"]))
    )
    assert set(env) == {f"INPUT_{name}" for name in INPUTS}
    script = step("Run pairproof")["run"]
    assert all(f'echo "{name}=' in script for name in action["outputs"])
    assert all("description" in value for value in action["inputs"].values())


def misuse(workflow: dict[str, Any]) -> Iterator[str]:
    """What is wrong with how a workflow uses the action."""
    steps = [s for job in workflow["jobs"].values() for s in job["steps"]]
    used = [s for s in steps if "/pairproof@" in s.get("uses", "")]
    if not used:
        yield "it does not use it"
    unknown = {key for one in used for key in one["with"]} - read(ACTION)["inputs"].keys()
    yield from (f"it has no input {key}" for key in unknown)
    uploads = [s for s in steps if "upload" in s.get("uses", "")]
    if [s.get("if") for s in uploads] != ["always()"] * len(used):
        yield "the files are not uploaded whatever happens"


def test_a_workflow_uses_the_action_as_it_is() -> None:
    workflows = {name: read(RECIPES / name) for name in WORKFLOWS}
    assert [(name, wrong) for name, flow in workflows.items() for wrong in misuse(flow)] == []
    text = (RECIPES / WORKFLOWS[0]).read_text("utf-8")
    for wrong, old, new in (
        ("it does not use it", "/pairproof@", "/another@"),
        ("it has no input aim", " target:", " aim:"),
        ("the files are not uploaded whatever happens", "always()", "success()"),
    ):
        assert wrong in list(misuse(yaml.safe_load(text.replace(old, new))))


def commands(text: str) -> list[list[str]]:
    """Each command line of `pairproof` in a recipe."""
    code = re.sub(r"(?m)^\s*(#|//).*$", "", text)
    flat = re.sub(r"\n\s+--", " --", code)
    found = re.findall(r"pairproof((?: (?:certify|fleet|report|compare))[^\n'\"]*)", flat)
    return [line.split() for line in found]


def unheard_of(text: str) -> list[str]:
    """The options in a recipe that their command does not have, with the command."""
    import typer.main

    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    found = commands(text)
    assert found
    options = {name: {o for p in known[name].params for o in p.opts} for name, *_ in found}
    return [
        f"{name} {word}"
        for name, *words in found
        for word in words
        if word.startswith("--") and word not in options[name]
    ]


def test_a_recipe_says_only_what_the_command_knows() -> None:
    texts = {n: (RECIPES / n).read_text("utf-8") for n in ("gitlab-ci.yml", "Jenkinsfile", "ci.sh")}
    assert [(name, option) for name, text in texts.items() for option in unheard_of(text)] == []
    assert "certify --into" in unheard_of(texts["ci.sh"].replace("--out", "--into"))


def test_the_gitlab_recipe_keeps_junit_and_artefacts_whatever_happens() -> None:
    recipe = read(RECIPES / "gitlab-ci.yml")
    artifacts = recipe[".pairproof"]["artifacts"]
    assert artifacts["when"] == "always"
    assert artifacts["reports"]["junit"] == "reports/pairproof/junit.xml"
    for job in ("certify", "chaos"):
        assert recipe[job]["extends"] == ".pairproof"
        assert "--out reports/pairproof" in " ".join(recipe[job]["script"])


def test_the_jenkinsfile_is_whole() -> None:
    text = (RECIPES / "Jenkinsfile").read_text("utf-8")
    assert all(text.count(a) == text.count(b) for a, b in ("{}", "()", "[]"))
    assert "junit testResults" in text
    assert "code == 3" in text


def test_the_plain_script_passes_the_exit_code_on(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    fake = folder / "pairproof"
    fake.write_text('#!/bin/sh\necho "$@" > words\nexit "$CODE"\n')
    fake.chmod(0o755)
    script = shutil.copy(RECIPES / "ci.sh", tmp_path)
    for code, told in ((0, "conforms"), (1, "does not conform"), (2, "nothing"), (3, "inconc")):
        env = {"PATH": f"{folder}:{os.environ['PATH']}", "CODE": str(code), "OUT": "there"}
        done = run_script(script, env, tmp_path, "--target", "my target.toml")
        assert done.returncode == code
        assert done.stdout.startswith(told)
        assert (tmp_path / "words").read_text() == "certify --out there --target my target.toml\n"
    lenient = {**env, "INCONCLUSIVE_PASSES": "true"}
    assert run_script(script, lenient, tmp_path).returncode == 0


def run_script(
    script: str | Path, env: dict[str, str], folder: Path, *words: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(script), *words],
        cwd=folder,
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["ci.sh", "action.yml"])
def test_shell_is_shell(name: str, tmp_path: Path) -> None:
    texts = [s["run"] for s in read(ACTION)["runs"]["steps"] if "run" in s]
    texts = texts if name == "action.yml" else [(RECIPES / name).read_text("utf-8")]
    for text in texts:
        script = tmp_path / "script.sh"
        script.write_text(text)
        subprocess.run(["bash", "-n", str(script)], check=True, timeout=10)
