"""What a judge holds grows with clusters and open requests, and by 16 bytes for each id.

Containers are counted, not bytes of the process. Whatever is kept of decided requests for a
while is bounded by constants, which are made small here.
"""

from __future__ import annotations

import pytest

from harness.checkers.fleet.judge import CellJudge
from harness.checkers.invariants import ids_are_never_reused, linearizable
from harness.checkers.invariants.known import Bounds
from harness.history.operation import Json
from tests.unit.checkers.fleet.holdings import digest_bytes, entries
from tests.unit.checkers.fleet.judging import heard
from tests.unit.checkers.invariants.handwritten import SECOND, HistoryBuilder, stack

ENTRIES_A_CLUSTER = 16
"""Of a cluster that is paired; 10 at present."""
ENTRIES_A_REQUEST = 60
"""Of a request that is open."""
LATER = 1_000
"""Seconds by which everything has settled."""


@pytest.fixture(autouse=True)
def little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, bound in ((linearizable, "SETTLED_MAX"), (ids_are_never_reused, "_OLD_MAX")):
        assert getattr(module, bound) > 32
        monkeypatch.setattr(module, bound, 32)


def holdings(history: HistoryBuilder) -> tuple[int, int]:
    """How many entries are held in the end, and how many bytes of digests."""
    judge = CellJudge(Bounds(), bucket=3_600 * SECOND)
    assert heard(judge, history) == []
    return entries(judge), digest_bytes(judge)


def submits(history: HistoryBuilder, host: str, uid: str) -> None:
    """A send with the submission that it makes."""
    at, tags = history.now // 1_000, {"host": host}
    cluster: dict[str, Json] = {"uid": f"{host}-uid", "stack": stack("k8s 1")}
    history.send(uid, host=host, at=(at + 1, at + 4))
    history.tell(
        "SubmitPairing",
        actor="agent",
        tags=tags,  # type: ignore[arg-type]
        value={"pairing_uid": uid},
        registration_token="<token:p>",
        cluster_token=f"<cluster-token:{uid}>",
        cluster=cluster,
        at=(at + 2, at + 3),
    )


def agent(history: HistoryBuilder, kind: str, host: str, uid: str, **value: Json) -> None:
    history.tell(kind, actor="agent", tags={"host": host}, value=value, pairing_uid=uid)


def paired(clusters: int) -> HistoryBuilder:
    """So many clusters pair, one after the other, and everything settles."""
    history = HistoryBuilder()
    history.token()
    history.user()
    history.profile()
    for number in range(clusters):
        host, uid = f"h{number}", f"R{number}"
        history.cluster(host)
        submits(history, host, uid)
        selection: list[Json] = [{"uid": "full", "version": ""}]
        history.central(
            "MatchProfiles", value={"valid": True}, pairing_uid=uid, selection=selection
        )
        history.accept(uid)
        agent(history, "PollPairing", host, uid, state="Accepted")
        agent(history, "ConfirmPairing", host, uid, state="Paired", cluster_uid=f"cluster-of-{uid}")
        history.local_shows("Paired", uid, host=host)
        history.mode("central", host=host)
        history.rule(uid)
        history.later(1)
    history.later(LATER)
    return history


def decided(requests: int) -> HistoryBuilder:
    """One cluster sends so many requests, of which none comes to anything."""
    history = HistoryBuilder().set_up()
    for number in range(requests):
        uid = f"R{number}"
        submits(history, "edge", uid)
        if number % 2:
            at = history.now // 1_000
            history.cancel(at=(at + 1, at + 4))
            history.tell(
                "WithdrawPairing",
                actor="agent",
                tags={"host": "edge"},
                at=(at + 2, at + 3),
                pairing_uid=uid,
            )
        else:
            history.reject(uid)
            history.local_shows("Rejected", uid)
        history.later(5)
    history.later(LATER)
    return history


def unheard(operations: int) -> HistoryBuilder:
    """One request is open, and is looked at so often."""
    history = HistoryBuilder().set_up()
    submits(history, "edge", "A")
    for number in range(operations):
        history.local_shows("Pairing", "A")
        history.view("A")
        history.listed("A")
        agent(history, "PollPairing", "edge", "A", state="Pairing")
        history.tell("FaultNextMessage", host_uid="edge", fault="lost-before", number=number)
        history.accept("A", so="Forbidden" if number % 2 else "ClusterProfilesMismatch")
        history.later(5)
    return history


def test_of_each_paired_cluster_a_few_entries_and_sixteen_bytes_are_held() -> None:
    few, many, most = (holdings(paired(clusters)) for clusters in (100, 200, 400))
    assert many[0] - few[0] <= 100 * ENTRIES_A_CLUSTER
    assert most[0] - many[0] <= 200 * ENTRIES_A_CLUSTER
    assert few[1] <= 1_600
    assert 0.8 * 6_400 < most[1] <= 6_400


def test_of_requests_that_were_decided_long_ago_only_sixteen_bytes_each_are_held() -> None:
    few, many = holdings(decided(200)), holdings(decided(600))
    assert abs(many[0] - few[0]) <= ENTRIES_A_REQUEST
    assert 0.8 * 200 * 16 < few[1] <= 200 * 16
    assert 0.8 * 600 * 16 < many[1] <= 600 * 16


def test_of_an_open_request_no_more_is_held_the_longer_it_is_open() -> None:
    few, many = holdings(unheard(200)), holdings(unheard(600))
    assert abs(many[0] - few[0]) <= ENTRIES_A_REQUEST
    assert 0 < few[1] == many[1] <= 16


def test_of_each_open_request_some_entries_are_held() -> None:
    def open_ones(count: int) -> HistoryBuilder:
        history = HistoryBuilder()
        history.token()
        for number in range(count):
            history.cluster(f"h{number}")
            submits(history, f"h{number}", f"R{number}")
        return history

    few, many = holdings(open_ones(50)), holdings(open_ones(150))
    a_request = (many[0] - few[0]) / 100
    assert ENTRIES_A_CLUSTER < a_request <= ENTRIES_A_REQUEST


def test_the_count_sees_what_is_kept() -> None:
    class Hoard:
        __slots__ = ("kept",)

        def __init__(self) -> None:
            self.kept = {"a": [1, 2, 3], "b": (4, {5, 6})}

    assert entries(Hoard()) == 2 + 3 + 2 + 2
