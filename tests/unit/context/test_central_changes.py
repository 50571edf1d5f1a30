"""Central operations are drawn from what a target offers, and seen by what they change (ACC-12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.context import central_changes
from harness.context.context import Context
from harness.context.recorder import NotSupported
from harness.domain import operations as ops
from harness.history.operation import OperationRecord

from .test_recorder import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    yield made
    made.writer.close()
    made.driver.close()


def paired(bench: Bench, *not_offered: type[ops.Operation]) -> Context:
    """The context of a paired cluster on a target that does not have these operations."""
    bench.driver.info = replace(bench.driver.info, not_offered=dict.fromkeys(not_offered, ""))
    bench.context.paired()
    return bench.context


def effect(context: Context, changed: OperationRecord) -> object:
    seen = central_changes.await_central(context, central_changes.borne(changed))
    return (seen.value or {})["held"]


@pytest.mark.parametrize(
    ("not_offered", "drawn"),
    [((), "ChangeCentralCluster"), ((ops.ChangeCentralCluster,), "UpdateCentralProfiles")],
)
def test_any_that_the_target_offers_is_the_proof(
    bench: Bench, not_offered: tuple[type[ops.Operation], ...], drawn: str
) -> None:
    context = paired(bench, *not_offered)
    look = ops.ViewCentralCluster(context.cluster().central_uid)
    context.must_see(context.admin(), look, "not_being_handed_over")
    changed = central_changes.change_centrally(context).record
    assert changed.kind == drawn
    assert effect(context, changed) is True
    again = central_changes.change_once_taken(context)
    assert again.args["polls"] == drawn
    assert central_changes.borne(again) != central_changes.borne(changed)
    assert effect(context, again) is True
    assert central_changes.last_change(context) == central_changes.borne(again)


def test_without_any_of_them_it_is_not_supported(bench: Bench) -> None:
    context = paired(bench, ops.ChangeCentralCluster, ops.UpdateCentralProfiles)
    with pytest.raises(NotSupported, match="does not offer ChangeCentralCluster"):
        central_changes.change_centrally(context)


def test_one_that_is_not_offered_is_not_supported_and_not_asked(bench: Bench) -> None:
    context = paired(bench, ops.UpdateCentralProfiles)
    with pytest.raises(NotSupported, match="does not offer UpdateCentralProfiles"):
        central_changes.change_once_taken(context, "change of the profiles")
    assert not context.recorder.history().of_kind("UpdateCentralProfiles")
