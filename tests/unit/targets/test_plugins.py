"""Drivers of other packages: found by name, and told from broken ones."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import CreateProject, InstallCluster, SetLink, Side
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import Reason, Refused
from harness.opening import UnknownDriver, driver_names, open_inprocess, open_target
from harness.targets.plugins import PluginBroken, open_plugin, plugin_names
from harness.targets.port import (
    ArrangingFailed,
    CannotArrange,
    Driver,
    Outgoing,
    TargetUnusable,
    heard_by,
)
from harness.targets.undoing import gone_sides

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
TOLD = []
def open_driver(target_file, seed):
    TOLD.append((target_file, seed))
    return open_inprocess(seed)
"""

ONE_SIDED = """
from dataclasses import replace
from harness.domain.arrangements import InstallCluster, Side
from harness.domain.operations import RARELY_OFFERED
from harness.opening import open_inprocess
from harness.targets.plugged import side_asked
from harness.targets.port import DriverAround
class OneSided(DriverAround):
    def send(self, outgoing):
        assert side_asked(type(outgoing.operation)) is Side("{side}"), outgoing.operation
        return super().send(outgoing)
    def arrange(self, arrangement):
        if isinstance(arrangement, InstallCluster):
            assert "{side}" == "edge"
        return super().arrange(arrangement)
def open_driver(target_file, seed):
    driver = OneSided(open_inprocess(seed))
    roles = frozenset({{Side("{side}")}})
    driver.info = replace(driver.info, roles=roles, not_offered=RARELY_OFFERED)
    return driver
"""

SMALLEST = """
from harness.domain.arrangements import Inventory, Slot
from harness.domain.operations import LogIn
from harness.targets.own import OwnDriver
class Smallest(OwnDriver):
    def inventory(self):
        return {inventory}
    def send(self, outgoing):
        raise ZeroDivisionError("nothing by nothing")
    {more}
def open_driver(target_file, seed):
    return Smallest()
"""
SOMETHING = 'Inventory((Slot("lab", ("h1",)),), "https://palette.test")'


def test_a_driver_is_found_by_its_name(install: Install, tmp_path: Path) -> None:
    install("whole_one", WHOLE)
    assert plugin_names() == ("theirs",)
    assert driver_names() == ("inprocess", "http", "browser", "theirs")
    with_file = open_target("theirs", tmp_path / "t.toml", 7)
    assert [(tmp_path / "t.toml", 7)] == sys.modules["whole_one"].TOLD
    assert with_file.name == "theirs", "the name by which a cleanup finds it again"
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
        ("open_driver = lambda target_file, seed: object()", "lacks info, .*OwnDriver has most"),
        ("open_driver = lambda target_file, seed: 1 / 0", "ZeroDivisionError"),
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


def ask(driver: Driver, operation: ops.Operation, host_uid: str = "") -> ops.Reply:
    return driver.send(Outgoing(operation, ops.Credentials(), host_uid)).reply


@pytest.mark.parametrize("side", Side)
def test_the_harness_plays_the_side_that_a_driver_does_not_reach(
    install: Install, side: Side
) -> None:
    install("one_sided", ONE_SIDED.format(side=side.value))
    with closing(open_target("theirs", None, 7)) as driver, closing(open_inprocess(7)) as whole:
        slot = driver.inventory().slots[0]
        for operation in (ops.ViewCluster(), ops.ListTokens()):  # nobody has logged in
            reply = ask(driver, operation, slot.host_uids[0])
            assert isinstance(reply, Refused)
            assert reply.reason is Reason.UNAUTHENTICATED
        for arranged in (CreateProject("p", "retail"), InstallCluster(slot.uid, None)):
            assert driver.arrange(arranged) == arranged
            assert driver.cannot(type(arranged)) == ""
        if side is Side.EDGE:
            plain = driver.inventory().endpoint_forms[EndpointForm.PLAIN_HTTP]
            with pytest.raises(HTTPError, match="404") as caught:
                urlopen(f"{plain}/beat", data=b"")
            caught.value.close()
            assert [told for told in heard_by(driver).strays if "POST /beat" in told]
        is_near = driver.inventory().endpoint.startswith("https://localhost:")
        assert is_near is (side is Side.EDGE)
        assert (driver.local_user == whole.local_user) is (side is Side.EDGE)
        assert gone_sides(driver) == set(Side) - {side}
        own, other = ops.UpdateStack, ops.ReleaseCentralCluster
        assert (own in driver.info.not_offered) is (side is Side.EDGE)
        assert (other in driver.info.not_offered) is (side is Side.CENTRAL), "the harness has it"


def test_the_smallest_driver_arranges_nothing_and_says_so(install: Install) -> None:
    install("smallest", SMALLEST.format(inventory=SOMETHING, more=""))
    with closing(open_target("theirs", None, 7)) as driver:
        assert driver.info.name == "theirs"
        assert "names no way" in driver.cannot(CreateProject)
        with pytest.raises(CannotArrange):
            driver.arrange(CreateProject("p", "retail"))
        assert driver.seen(SetLink("h1", up=False)) is None
        assert 0 <= driver.now() < 60_000_000


@pytest.mark.parametrize("method", ["arrange", "seen"])
def test_a_driver_that_breaks_down_is_no_end_of_a_run(install: Install, method: str) -> None:
    more = f"def {method}(self, arrangement): return [][0]"
    install("smallest", SMALLEST.format(inventory=SOMETHING, more=more))
    with closing(open_target("theirs", None, 7)) as driver:
        told = "the driver theirs broke down: ZeroDivisionError: nothing by nothing"
        assert ask(driver, ops.ListTokens()) == ops.Unknown(told)
        with pytest.raises(ArrangingFailed, match="the driver theirs broke down: IndexError"):
            getattr(driver, method)(SetLink("h1", up=False))


def test_a_driver_that_cannot_hear_of_a_scenario_can_tell_nothing_in_it(install: Install) -> None:
    more = """
    def send(self, outgoing):
        return Exchange(Unknown("as always"))
    def begin_scenario(self, scenario):
        assert scenario != "a/bad"
    """
    text = (
        "from harness.targets.port import Exchange\nfrom harness.domain.operations import Unknown\n"
    )
    install("smallest", text + SMALLEST.format(inventory=SOMETHING, more=more))
    with closing(open_target("theirs", None, 7)) as driver:
        driver.begin_scenario("a/bad")
        told = ask(driver, ops.ListTokens())
        assert isinstance(told, ops.Unknown)
        assert told.why.startswith("the driver theirs broke down: AssertionError")
        with pytest.raises(ArrangingFailed, match="broke down: AssertionError"):
            driver.arrange(CreateProject("p", "retail"))
        driver.end_scenario("a/bad")
        driver.begin_scenario("a/good")
        assert ask(driver, ops.ListTokens()) == ops.Unknown("as always")


@pytest.mark.parametrize(("came", "what"), [("None", "NoneType"), ("Exchange(5)", "int")])
def test_what_is_no_reply_is_told(install: Install, came: str, what: str) -> None:
    more = f"def send(self, outgoing): return {came}"
    text = "from harness.targets.port import Exchange\n"
    install("smallest", text + SMALLEST.format(inventory=SOMETHING, more=more))
    with closing(open_target("theirs", None, 7)) as driver:
        told = ops.Unknown(f"the driver theirs answers with {what}, which is no reply")
        assert ask(driver, ops.ListTokens()) == told


@pytest.mark.parametrize(
    ("inventory", "why"),
    [
        ('Inventory((), "https://palette.test")', "plays the edge, and its inventory has no slot"),
        ('Inventory((Slot("lab", ("h1",)),), "")', "plays the central side, .* no endpoint"),
    ],
)
def test_an_inventory_that_says_too_little_is_refused(
    install: Install, inventory: str, why: str
) -> None:
    install("smallest", SMALLEST.format(inventory=inventory, more=""))
    with pytest.raises(TargetUnusable, match=why):
        open_target("theirs", None, 7)


def test_a_driver_may_arrange_as_a_target_file_does(install: Install) -> None:
    """By the published operations of a tenant's administrator, over what it sends itself."""
    more = """
    @property
    def arranging(self):
        from harness.domain.operations import Credentials
        from harness.targets.arranging.api import PublishedApi
        from harness.targets.arranging.chain import Chain
        return Chain([PublishedApi(self.send, self.epoch, Credentials(api_key="admin"))])
    """
    install("smallest", SMALLEST.format(inventory=SOMETHING, more=more))
    with closing(open_target("theirs", None, 7)) as driver:
        assert driver.cannot(CreateProject) == ""
        assert driver.cannot(InstallCluster) != ""
        with pytest.raises(CannotArrange, match="nothing by nothing"):
            driver.arrange(CreateProject("p", "retail"))
