"""INV-8 over handwritten histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from harness.checkers.invariants.linearizable import LIVE_DECIDED_MAX, Linearizable
from harness.checkers.invariants.stream import Bounds, Violation, Watch, violations_of, watched
from harness.history.operation import History, Json, OperationRecord, Outcome

LAG = 5_000_000
MS = 1_000


@dataclass
class HistoryWriter:
    """Writes a history down. Times in milliseconds; each operation takes one, unless told."""

    operations: list[OperationRecord] = field(default_factory=list)
    now: int = 0

    def op(
        self,
        kind: str,
        args: Mapping[str, Json] | None = None,
        value: Mapping[str, Json] | None = None,
        *,
        no: str = "",
        info: bool = False,
        start: int | None = None,
        end: int | None = None,
        actor: str = "administrator",
        tags: Mapping[str, Json] | None = None,
    ) -> str:
        begun = self.now if start is None else start
        done = begun + 1 if end is None else end
        self.now = max(self.now, done)
        outcome = Outcome.INFO if info else Outcome.FAIL if no else Outcome.OK
        error: Mapping[str, Json] | None = {"reason": no, "message": no} if no else None
        self.operations.append(
            OperationRecord(
                f"{len(self.operations)}",
                "s",
                actor,
                kind,
                args or {},
                begun * MS,
                done * MS,
                outcome,
                (value or {}) if outcome is Outcome.OK else None,
                error,
                tags={"project": "p"} if tags is None else tags,
            )
        )
        return self.operations[-1].id

    def send(self, uid: str = "r", **more: object) -> str:
        return self._local("SendPairingRequest", {"pairing_uid": uid}, more)

    def cancel(self, **more: object) -> str:
        return self._local("CancelPairingRequest", {}, more)

    def local(self, uid: str, status: str, **more: object) -> str:
        value: dict[str, Json] = {"pairing_uid": uid, "status": status}
        return self._local("ViewPairing", value, more)

    def _local(self, kind: str, value: Mapping[str, Json], more: Mapping[str, object]) -> str:
        return self.op(kind, {}, value, actor="operator", tags={"host": "h"}, **more)  # type: ignore[arg-type]

    def on(self, kind: str, uid: str = "r", state: str = "", **more: object) -> str:
        value = {"pairing_uid": uid, "state": state}
        return self.op(f"{kind}PairingRequest", {"pairing_uid": uid}, value, **more)  # type: ignore[arg-type]

    def view(self, state: str, **more: object) -> str:
        return self.on("View", "r", state, **more)

    def poll(self, state: str, **more: object) -> str:
        args: dict[str, Json] = {"pairing_uid": "r"}
        more.setdefault("tags", {"host": "h"})
        return self.op("PollPairing", args, {"state": state}, actor="agent", **more)  # type: ignore[arg-type]

    def list(self, *states: str, **more: object) -> str:
        items: list[Json] = [
            {"pairing_uid": uid, "state": s} for uid, s in zip("rtuv", states, strict=False) if s
        ]
        return self.op("ListPairingRequests", {}, {"items": items}, **more)  # type: ignore[arg-type]

    def link(self, up: bool) -> str:
        return self.op("SetLink", {"host_uid": "h", "up": up}, actor="harness", tags={})

    def waits(self, *states: str, start: int, end: int) -> str:
        samples: list[Json] = [
            {"at": end * MS, "outcome": "ok", "value": {"state": s}, "error": None} for s in states
        ]
        args: dict[str, Json] = {"polls": "ViewPairingRequest", "polls_args": {"pairing_uid": "r"}}
        value: dict[str, Json] = {"held": True, "samples": samples}
        return self.op("await_state", args, value, start=start, end=end)

    @property
    def findings(self) -> tuple[Violation, ...]:
        in_order = sorted(self.operations, key=lambda o: o.start)
        return violations_of(History(tuple(in_order)), ["INV-8"])


def good_accept(h: HistoryWriter) -> None:
    h.send()
    h.list("Pairing")
    h.view("Pairing")
    h.on("Accept")
    h.view("Accepted")
    h.on("Accept", no="PairingRequestDecided")
    h.on("Reject", no="PairingRequestAccepted")
    h.view("Paired")


def good_accept_with_published_names_only(h: HistoryWriter) -> None:
    h.send()
    h.on("Accept")
    h.view("Pairing")
    h.view("Failed")


def good_poll_is_behind_within_the_bound(h: HistoryWriter) -> None:
    h.send()
    h.on("Accept")
    h.now += 4_990
    h.poll("Pairing")
    h.poll("Accepted")
    h.op("ConfirmPairing", {"pairing_uid": "r"}, {"state": "Paired"}, actor="agent", tags={})
    h.view("Paired")
    h.now += 4_900
    h.poll("Accepted")


def good_edge_shows_a_rejection_after_a_cancel(h: HistoryWriter) -> None:
    """What a cancel leaves in Local UI is the product's choice."""
    h.send()
    h.cancel(info=True)
    h.local("r", "Rejected")


def good_decided_request_is_gone_after_a_while(h: HistoryWriter) -> None:
    h.send()
    h.view("Pairing")
    h.on("Reject")
    h.view("Rejected")
    h.view("", no="NotFound")
    h.on("Reject", no="NotFound")


def good_race(h: HistoryWriter) -> None:
    """One of two at once prevails, and a look in between sees either."""
    h.send()
    h.on("Accept", start=10, end=30)
    h.view("Pairing", start=15, end=20)
    h.on("Reject", start=11, end=31, no="PairingRequestDecided")
    h.view("Paired")


def good_unanswered_accept_takes_effect_late(h: HistoryWriter) -> None:
    h.send()
    h.on("Accept", info=True)
    h.view("Pairing")
    h.view("Paired")


def good_unanswered_accept_never_takes_effect(h: HistoryWriter) -> None:
    h.send()
    for _ in range(12):
        h.on("Accept", info=True)
    h.view("Pairing")
    h.on("Reject")
    h.view("Rejected")


def good_cancel_without_a_link_may_reach_the_other_side_later(h: HistoryWriter) -> None:
    h.send()
    h.link(False)
    h.cancel()
    h.view("Pairing")
    h.link(True)
    h.view("Withdrawn")


def good_cancel_reaches_the_other_side_a_while_after_its_answer(h: HistoryWriter) -> None:
    """Until when it has to is INV-4's."""
    h.send()
    h.cancel()
    h.on("Accept")


def good_stale_request_is_accepted_and_fails(h: HistoryWriter) -> None:
    h.send()
    h.link(False)
    h.cancel()
    h.link(True)
    h.on("Accept")
    h.view("Failed")


def good_stale_request_is_refused(h: HistoryWriter) -> None:
    h.send()
    h.link(False)
    h.cancel()
    h.on("Accept", no="PairingRequestDecided")


def good_second_send_replaces_the_first(h: HistoryWriter) -> None:
    h.send()
    h.send("t")
    h.view("Withdrawn")
    h.on("Accept", "t")


def good_forbidden_is_hidden(h: HistoryWriter) -> None:
    """Not found, for somebody who has never seen it."""
    h.send()
    h.view("", no="NotFound", actor="stranger")
    h.view("", no="NotFound", tags={"project": "another"})
    h.view("Pairing")
    h.op("PutUser", actor="harness", tags={})
    h.view("", no="NotFound")
    h.on("Accept")


def good_acceptance_that_its_host_has_ended(h: HistoryWriter) -> None:
    """By which name such a request goes is told nowhere."""
    h.send()
    h.on("Accept")
    h.op("WithdrawPairing", {"pairing_uid": "r"}, {}, actor="agent", tags={})
    h.view("Withdrawn")


def good_list_is_behind(h: HistoryWriter) -> None:
    h.send()
    h.list("Pairing")
    h.on("Reject")
    h.list("Pairing")
    h.now += 4_000
    h.list("Pairing")
    h.list("Rejected")
    h.list("")


def good_request_that_nobody_saw_sent(h: HistoryWriter) -> None:
    h.view("Pairing")
    h.view("Withdrawn")


def good_accepted_before_the_send_was_answered(h: HistoryWriter) -> None:
    h.send(start=0, end=100)
    h.list("Pairing", start=10, end=11)
    h.on("Accept", start=12, end=13)
    h.view("Paired")


def good_edge_is_behind(h: HistoryWriter) -> None:
    h.send()
    h.local("r", "Pairing")
    h.on("Accept")
    h.view("Paired")
    h.local("r", "Pairing")
    h.local("r", "Paired")


def good_edge_is_cut_off(h: HistoryWriter) -> None:
    h.send()
    h.link(False)
    h.on("Reject")
    h.now += 60_000
    h.local("r", "Pairing")


def good_wait_overlaps_the_decision(h: HistoryWriter) -> None:
    h.send()
    h.on("Reject", start=20, end=21)
    h.waits("Pairing", "Rejected", start=10, end=50)


def good_token_is_revoked_while_it_waits(h: HistoryWriter) -> None:
    """Nobody says what becomes of a pending request then (SND-9)."""
    token: dict[str, Json] = {"uid": "k", "value": "<token:1>", "project_uid": "p"}
    h.op("PutToken", {"token": token}, actor="harness", tags={})
    args: dict[str, Json] = {"token": "<token:1>"}
    h.op("SendPairingRequest", args, {"pairing_uid": "r"}, tags={"host": "h"})
    h.op("DeleteToken", {"token_uid": "k"})
    h.on("Accept", no="PairingRequestDecided")
    h.view("Failed")


GOOD = [v for k, v in list(globals().items()) if k.startswith("good_")]


@pytest.mark.parametrize("tell", GOOD, ids=lambda tell: tell.__name__)
def test_a_history_that_fits(tell: object) -> None:
    history = HistoryWriter()
    tell(history)  # type: ignore[operator]
    assert history.findings == ()


def bad_view_after_a_rejection(h: HistoryWriter) -> list[str]:
    h.send()
    h.view("Pairing")
    rejected = h.on("Reject")
    return [rejected, h.view("Pairing")]


def bad_withdrawn_though_its_host_has_ended_nothing(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Accept")
    return [h.view("Withdrawn")]


def bad_two_decisions(h: HistoryWriter) -> list[str]:
    h.send()
    accepted = h.on("Accept", start=10, end=30)
    h.view("Pairing", start=11, end=12)
    return [accepted, h.on("Reject", start=15, end=25)]


def bad_two_acceptances(h: HistoryWriter) -> list[str]:
    h.send()
    accepted = h.on("Accept")
    h.list("")
    return [accepted, h.on("Accept")]


def bad_refused_as_decided_though_nobody_decided(h: HistoryWriter) -> list[str]:
    h.send()
    return [h.on("Accept", no="PairingRequestDecided")]


def bad_paired_though_nobody_accepted(h: HistoryWriter) -> list[str]:
    h.send()
    return [h.view("Paired")]


def bad_pending_request_is_gone(h: HistoryWriter) -> list[str]:
    sent = h.send()
    h.view("Pairing")
    return [sent, h.view("", no="NotFound")]


def bad_paired_and_then_failed(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Accept")
    paired = h.view("Paired")
    return [paired, h.view("Failed")]


def bad_unanswered_reject_takes_effect_and_is_undone(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Reject", info=True)
    rejected = h.view("Rejected")
    return [rejected, h.view("Pairing")]


def bad_gone_and_back(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Reject")
    h.view("Rejected")
    gone = h.view("", no="NotFound")
    return [gone, h.view("Rejected")]


def bad_wait_saw_an_older_state(h: HistoryWriter) -> list[str]:
    h.send()
    rejected = h.on("Reject")
    return [rejected, h.waits("Pairing", "Rejected", start=h.now, end=h.now + 40)]


def bad_list_shows_what_never_was(h: HistoryWriter) -> list[str]:
    h.send()
    return [h.list("Rejected")]


def bad_list_is_too_far_behind(h: HistoryWriter) -> list[str]:
    h.send()
    rejected = h.on("Reject")
    h.now += 5_001
    return [rejected, h.list("Pairing")]


def bad_list_goes_back(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Reject")
    later = h.list("Rejected")
    return [later, h.list("Pairing")]


def bad_list_forgets_and_remembers(h: HistoryWriter) -> list[str]:
    h.send()
    h.send("t")
    h.list("Pairing", "Pairing")
    h.on("Reject")
    without = h.list("", "Pairing")
    return [without, h.list("Pairing", "Pairing")]


def bad_edge_goes_back(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Reject")
    rejected = h.local("r", "Rejected")
    return [rejected, h.local("r", "Pairing")]


def bad_edge_shows_a_cancelled_request_again(h: HistoryWriter) -> list[str]:
    h.send()
    h.local("r", "Pairing")
    h.link(False)
    h.cancel()
    none = h.local("", "", no="NoPairingRequest")
    return [none, h.local("r", "Pairing")]


def bad_edge_is_too_far_behind(h: HistoryWriter) -> list[str]:
    h.send()
    rejected = h.on("Reject")
    h.now += 5_001
    return [rejected, h.local("r", "Pairing")]


def bad_poll_is_too_far_behind(h: HistoryWriter) -> list[str]:
    h.send()
    rejected = h.on("Reject")
    h.now += 5_001
    return [rejected, h.poll("Pairing")]


def bad_poll_shows_a_handover_that_was_over_too_long_ago(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Accept")
    paired = h.poll("Paired")
    h.now += 5_001
    return [paired, h.poll("Accepted")]


def bad_poll_goes_back(h: HistoryWriter) -> list[str]:
    h.send()
    h.on("Reject")
    rejected = h.poll("Rejected")
    return [rejected, h.poll("Pairing")]


def bad_poll_shows_what_never_was(h: HistoryWriter) -> list[str]:
    h.send()
    return [h.poll("Withdrawn")]


def bad_edge_shows_a_rejection_that_never_was(h: HistoryWriter) -> list[str]:
    sent = h.send()
    h.poll("Pairing")
    return [sent, h.local("r", "Rejected")]


BAD = [v for k, v in list(globals().items()) if k.startswith("bad_")]


@pytest.mark.parametrize("tell", BAD, ids=lambda tell: tell.__name__)
def test_a_history_that_does_not_fit(tell: object) -> None:
    history = HistoryWriter()
    part = tell(history)  # type: ignore[operator]
    assert [list(v.operations) for v in history.findings] == [part]


def test_the_reason_is_a_sentence() -> None:
    history = HistoryWriter()
    bad_view_after_a_rejection(history)
    assert history.findings[0].reason == (
        "request r: a view at 0.004 s says Pairing, although a rejection was acknowledged at"
        " 0.003 s"
    )


def test_a_request_that_does_not_fit_is_blamed_once() -> None:
    history = HistoryWriter()
    bad_two_acceptances(history)
    history.on("Accept")
    history.view("Pairing")
    assert len(history.findings) == 1


def test_a_search_that_is_too_wide_is_undecided() -> None:
    history = HistoryWriter()
    history.send()
    for i in range(6):
        history.on("Accept", start=10 + i, end=100)
        history.on("Reject", start=10 + i, end=100)
    in_order = History(tuple(history.operations))
    watch, found = watched(in_order, ["INV-8"], Bounds(states=3))
    assert found == ()
    assert "request r overlap in more than 3 ways" in watch.undecided["INV-8"]


def test_what_has_settled_is_let_go() -> None:
    watch = Watch(["INV-8"])
    for i in range(2 * LIVE_DECIDED_MAX):
        history = HistoryWriter(now=5 * i)
        sent = {"pairing_uid": f"r{i}"}
        history.op("SendPairingRequest", {}, sent, tags={"host": f"h{i}"})
        history.on("Reject", f"r{i}")
        for operation in history.operations:
            watch.invoked(operation)
            assert watch.ended(operation) == ()
    rule = watch._rules[0]
    assert isinstance(rule, Linearizable)
    assert len(rule.registers) <= LIVE_DECIDED_MAX + 1
    late = HistoryWriter(now=10**6)
    late.on("Accept", "r0")
    watch.invoked(late.operations[0])
    assert len(watch.ended(late.operations[0])) == 1


def test_a_refused_decision_that_took_effect_all_the_same_is_named() -> None:
    h = HistoryWriter()
    h.send()
    h.on("Reject", no="TooManyRequests")
    culprit = h.on("Accept", no="TooManyRequests")
    poll = h.poll("Accepted")
    (found,) = h.findings
    assert found.reason == (
        "request r: a poll at 0.004 s says Accepted, and nothing that happened before explains it;"
        " an acceptance was refused before as TooManyRequests"
    )
    assert found.operations == (poll, culprit)


@pytest.mark.parametrize(
    ("decision", "shown", "told"),
    [
        ("Reject", "Rejected", "a rejection was refused before"),
        ("Accept", "Paired", "an acceptance was refused before"),
        ("Accept", "Rejected", ""),
    ],
)
def test_what_a_refused_decision_would_not_explain_does_not_name_it(
    decision: str, shown: str, told: str
) -> None:
    h = HistoryWriter()
    h.send()
    h.on(decision, no="InternalError")
    h.list(shown)
    (found,) = h.findings
    assert found.reason.startswith(f"request r: a list at 0.003 s says {shown}, ")
    assert ("was refused before" in found.reason) is bool(told)
    assert told in found.reason
