"""A fleet in real time over HTTP: judged, measured, and reported like any other."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.catalogue.verdict import Overall, Verdict
from harness.fleet.realtime.pace import LoadBudget, rate_of
from harness.fleet.scenario import SECOND, Scenario, fixed
from harness.history.manifest import read_manifest
from harness.history.operation import OperationRecord
from harness.history.parts import parts_in, read_part, records
from harness.reference.behaviour import Behaviour
from harness.reporting.fleet.files import write_fleet_reports
from harness.reporting.fleet.realtime import every_answer
from harness.targets.target import Target
from harness.verifying.fleet import verify_fleet
from harness.wire.mapping import AgentHabits, WireMap
from tests.integration.realtime.over_http import MS, QUICK, central, run, with_client

KEYS: set[bytes] = set()
"""Every API key that the server has seen."""
SUBMITTED: list[bytes] = []
"""The key of every submission that it has seen."""


class Keys:
    """Notes the keys by which people prove who they are, and those of submissions."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        KEYS.update([headers[b"apikey"]] if b"apikey" in headers else [])
        if scope.get("path", "").endswith("/clusters/pairing") and scope["method"] == "POST":
            SUBMITTED.append(headers.get(b"submissionkey", b""))
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with central(Behaviour(wrap_palette=Keys)) as found:
        yield found


def schema(name: str) -> Draft202012Validator:
    """A published schema, by the name of its file."""
    text = resources.files("harness.reporting").joinpath("schemas", name).read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def written(folder: Path) -> bytes:
    """All that a run wrote, unpacked."""
    parts = [raw.raw for part in parts_in(folder) for raw in read_part(part)]
    files = [f.read_bytes() for f in folder.rglob("*") if f.is_file()]
    return b"".join([*parts, *files])


def few(hosts: int) -> Scenario:
    """A run that is soon over, of which nobody asks how it ends."""
    limits = replace(QUICK.limits, settle=1)
    fleet = replace(QUICK.fleet, hosts=hosts)
    return replace(QUICK, fleet=fleet, duration=SECOND, limits=limits, reach=())


SURE = replace(
    few(8),
    operators=replace(QUICK.operators, begin=fixed(0), cancels_ppm=0),
    admins=replace(QUICK.admins, rejects_ppm=0, doubles_ppm=0, mistypes_ppm=0),
    duration=2 * SECOND,
)
"""All of a few clusters pair, and nothing stands in their way."""


def begun(folder: Path) -> Iterator[OperationRecord]:
    for part in parts_in(folder):
        if part.name.startswith("00"):
            yield from (record for is_over, record in records(part) if not is_over)


def test_a_hundred_hosts_pair_and_everything_is_judged_measured_and_reported(
    target: Target, tmp_path: Path
) -> None:
    took_ns: list[int] = []
    began = time.monotonic_ns()
    finished = run(target, tmp_path, adapt=with_client(took_ns))
    lasted = (time.monotonic_ns() - began) // 1_000
    assert (finished.verdict, finished.violations) == (Overall.CONFORMS, ())
    assert finished.measures.requests["paired"] >= 50  # of a busy machine more give up
    assert finished.measures.operations["AcceptPairingRequest"]["fail"] > 0
    # What the report says is never less than what was measured besides: a request is due when its
    # turn comes, and a busy machine may be late to send it and to come back to its answer.
    assert finished.realtime is not None
    effort = finished.realtime.effort
    assert effort.requests - sum(effort.unanswered.values()) == len(took_ns)
    every = sorted(took_ns)
    shown = every_answer(effort)
    assert shown.count == len(every)
    for per_mille in (500, 900, 990, 1000):
        exact = every[-(-len(every) * per_mille // 1000) - 1] // 1_000
        assert exact <= shown.percentile(per_mille) <= lasted
    # It is judged again, offline, and comes to the same.
    again = verify_fleet(tmp_path)
    assert again.same, again.differences
    verdicts = {line.requirement: line.verdict for line in read_manifest(tmp_path).verdicts}
    assert verdicts.pop("INV-10") is Verdict.NOT_SUPPORTED
    assert set(verdicts.values()) == {Verdict.PASS}
    report = write_fleet_reports(tmp_path / "evidence.jsonl", tmp_path)
    document = json.loads((tmp_path / "report.json").read_text())
    schema("report-1.schema.json").validate(document)
    for line in (tmp_path / "evidence.jsonl").read_text().splitlines():
        schema("evidence-1.schema.json").validate(json.loads(line))
    assert document["realtime"]["answered_ms"]["all"]["count"] == len(every)
    assert report.exit_code == 0
    # What people prove themselves with is told by its label.
    everything = written(tmp_path)
    assert KEYS
    assert not [key for key in KEYS if key in everything]
    assert b"<api_key:" in everything
    assert b"<token:0.0.0>" in everything
    assert "real time" in (tmp_path / "summary.md").read_text()
    assert "virtual time" not in (tmp_path / "report.html").read_text()


@pytest.mark.slow
def test_operators_arrive_at_a_rate(target: Target, tmp_path: Path) -> None:
    run(target, tmp_path, few(40), rate=rate_of("20/s"))
    starts = [
        o.tags.get("intended", o.start) for o in begun(tmp_path) if o.kind == "InstallCluster"
    ]
    assert len(starts) == 20
    for number, at in enumerate(starts):
        assert isinstance(at, int)
        assert at == pytest.approx(number * SECOND / 20, abs=2_000)


def test_a_budget_stops_the_run_and_says_why(target: Target, tmp_path: Path) -> None:
    finished = run(target, tmp_path, budget=LoadBudget(requests=200))
    assert finished.realtime is not None
    assert finished.realtime.effort.requests == 200
    assert finished.verdict is Overall.INCONCLUSIVE
    assert "the budget of 200 requests is used up" in finished.why
    assert verify_fleet(tmp_path).same


@pytest.mark.slow
def test_two_runs_have_one_plan_and_do_not_meet(target: Target, tmp_path: Path) -> None:
    """The same clusters of the same seed pair again: pairing is for good, so they are others."""
    plans = []
    for name in ("first", "again"):
        finished = run(target, tmp_path / name, SURE)
        assert finished.verdict is Overall.CONFORMS, finished.why
        assert finished.measures.requests["paired"] == 8
        found = list(begun(tmp_path / name))
        plans.append([o.args for o in found if o.kind in ("InstallCluster", "PutUser")])
    assert plans[0] == plans[1]


def test_where_palette_takes_a_key_a_submission_has_one_that_no_other_run_has(
    tmp_path: Path,
) -> None:
    header, came = {"SubmissionKey": "X-Request-Key"}, list[set[bytes]]()
    said = '[headers]\nSubmissionKey = "X-Request-Key"\n'
    with central(Behaviour(wrap_palette=Keys), WireMap(headers=header), said) as target:
        for name in ("first", "again"):
            SUBMITTED.clear()
            run(target, tmp_path / name, few(4))
            came.append({*SUBMITTED})
    assert all(len(keys) >= 4 and b"" not in keys for keys in came), came
    assert came[0].isdisjoint(came[1])


def test_for_a_question_that_palette_holds_a_host_waits_so_much_longer(tmp_path: Path) -> None:
    """It is held as long as nobody decides."""
    holds, soon = AgentHabits(hold_s=0.6), replace(QUICK.agents, deadline=500 * MS)
    waits = replace(few(4), agents=soon, admins=replace(QUICK.admins, notice=fixed(2 * SECOND)))
    with central(wire=WireMap(agents=holds), more="[agents]\nhold_s = 0.6\n") as target:
        finished = run(target, tmp_path, replace(waits, duration=3 * SECOND))
    assert finished.realtime is not None
    effort = finished.realtime.effort
    assert effort.answered["PollPairing"].count
    assert "PollPairing" not in effort.unanswered
