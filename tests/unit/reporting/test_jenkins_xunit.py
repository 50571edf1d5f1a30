"""That the check of `junit.xml` sees what Jenkins's xUnit plugin would refuse."""

from __future__ import annotations

import pytest

from tests.jenkins_xunit import flaws

SUITE = '<testsuite name="a" tests="1" failures="0" errors="0">'
GOOD = (
    f'<testsuites name="x" time="1.25">{SUITE}<properties><property name="a" value="b"/>'
    '</properties><testcase name="t" classname="c" time="0.1"><failure type="f" message="m">why'
    "</failure><system-out>said</system-out></testcase></testsuite></testsuites>"
)


def test_what_it_knows_is_accepted() -> None:
    assert flaws(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name="x"', 'skipped="0"', "testsuites has skipped"),
        ('time="1.25"', 'time="1e3"', "testsuites lasts 1e3"),
        (' errors="0"', "", "testsuite lacks errors"),
        ('classname="c"', 'file="f"', "testcase has file"),
        ("<system-out>", "<properties/><system-out>", "testcase holds properties"),
        ("<properties>", "a<properties>", "testsuite holds text"),
        (' value="b"', "", "property lacks value"),
        ("testsuites", "suites", "it begins with suites"),
    ],
)
def test_what_it_does_not_know_is_seen(old: str, new: str, told: str) -> None:
    assert flaws(GOOD.replace(old, new)) == [told]
