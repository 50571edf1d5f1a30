"""What the model prescribes, and where it leaves a choice."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from harness.context.recorder import RecordedReply
from harness.domain.arrangements import MessageKind
from harness.domain.errors import Reason, Refused
from harness.explore import model
from harness.explore.action import Does
from harness.explore.actions import ACTIONS, Action, SequenceContext
from harness.explore.lockstep import Lockstep
from harness.explore.model import ModelOutcome, Rule, drifted, settled
from harness.explore.world import (
    CentralState,
    Local,
    ModelRequest,
    ModelSlot,
    ModelStack,
    ModelWorld,
    Spoil,
)
from harness.history.operation import Json, OperationRecord, Outcome

FREE = ModelSlot(hosts=1)
CUT = frozenset({1})


def sent(
    central: CentralState = CentralState.WAITING, local: Local = Local.PENDING, **other: object
) -> ModelWorld:
    """A world in which one request was sent that has come to this."""
    request = ModelRequest("r1", central, ModelStack.DOCUMENTED)
    slot = ModelSlot(hosts=1, local=local, requests=(request,), last=0)
    return ModelWorld(replace(slot, **other))  # type: ignore[arg-type]


def answers(rule: Rule, world: ModelWorld) -> set[ModelOutcome]:
    return {branch.answer for before in drifted(frozenset({world})) for branch in rule(before)}


OK, REFUSED, NEW, SAME = (
    ModelOutcome.OK,
    ModelOutcome.REFUSED,
    ModelOutcome.NEW_ID,
    ModelOutcome.SAME_ID,
)
ACCEPT, REJECT = model.of_last(model.accept), model.of_last(model.reject)


@pytest.mark.parametrize(
    ("rule", "world", "lawful"),
    [
        (model.send, ModelWorld(FREE), {NEW}),
        (model.send, ModelWorld(FREE, token_good=False), {REFUSED}),
        (model.send, ModelWorld(replace(FREE, sick=frozenset({"last worker"}))), {REFUSED}),
        (model.send, ModelWorld(replace(FREE, running=False)), {REFUSED}),
        (model.send, ModelWorld(replace(FREE, hosts=3, cut=frozenset({3}))), {REFUSED}),
        (model.send, sent(), {REFUSED, SAME, NEW}),
        (model.send, replace(sent(), token_good=False), {REFUSED, SAME}),
        (model.send, sent(CentralState.PAIRED, Local.TAKEN), {REFUSED}),
        (model.send, ModelWorld(replace(FREE, send_spoiled=Spoil.HEARD)), {NEW}),
        (model.send, ModelWorld(replace(FREE, send_spoiled=Spoil.LOST)), {NEW, REFUSED}),
        (model.send, ModelWorld(replace(FREE, send_spoiled=Spoil.ANSWERED)), {NEW, REFUSED}),
        (
            model.send,
            ModelWorld(replace(FREE, send_spoiled=Spoil.LOST), token_good=False),
            {REFUSED},
        ),
        (model.cancel, ModelWorld(FREE), {REFUSED}),
        (model.cancel, sent(), {OK}),
        (model.cancel, sent(cut=CUT), {OK, REFUSED}),
        (model.cancel, sent(cancels_spoiled=(Spoil.HEARD,)), {OK}),
        (model.cancel, sent(cancels_spoiled=(Spoil.ANSWERED,)), {OK, REFUSED}),
        (model.cancel, sent(CentralState.PAIRED, Local.TAKEN), {REFUSED}),
        (model.cancel, sent(CentralState.HANDED), {OK, REFUSED}),
        (ACCEPT, sent(), {OK}),
        (ACCEPT, replace(sent(), selection=ModelStack.NEITHER), {REFUSED}),
        (ACCEPT, sent(stack=ModelStack.CHANGED), {OK, REFUSED}),
        (ACCEPT, replace(sent(), tokens_kept=False), {OK, REFUSED}),
        (ACCEPT, sent(CentralState.STALE, Local.FREE, cut=CUT), {OK, REFUSED}),
        (ACCEPT, sent(CentralState.OVER, Local.FREE), {REFUSED}),
        (REJECT, sent(), {OK}),
        (REJECT, sent(CentralState.STALE, Local.FREE, cut=CUT), {OK}),
        (REJECT, sent(CentralState.STALE, Local.FREE), {OK, REFUSED}),
        (REJECT, sent(CentralState.HANDED), {REFUSED}),
        (model.local_operation(), sent(), {OK}),
        (model.local_operation(), sent(CentralState.HANDED), {OK, REFUSED}),
        (model.local_operation(), sent(CentralState.PAIRED, Local.TAKEN), {REFUSED}),
    ],
)
def test_what_is_lawful(rule: Rule, world: ModelWorld, lawful: set[ModelOutcome]) -> None:
    assert answers(rule, world) == lawful


def ends(world: ModelWorld) -> set[tuple[CentralState | None, Local]]:
    return {(w.main.current, w.main.local) for w in settled(frozenset({world}))}


@pytest.mark.parametrize(
    ("world", "ends_as"),
    [
        (sent(), {(CentralState.WAITING, Local.PENDING)}),
        (sent(CentralState.HANDED), {(CentralState.PAIRED, Local.TAKEN)}),
        (
            sent(CentralState.HANDED, late=True),
            {(CentralState.PAIRED, Local.TAKEN), (CentralState.OVER, Local.FREE)},
        ),
        (sent(CentralState.OVER), {(CentralState.OVER, Local.FREE)}),
        (sent(CentralState.OVER, cut=CUT), {(CentralState.OVER, Local.PENDING)}),
        (sent(CentralState.STALE, Local.FREE, cut=CUT), {(CentralState.STALE, Local.FREE)}),
        (
            sent(CentralState.STALE, Local.FREE),
            {(CentralState.STALE, Local.FREE), (CentralState.OVER, Local.FREE)},
        ),
    ],
)
def test_what_things_settle_to(world: ModelWorld, ends_as: set[tuple[CentralState, Local]]) -> None:
    assert ends(world) == ends_as


def test_a_request_that_ended_unheard_never_pairs() -> None:
    """After an offline cancel, an acceptance never commits (INV-1)."""
    stale = sent(CentralState.STALE, Local.FREE, cut=CUT)
    accepted = [branch.world for branch in ACCEPT(stale) if branch.answer is OK]

    def linked(world: ModelWorld) -> ModelWorld:
        return world.with_main(model.with_link(world.main, frozenset()))

    for world in settled(frozenset(map(linked, accepted))):
        assert world.main.local is Local.FREE
        assert world.main.current in (CentralState.DOOMED, CentralState.OVER)


def test_a_send_whose_submission_is_lost_leaves_nothing_once_it_has_settled() -> None:
    lost = ModelWorld(replace(FREE, send_spoiled=Spoil.LOST))
    (refused,) = [branch.world for branch in model.send(lost) if branch.answer is REFUSED]
    assert refused.main.adrift
    assert answers(model.send, refused) == {NEW, REFUSED}, "what came of it may stand in its way"
    (at_last,) = settled(frozenset({refused}))
    assert at_last == ModelWorld(FREE)
    assert answers(model.send, at_last) == {NEW}


def test_what_comes_late_is_ended_once_it_has_come() -> None:
    rule = model.with_spoiled(MessageKind.SUBMIT, Spoil.HEARD, comes_late=True)
    (branch,) = rule(ModelWorld(FREE))
    (sent_by,) = [b.world for b in model.send(branch.world) if b.answer is NEW]
    arrived = model.without_spoils(sent_by.main)
    assert (arrived.coming, arrived.adrift) == (False, True)
    assert {w.main.adrift for w in settled(frozenset({ModelWorld(arrived)}))} == {False}


def test_a_withdrawal_that_was_answered_with_an_error_may_have_had_no_effect() -> None:
    for spoil, left in ((Spoil.ANSWERED, {Local.FREE, Local.PENDING}), (Spoil.LOST, {Local.FREE})):
        world = sent(cancels_spoiled=(spoil,))
        assert {branch.world.main.local for branch in model.cancel(world)} == left


def test_a_host_may_give_up_a_handing_over_whose_confirmation_went_wrong() -> None:
    (branch,) = ACCEPT(sent(confirm_spoiled=True))
    assert ends(branch.world) == {
        (CentralState.PAIRED, Local.TAKEN),
        (CentralState.OVER, Local.FREE),
    }


def test_two_cancels_that_are_spoiled_are_two() -> None:
    words = "its next withdrawal is lost before it takes effect"
    spoil = next(action for action in ACTIONS if action.says == words)
    world = sent()
    for _ in range(2):
        (branch,) = spoil.rule(world)
        world = branch.world
    for _ in range(2):
        assert answers(model.cancel, world) == {OK, REFUSED}
        world = next(b.world for b in model.cancel(world) if b.answer is OK)
        world = world.with_main(model.sent(world.main))
    assert answers(model.cancel, world) == {OK}


def refused_for(reason: Reason) -> RecordedReply:
    error: dict[str, Json] = {"reason": reason.value, "message": "not now"}
    record = OperationRecord(
        "s#1", "s", "administrator", "RejectPairingRequest", {}, 0, 1, Outcome.FAIL, None, error
    )
    return RecordedReply(record, Refused(reason, "not now"))


@pytest.mark.parametrize(
    ("reason", "proves"),
    [(Reason.REQUEST_DECIDED, True), (Reason.NOT_FOUND, True), (Reason.CONFLICT, False)],
)
def test_only_what_tells_of_the_request_proves_where_it_is(reason: Reason, proves: bool) -> None:
    """A rejection that is refused because the request is still looked at leaves it waiting."""
    gone = sent(CentralState.OVER, Local.FREE)
    lockstep = Lockstep(cast(SequenceContext, None), frozenset({sent(), gone}))
    does: Does = lambda context: refused_for(reason)  # noqa: E731
    lockstep.make(Action("decisions", "When", "it is rejected", does, REJECT))
    assert (sent() in lockstep.worlds) is not proves
    assert gone in lockstep.worlds
