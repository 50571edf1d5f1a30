"""Where a token that was used is refused another one is tried, and for no other reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.context import local_actions
from harness.context.context import Context
from harness.context.recorder import NotSupported, RecordedReply
from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.targets.port import Sizes
from tests.unit.context.test_arranging import Bench

TAKEN = ops.Done(ops.PairingId("1"))


class Palette:
    """Answers sends in a manner of its own; `asked` has the values of tokens that came."""

    def __init__(self, answer: Callable[[list[str]], ops.Reply]) -> None:
        self.asked: list[str] = []
        self._answer = answer

    def send(self, value: str) -> RecordedReply:
        self.asked.append(value)
        record: Any = None
        return RecordedReply(record, self._answer(self.asked))


def refused(reason: Reason) -> Refused:
    return Refused(reason, "no")


def uses_up(asked: list[str], reason: Reason = Reason.TOKEN_UNUSABLE) -> ops.Reply:
    return refused(reason) if asked[-1] in asked[:-1] else TAKEN


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    bench = Bench(tmp_path / "evidence.jsonl")
    yield bench.context()
    bench.writer.close()
    bench.driver.close()


@pytest.mark.parametrize(
    "reason", [Reason.TOKEN_UNUSABLE, Reason.PROFILES_MISMATCH, Reason.INTERNAL]
)
def test_where_tokens_are_used_up_each_send_has_another_once_that_is_known(
    context: Context, reason: Reason
) -> None:
    palette = Palette(partial(uses_up, reason=reason))
    replies = [context.with_token(palette.send).reply for _ in range(3)]
    assert replies == [TAKEN] * 3
    first, again, once_more, second, third = palette.asked
    assert first == again == once_more
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("reason", [Reason.TOKEN_UNUSABLE, Reason.CONFLICT])
def test_who_refuses_every_token_goes_on_refusing(context: Context, reason: Reason) -> None:
    palette = Palette(lambda asked: refused(reason) if len(asked) > 1 else TAKEN)
    context.with_token(palette.send)
    assert context.with_token(palette.send).reply == refused(reason)
    assert len(set(palette.asked)) == 2


def test_who_takes_the_same_token_once_more_has_refused_it(context: Context) -> None:
    once = refused(Reason.TOKEN_UNUSABLE)
    palette = Palette(lambda asked: once if len(asked) == 2 else TAKEN)
    context.with_token(palette.send)
    assert context.with_token(palette.send).reply == once
    assert len(set(palette.asked)) == 1


def test_a_lost_answer_may_have_used_it_up_whatever_that_is_called(context: Context) -> None:
    lost, used = refused(Reason.NOT_FOUND), refused(Reason.CONFLICT)
    local_actions.set_links(context, up=False)
    palette = Palette(lambda asked: lost if len(asked) == 1 else used if len(asked) < 4 else TAKEN)
    assert context.with_token(palette.send).reply == lost
    assert context.with_token(palette.send).reply == TAKEN
    assert len(set(palette.asked)) == 2


def test_a_refusal_where_nothing_may_be_lost_has_used_up_nothing(context: Context) -> None:
    palette = Palette(lambda asked: refused(Reason.NOT_FOUND))
    assert [context.with_token(palette.send).reply for _ in range(2)] == [
        refused(Reason.NOT_FOUND)
    ] * 2
    assert len(set(palette.asked)) == 1


@pytest.mark.parametrize("reason", [Reason.REQUEST_PENDING, Reason.NODE_UNHEALTHY])
def test_a_refusal_for_something_else_is_one(context: Context, reason: Reason) -> None:
    palette = Palette(lambda asked: refused(reason) if len(asked) > 1 else TAKEN)
    context.with_token(palette.send)
    assert context.with_token(palette.send).reply == refused(reason)
    assert len(palette.asked) == 2


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("spoilt", [{"active": False}, {"expiry": 0}])
def test_no_other_token_stands_in_for_one_that_is_no_good(
    context: Context, spoilt: dict[str, Any], known: bool
) -> None:
    """Not even where its answer was lost, and it may have admitted a request."""
    context._pool.uses_tokens_up = known
    context.use_token(replace(context.token(), **spoilt))
    lost, bad = refused(Reason.HOST_UNREACHABLE), refused(Reason.TOKEN_UNUSABLE)
    palette = Palette(lambda asked: bad if len(asked) > 1 else lost)
    assert [context.with_token(palette.send).reply for _ in range(3)] == [lost, bad, bad]
    assert len(set(palette.asked)) == 1


def test_no_more_tokens_are_made_than_the_target_bears(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = context.recorder.driver
    monkeypatch.setattr(driver, "info", replace(driver.info, sizes=Sizes(tokens=3)))
    context._pool.uses_tokens_up = True
    palette = Palette(uses_up)
    assert [context.with_token(palette.send).reply for _ in range(3)] == [TAKEN] * 3
    with pytest.raises(NotSupported, match=r"sizes\.tokens"):
        context.with_token(palette.send)
