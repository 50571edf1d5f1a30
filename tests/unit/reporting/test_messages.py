"""A run as Cucumber messages: whole, in order, with each status and what is attached."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.catalogue.verdict import Verdict
from harness.cli.folders import replacing
from harness.history.evidence import EvidenceWriter
from harness.history.lines import ScenarioLine, StepLine, WaiverLine
from harness.history.operation import Outcome
from harness.history.redaction import Redactor
from harness.reporting.files import MESSAGES, write_messages
from tests.unit.history.writing import HEADER, scenario, verdict, write
from tests.unit.reporting import test_steps
from tests.unit.reporting.runs import write_run
from tests.unit.reporting.sample import write_sample

ORDER = [
    ["meta"],
    ["source", "gherkinDocument", "pickle"],
    ["testRunStarted"],
    ["testCase"],
    [
        "testCaseStarted", "testStepStarted", "attachment", "testStepFinished",
        "testCaseFinished",
    ],
    ["testRunFinished"],
]  # fmt: skip
"""What of a stream comes before what."""

WEIGHT = ["UNKNOWN", "PASSED", "SKIPPED", "PENDING", "UNDEFINED", "AMBIGUOUS", "FAILED"]
"""By which Cucumber makes the status of a scenario of those of its steps."""


def read(folder: Path) -> list[tuple[str, Any]]:
    write_messages(folder, folder)
    lines = (folder / MESSAGES).read_bytes().splitlines()
    return [next(iter(json.loads(line).items())) for line in lines]


def of(kind: str, messages: Sequence[tuple[str, Any]]) -> list[Any]:
    return [said for of_kind, said in messages if of_kind == kind]


def cases(messages: Sequence[tuple[str, Any]]) -> dict[str, tuple[str, str]]:
    """By the name of a scenario: its status as Cucumber makes it, and what its steps say."""
    names = {pickle["id"]: pickle["name"] for pickle in of("pickle", messages)}
    pickled = {case["id"]: case["pickleId"] for case in of("testCase", messages)}
    started = {s["id"]: names[pickled[s["testCaseId"]]] for s in of("testCaseStarted", messages)}
    found: dict[str, list[Any]] = {name: [] for name in started.values()}
    for finished in of("testStepFinished", messages):
        found[started[finished["testCaseStartedId"]]].append(finished["testStepResult"])
    return {
        name: (
            max((r["status"] for r in results), key=WEIGHT.index),
            "".join(r.get("message", "") for r in results),
        )
        for name, results in found.items()
    }


def ids_in(said: object) -> Iterator[str]:
    if isinstance(said, dict):
        yield from (value for key, value in said.items() if key == "id")
        said = list(said.values())
    if isinstance(said, list):
        for value in said:
            yield from ids_in(value)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder / "evidence.jsonl")
    return read(folder)


def test_the_messages_come_in_their_order(sample: list[tuple[str, Any]]) -> None:
    ranks = [next(n for n, kinds in enumerate(ORDER) if kind in kinds) for kind, _ in sample]
    assert ranks == sorted(ranks)
    assert set(ranks) == set(range(len(ORDER)))
    played = [kind for kind, _ in sample if kind in ORDER[4]]
    begun = ""
    for kind in played:  # a step is within its case, an attachment within its step
        inside = {"testStepStarted": "case", "attachment": "step", "testStepFinished": "step"}
        assert begun == inside.get(kind, "case" if kind == "testCaseFinished" else "")
        begun = {"testCaseStarted": "case", "testStepStarted": "step", "attachment": "step"}.get(
            kind, "case" if kind == "testStepFinished" else ""
        )


def test_each_id_is_there_once_and_each_reference_leads_to_one(
    sample: list[tuple[str, Any]],
) -> None:
    ids = list(ids_in([said for _, said in sample]))
    assert len(ids) == len(set(ids))
    steps = {s["id"] for pickle in of("pickle", sample) for s in pickle["steps"]}
    nodes = set(ids_in(of("gherkinDocument", sample)))
    for pickle in of("pickle", sample):
        named = [pickle, *pickle["steps"]]
        assert nodes.issuperset(id_ for node in named for id_ in node["astNodeIds"])
        assert nodes.issuperset(tag["astNodeId"] for tag in pickle["tags"])
    assert {c["pickleId"] for c in of("testCase", sample)} == {
        p["id"] for p in of("pickle", sample)
    }
    told = [s["pickleStepId"] for c in of("testCase", sample) for s in c["testSteps"]]
    assert sorted(told) == sorted(steps)
    run = {said["testStepId"] for said in of("testStepFinished", sample)}
    assert run == {s["id"] for c in of("testCase", sample) for s in c["testSteps"]}
    uris = {source["uri"] for source in of("source", sample)}
    assert uris == {p["uri"] for p in of("pickle", sample)}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (Verdict.PASS, "PASSED"),
        (Verdict.OBSERVED, "PASSED"),
        (Verdict.FAIL, "FAILED"),
        (Verdict.INCONCLUSIVE, "PENDING"),
        (Verdict.NOT_SUPPORTED, "SKIPPED"),
        (Verdict.SKIPPED, "SKIPPED"),
    ],
)
@pytest.mark.parametrize("with_steps", [True, False])
@pytest.mark.parametrize("ends_at", ["check", "no check"])
def test_each_verdict_has_its_status_and_says_why(
    given: Verdict, status: str, ends_at: str, tmp_path: Path, *, with_steps: bool
) -> None:
    path = tmp_path / "evidence.jsonl"
    test_steps.write(path, given, with_steps=with_steps, ends_at=ends_at)
    if status == "PASSED":  # its last step was begun
        path.write_bytes(path.read_bytes().replace(b'"line":3}', b'"line":3,"at":2500000}'))
    messages = read(tmp_path)
    ((name, (found, why)),) = cases(messages).items()
    attached = "".join(a["body"] for a in of("attachment", messages)).lower()
    assert (name, found) == ("a", status)
    assert ("t is not so" in why) == (status != "PASSED")
    assert ("t is not so" in attached) == (status in ("FAILED", "PENDING") or attached != "")
    assert ("observed: it is not so" in attached) == (given is Verdict.OBSERVED)
    assert test_steps.TOKEN not in (tmp_path / MESSAGES).read_text("utf-8")
    if given is Verdict.FAIL and ends_at == "check":
        assert "view pairing" in attached


def test_a_step_says_how_long_it_took_and_one_that_was_never_begun_is_skipped(
    tmp_path: Path,
) -> None:
    test_steps.write(tmp_path / "evidence.jsonl", Verdict.FAIL)
    results = [s["testStepResult"] for s in of("testStepFinished", read(tmp_path))]
    assert [r["status"] for r in results] == ["PASSED", "FAILED", "SKIPPED"]
    assert [r["duration"]["seconds"] for r in results] == [1, 0, 0]


def test_what_is_waived_is_skipped_and_said(tmp_path: Path) -> None:
    waiver = WaiverLine("WDR-4", "mended soon", "Ada", "2026-12-31")
    write_run(tmp_path, {"withdraw/a": ("WDR-4", Verdict.FAIL)}, waivers=[waiver])
    ((status, why),) = cases(read(tmp_path)).values()
    assert status == "SKIPPED"
    assert "mended soon" in why


@pytest.mark.parametrize("given", [Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE])
def test_the_run_succeeds_where_it_conforms(given: Verdict, tmp_path: Path) -> None:
    write_run(tmp_path, {"withdraw/a": ("WDR-4", given)})
    (finished,) = of("testRunFinished", read(tmp_path))
    assert finished["success"] == (given is Verdict.PASS)
    assert "selection" in finished["message"].lower()


def test_times_are_those_of_the_evidence(sample: list[tuple[str, Any]]) -> None:
    at = [
        said["timestamp"]["seconds"] * 10**9 + said["timestamp"]["nanos"]
        for _, said in sample
        if "timestamp" in said
    ]
    assert at[0] == 1_795_514_400 * 10**9  # 2026-11-24T10:00:00Z
    assert at == sorted(at)


def test_evidence_without_steps_says_so(tmp_path: Path) -> None:
    write(tmp_path / "evidence.jsonl", "withdraw/a")
    (pickle,) = of("pickle", read(tmp_path))
    assert [step["text"] for step in pickle["steps"]] == ["its steps are not in this evidence"]


HOSTILE = 'a\n  Scenario: b\nThen @c | """ <d> # e \u2028 Examples:'


def test_no_name_writes_gherkin_of_its_own(tmp_path: Path) -> None:
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        for n, text in enumerate((HOSTILE, "Given ", "", "Examples:", "Feature: f", "* x", "@t")):
            line = ScenarioLine(
                id=f"{HOSTILE}/{n}", name=text, feature=HOSTILE, line=n, rule=text,
                requirements=["WDR-4"], profile="a b#c",
            )  # fmt: skip
            writer.scenario(line)
            writer.step(StepLine(scenario=line.id, text=text, line=1, at=5))
            writer.verdict(verdict(line.id))
        writer.close()
    messages = read(tmp_path)
    assert [len(p["steps"]) for p in of("pickle", messages)] == [1] * 7
    assert of("testStepFinished", messages)[0]["testStepResult"]["status"] == "PASSED"
    flat = " ".join(HOSTILE.split())
    assert flat in {s["text"] for p in of("pickle", messages) for s in p["steps"]}


def test_rows_of_an_outline_and_scenarios_without_a_rule_stand_where_they_belong(
    tmp_path: Path,
) -> None:
    rows = [("withdraw/a[1]", 9, "R"), ("withdraw/a[2]", 10, "R"), ("withdraw/b", 12, "")]
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        for id_, line, rule in rows:
            told = msgspec.structs.replace(scenario(id_), name=id_[9], line=line, rule=rule)
            writer.scenario(told)
            writer.verdict(verdict(id_))
        writer.close()
    messages = read(tmp_path)
    (document,) = of("gherkinDocument", messages)
    first, second = document["feature"]["children"]
    assert first["scenario"]["name"] == "b"
    assert second["rule"]["name"] == "R"
    told = [child["scenario"]["description"] for child in second["rule"]["children"]]
    assert ["withdraw.feature:9, as withdraw/a[1]" in told[0], len(told)] == [True, 2]
    assert len(of("pickle", messages)) == 3


def test_a_picture_is_attached_if_it_is_what_the_evidence_names(tmp_path: Path) -> None:
    good, other = b"RIFF-good", b"RIFF-other"
    names = [f"pictures/{sha256(data).hexdigest()}.webp" for data in (good, other, b"gone")]
    (tmp_path / "pictures").mkdir()
    (tmp_path / names[0]).write_bytes(good)
    (tmp_path / names[1]).write_bytes(b"changed")
    (tmp_path / "secret").write_bytes(b"no picture")
    with EvidenceWriter(tmp_path / "evidence.jsonl", Redactor()) as writer:
        writer.header(HEADER)
        writer.scenario(scenario("withdraw/a"))
        writer.step(StepLine(scenario="withdraw/a", text="Given a page", line=1, at=0))
        for n, name in enumerate((*names, "secret", "pictures/../secret")):
            sent = writer.invoke("withdraw/a", "operator", "ViewPairing", {}, start=n)
            response = {"url": "https://e", "picture": name}
            writer.outcome(sent.id, Outcome.OK, end=n, value={}, response=response)
        writer.verdict(verdict("withdraw/a"))
        writer.close()
    (attached,) = of("attachment", read(tmp_path))
    assert base64.b64decode(attached["body"]) == good
    assert attached["mediaType"] == "image/webp"


def test_what_a_scenario_comes_to_is_what_its_requirements_say(
    sample: list[tuple[str, Any]],
) -> None:
    statuses = [status for status, _ in cases(sample).values()]
    counted = {status: len(list(g)) for status, g in itertools.groupby(sorted(statuses))}
    assert set(counted) == {"PASSED", "FAILED", "SKIPPED", "PENDING"}


def test_messages_of_an_earlier_run_do_not_stay_beside_a_new_one(tmp_path: Path) -> None:
    (tmp_path / MESSAGES).write_text("{}")
    with replacing(tmp_path) as out:
        assert not (out / MESSAGES).exists()
        (out / "evidence.jsonl").write_text("{}")
    assert [path.name for path in tmp_path.iterdir()] == ["evidence.jsonl"]


@pytest.mark.parametrize("killed", [False, True])
def test_a_run_that_records_nothing_leaves_an_earlier_one_as_it_was(
    tmp_path: Path, *, killed: bool
) -> None:
    earlier = {"evidence.jsonl": "e", "report.html": "r", "repeat-2/evidence.jsonl": "2"}
    for name, text in earlier.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    begun = replacing(tmp_path)
    begun.__enter__()
    assert not (tmp_path / "evidence.jsonl").exists()
    if killed:
        begun = replacing(tmp_path)
        begun.__enter__()
    begun.__exit__(None, None, None)
    files = (path for path in tmp_path.rglob("*") if path.is_file())
    found = {str(path.relative_to(tmp_path)): path.read_text() for path in files}
    assert found == earlier
