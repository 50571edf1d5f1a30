"""A run on a target that outlives it leaves nothing there, or says what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.catalogue.limits import Limits
from harness.context.context import Context
from harness.domain.arrangements import Arrangement, ForgetProject, RemoveUser
from harness.domain.draws import derived_id
from harness.history.lines import EvidenceHeader, HarnessInfo, Implementation, ScenarioLine
from harness.history.reader import Evidence, read_evidence
from harness.opening import goes_with_run, open_inprocess
from harness.reference.core.records import PairingRequest, Project, User
from harness.running.belongings import new_mark, owned_now
from harness.running.run import Run
from harness.targets.ledger import FILE, read_ledger
from harness.targets.port import CannotArrange, Driver, DriverAround, Exchange, Outgoing

HEADER = EvidenceHeader(
    harness=HarnessInfo("0"),
    edition="test",
    implementation=Implementation("reference"),
    roles=["edge", "central"],
    driver="inprocess",
    seed=1,
)
LINE = ScenarioLine(id="s/one", name="one", feature="s.feature", line=1, requirements=["SND-3"])


class Clinging:
    """The reference in this process, which will not give some things back."""

    def __init__(self, *kinds: type[Arrangement], error: BaseException | None = None) -> None:
        self.driver = open_inprocess(1)
        self._kinds = kinds
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver, name)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        if isinstance(arrangement, self._kinds):
            raise self._error or CannotArrange(type(arrangement).__name__, "it clings to it")
        return self.driver.arrange(arrangement)

    def kept(self, kind: type[Any]) -> list[Any]:
        return list(self.driver._implementation.central._store.every(kind))


def run_on(driver: Driver | Clinging, folder: Path, *, owned: bool = True) -> Run:
    return Run(
        driver,  # type: ignore[arg-type]
        folder / "evidence.jsonl",
        HEADER,
        seed=1,
        limits=Limits(),
        owned=owned_now(driver, None) if owned else None,  # type: ignore[arg-type]
    )


def play(run: Run) -> Context:
    """One scenario that sends a request and has somebody look at it."""
    scenario = run.begin(LINE)
    scenario.context.pending()
    scenario.context.admin()
    run.end(scenario, None)
    return scenario.context


def evidence_of(folder: Path) -> Evidence:
    return read_evidence(folder / "evidence.jsonl")


def test_a_scenario_gives_back_its_own_and_the_run_the_rest(tmp_path: Path) -> None:
    driver = Clinging()
    run = run_on(driver, tmp_path)
    play(run)
    for kind in (Project, User, PairingRequest):
        assert driver.kept(kind) == []
    assert run.belongings is not None
    left = {entry.kind.value for entry in run.belongings.ledger.open_entries()}
    assert left == {"local cluster"}, "which stays until its place is needed"
    run.close()
    _, entries = read_ledger(tmp_path / FILE)
    assert {entry.state.value for entry in entries.values()} == {"removed"}
    evidence = evidence_of(tmp_path)
    assert evidence.complete
    assert evidence.leaks == ()


class Listening(DriverAround):
    """The reference in this process, which notes what it is asked for, and in which scenario."""

    def __init__(self) -> None:
        super().__init__(open_inprocess(1))
        self.heard: list[str] = []

    def send(self, outgoing: Outgoing) -> Exchange:
        self.heard.append(type(outgoing.operation).__name__)
        return super().send(outgoing)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        self.heard.append(type(arrangement).__name__)
        return super().arrange(arrangement)

    def begin_scenario(self, scenario: str) -> None:
        self.heard.append(f"begins: {scenario}")

    def end_scenario(self, scenario: str) -> None:
        self.heard.append(f"ends: {scenario}")


def test_a_driver_hears_where_a_scenario_begins_and_ends(tmp_path: Path) -> None:
    driver = Listening()
    run = run_on(driver, tmp_path)
    play(run)
    assert driver.heard[0] == "begins: s/one"
    assert driver.heard[-1] == "ends: s/one"
    assert {"SendPairingRequest", "ForgetProject", "RemoveUser"} < set(driver.heard[1:-1])
    run.close()


def test_what_is_left_is_in_the_evidence_and_the_ledger(tmp_path: Path) -> None:
    run = run_on(Clinging(ForgetProject, RemoveUser), tmp_path)
    play(run)
    run.close()
    leaks = evidence_of(tmp_path).leaks
    assert [(leak.kind, leak.side, leak.undo) for leak in leaks] == [
        ("project", "central", "ForgetProject"),
        ("user", "central", "RemoveUser"),
    ]
    assert all(leak.why.endswith("it was refused") for leak in leaks)
    _, entries = read_ledger(tmp_path / FILE)
    assert [e.n for e in entries.values() if e.is_open] == [leak.n for leak in leaks]


def test_whoever_breaks_off_the_giving_back_is_told_what_is_left(tmp_path: Path) -> None:
    run = run_on(Clinging(RemoveUser, error=KeyboardInterrupt()), tmp_path)
    scenario = run.begin(LINE)
    scenario.context.admin()
    with pytest.raises(KeyboardInterrupt):
        run.close(interrupted=True)
    evidence = evidence_of(tmp_path)
    assert evidence.footer is not None
    assert [leak.kind for leak in evidence.leaks] == ["user"]
    assert "not tried" in evidence.leaks[0].why


def test_all_that_is_made_bears_the_mark_of_the_run(tmp_path: Path) -> None:
    run = run_on(Clinging(), tmp_path)
    context = play(run)
    run.close()
    header, entries = read_ledger(tmp_path / FILE)
    named = [e for e in entries.values() if e.kind.value not in ("pairing request",)]
    assert {e.kind.value for e in named} >= {"project", "user", "registration token"}
    assert all(e.what.startswith(f"{header.mark}") for e in named), named
    assert context.mark == header.mark
    assert context.cluster().cluster.name.startswith(f"{header.mark}-")


def ids(folder: Path, *, owned: bool) -> list[str]:
    folder.mkdir()
    run = run_on(open_inprocess(1), folder, owned=owned)
    context = play(run)
    run.close()
    return [context.project(), context.token().uid, context.cluster().cluster.uid]


def test_two_runs_with_one_seed_do_not_meet_on_a_target(tmp_path: Path) -> None:
    first, second = ids(tmp_path / "1", owned=True), ids(tmp_path / "2", owned=True)
    assert set(first).isdisjoint(second)


def test_what_goes_with_the_run_has_the_ids_of_its_seed_and_no_ledger(tmp_path: Path) -> None:
    assert ids(tmp_path / "1", owned=False) == ids(tmp_path / "2", owned=False)
    assert ids(tmp_path / "3", owned=False)[2] == derived_id("1:s/one", "local-cluster", 1)
    assert not (tmp_path / "1" / FILE).exists()
    one, two = ((tmp_path / n / "evidence.jsonl").read_bytes() for n in "12")
    assert one == two


@pytest.mark.parametrize(
    ("driver", "file", "goes"),
    [("http", None, True), ("", None, True), ("inprocess", None, True), ("http", "t.toml", False),
     ("somebody's", None, False)],
)  # fmt: skip
def test_only_the_embedded_reference_goes_with_the_run(
    driver: str, file: str | None, goes: bool
) -> None:
    assert goes_with_run(driver, Path(file) if file else None) is goes


def test_marks_differ_and_fit_into_names() -> None:
    marks = {new_mark() for _ in range(100)}
    assert len(marks) == 100
    assert all(mark.replace("-", "").isalnum() and len(mark) == 18 for mark in marks)
