"""The house is in order: pins, make targets, what is packed, and words that must not occur."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from harness import __version__, suite

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[0-9][\w.!+]*)")
FORBIDDEN = re.compile(
    r"(?<![\w.~])/(work|root|opt/wheels|etc/xdg|home/\w+|Users/\w+)/"  # one machine's folders
    r"|\b(pypi|pythonhosted|npmjs|debian)\.(org|com)\b",  # hosts of registries
    re.IGNORECASE,
)


def pins() -> dict[str, str]:
    """The pinned version of each distribution, by its canonical name."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = [PIN.fullmatch(line) for line in lines]
    assert None not in found, [line for line in lines if not PIN.fullmatch(line)]
    return {canonicalize_name(pin["name"]): pin["version"] for pin in found if pin}


def declared() -> list[Requirement]:
    """What pyproject.toml asks for, with the extras; an extra that names another is left out."""
    extras = PROJECT["optional-dependencies"].values()
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in extra)]
    return [r for r in map(Requirement, texts) if r.name != PROJECT["name"]]


def closure(requirements: list[Requirement]) -> set[str]:
    """The canonical names of the requirements and of all that those need in turn, here."""
    found: set[str] = set()
    waiting = list(requirements)
    while waiting:
        asked = waiting.pop()
        found.add(canonicalize_name(asked.name))
        needed = map(Requirement, metadata.requires(asked.name) or [])
        waiting += [n for n in needed if applies(n, asked.extras) and not known(n, found)]
    return found


def applies(needed: Requirement, extras: set[str]) -> bool:
    marker = needed.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def known(needed: Requirement, found: set[str]) -> bool:
    return canonicalize_name(needed.name) in found


def files_of_the_project() -> list[Path]:
    """What is committed, or would be by `git add --all`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"git does not list the files here: {error}")
    paths = (ROOT / name for name in listed.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def test_constraints_hold_one_exact_version_a_line() -> None:
    assert pins()


def test_all_that_is_needed_is_pinned() -> None:
    assert closure(declared()) - pins().keys() == set()


def test_every_pin_lies_in_its_range() -> None:
    pinned = pins()
    outside = [r for r in declared() if pinned[canonicalize_name(r.name)] not in r.specifier]
    assert outside == []


def targets_of_the_makefile() -> set[str]:
    return set(re.findall(r"^([a-z]+):.* ## ", (ROOT / "Makefile").read_text("utf-8"), re.M))


def test_the_readme_mentions_every_make_target() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert targets_of_the_makefile() - set(re.findall(r"`make ([a-z]+)", readme)) == set()


def missing_targets(text: str) -> set[str]:
    """The make targets that a text mentions and the Makefile does not have."""
    return set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.M)) - targets_of_the_makefile()


def test_every_make_target_that_is_mentioned_exists() -> None:
    pages = ["README.md", "CONTRIBUTING.md", ".ci/run", "benchmarks/README.md"]
    texts = {page: (ROOT / page).read_text("utf-8") for page in pages}
    assert [(page, t) for page, text in texts.items() for t in missing_targets(text)] == []
    assert missing_targets("`make test` and `make believe`\nmake peace") == {"believe", "peace"}


def test_no_file_names_one_machine_or_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files_of_the_project()
        for match in FORBIDDEN.finditer(path.read_bytes().decode("utf-8", "replace"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("see /" + "work/main", True),
        ("at pypi" + ".org/simple", True),
        ("reports/work/x", False),
        ("GET /v1/work", False),
    ],
)
def test_the_guard_against_such_words_sees(text: str, seen: bool) -> None:
    assert bool(FORBIDDEN.search(text)) is seen


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the wheel's files, as an installation would."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        wheel.extractall(out / "site")
    return out / "site"


def test_the_wheel_is_whole(unpacked: Path) -> None:
    places = {"harness": "harness"} | {
        part: f"harness/_suite/{part}" for part in ("features", "scenarios")
    }
    wanted = {
        Path(places[top], path.relative_to(ROOT / top))
        for top in places
        for path in files_of_the_project()
        if path.is_relative_to(ROOT / top)
    }
    packed = {path.relative_to(unpacked) for path in unpacked.rglob("*") if path.is_file()}
    assert wanted - packed == set()
    assert {path.parts[0] for path in packed} == {"harness", f"pairproof-{__version__}.dist-info"}


def test_an_installed_package_finds_its_suite(unpacked: Path, tmp_path: Path) -> None:
    script = (
        "from harness import suite\n"
        "print(suite.suite_dir('scenarios'))\n"
        "print(*(module.__name__ for module in suite.import_steps()))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked)},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    where, *names = run.stdout.split()
    assert Path(where) == unpacked / "harness/_suite/scenarios"
    assert names == [f"pairproof_steps.{path.stem}" for path in suite.step_modules()]


def test_a_missing_suite_is_said_with_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite, "_PACKAGE", tmp_path / "harness")
    with pytest.raises(suite.SuiteMissing, match=r"features folder is missing.*_suite.*checkout"):
        suite.suite_dir("features")
