"""How messages are told apart, and what is drawn for them."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.domain.arrangements import FaultEffect, MessageFault, MessageKind
from harness.domain.operations import (
    ConfirmPairing,
    PollPairing,
    Probe,
    SubmitPairing,
    WithdrawPairing,
)
from harness.targets.links.faults import EVERYONE, Disturbance
from harness.targets.links.messages import (
    MessagePattern,
    MessageTable,
    Spoiling,
    WireFate,
    pattern_of,
)
from harness.targets.links.opening import message_table
from harness.wire.mapping import PLAIN, CallMap, OperationMap, RepeatRule, WireMap
from harness.wire.mapping.keys import RpcMap

BELOW = "/v1/edgehosts/clusters/pairing"


def kind_of(table: MessageTable, method: str, target: str) -> MessageKind | None:
    found = pattern_of(table, method, target)
    return found and found.kind


@pytest.mark.parametrize(
    ("method", "target", "kind"),
    [
        ("GET", "/v1/edgehosts/pairing/ping", MessageKind.PROBE),
        ("GET", "/v1/edgehosts/pairing/ping?x=1", MessageKind.PROBE),
        ("POST", BELOW, MessageKind.SUBMIT),
        ("POST", f"{BELOW}/withdraw", MessageKind.WITHDRAW),
        ("GET", f"{BELOW}/abc%2Fd/status", MessageKind.POLL),
        ("POST", f"{BELOW}/abc/confirm", MessageKind.CONFIRM),
        ("GET", BELOW, None),
        ("POST", f"{BELOW}/", None),
        ("POST", f"{BELOW}/a/b/confirm", None),
        ("POST", f"/x{BELOW}", None),
    ],
)
def test_a_request_is_the_message_whose_route_it_takes(
    method: str, target: str, kind: MessageKind | None
) -> None:
    assert kind_of(message_table(PLAIN), method, target) is kind


def test_below_a_prefix_and_remapped() -> None:
    wire = WireMap({SubmitPairing: OperationMap(method="PUT", path="/join.me")})
    table = message_table(wire, "/palette")
    assert kind_of(table, "PUT", "/palette/join.me") is MessageKind.SUBMIT
    assert kind_of(table, "PUT", "/palette/joinXme") is None
    assert kind_of(table, "PUT", "/join.me") is None


def test_each_call_of_an_operation_is_its_message_and_one_decides() -> None:
    calls = (
        CallMap("POST", "/drafts", name="draft", keep={"id": "id"}),
        CallMap("POST", "/drafts/{kept.id}/submit", name="submit", keep={"job": "job"}),
        CallMap("GET", "{kept.job}", name="job", repeat=RepeatRule(status=(202,))),
    )
    table = message_table(WireMap({SubmitPairing: OperationMap(calls=calls)}))
    told = [pattern_of(table, "POST", path) for path in ("/drafts", "/drafts/7/submit")]
    assert [(p.kind, p.decides) for p in told if p] == [
        (MessageKind.SUBMIT, False),
        (MessageKind.SUBMIT, True),
    ]
    assert kind_of(table, "GET", "/jobs/7") is None, "nobody has begun"
    job = pattern_of(table, "GET", "/jobs/7", after=MessageKind.SUBMIT)
    assert (job and job.kind, job and job.decides) == (MessageKind.SUBMIT, False)
    assert pattern_of(table, "GET", "/jobs/7", after=MessageKind.POLL) is None
    spoiling, lost = Spoiling("1"), WireFate(MessageFault.LOST_BEFORE)
    spoiling.queue("h", MessageKind.SUBMIT, lost)
    fates = [spoiling.fate_of("h", MessageKind.SUBMIT, decides=yes) for yes in (False, True)]
    assert fates == [None, lost]


def test_messages_of_json_rpc_are_told_by_their_bodies() -> None:
    paths = {SubmitPairing: OperationMap(rpc="pair.ask"), Probe: OperationMap(rpc="ping")}
    table = message_table(WireMap(paths, rpc=RpcMap("/rpc")))
    bodies = (b'{"method": "pair.ask"}', b'{"method":"ping"}', b'{"method":"pair"}')
    told = [pattern_of(table, "POST", "/rpc", body) for body in bodies]
    kinds = [found and found.kind for found in told]
    assert kinds == [MessageKind.SUBMIT, MessageKind.PROBE, None]


def test_what_every_message_holds_tells_none_apart() -> None:
    paths = {
        SubmitPairing: OperationMap("POST", "/g"),
        Probe: OperationMap("POST", "/g", constants={"of": "another"}),
    }
    table = message_table(WireMap(paths, constants={"of": "a {{b}}"}))
    told_apart = {each.kind for each in table if each.constants}
    assert told_apart == {MessageKind.PROBE}


GRAPH = {
    Probe: OperationMap("POST", "/graph", constants={"operationName": "Plane"}),
    SubmitPairing: OperationMap("POST", "/graph", constants={"query": "mutation Submit {{ id }}"}),
    PollPairing: OperationMap("POST", "/graph", request={"{pairingUid}": "variables.id"}),
}


def test_messages_at_one_place_are_told_by_their_constants() -> None:
    table = message_table(WireMap(GRAPH | {PollPairing: OperationMap()}, constants={"v": 2}))
    bodies = (
        b'{"v": 2, "operationName": "Plane"}',
        b'{"query":"mutation Submit { id }","v":2}',
        b'{"v": 2, "operationName": "Beat"}',
        b"no JSON",
    )
    kinds = [found and found.kind for body in bodies if [found := of_graph(table, body)]]
    assert kinds == [MessageKind.PROBE, MessageKind.SUBMIT, None, None]
    table = message_table(WireMap(GRAPH))
    kinds = [found and found.kind for body in bodies if [found := of_graph(table, body)]]
    poll = MessageKind.POLL
    assert kinds == [MessageKind.PROBE, MessageKind.SUBMIT, poll, poll], "it has none of its own"


def of_graph(table: MessageTable, body: bytes) -> MessagePattern | None:
    return pattern_of(table, "POST", "/graph", body)


def test_constants_may_stand_in_a_form_a_header_and_the_query() -> None:
    uid, act = {"{pairingUid}": "uid"}, {"act": "confirm"}
    paths = {
        ConfirmPairing: OperationMap("POST", "/do", request=uid, constants=act, form=True),
        WithdrawPairing: OperationMap("POST", "/do", constants={"X-Act:": "withdraw"}),
        Probe: OperationMap("POST", "/do", constants={"?act": "probe"}),
    }
    table = message_table(WireMap(paths))
    form = {"content-type": "application/x-www-form-urlencoded"}
    told = [
        pattern_of(table, "POST", "/do", b"uid=7&act=confirm", headers=form),
        pattern_of(table, "POST", "/do", b"{}", headers={"x-act": "withdraw"}),
        pattern_of(table, "POST", "/do?act=probe"),
    ]
    kinds = [found and found.kind for found in told]
    assert kinds == [MessageKind.CONFIRM, MessageKind.WITHDRAW, MessageKind.PROBE]


def test_nobody_reads_a_body_that_tells_nothing_apart() -> None:
    paths = {SubmitPairing: OperationMap(constants={"kind": "submit"})}
    table = message_table(WireMap(paths, constants={"?v": 2, "agent": "x"}))
    assert not any(each.constants for each in table)
    assert kind_of(table, "POST", BELOW) is MessageKind.SUBMIT


def test_a_source_own_fate_comes_first_and_each_is_met_once() -> None:
    spoiling = Spoiling("1")
    lost, twice = WireFate(MessageFault.LOST_BEFORE), WireFate(MessageFault.REPEATED)
    spoiling.queue(EVERYONE, MessageKind.POLL, twice)
    spoiling.queue("10.0.0.1", MessageKind.POLL, lost)
    met = [spoiling.fate_of("10.0.0.1", MessageKind.POLL) for _ in range(3)]
    assert met == [lost, twice, None]
    assert spoiling.fate_of("10.0.0.1", None) is None


def test_it_is_told_when_what_was_queued_was_met_and_how_much_is_left() -> None:
    spoiling, key = Spoiling("1"), ("10.0.0.1", MessageKind.POLL)
    spoiling.queue(*key, WireFate(MessageFault.LOST_BEFORE))
    spoiling.fate_of("10.0.0.1", MessageKind.CONFIRM)
    spoiling.fate_of("10.0.0.2", MessageKind.POLL)
    assert spoiling.seen(*key) == FaultEffect(left=1)
    spoiling.queue(*key, WireFate(MessageFault.LOST_BEFORE), 2)
    assert spoiling.seen(*key) == FaultEffect(left=3)
    for _ in range(4):
        spoiling.fate_of(*key)
    seen = spoiling.seen(*key)
    assert (len(seen.met), seen.left) == (3, 0)
    spoiling.heal("10.0.0.1")
    assert spoiling.seen(*key) == FaultEffect()
    spoiling.disturb("10.0.0.1", Disturbance(held=5))
    spoiling.fate_of(*key)
    assert len(spoiling.seen("10.0.0.1", None).met) == 1


def test_a_disturbance_loses_its_share_and_holds_back_the_rest() -> None:
    spoiling = Spoiling("1")
    spoiling.disturb("h", Disturbance(lost_before=250_000, lost_after=250_000, held=5))
    fates = [spoiling.fate_of("h", MessageKind.POLL) for _ in range(400)]
    before, after, delayed = (
        sum(f is not None and f.fault is fault for f in fates)
        for fault in (MessageFault.LOST_BEFORE, MessageFault.LOST_AFTER, MessageFault.DELAYED)
    )
    assert 70 < before < 130
    assert 70 < after < 130
    assert delayed == 400 - before - after
    assert spoiling.fate_of("other", MessageKind.POLL) is None
    spoiling.heal("h")
    assert spoiling.fate_of("h", MessageKind.POLL) is None


def test_a_disturbance_answers_its_share_with_any_of_its_answers() -> None:
    spoiling, some = Spoiling("1"), (MessageFault.UNAVAILABLE, MessageFault.RATE_LIMITED)
    disturbance = Disturbance(lost_before=250_000, answered=500_000, answers=some)
    spoiling.disturb("h", disturbance)
    fates = [spoiling.fate_of("h", MessageKind.POLL) for _ in range(400)]
    counts = Counter(fate.fault for fate in fates if fate is not None)
    assert set(counts) == {MessageFault.LOST_BEFORE, *some}
    assert all(70 < count < 130 for count in counts.values())


def test_what_arrives_over_a_half_open_link_is_never_answered() -> None:
    spoiling = Spoiling("1")
    disturbance = Disturbance(lost_before=500_000, answered=500_000, half_open=True)
    spoiling.disturb("h", disturbance)
    fates = {spoiling.fate_of("h", MessageKind.POLL) for _ in range(100)}
    silence = WireFate(MessageFault.LOST_AFTER, silent=True)
    assert fates == {WireFate(MessageFault.LOST_BEFORE), silence}
