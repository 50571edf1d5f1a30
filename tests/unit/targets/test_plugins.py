"""Drivers of other packages: found by name, and told from broken ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.opening import UnknownDriver, driver_names, open_target
from harness.targets.plugins import PluginBroken, open_plugin, plugin_names

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a package of this name with a module of this text, which brings a driver."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(package: str, text: str) -> None:
        (tmp_path / f"{package}.py").write_text(text, "utf-8")
        info = tmp_path / f"{package}-2.1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 2.1\n")
        (info / "entry_points.txt").write_text(
            f"[pairproof.targets]\ntheirs = {package}:open_driver\n"
        )
        monkeypatch.delitem(sys.modules, package, raising=False)

    return installed


WHOLE = """
from harness.opening import open_inprocess
def open_driver(target_file, seed):
    driver = open_inprocess(seed)
    driver.told = (target_file, seed)
    return driver
"""


def test_a_driver_is_found_by_its_name(install: Install, tmp_path: Path) -> None:
    install("whole_one", WHOLE)
    assert plugin_names() == ("theirs",)
    assert driver_names() == ("inprocess", "http", "theirs")
    with_file = open_target("theirs", tmp_path / "t.toml", 7)
    assert with_file.told == (tmp_path / "t.toml", 7)  # type: ignore[attr-defined]
    with_file.close()


def test_what_no_package_brings_is_told_with_what_there_is() -> None:
    with pytest.raises(
        UnknownDriver, match="no driver is called 'ours'; there are inprocess, http"
    ):
        open_target("ours", None, 1)


def test_nothing_is_planted_into_a_driver_of_others(install: Install) -> None:
    install("whole_one", WHOLE)
    with pytest.raises(UnknownDriver, match="planted into the embedded reference"):
        open_target("theirs", None, 1, "mutant:cancel_keeps_request")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("x = 1", "AttributeError"),
        ("open_driver = 5", "is no function"),
        ("open_driver = lambda target_file, seed: object()", "lacks name, info"),
    ],
)
def test_a_broken_package_is_named_with_what_is_wrong(
    install: Install, text: str, why: str
) -> None:
    install("broken_one", text)
    with pytest.raises(PluginBroken, match=f"broken.one 2.1 cannot be used: .*{why}"):
        open_plugin("theirs", None, 1)


def test_two_packages_with_one_name_are_told(install: Install) -> None:
    install("first_one", WHOLE)
    install("second_one", WHOLE)
    with pytest.raises(PluginBroken, match="two packages bring a driver 'theirs'"):
        open_plugin("theirs", None, 1)
