"""Clocks that are set for a scenario: to which day, by whose word, and where they cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.catalogue.requirement import Feature
from harness.context import clocks, local_actions
from harness.context.recorder import NotSupported
from harness.domain import operations as ops
from harness.domain.arrangements import AdvanceClock, Arrangement, FaultEffect, Side
from harness.history.operation import Outcome
from harness.tables.clocks import TABLES
from harness.tables.covering import draw

from .test_recorder import Bench

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "evidence.jsonl")
    yield made
    made.writer.close()
    made.driver.close()


def time_at(bench: Bench, side: Side) -> datetime:
    effect = bench.driver.seen(AdvanceClock(side, 0))
    assert effect is not None
    return EPOCH + timedelta(microseconds=effect.now)


@pytest.mark.parametrize(
    ("day", "date"),
    [
        ("a leap day", (2028, 2, 29)),
        ("a day before summer time", (2026, 3, 10)),
        ("a day before winter time", (2026, 10, 20)),
        ("any day", (2026, 1, 1)),
    ],
)
def test_both_sides_come_to_the_next_such_day(
    bench: Bench, day: str, date: tuple[int, int, int]
) -> None:
    clocks.come_to(bench.context, day)
    assert {time_at(bench, side).date().timetuple()[:3] for side in Side} == {date}
    bench.context.clean_up()
    assert {time_at(bench, side).year for side in Side} == {2026}


def test_nothing_is_set_that_the_target_does_not_claim(bench: Bench) -> None:
    info = bench.driver.info
    bench.driver.info = replace(info, features=info.features - {Feature.CLOCK})
    with pytest.raises(NotSupported, match="clock"):
        clocks.stand(bench.context, "Palette's", "back", "a day")
    with pytest.raises(NotSupported, match="clock"):
        clocks.enter_token_that_lasts(bench.context, "a day", "right")


@pytest.mark.parametrize(
    ("handover_s", "why"),
    [
        (0.0, "^clock: .* when Palette's clock is a week ahead; .* give handover_s"),
        (4.0, "^an acceptance waits for its host longer than 4 s, as handover_s"),
    ],
)
def test_where_an_acceptance_still_goes_through_it_is_told_what_was_waited(
    bench: Bench, handover_s: float, why: str
) -> None:
    bench.context.paired()
    bench.driver.info = replace(bench.driver.info, handover_s=handover_s)
    with pytest.raises(NotSupported, match=why):
        local_actions.come_to_nothing(bench.context)


def test_a_token_is_tried_to_the_second_only_where_palette_tells_the_time(bench: Bench) -> None:
    def tells_nothing(arrangement: Arrangement) -> FaultEffect | None:
        return None

    bench.driver.seen = tells_nothing  # type: ignore[method-assign]
    with pytest.raises(NotSupported, match="nobody tells what Palette's clock shows"):
        clocks.enter_token_that_lasts(bench.context, "a day", "right")


def test_a_send_that_took_longer_than_the_token_had_left_is_tried_with_more(bench: Bench) -> None:
    context = bench.context
    clocks.enter_token_that_lasts(context, "a day", "right")
    send, slow = bench.driver.send, [1_500_000]

    def slowly(outgoing: object) -> object:
        if isinstance(getattr(outgoing, "operation", None), ops.SendPairingRequest) and slow:
            bench.driver.sleep(slow.pop())
        return send(outgoing)  # type: ignore[arg-type]

    bench.driver.send = slowly  # type: ignore[method-assign, assignment]
    taken = clocks.send_around_its_end(context, "a second before")
    sends = context.recorder.history().of_kind("SendPairingRequest")
    assert [record.outcome for record in sends] == [Outcome.FAIL, Outcome.OK]
    assert taken.record.outcome is Outcome.OK


def test_no_row_is_in_two_tables_and_all_there_are_stand_in_one() -> None:
    rows = [tuple(row.values()) for table in TABLES[:-1] for row in draw(table, 5)]
    cut_off = 2  # by one clock, one way, by one length
    repeated, all_there_are = len(rows) - len(set(rows)), 3 * 3 * 6 * 15 + cut_off
    assert (len(rows), repeated) == (all_there_are, 0)
