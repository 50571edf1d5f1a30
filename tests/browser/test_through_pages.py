"""The driver `browser` does on pages what they have, and the rest over the API: what is judged is
the same by each way, and the evidence says which one an operation went.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli import exits
from harness.history.reader import read_evidence
from tests.integration.acceptance.certifying import described, verdicts
from tests.integration.cli.command import Command

SOME = " or ".join(
    (
        "reject-by-the-api",
        "send-and-accept-by-the-api",
        "withdraw-by-the-api",
        "accept-pairing-request-from-palette",
    )
)
ON_PAGES = {
    "SendPairingRequest",
    "CancelPairingRequest",
    "RejectPairingRequest",
    "AcceptPairingRequest",
}

DECISIONS = ("AcceptPairingRequest", "RejectPairingRequest")


def ways(run: Path, actor: str = "") -> Iterator[tuple[str, str]]:
    """Each operation of a run, or of somebody in it, with the way that it went."""
    for history in read_evidence(run / "evidence.jsonl").histories.values():
        for operation in (o for o in history.operations if actor in ("", o.actor)):
            request = operation.request or {}
            yield operation.kind, str(request.get("by") or ("api" if request.get("url") else ""))


@pytest.mark.usefixtures("needs_browser")
def test_what_each_driver_judges_is_judged_alike(tmp_path: Path) -> None:
    command, found = Command(tmp_path), {}
    for driver in ("inprocess", "http", "browser"):
        done = command.here("certify", "--driver", driver, "-k", SOME, "--out", driver)
        assert done.returncode == exits.CONFORMS, described(done)
        found[driver] = verdicts(tmp_path / driver)
    assert found["http"] == found["browser"]
    assert set(found["browser"].values()) == {"pass"}
    by_core = {each: verdict for each, verdict in found["inprocess"].items() if verdict == "pass"}
    assert by_core.items() < found["browser"].items()
    went = set(ways(tmp_path / "browser"))
    assert {kind for kind, way in went if way == "browser"} >= ON_PAGES
    assert not {kind for kind, way in went if way == "api"} & ON_PAGES
    assert ("LogIn", "api") in went
    assert not {kind for kind, way in ways(tmp_path / "http") if way == "browser"} & ON_PAGES


@pytest.mark.usefixtures("needs_browser")
def test_profiles_of_one_name_that_a_page_cannot_tell_apart_are_taken_by_the_api(
    tmp_path: Path,
) -> None:
    """The first acceptance knows of one alone, the later ones of several."""
    words = ("certify", "--driver", "browser", "-k", "refused-twice", "--out", "run")
    done = Command(tmp_path).here(*words)
    assert done.returncode == exits.CONFORMS, described(done)
    went = [way for kind, way in ways(tmp_path / "run") if kind == "AcceptPairingRequest"]
    assert went == ["browser", "api", "api"]


@pytest.mark.usefixtures("needs_browser")
def test_who_works_in_another_project_than_the_pages_show_goes_over_the_api(tmp_path: Path) -> None:
    some = "may-not-action and works and reject"
    done = Command(tmp_path).here("certify", "--driver", "browser", "-k", some, "--out", "run")
    assert done.returncode == exits.CONFORMS, described(done)
    asked = ways(tmp_path / "run", actor="user")
    assert {way for kind, way in asked if kind in DECISIONS} == {"api"}


@pytest.mark.usefixtures("needs_browser")
def test_a_cancel_that_a_pairing_has_overtaken_is_none(tmp_path: Path) -> None:
    """Its button goes as well."""
    some = "a-cancel-after-the-acceptance-before-the-host-has-heard"
    done = Command(tmp_path).here("certify", "--driver", "browser", "-k", some, "--out", "run")
    assert done.returncode == exits.CONFORMS, described(done)
    assert ("CancelPairingRequest", "browser") in set(ways(tmp_path / "run"))


def test_what_is_missing_for_pages_is_said_in_one_line(tmp_path: Path) -> None:
    words = ("certify", "--requirement", "WDR-2P", "--out", "run")
    done = Command(tmp_path).here(*words, env={"PAIRPROOF_BROWSER": "no"})
    said = [line for line in done.stdout.splitlines() if "PAIRPROOF_BROWSER" in line]
    assert said == ["not judged    pages: PAIRPROOF_BROWSER=no says that none is to be used"]
