"""One answer for each request, whatever the pieces that it comes in, or a reason why not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.load.errors import NotSent, Times
from tests.unit.load.wires import LATER, MS, WireProbe, waiting

LENGTH = b'HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 7\r\n\r\n{"a":1}'
CHUNKED = (
    b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'3\r\n{"a\r\n4;x=y\r\n":1}\r\n0\r\nX-Trailer: t\r\n\r\n'
)
EARLY = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + LENGTH
CLOSES = b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\n{"a":1}'
OLD = b'HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}'
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
ENDLESS = b'HTTP/1.1 200 OK\r\n\r\n{"a":1}'
BODY = b'{"a":1}'

WHOLE = [
    (LENGTH, 200, BODY, True),
    (CHUNKED, 201, BODY, True),
    (EARLY, 200, BODY, True),
    (CLOSES, 200, BODY, False),
    (OLD, 200, BODY, False),
    (EMPTY, 204, b"", True),
]


@pytest.mark.parametrize(("answer", "status", "body", "is_kept"), WHOLE)
def test_an_answer_is_whole_wherever_it_is_cut(
    answer: bytes, status: int, body: bytes, is_kept: bool
) -> None:
    for at in range(len(answer) + 1):
        asked = WireProbe()
        asked.ask()
        asked.come(*filter(None, (answer[:at], answer[at:])))
        assert asked.ended == [(status, body, "")], at
        assert asked.connection.is_open is is_kept


@pytest.mark.parametrize("answer", [row[0] for row in WHOLE])
def test_an_answer_is_whole_byte_by_byte(answer: bytes) -> None:
    asked = WireProbe()
    asked.ask()
    asked.come(*(bytes([byte]) for byte in answer))
    assert [row[2] for row in asked.ended] == [""]


@pytest.mark.parametrize("answer", [row[0] for row in WHOLE])
def test_half_an_answer_is_none(answer: bytes) -> None:
    for at in range(len(answer)):
        asked = WireProbe()
        asked.ask()
        asked.come(*filter(None, [answer[:at]]))
        assert asked.ended == [], at
        asked.hang_up()
        assert [row[0] for row in asked.ended] == [0], at
        assert "closed" in asked.ended[0][2]
        assert asked.connection.was_sent


@given(st.lists(st.sampled_from(WHOLE[:3]), min_size=1, max_size=4), st.data())
def test_kept_connections_keep_answers_apart(
    answers: list[tuple[bytes, int, bytes, bool]], data: st.DataObject
) -> None:
    asked = WireProbe()
    for number, (answer, status, body, _) in enumerate(answers, 1):
        cuts = sorted(data.draw(st.sets(st.integers(1, len(answer) - 1), max_size=5)))
        asked.ask()
        edges = [0, *cuts, len(answer)]
        asked.come(*(answer[a:b] for a, b in pairwise(edges)))
        assert asked.ended[number - 1 :] == [(status, body, "")]
    assert asked.connection.answers == len(answers)


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_no_bytes_make_it_fail_but_in_words(pieces: list[bytes]) -> None:
    asked = WireProbe(body_bytes_max=20)
    asked.ask()
    asked.come(b"HTTP/1.1 200 OK\r\n", *filter(None, pieces))
    asked.hang_up()
    assert len(asked.ended) == 1
    assert len(asked.closed) == 1


def test_what_does_not_say_its_length_ends_with_the_connection() -> None:
    asked = WireProbe()
    asked.ask()
    asked.come(ENDLESS)
    assert asked.ended == []
    asked.hang_up()
    assert asked.ended == [(200, BODY, "")]
    assert not asked.connection.is_open


def test_what_does_not_say_its_length_and_is_reset_is_no_answer() -> None:
    asked = WireProbe()
    asked.ask()
    asked.come(ENDLESS)
    asked.hang_up(ConnectionResetError())
    assert asked.ended[0][0] == 0
    assert "reset" in asked.ended[0][2]


def test_headers_of_one_name_become_one_and_trailers_none() -> None:
    asked = WireProbe()
    asked.ask()
    asked.come(EARLY)
    assert asked.connection.headers == {"x-a": "1, 2", "content-length": "7"}
    asked.ask()
    asked.come(CHUNKED)
    assert asked.connection.headers == {"transfer-encoding": "chunked"}


def test_a_head_has_no_body_and_the_connection_stays() -> None:
    asked = WireProbe()
    asked.ask(b"HEAD / HTTP/1.1\r\n\r\n")
    asked.come(LENGTH[: -len(BODY)])
    assert asked.ended == [(200, b"", "")]
    asked.ask()
    asked.come(LENGTH)
    assert asked.ended[1:] == [(200, BODY, "")]


@pytest.mark.parametrize("surplus", [b"x", b"HTTP/1.1 200 OK\r\n", LENGTH])
def test_what_comes_after_an_answer_ends_the_connection(surplus: bytes) -> None:
    asked = WireProbe()
    asked.ask()
    asked.come(LENGTH + surplus)
    assert asked.ended == [(200, BODY, "")]
    assert not asked.connection.is_open


def test_what_nobody_asked_for_ends_the_connection() -> None:
    asked = WireProbe()
    asked.come(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert not asked.connection.is_open
    with pytest.raises(NotSent, match="closed"):
        asked.ask()
    assert asked.wire.written == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"SSH-2.0-OpenSSH\r\n", "no answer of HTTP/1.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "no answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "no answer"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "switched"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + b"x" * 1_001, "too large"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3ea\r\n" + b"x" * 1_002, "too la"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "too large"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, "too large"),
    ],
)
def test_what_is_no_fit_answer_is_given_up(answer: bytes, why: str) -> None:
    asked = WireProbe()
    asked.ask()
    asked.come(*(answer[at : at + 9_000] for at in range(0, len(answer), 9_000)))
    assert [row[0] for row in asked.ended] == [0]
    assert why in asked.ended[0][2]
    assert asked.wire.is_aborted
    asked.hang_up()
    assert len(asked.ended) == 1


def test_a_body_of_just_the_greatest_size_is_fine() -> None:
    asked = WireProbe()
    asked.ask()
    asked.come(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1_000)
    assert asked.ended == [(200, b"x" * 1_000, "")]


def test_one_request_at_a_time() -> None:
    asked = WireProbe()
    asked.ask()
    with pytest.raises(NotSent, match="under way"):
        asked.ask()
    assert len(asked.wire.written) == 1


def test_an_answer_to_half_a_request_ends_the_connection() -> None:
    asked = WireProbe()
    asked.ask()
    asked.wire.unsent = 1
    asked.come(LENGTH)
    assert asked.ended == [(200, BODY, "")]
    assert not asked.connection.is_open


def test_times_are_those_of_the_clock() -> None:
    asked = WireProbe()
    asked.connection.ask(b"GET", lambda _: None, 5, LATER)
    sent = asked.clock.now
    asked.clock.now += 3
    asked.come(LENGTH[:9])
    asked.clock.now += 4
    asked.come(LENGTH[9:])
    assert asked.connection.times() == Times(5, sent, sent + 3, sent + 7)


def test_the_next_may_be_asked_from_within_the_answer() -> None:
    asked = WireProbe()
    asked.connection.ask(b"GET", lambda _: asked.ask(b"NEXT"), 0, LATER)
    asked.come(LENGTH, LENGTH)
    assert asked.wire.written == [b"GET", b"NEXT"]
    assert asked.ended == [(200, BODY, "")]


# --- deadlines --------------------------------------------------------------------------------


def test_a_request_is_given_up_after_its_deadline_and_not_before() -> None:
    asked = WireProbe()
    start = asked.clock.now
    asked.ask(deadline_ns=start + 500 * MS)
    for after_ms, given_up in ((499, False), (521, True)):
        asked.clock.now = start + after_ms * MS
        asked.wheel.turn()
        assert bool(asked.ended) is given_up
    assert "no answer came within 0.5 s" in asked.ended[0][2]
    assert asked.wire.is_aborted


def test_bytes_do_not_put_the_deadline_off() -> None:
    asked = WireProbe()
    start = asked.clock.now
    asked.ask(deadline_ns=start + 500 * MS)
    for step in range(1, 60):
        asked.clock.now = start + step * 10 * MS
        asked.wheel.turn()
        asked.come(LENGTH[step - 1 : step])
    assert "no whole answer came" in asked.ended[0][2]


def test_many_requests_take_one_place_on_the_wheel() -> None:
    asked = WireProbe()
    start = asked.clock.now
    for number in range(1_000):
        asked.ask(deadline_ns=asked.clock.now + 100 * MS)
        asked.come(LENGTH)
        asked.clock.now = start + number * MS
        asked.wheel.turn()
    assert len(asked.ended) == 1_000
    assert {row[2] for row in asked.ended} == {""}
    assert waiting(asked.wheel) <= 1


def test_a_later_deadline_than_the_one_before_is_waited_for() -> None:
    asked = WireProbe()
    start = asked.clock.now
    asked.ask(deadline_ns=start + 50 * MS)
    asked.come(LENGTH)
    asked.ask(deadline_ns=start + 500 * MS)
    for after_ms, given_up in ((100, False), (480, False), (521, True)):
        asked.clock.now = start + after_ms * MS
        asked.wheel.turn()
        assert (len(asked.ended) == 2) is given_up, after_ms


def test_a_shorter_deadline_than_the_one_before_is_kept() -> None:
    asked = WireProbe()
    start = asked.clock.now
    asked.ask(deadline_ns=start + 5_000 * MS)
    asked.come(LENGTH)
    asked.ask(deadline_ns=start + 50 * MS)
    asked.clock.now = start + 75 * MS
    asked.wheel.turn()
    assert [row[0] for row in asked.ended] == [200, 0]


def test_an_entry_from_before_leaves_the_wheel() -> None:
    asked = WireProbe()
    start = asked.clock.now
    for deadline_ms, now_ms in ((5_000, 0), (50, 100)):
        asked.ask(deadline_ns=start + deadline_ms * MS)
        asked.come(LENGTH)
        asked.clock.now = start + now_ms * MS
        asked.wheel.turn()
    asked.ask(deadline_ns=start + 9_000 * MS)
    assert waiting(asked.wheel) == 2
    asked.clock.now = start + 5_100 * MS
    asked.wheel.turn()
    assert waiting(asked.wheel) == 1
    asked.clock.now = start + 9_100 * MS
    asked.wheel.turn()
    assert [row[0] for row in asked.ended] == [200, 200, 0]


def test_closing_says_why_once() -> None:
    asked = WireProbe()
    asked.ask()
    asked.connection.close("enough")
    asked.hang_up()
    assert asked.ended == [(0, b"", "enough")]
    assert asked.closed == [asked.connection]
