"""A stranger certified by its target file, and what that comes to."""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.catalogue.requirement import Level
from harness.catalogue.requirements import by_id
from tests.integration.acceptance.certifying import by_requirement, described
from tests.integration.cli.command import Command
from tests.sources import ROOT

ROLES = [("edge",), ("central",), ("edge", "central")]
INCONCLUSIVE = 3


class Served(Protocol):
    """A stranger as it runs."""

    @property
    def folder(self) -> Path: ...

    def target_file(self, *roles: str) -> Path: ...


@dataclass(frozen=True)
class Certifier:
    """Certifies a stranger whose file names these variables; the harness plays the other side."""

    variables: Mapping[str, str]

    def certify(self, made: Served, roles: tuple[str, ...], *words: str) -> tuple[int, str]:
        """The exit code, and what was said."""
        return certified(made.folder, made.target_file(*roles), *words, env=self.variables)

    def some_conforms(self, made: Served, roles: tuple[str, ...], some: str) -> None:
        code, said = self.certify(made, roles, "-k", some)
        assert code == 0, said
        found = by_requirement(made.folder / "out")
        assert len(found) > 5
        assert set(found.values()) == {"pass"}, found

    def nearly_all_is_judged(self, made: Served, roles: tuple[str, ...]) -> None:
        code, said = self.certify(made, roles)
        assert code == 0, said
        none_fails_and_nearly_all_is_judged(made.folder / "out", said)

    def finds(self, made: Served, requirement: str, roles: str, *besides: str) -> None:
        """A defect, at its requirement, and at the invariants that it breaks in the same scenarios.
        A harness that is starved of time does not blame, and what only should hold ends no run.
        """
        code, said = INCONCLUSIVE, ""
        is_must = by_id(requirement).level is Level.MUST
        for _ in range(3):
            words = [
                "--requirement",
                requirement,
                *(["--fail-fast"] if is_must and not besides else []),
            ]
            code, said = self.certify(made, tuple(roles.split("-")), *words)
            if code != INCONCLUSIVE:
                break
        assert code == int(is_must), said
        assert by_requirement(made.folder / "out") == dict.fromkeys((requirement, *besides), "fail")


def imported_by(stranger: str) -> set[str]:
    """The packages that it imports beside its own modules; what starts it is the tests'."""
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for file in (ROOT / "tests" / "strangers" / stranger).glob("*.py")
        if file.name != "serving.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    others = {name for name in imported if not name.startswith(f"tests.strangers.{stranger}")}
    return {name.partition(".")[0] for name in others}


def planted(kind: str, names: Iterable[str]) -> list[str]:
    """The words that plant defects or habits."""
    return [f"--{kind}={name}" for name in names]


def certified(
    folder: Path, file: Path, *words: str, env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Certify by a target file; the files of the run go to `out`. The exit code, and what was
    said.
    """
    command = Command(folder)
    target = ("--target", str(file), "--out", str(folder / "out"))
    done = command.here("certify", "--workers", "1", *target, *words, env=env)
    assert command.alive() == []
    return done.returncode, described(done)


def scenarios(out: Path) -> Counter[str]:
    """How many scenarios came to which verdict, each counted once, by its worst."""
    report = json.loads((out / "report.json").read_text("utf-8"))
    found: dict[str, set[str]] = {}
    for requirement in report["requirements"]:
        for scenario in requirement["scenarios"]:
            found.setdefault(scenario["id"], set()).add(scenario["verdict"])
    worst = ("fail", "inconclusive", "pass", "observed", "not_supported", "skipped")
    return Counter(next(v for v in worst if v in verdicts) for verdicts in found.values())


def none_fails_and_nearly_all_is_judged(out: Path, said: str) -> None:
    """Nobody is blamed, and 95 of 100 scenarios that may be judged are."""
    found = scenarios(out)
    assert not found["fail"], said
    judged = found["pass"] + found["observed"]
    assert judged >= 0.95 * (judged + found["inconclusive"]), found
