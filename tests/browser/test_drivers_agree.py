"""The reference is judged alike by whatever driver reaches it: core, HTTP, or pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli import exits
from tests.integration.acceptance.certifying import described, verdicts
from tests.integration.cli.command import Command

DRIVERS = ("inprocess", "http", "browser")
JUDGED = ("pass", "fail", "observed", "skipped")


@pytest.mark.slow
@pytest.mark.usefixtures("needs_browser")
def test_verdicts_agree_on_whatever_each_driver_judges(tmp_path: Path) -> None:
    command = Command(tmp_path)
    found = {}
    for driver in DRIVERS:
        done = command.here("certify", "--driver", driver, "--seed", "1", "--out", driver)
        assert done.returncode == exits.CONFORMS, described(done)
        found[driver] = verdicts(tmp_path / driver)
    assert set(found["http"]) == set(found["browser"]) == set(found["inprocess"])
    told = {each: {d: found[d][each] for d in DRIVERS} for each in found["http"]}
    differ = {
        each: by_driver
        for each, by_driver in told.items()
        if len({v for v in by_driver.values() if v in JUDGED}) > 1
    }
    assert differ == {}
    unjudged = [each for each in told if "inconclusive" in told[each].values()]
    assert len(unjudged) < 0.01 * len(told), unjudged
