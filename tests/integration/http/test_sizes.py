"""A target that bears a thousand pending requests is asked with as many, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference, Layout
from tests.integration.acceptance.certifying import described, verdicts
from tests.integration.cli.command import Command

IN_ORDER = "sizes/101-requests-stand-in-the-list-in-whatever-order-it-is-asked-for-each-once"
STAND = "sizes/count-requests-stand-in-the-list-each-once-also-when-some-have-left-it"


def certified(folder: Path, requests: int, seed: int) -> dict[str, str]:
    """The verdict on each of the scenarios of so many requests."""
    with EmbeddedReference(seed, Layout(clusters=1, hosts=1)) as reference:
        target = folder / "target.toml"
        sizes = f"\n[sizes]\nrequests = {requests}\n"
        target.write_text(target_text(reference) + sizes, "utf-8")
        words = ("--target", str(target), "--out", str(folder / "out"))
        done = Command(folder).here(
            "certify", *words, "-k", "requests-stand-in-the-list", env=environment(reference)
        )
    assert done.returncode == 0, described(done)
    found = {scenario: verdict for (_, scenario), verdict in verdicts(folder / "out").items()}
    return {scenario.removeprefix(STAND): verdict for scenario, verdict in found.items()}


def test_what_a_target_does_not_bear_is_left_out(tmp_path: Path) -> None:
    left_out = dict.fromkeys(("[101]", "[257]", "[1001]", IN_ORDER), "not_supported")
    assert certified(tmp_path, 51, 11) == {"[51]": "pass", **left_out}


@pytest.mark.slow
def test_a_thousand_requests_are_each_listed_once(tmp_path: Path) -> None:
    counts = ("[51]", "[101]", "[257]", "[1001]", IN_ORDER)
    assert certified(tmp_path, 1_001, 12) == dict.fromkeys(counts, "pass")
