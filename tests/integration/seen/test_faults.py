"""What the suite says where a fault did nothing: no verdict, and what to look at.

The reference with one thing that says that it is so and does not do it, in process and over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.catalogue.verdict import Verdict
from harness.domain.arrangements import (
    Arrangement,
    FaultNextMessage,
    MessageKind,
    Restart,
)
from harness.domain.endpoint import EndpointForm
from harness.proving.trials import TrialResult
from harness.reference import embedded, world
from harness.reference.description import environment, target_text
from harness.reference.faults import FaultyLink
from harness.reference.sides import ArrangementError, CentralSide, EdgeSide
from tests.integration.cli.command import Command
from tests.integration.seen.trying import IMPATIENT, tried

INCONCLUSIVE = Verdict.INCONCLUSIVE


class DeafToWithdrawals(FaultyLink):
    """It knows no message of a cancel when it comes by."""

    def _take(self, host_uid: str, kind: MessageKind) -> FaultNextMessage | None:
        return None if kind is MessageKind.WITHDRAW else super()._take(host_uid, kind)


class Leaking(FaultyLink):
    """It lets pass what comes, cut or not."""

    def _is_cut(self, host_uid: str) -> bool:
        return False


def with_link(patch: pytest.MonkeyPatch, link: type[FaultyLink]) -> None:
    for module in (world, embedded):
        patch.setattr(module, "FaultyLink", link)


def ignoring_restarts(patch: pytest.MonkeyPatch) -> None:
    """Both sides say that they have restarted, and go on as before."""

    def ignore(side: type[Any]) -> None:
        really = side.arrange

        def arrange(self: Any, arrangement: Arrangement) -> None:
            if not isinstance(arrangement, Restart):
                really(self, arrangement)

        patch.setattr(side, "arrange", arrange)

    for side in (CentralSide, EdgeSide):
        ignore(side)


def reasons(result: TrialResult, verdict: Verdict) -> dict[str, str]:
    return {e.scenario: e.reason for e in result.with_verdict(verdict)}


def test_where_no_withdrawal_is_recognised_nothing_rests_on_one() -> None:
    with pytest.MonkeyPatch.context() as patch:
        with_link(patch, DeafToWithdrawals)
        results = tried("INV-4", "WDR-10", "WDR-8")
    for (_, requirement), result in results.items():
        spoiled = reasons(result, INCONCLUSIVE)
        assert len(spoiled) == 2, requirement
        for reason in spoiled.values():
            assert reason.startswith("The fault did not take effect: no withdraw message of host ")
            assert "see the target's [paths]" in reason
        assert not result.with_verdict(Verdict.FAIL)
        assert len(result.ended) > 2


def test_through_a_link_that_leaks_nothing_is_judged() -> None:
    with pytest.MonkeyPatch.context() as patch:
        with_link(patch, Leaking)
        results = tried("PRE-5")
    for result in results.values():
        spoiled = reasons(result, INCONCLUSIVE)
        assert sum("was cut, and something passed" in reason for reason in spoiled.values()) > 5
        assert not result.with_verdict(Verdict.FAIL)


def test_a_restart_that_never_was_proves_nothing() -> None:
    with pytest.MonkeyPatch.context() as patch:
        ignoring_restarts(patch)
        results = tried("SND-3")
    for result in results.values():
        spoiled = reasons(result, INCONCLUSIVE)
        assert len(spoiled) == 2
        assert all("side was not started again" in reason for reason in spoiled.values())
        assert not result.with_verdict(Verdict.FAIL)


# --- over a proxy that goes by the target file ------------------------------------------------


class Uncut(embedded.EmbeddedReference):
    """Its control port cuts no links."""

    def arrange(self, arrangement: Arrangement) -> None:
        if isinstance(arrangement, FaultNextMessage):
            raise ArrangementError("messages are spoiled elsewhere")
        super().arrange(arrangement)


@pytest.fixture
def uncut() -> Iterator[Uncut]:
    with Uncut(1) as reference:
        yield reference


def test_a_withdrawal_that_is_asked_elsewhere_is_not_spoiled_by_the_proxy(
    uncut: Uncut, tmp_path: Path
) -> None:
    plain = uncut.addresses.palette[EndpointForm.PLAIN_HTTP]
    forms = "[central.endpoint_forms]"
    text = target_text(uncut).replace(forms, f'endpoint = "{plain}"\n\n{forms}', 1)
    limits = "".join(f"{name} = {value}\n" for name, value in IMPATIENT.items())
    text = text.replace("[limits]\n", f"[limits]\n{limits}")
    text += (
        '\n[arrange]\nways = ["link", "control"]\n\n[links]\nway = "proxy"\n'
        '\n[paths.WithdrawPairing]\nmethod = "POST"\npath = "/elsewhere/withdrawn"\n'
    )
    (tmp_path / "target.toml").write_text(text, "utf-8")
    words = ("--target", "target.toml", "--out", "out", "--requirement", "WDR-10")
    command = Command(tmp_path)
    run = command.here("certify", *words, env=environment(uncut))
    lines = (tmp_path / "out" / "evidence.jsonl").read_text("utf-8").splitlines()
    verdicts = [line for line in map(json.loads, lines) if line["type"] == "verdict"]
    spoiled = [v for v in verdicts if "answers-the-cancel-with-an-error" in v["scenario"]]
    assert [v["verdict"] for v in spoiled] == ["inconclusive"] * 2, run.stdout
    assert all("no withdraw message" in v["reason"] for v in spoiled)
    verified = command.here("verify", "out")
    assert verified.returncode == 0, verified.stdout + verified.stderr
