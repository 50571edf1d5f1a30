"""What many requests are made of, and what is left out where a target does not bear so many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalogue.requirement import Role
from harness.checkers.ids import sample_size
from harness.context import backlog, hosts, long_texts
from harness.context.context import Context
from harness.context.recorder import Inconclusive, NotReached, NotSupported
from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.history.operation import Outcome
from harness.targets.port import DriverAround, Exchange, Outgoing, Sizes
from tests.unit.context.test_recorder import Bench


class Full(DriverAround):
    """Takes so many requests of hosts, and keeps what it was asked."""

    def __init__(self, bench: Bench, takes: int) -> None:
        super().__init__(bench.driver)
        self.left = takes
        self.refuses: ops.Reply = Refused(Reason.INVALID_INPUT, "it is full")
        self.asked: list[ops.Operation] = []

    def send(self, outgoing: Outgoing) -> Exchange:
        self.asked.append(outgoing.operation)
        if isinstance(outgoing.operation, ops.SubmitPairing):
            self.left -= 1
            if self.left < 0:
                return Exchange(self.refuses)
        return super().send(outgoing)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    yield made
    made.writer.close()
    made.driver.close()


def test_single_hosts_submit_as_many_do_and_what_they_sent_is_taken_back(bench: Bench) -> None:
    bench.context.recorder.driver = full = Full(bench, takes=2)
    leased = [hosts.submit(bench.context, label) for label in ("first", "second")]
    sent = [asked for asked in full.asked if isinstance(asked, ops.SubmitPairing)]
    assert all(submission.key for submission in sent), "some tell a repetition by nothing else"
    assert len({submission.key for submission in sent}) == 2
    assert [w.pairing_uid for w in bench.context.withdrawals] == [one.pairing_uid for one in leased]


def test_the_places_at_which_a_page_may_turn() -> None:
    assert backlog.at_turns(3) == [0, 1, 2]
    assert backlog.at_turns(51) == [0, 25, 49, 50]
    assert backlog.at_turns(257) == [0, 49, 50, 99, 100, 128, 255, 256]
    assert backlog.at_turns(1_001)[-4:] == [256, 500, 999, 1_000]


def test_what_a_target_does_not_bear_is_not_supported(bench: Bench) -> None:
    bench.driver.info = replace(bench.driver.info, sizes=Sizes(requests=50))
    told = "bears 50 requests at once, and this takes 51; give it as many as it bears"
    with pytest.raises(NotSupported, match=told):
        backlog.filled(bench.context, 51)
    assert len(backlog.filled(bench.context, 50).waiting) == 50


def test_a_target_that_takes_no_unknown_host_is_not_blamed(bench: Bench) -> None:
    bench.context.recorder.driver = Full(bench, takes=0)
    with pytest.raises(NotSupported, match="the target refuses SubmitPairing of this kind"):
        backlog.filled(bench.context, 3)


def test_how_the_sides_of_a_target_talk_is_its_own_affair(bench: Bench) -> None:
    bench.context.recorder.driver = driver = Full(bench, takes=0)
    driver.refuses = ops.Unknown("no such call")
    with pytest.raises(NotSupported, match="the target's own affair: no such call"):
        backlog.filled(bench.context, 3)
    driver.left = 2
    with pytest.raises(NotReached, match="no such call"):  # later on it is an answer that is lost
        backlog.filled(bench.context, 3)
    driver.left = 0
    driver.info = replace(driver.info, roles=frozenset({Role.CENTRAL}))
    with pytest.raises(NotReached, match="no such call"):
        backlog.filled(bench.context, 3)


def test_a_target_that_takes_no_more_is_not_judged(bench: Bench) -> None:
    bench.context.recorder.driver = Full(bench, takes=2)
    with pytest.raises(Inconclusive, match=r"2 requests were taken.*\(sizes.requests\)"):
        backlog.filled(bench.context, 3)


@pytest.mark.parametrize("ends", [Context.withdraw, Context.afresh])
@pytest.mark.parametrize(("mark", "withdrawn"), [("", 0), ("run-1", 3)])
def test_what_waits_is_withdrawn_where_the_target_outlives_the_run(
    bench: Bench, mark: str, withdrawn: int, ends: Callable[[Context], object]
) -> None:
    bench.context.mark = mark
    bench.context.recorder.driver = driver = Full(bench, takes=9)
    backlog.filled(bench.context, 3)
    driver.asked.clear()
    ends(bench.context)
    assert [type(o) for o in driver.asked] == [ops.WithdrawPairing] * withdrawn


def test_each_request_is_of_another_cluster_with_another_tag(bench: Bench) -> None:
    waiting = backlog.filled(bench.context, 51).waiting
    for different in (
        {made.pairing_uid for made in waiting},
        {made.cluster.uid for made in waiting},
        {made.cluster.tags["store"] for made in waiting},
    ):
        assert len(different) == 51
    assert len({made.cluster.name for made in waiting}) == 40


def test_ids_are_drawn_until_one_would_have_come_back(bench: Bench) -> None:
    few = backlog.Backlog([])
    few.waiting = [
        replace(made, pairing_uid=f"{number * 7 % 100:02d}")
        for number, made in enumerate(backlog.filled(bench.context, 51).waiting)
    ]
    backlog.draw_more_ids(bench.context, few)
    sent = bench.context.recorder.history().of_kind("SubmitPairing")
    assert len(list(sent)) == 51, "a hundred ids would have shown one twice"
    few.waiting = few.waiting[::5]
    wanted = sample_size([made.pairing_uid for made in few.waiting])
    assert wanted is not None
    backlog.draw_more_ids(bench.context, few)
    taken = [o.outcome for o in bench.context.recorder.history().of_kind("WithdrawPairing")]
    assert len(taken) == wanted - 11 > 0
    assert set(taken) == {Outcome.OK}


@pytest.mark.parametrize("length", [64, 255, 256, 1_024])
def test_a_long_text_is_as_long_as_it_says_and_cut_nowhere_alike(bench: Bench, length: int) -> None:
    text = long_texts.text_of(bench.context, length)
    assert len(text) == length
    assert text[-1] == "z"
    assert "z" not in text[:-1]
