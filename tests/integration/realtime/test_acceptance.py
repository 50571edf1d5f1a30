"""Two thousand hosts over HTTP, with faults, against a server that takes its own time of it."""

from __future__ import annotations

import asyncio
import json
import time
from hashlib import blake2b
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.domain.arrangements import Side
from harness.reference.behaviour import Behaviour
from harness.reference.core.choices import CentralChoices
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout
from harness.targets.reading import env_file_of
from harness.verifying.fleet import verify_fleet
from tests.integration.cli.command import Command

HOSTS = 2_000
SCENARIO = f"""
schema = "pairproof/scenario/1"
name = "crowd"
why = "Two thousand hosts over lines that drop and lose, all within a minute."
duration = "40m"
gate = ["violations == 0", "share.paired >= 0.6"]

[fleet]
hosts = {HOSTS}

[operators]
begin = "0s..30m"
cancels = 0.1
cancel_after = "1m..10m"
watch = "2m..5m"

[agents]
poll = "1m..2m"

[admins]
team = 40
notice = "30s..5m"
think = "2s..15s"
rejects = 0.05
mistypes = 0.05
doubles = 0.05

[network]
lost_before = 0.02
lost_after = 0.02
repeated = 0.01
delayed = 0.01

[limits]
edge_lag = "10m"
settle = "15m"

[[faults]]
kind = "link"
scope = "site"
every = "~20m"
lasts = "15s..4m"

[[faults]]
kind = "central"
at = "20m"
lasts = "1m"
"""


class SlowAndTimed:
    """Takes 40 to 240 ms for each request, and notes how long it had each of them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.took_ms: list[float] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._is_measured(scope["path"]):
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        drawn = blake2b(str(len(self.took_ms)).encode(), digest_size=2).digest()
        await asyncio.sleep(0.04 + 0.2 * int.from_bytes(drawn, "big") / 65_536)
        await self._app(scope, receive, send)
        self.took_ms.append((time.monotonic() - began) * 1_000)

    def _is_measured(self, path: str) -> bool:
        return not path.startswith("/control")


@pytest.mark.slow
def test_two_thousand_hosts_end_with_a_report_that_agrees_with_the_server(
    tmp_path: Path,
) -> None:
    made: list[SlowAndTimed] = []

    def wrap(app: ASGIApp) -> ASGIApp:
        made.append(SlowAndTimed(app))
        return made[-1]

    (tmp_path / "crowd.toml").write_text(SCENARIO)
    file = tmp_path / "target.toml"
    behaviour = Behaviour(central=CentralChoices(handover=60_000_000), wrap_palette=wrap)
    layout = Layout(clusters=1, hosts=1, tls=False, sides=frozenset({Side.CENTRAL}))
    with EmbeddedReference(3, layout, behaviour=behaviour) as reference:
        file.write_text(target_text(reference))
        env_file_of(file).touch(0o600)
        env_file_of(file).write_text(
            "\n".join(f"{name}={value}" for name, value in environment(reference).items())
        )
        command = Command(tmp_path)
        words = ["fleet", "./crowd.toml", "--target", str(file), "--speed", "30"]
        with command.started(*words, "--out", "out") as process:
            said, told = process.communicate(timeout=400)
    assert process.returncode == 0, said + told
    out = tmp_path / "out"
    report = json.loads((out / "report.json").read_text())
    assert report["hosts"] == HOSTS
    assert report["verdict"] == "conforms"
    assert {fault["what"] for fault in report["faults"]} >= {"link", "central", "message"}
    took = sorted(ms for timed in made for ms in timed.took_ms)
    answers = report["realtime"]["answered_ms"]["all"]
    assert len(took) >= report["realtime"]["requests"]
    # The server does not see what waits before it. Messages that were spoiled on their way are
    # its alone, and change no percentile by much.
    for name, share, wait_ms in (("p50", 0.5, 50), ("p90", 0.9, 150)):
        seen, shown = took[int(len(took) * share)], answers[name]
        assert seen * 0.97 - 5 <= shown <= seen * 1.03 + wait_ms, (name, seen, shown)
    assert verify_fleet(out).same
