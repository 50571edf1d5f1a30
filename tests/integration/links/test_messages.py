"""Single messages are lost, repeated, held back or answered with an error."""

from __future__ import annotations

import http.client
import json
import socket

import pytest

from harness.domain.arrangements import MessageFault, MessageKind
from harness.domain.operations import Probe, SubmitPairing
from harness.targets.links.faults import EVERYONE, Disturbance, LinkError
from harness.targets.links.hub import MessageReading, Upstream
from harness.targets.links.messages import WireFate
from harness.targets.links.opening import message_table
from harness.targets.links.proxy import FaultProxy
from harness.wire.http import INSTEAD
from harness.wire.mapping import PLAIN, OperationMap, WireMap
from harness.wire.mapping.keys import CallMap
from tests.integration.links.palettes import BODY, HERE, PROBE, SUBMIT, Host, Scenery, took, until

FINE = (200, BODY)
CUT = (ConnectionError, http.client.RemoteDisconnected)


def test_a_message_that_is_lost_before_never_arrives(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.ever(scenery.host(proxy))
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.LOST_BEFORE))
    assert host.ask(*PROBE) == FINE
    with pytest.raises(CUT):
        host.ask(*SUBMIT, b"request")
    assert proxy.seen(HERE, MessageKind.SUBMIT).left == 0
    assert host.ask(*SUBMIT, b"request") == FINE
    assert [a for a in scenery.palette.asked if a == SUBMIT] == [SUBMIT]
    assert (proxy.counts().messages, proxy.counts().spoiled) == (4, 1)


def test_a_message_that_is_not_answered_never_arrives_and_its_connection_stays(
    scenery: Scenery,
) -> None:
    proxy = scenery.reading()
    host = scenery.ever(scenery.host(proxy, timeout_s=0.2))
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.UNANSWERED))
    assert host.ask(*PROBE) == FINE
    with pytest.raises(TimeoutError):
        host.ask(*SUBMIT, b"request")
    assert SUBMIT not in scenery.palette.asked
    assert host.ask(*SUBMIT, b"request") == FINE, "by another connection"


def test_a_message_that_is_lost_after_has_arrived(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.host(proxy)
    proxy.spoil_next(EVERYONE, MessageKind.SUBMIT, WireFate(MessageFault.LOST_AFTER))
    with pytest.raises(CUT):
        host.ask(*SUBMIT, b"request")
    assert scenery.palette.asked == [SUBMIT]
    assert scenery.palette.got_bytes == 7


def test_a_message_that_is_repeated_arrives_twice_and_is_answered_once(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.ever(scenery.host(proxy))
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.REPEATED))
    big = b"r" * 200_000
    assert host.ask(*SUBMIT, big) == FINE
    assert host.ask(*PROBE) == FINE
    assert scenery.palette.asked[1:] == [SUBMIT, SUBMIT, PROBE]
    assert scenery.palette.got_bytes == 2 * len(big)


@pytest.mark.parametrize("fault", INSTEAD)
def test_a_message_that_is_answered_on_the_way_never_arrives(
    scenery: Scenery, fault: MessageFault
) -> None:
    proxy = scenery.reading()
    host = scenery.host(proxy)
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(fault))
    assert host.ask(*SUBMIT, b"request") == (INSTEAD[fault].status, INSTEAD[fault].body)
    assert scenery.palette.asked == []
    assert host.ask(*SUBMIT) == FINE


@pytest.mark.parametrize("size", [1, 300_000])
def test_an_answer_says_the_same_in_other_words(scenery: Scenery, size: int) -> None:
    said = {"uid": "1", "status": {"state": "Pending", "note": "x" * size}}
    scenery.palette.body = json.dumps(said).encode()
    proxy = scenery.reading()
    host = scenery.host(proxy)
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.REWORDED))
    status, body = host.ask(*SUBMIT, b"request")
    heard = json.loads(body)
    assert (status, said.items() <= heard.items()) == (200, True)
    assert list(heard) == ["x-note", "status", "uid", "x-none"]
    assert list(heard["status"]) == ["note", "state"]
    assert host.ask(*SUBMIT) == (200, scenery.palette.body)
    assert proxy.seen(HERE, MessageKind.SUBMIT).left == 0


def test_an_answer_that_is_no_object_stays_as_it_is(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.host(proxy)
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.REWORDED))
    assert host.ask(*SUBMIT, b"request") == FINE
    assert host.ask(*SUBMIT) == FINE


def test_a_message_that_is_late_arrives_after_what_came_later(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.host(proxy)
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.LATE))
    with pytest.raises(CUT):
        host.ask(*SUBMIT, b"request")
    assert host.ask(*PROBE) == FINE
    proxy.release("127.0.0.9")
    assert scenery.palette.asked == [PROBE]
    for _ in range(2):
        proxy.release(HERE)
        assert (scenery.palette.asked, scenery.palette.got_bytes) == ([PROBE, SUBMIT], 7)


def test_a_message_that_is_repeated_late_is_answered_and_arrives_again(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.host(proxy)
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.REPEATED_LATE))
    assert [host.ask(*SUBMIT, b"request"), host.ask(*PROBE)] == [FINE, FINE]
    proxy.release(EVERYONE)
    assert scenery.palette.asked == [SUBMIT, PROBE, SUBMIT]
    assert scenery.palette.hosts == ["palette.test"] * 3


def test_what_is_late_is_forgotten_or_cannot_arrive(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.host(proxy)
    for _ in range(2):
        proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.LATE))
        with pytest.raises(CUT):
            host.ask(*PROBE)
        proxy.forget(HERE)
    proxy.release(HERE)
    assert scenery.palette.asked == []


def test_it_tells_that_what_is_late_cannot_arrive() -> None:
    with socket.create_server((HERE, 0)) as palette:
        proxy = FaultProxy(
            Upstream(HERE, palette.getsockname()[1]),
            reading=MessageReading(message_table(PLAIN)),
        )
        proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.LATE))
        host = Host(proxy.port)
        with pytest.raises(CUT):
            host.ask(*PROBE)
    with proxy, pytest.raises(LinkError, match="cannot arrive"):
        proxy.release(HERE)


def test_a_message_is_held_back(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.ever(scenery.host(proxy))
    proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.DELAYED, 200_000))
    assert took(lambda: host.ask(*PROBE)) >= 0.2
    assert took(lambda: host.ask(*PROBE)) < 0.2


def test_a_call_whose_place_an_answer_tells_is_what_follows_the_one_before(
    scenery: Scenery,
) -> None:
    calls = (
        CallMap("POST", "/drafts", name="draft", keep={"place": "place"}),
        CallMap("PUT", "{kept.place}", name="submit"),
    )
    table = message_table(WireMap({SubmitPairing: OperationMap(calls=calls)}))
    proxy = scenery.proxy(reading=MessageReading(table))
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.LOST_BEFORE))
    assert scenery.host(proxy).ask("PUT", "/somewhere/7") == FINE, "it may be anything so far"
    assert scenery.host(proxy).ask("POST", "/drafts") == FINE
    with pytest.raises(CUT):
        scenery.host(proxy).ask("PUT", "/somewhere/7")
    assert proxy.seen(HERE, MessageKind.SUBMIT).left == 0


def test_messages_at_one_place_are_told_by_their_bodies(scenery: Scenery) -> None:
    paths = {
        kind: OperationMap("POST", "/graph", constants={"operationName": name})
        for kind, name in ((Probe, "Plane"), (SubmitPairing, "Submit"))
    }
    proxy = scenery.proxy(reading=MessageReading(message_table(WireMap(paths))))
    proxy.spoil_next(HERE, MessageKind.SUBMIT, WireFate(MessageFault.SERVER_ERROR))
    host = scenery.host(proxy)
    long = b" " * 300_000
    for name in (b"Plane", b"Beat"):
        assert host.ask("POST", "/graph", b'{"operationName": "%b"%b}' % (name, long)) == FINE
    submit = b'{"variables": {}, %b"operationName": "Submit"}' % long
    status, _ = host.ask("POST", "/graph", submit)
    assert (status, proxy.seen(HERE, MessageKind.SUBMIT).left) == (500, 0)
    assert host.ask("POST", "/graph", submit) == FINE


def test_a_message_that_comes_in_parts_is_one_message(scenery: Scenery) -> None:
    proxy = scenery.reading()
    host = scenery.host(proxy)
    for _ in range(2):
        assert host.ask(*SUBMIT, b"r" * 3_000_000) == FINE
    assert (proxy.counts().messages, scenery.palette.got_bytes) == (2, 6_000_000)


def test_faults_of_one_kind_are_met_in_turn_and_of_one_source_by_nobody_else(
    scenery: Scenery,
) -> None:
    proxy = scenery.reading()
    proxy.spoil_next("127.0.0.9", MessageKind.PROBE, WireFate(MessageFault.LOST_BEFORE))
    for fault in (MessageFault.SERVER_ERROR, MessageFault.LOST_BEFORE):
        proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(fault))
    host = scenery.host(proxy)
    assert host.ask(*PROBE)[0] == 500
    with pytest.raises(CUT):
        host.ask(*PROBE)
    assert host.ask(*PROBE) == FINE
    assert proxy.seen("127.0.0.9", MessageKind.PROBE).left == 1
    proxy.heal()
    assert proxy.seen("127.0.0.9", MessageKind.PROBE).left == 0


def test_a_head_in_pieces_is_one_message(scenery: Scenery) -> None:
    proxy = scenery.reading()
    proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.SERVER_ERROR))
    with socket.create_connection((HERE, proxy.port), 5) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (b"GE", b"T /v1/edgehosts/pai", b"ring/ping?a=b HTTP/1.1\r\nHo", b"st: x\r\n"):
            client.sendall(piece)
            assert proxy.counts().messages == 0
        client.sendall(b"\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 500")


def test_palette_is_asked_under_its_own_name(scenery: Scenery) -> None:
    scenery.ever(scenery.host(scenery.reading()))
    assert scenery.palette.hosts == ["palette.test"]


def test_what_is_no_http_passes_as_it_comes(scenery: Scenery) -> None:
    proxy = scenery.reading()
    with socket.create_connection((HERE, proxy.port), 5) as client:
        client.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400")  # said by Palette's server


def test_losses_are_drawn_from_the_seed(scenery: Scenery) -> None:
    def lost(seed: int) -> list[int]:
        proxy = scenery.reading_with(seed)
        proxy.disturb(HERE, Disturbance(lost_before=300_000, lost_after=200_000))
        host = scenery.host(proxy)
        return [n for n in range(40) if not _answered(host)]

    first = lost(1)
    assert 8 < len(first) < 32
    assert lost(1) == first
    assert lost(2) != first
    before = len(scenery.palette.asked)
    assert 0 < before < 120


def _answered(host: object) -> bool:
    try:
        return bool(host.ask(*PROBE))  # type: ignore[attr-defined]
    except CUT:
        return False


def test_over_tls_that_passes_through_no_message_is_seen(scenery: Scenery) -> None:
    secure = scenery.serve(scenery.certificates.server_context())
    proxy = scenery.proxy(secure)
    host = scenery.host(proxy, tls=scenery.trusting())
    proxy.spoil_next(HERE, MessageKind.PROBE, WireFate(MessageFault.LOST_BEFORE))
    assert host.ask(*PROBE) == FINE
    assert (proxy.counts().messages, proxy.seen(HERE, MessageKind.PROBE).left) == (0, 1)


def test_over_a_half_open_link_a_message_arrives_and_its_connection_stays_silent(
    scenery: Scenery,
) -> None:
    proxy = scenery.reading()
    proxy.disturb(HERE, Disturbance(half_open=True))
    with socket.create_connection((HERE, proxy.port), 5) as client:
        client.sendall(b"%s %s HTTP/1.1\r\nHost: h\r\n\r\n" % tuple(p.encode() for p in PROBE))
        until(lambda: proxy.counts().response_bytes > 0)
        assert scenery.palette.asked == [PROBE]
        proxy.disturb(HERE, Disturbance())
        assert scenery.host(proxy).ask(*PROBE) == FINE
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
