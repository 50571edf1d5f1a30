"""Messages that meet faults, in process: what was to be spoiled has been, or nothing is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.context import local_actions, settling
from harness.context.context import Context
from harness.context.recorder import Inconclusive, NotSupported
from harness.domain.arrangements import (
    Arrangement,
    FaultEffect,
    MessageFault,
    MessageKind,
    SetClusterState,
)
from harness.domain.cluster import ClusterState
from harness.targets.port import DriverAround, TargetInfo
from tests.unit.context.test_recorder import Bench

LOST = "is lost before it takes effect"


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    bench = Bench(tmp_path / "evidence.jsonl")
    yield bench.context
    bench.writer.close()
    bench.driver.close()


def count(context: Context, kind: str) -> int:
    return len(context.recorder.history().of_kind(kind))


def test_a_second_fault_that_nothing_meets_voids_the_scenario(context: Context) -> None:
    settling.before(context, "question")
    for message in ("question", settling.AFTER_IT):
        settling.spoil(context, message, LOST)
    settling.bring_on(context, "question")
    settling.take(context, "cancelled")
    settling.let_pass_again(context)
    with pytest.raises(Inconclusive, match="of 2 poll messages that were to be spoiled 1 came"):
        settling.must_have_met(context)


def test_a_message_that_never_comes_voids_the_scenario(context: Context) -> None:
    settling.before(context, "confirmation")
    settling.spoil(context, "confirmation", LOST)
    settling.let_pass_again(context)
    with pytest.raises(Inconclusive, match="no confirm message of host"):
        settling.must_have_met(context)


class Untold(DriverAround):
    """Nobody tells what has come of anything."""

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        return None


@pytest.mark.parametrize("wait", [local_actions.await_loss, local_actions.await_many_losses])
def test_where_nobody_tells_of_a_message_there_is_time_for_it(
    context: Context, wait: Callable[[Context, MessageKind], None]
) -> None:
    """What comes next would otherwise meet a host that has sent nothing yet."""
    context.recorder.driver = Untold(context.recorder.driver)
    settling.before(context, "confirmation")
    context.must(context.accept())
    local_actions.spoil_next(context, MessageKind.CONFIRM, MessageFault.LOST_AFTER)
    before = context.recorder.driver.now()
    wait(context, MessageKind.CONFIRM)
    assert context.recorder.driver.now() - before >= local_actions.WHILE_S * 1_000_000
    (look,) = [o for o in context.recorder.history().operations if o.kind == "await_state"][-1:]
    assert look.args["predicate"] == "not_being_handed_over"
    assert look.value is not None
    assert look.value["held"] is True


def test_where_questions_are_held_the_next_one_is_waited_for_longer(context: Context) -> None:
    context.recorder.driver.info = TargetInfo("x", hold_s=20.0)  # type: ignore[misc]
    before = context.recorder.driver.now()
    settling.before(context, "confirmation")
    settling.spoil(context, "confirmation", LOST)
    settling.let_pass_again(context)
    with pytest.raises(Inconclusive, match="no confirm message of host"):
        settling.must_have_met(context)
    assert context.recorder.driver.now() - before > 20_000_000


def test_of_two_that_are_held_the_second_is_waited_for_as_long(context: Context) -> None:
    context.recorder.driver.info = TargetInfo("x", hold_s=20.0)  # type: ignore[misc]
    before = context.recorder.driver.now()
    settling.before(context, "question")
    for message in ("question", settling.AFTER_IT):
        settling.spoil(context, message, LOST)
    settling.bring_on(context, "question")
    settling.take(context, "cancelled")
    with pytest.raises(Inconclusive, match="of 2 poll messages that were to be spoiled 1 came"):
        local_actions.await_loss(context, MessageKind.POLL, 2)
    assert context.recorder.driver.now() - before > 40_000_000


def test_words_take_a_wire_and_a_rehearsal_of_one_has_them(context: Context) -> None:
    settling.before(context, "question")
    with pytest.raises(NotSupported, match="there is no wire"):
        settling.spoil(context, "question", "is answered in other words")
    assert count(context, "FaultNextMessage") == 1, "it is known what was needed"
    context.recorder.driver = DriverAround(context.recorder.driver)
    context.recorder.driver.name = "http"
    settling.spoil(context, "question", "is answered in other words")


def test_a_decision_that_nobody_makes_voids_the_scenario(context: Context) -> None:
    settling.spoil(context, "rejection", "arrives twice")
    settling.take(context, "not sent yet, rejected")
    with pytest.raises(Inconclusive, match="nothing waited to be decided"):
        settling.let_pass_again(context)


@pytest.mark.parametrize(
    ("fate", "at_once", "late"),
    [("comes late", 0, 1), ("arrives twice", 2, 0), ("arrives again late", 1, 1)],
)
def test_a_decision_arrives_as_often_as_it_is_to(
    context: Context, fate: str, at_once: int, late: int
) -> None:
    settling.before(context, "rejection")
    settling.spoil(context, "rejection", fate)
    settling.bring_on(context, "rejection")
    assert count(context, "RejectPairingRequest") == at_once
    settling.let_pass_again(context)
    assert count(context, "RejectPairingRequest") == at_once + late


def test_a_late_submission_is_nothing_for_hosts_whose_secret_stays(context: Context) -> None:
    context.recorder.driver.info = TargetInfo("x", tells_submissions=False)  # type: ignore[misc]
    with pytest.raises(NotSupported, match="nothing tells a submission of a host"):
        settling.spoil(context, "submission", "comes late")


def test_whoever_is_refused_tries_three_times(context: Context) -> None:
    slot = context.cluster().slot.uid
    context.recorder.arrange(SetClusterState(slot, ClusterState.ERROR))
    settling.send_anew(context)
    assert count(context, "SendPairingRequest") == settling.TRIES
