"""An answer in time or none at all; a late one reaches nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import simpy

from harness.fleet.clock import Deadlines, PendingReply

Log = list[tuple[int, object]]


class Counting(simpy.Environment):
    """Counts what is put into its queue."""

    scheduled = 0

    def schedule(self, *args: object, **named: object) -> None:
        self.scheduled += 1
        super().schedule(*args, **named)  # type: ignore[arg-type]


def asks(
    env: simpy.Environment, answers: list[Callable[[PendingReply], object]], within: int = 100
) -> Log:
    """Ask one question after the other; what came of each, and when."""
    log: Log = []

    def caller() -> simpy.events.ProcessGenerator:
        deadlines = Deadlines(env, within)
        for answer in answers:
            question = deadlines.ask()
            answer(question)
            came = yield question
            log.append((int(env.now), came))

    env.process(caller())
    env.run()
    return log


def after(delay: int, value: object = "yes") -> Callable[[PendingReply], object]:
    return lambda question: question.answer(value, delay)


def never(question: PendingReply) -> None:
    """Nobody answers."""


def test_an_answer_comes_when_it_comes() -> None:
    assert asks(simpy.Environment(), [after(30), after(0, "at once")]) == [
        (30, "yes"),
        (30, "at once"),
    ]


def test_without_an_answer_it_ends_exactly_when_its_time_is_up() -> None:
    assert asks(simpy.Environment(), [never, after(20), never]) == [
        (100, None),
        (120, "yes"),
        (220, None),
    ]


@pytest.mark.parametrize("delay", [99, 100])
def test_an_answer_that_is_due_at_the_same_time_as_the_time_out_wins(delay: int) -> None:
    assert asks(simpy.Environment(), [after(delay)]) == [(delay, "yes")]


def test_it_also_wins_where_the_timer_was_armed_by_an_earlier_question() -> None:
    def at_the_last_moment(question: PendingReply) -> None:
        env.timeout(100).callbacks.append(lambda _: taken.append(question.answer("yes")))

    env, taken = simpy.Environment(), list[bool]()
    assert asks(env, [after(40), at_the_last_moment]) == [(40, "yes"), (140, "yes")]
    assert taken == [True]


def test_an_answer_that_would_come_too_late_is_refused() -> None:
    taken: list[bool] = []
    assert asks(simpy.Environment(), [lambda q: taken.append(q.answer("late", 101))]) == [
        (100, None)
    ]
    assert taken == [False]


def test_a_late_answer_does_not_reach_the_question_that_was_asked_since() -> None:
    questions: list[PendingReply] = []
    env = simpy.Environment()

    def first(question: PendingReply) -> None:
        questions.append(question)

    def second(question: PendingReply) -> None:
        env.timeout(50).callbacks.append(lambda _: taken.append(questions[0].answer("late")))
        env.timeout(60).callbacks.append(lambda _: taken.append(question.answer("mine")))

    taken: list[bool] = []
    assert asks(env, [first, second]) == [(100, None), (160, "mine")]
    assert taken == [False, True]


def test_only_the_first_answer_counts() -> None:
    taken: list[bool] = []

    def twice(question: PendingReply) -> None:
        taken.extend(question.answer(word, 10) for word in ("one", "two"))

    assert asks(simpy.Environment(), [twice]) == [(10, "one")]
    assert taken == [True, False]


def test_one_timer_serves_many_questions() -> None:
    env = Counting()
    assert len(asks(env, [after(1)] * 90)) == 90
    # The process begins and ends, each question is answered, and one timer goes off.
    assert env.scheduled == 90 + 2 + 1
    assert env.now == 100


def test_a_timer_that_goes_off_too_early_is_armed_again_for_the_present_question() -> None:
    env = Counting()
    assert asks(env, [after(70), never])[-1] == (170, None)
    assert env.scheduled == 2 + 2 + 2


def test_many_who_wait_at_once_share_one_timer_and_each_has_its_own_time() -> None:
    env = Counting()
    deadlines, log = Deadlines(env, 100), Log()

    def caller(later: int) -> simpy.events.ProcessGenerator:
        yield env.timeout(later)
        question = deadlines.ask()
        if later % 2:
            question.answer("yes", 50)
        came = yield question
        log.append((int(env.now) - later, came))

    for later in range(40):
        env.process(caller(later))
    env.run()
    assert sorted(log, key=str) == [(100, None)] * 20 + [(50, "yes")] * 20
    # Each process begins, waits, asks and ends; the timer goes off for those without an answer.
    assert env.scheduled == 40 * 4 + 20


def test_an_answer_on_its_way_can_be_spoiled_until_it_has_arrived() -> None:
    env = simpy.Environment()

    def spoiled_at(at: int) -> Callable[[PendingReply], object]:
        def answer(question: PendingReply) -> None:
            question.answer("yes", 30)
            env.timeout(at).callbacks.append(lambda _: question.spoil("broken"))

        return answer

    assert asks(env, [spoiled_at(29), spoiled_at(31)]) == [(30, "broken"), (60, "yes")]


def test_what_has_arrived_stays_as_it_was() -> None:
    env = simpy.Environment()
    question = Deadlines(env, 100).ask()
    question.answer("yes", 30)
    env.run(until=31)
    question.spoil("broken")
    assert question.value == "yes"


def test_what_nobody_answers_is_not_spoiled() -> None:
    assert asks(simpy.Environment(), [lambda question: question.spoil("broken")]) == [(100, None)]


def test_a_question_is_open_until_it_is_answered() -> None:
    question = Deadlines(simpy.Environment(), 100).ask()
    assert not question.triggered
    question.answer("yes", 50)
    assert question.triggered


def test_of_many_who_ask_at_once_each_has_his_own_time() -> None:
    env = Counting()
    deadlines, log = Deadlines(env, 100), list[tuple[int, int, object]]()

    def caller(number: int) -> simpy.events.ProcessGenerator:
        yield env.timeout(number * 10)
        question = deadlines.ask()
        if number % 2:
            question.answer("yes", 50)
        log.append((number, int((yield question) is not None), int(env.now)))

    for number in range(8):
        env.process(caller(number))
    env.run()
    assert sorted(log) == [
        (number, number % 2, number * 10 + (50 if number % 2 else 100)) for number in range(8)
    ]


def test_of_questions_that_were_answered_nothing_is_kept_beyond_the_deadline() -> None:
    env = simpy.Environment()
    deadlines = Deadlines(env, 100)

    def caller() -> simpy.events.ProcessGenerator:
        for _ in range(1_000):
            question = deadlines.ask()
            question.answer("yes", 10)
            yield question
            assert len(deadlines._asked) <= 12

    env.process(caller())
    env.run()
    assert not deadlines._asked
