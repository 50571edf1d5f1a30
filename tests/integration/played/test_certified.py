"""Sides of other habits than the reference's, certified over real HTTP against the other side as
the harness plays it: what their file says is judged, and they are blamed for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import SetLink, Side
from harness.history.reader import read_evidence
from harness.reference.behaviour import Behaviour
from harness.reference.core.central import CentralCall, CentralCore
from harness.reference.core.edge import EdgeCall, EdgeFlow
from harness.reference.core.edge_flows import Begun, Carrying, EdgeCore, Work
from harness.reference.core.link import LinkReply
from harness.reference.core.records import LocalRequest, OwedWithdrawal, PairingRequest
from harness.reference.embedded import EmbeddedReference
from harness.reference.http_link import HttpLink
from harness.reference.mutants.bases import SubmitsAnotherSecret
from harness.wire.mapping import PLAIN, AgentHabits, OperationMap, WireMap
from tests.integration.cli.command import Command
from tests.integration.played.lab import PLAIN_HTTP, Lab, until
from tests.integration.serve.people import People
from tests.unit.targets.test_one_side import EDGE, read


class HasOneSecret(SubmitsAnotherSecret):
    """Proves itself by the secret of its host, for good; so it tells of a cancel that it owes
    before it sends again, and knows its requests by their ids.
    """

    def send(self, operation: ops.SendPairingRequest, call: EdgeCall) -> EdgeFlow:
        site = self.sendable(operation, call)
        for owed in site.owed:
            yield from self.settle_debt(site.slot, owed)
        return (yield from super().send(operation, call))

    def secret(self, submission: ops.SubmitPairing) -> str:
        return f"for-good-{submission.cluster.uid}"

    @staticmethod
    def is_same(found: LocalRequest | None, request: LocalRequest) -> bool:
        same = found is not None and found.pairing_uid == request.pairing_uid
        return same and EdgeCore.is_same(found, request)


class TriesAgainByItsKey(EdgeCore):
    """Submits once more where no answer came: under a new secret, and the key of the request."""

    def begin(self, operation: ops.SendPairingRequest, call: EdgeCall, url: str) -> Begun:
        request, submission = super().begin(operation, call, url)
        self.submission = replace(submission, key=f"key-{request.cluster_token[:8]}")
        return request, self.submission

    def carried(self, point: str, request: LocalRequest, flow: Any) -> Carrying:
        reply = yield from super().carried(point, request, flow)
        if point == "submitting" and isinstance(reply, ops.Unknown):
            secret = f"new-{request.cluster_token}"
            site = self.site_of(request.host_uid)
            renewed = replace(request, cluster_token=secret)
            self.store.put(replace(site, request=renewed))
            again = replace(self.submission, cluster_token=secret)
            reply = (yield self.call(point, renewed, again)).reply
        return reply

    def admitted(self, host_uid: str, request: LocalRequest, reply: LinkReply) -> ops.KnownReply:
        now = self.site_of(host_uid).request
        if now is not None and now.cluster_token == f"new-{request.cluster_token}":
            request = now
        return super().admitted(host_uid, request, reply)


@dataclass(frozen=True)
class Certified:
    """What came of a run: the verdict and the reason of each scenario that binds the side, and what
    crossed between it and the side that was played.
    """

    verdicts: Mapping[str, str]
    reasons: Mapping[str, str]
    heard: Sequence[str]


def certified(
    lab: Lab, half: EmbeddedReference, more: str, which: str, **limits: float
) -> Certified:
    file = lab.target_file(half, more, **limits)
    command, side = Command(lab.folder), next(iter(half.layout.sides)).value
    done = command.here("certify", "--target", file, "--out", "out", "-k", which)
    assert done.returncode in (0, 1, 3), done.stdout + done.stderr
    report = json.loads((lab.folder / "out" / "report.json").read_text("utf-8"))
    scenarios = [
        scenario
        for requirement in report["requirements"]
        if requirement["role"] in (side, "both")
        for scenario in requirement["scenarios"]
    ]
    assert scenarios
    again = command.here("verify", "out")
    assert again.returncode == 0, again.stdout
    histories = read_evidence(lab.folder / "out" / "evidence.jsonl").histories.values()
    told = [o.value or {} for h in histories for o in h.of_kind("HearMessages")]
    heard = [str(message) for t in told for message in cast(list[str], t["messages"])]
    return Certified(
        {each["id"]: each["verdict"] for each in scenarios},
        {each["id"]: each["reason"] for each in scenarios},
        heard,
    )


def an_edge(lab: Lab, core: type[EdgeCore] = EdgeCore, wire: WireMap = PLAIN) -> EmbeddedReference:
    return lab.half(Side.EDGE, Behaviour(make_edge=core), wire, clusters=3)


# --- which submission is a repetition -----------------------------------------------------------

SESSIONS = """
[[paths.SubmitPairing.calls]]
name = "open"
method = "POST"
path = "/agent/sessions"
keep = { sid = "data.sid", csrf = "X-Csrf:" }
[[paths.SubmitPairing.calls]]
name = "submit"
method = "PUT"
path = "/agent/sessions/{kept.sid}/request"
constants = { "X-Token:" = "{kept.csrf}" }
request = { metadata = "about", spec = "spec" }
response = { uid = "number" }
[[paths.WithdrawPairing.calls]]
name = "login"
path = "/agent/login"
keep = { session = "Set-Cookie: sid" }
[[paths.WithdrawPairing.calls]]
name = "withdraw"
constants = { "X-Session:" = "{kept.session}" }
request = { clusterMeta = "cluster", pairingUid = "id", ended = "ended" }
"""


JOBS = """
[[paths.SubmitPairing.calls]]
name = "apply"
method = "POST"
path = "/agent/jobs"
status = [202]
keep = { job = "Location:" }
[paths.SubmitPairing.calls.request]
"spec.profiles" = "stack"
"spec.clusterMeta" = "cluster"
"spec.registrationToken" = "voucher"
[[paths.SubmitPairing.calls]]
name = "rest"
method = "PUT"
path = "{kept.job}/rest"
[paths.SubmitPairing.calls.request]
metadata = "about"
"spec.machinepoolconfig" = "pools"
"spec.stylusAgentVersion" = "agent"
[[paths.SubmitPairing.calls]]
name = "job"
method = "GET"
path = "{kept.job}"
repeat = { status = [202], every_s = 0.01, within_s = 20 }
response = { uid = "number" }
[[paths.ConfirmPairing.calls]]
name = "obey"
path = "/agent/requests/{pairingUid}/obedience"
request = { "LocalClusterToken:" = "X-Secret:" }
keep = { obedience = "id" }
[[paths.ConfirmPairing.calls]]
name = "obeyed"
path = "/agent/obedience"
constants = { "?of" = "{kept.obedience}" }
repeat = { while = { is = "known" }, every_s = 0.01, within_s = 20 }
answer_constants = { is = "done" }
response = { "status.state" = "state", "status.pairingClusterUid" = "cluster" }
"""


@pytest.mark.parametrize("wire", [SESSIONS, JOBS], ids=["sessions", "jobs"])
def test_who_takes_several_calls_for_a_message_is_answered_in_all_of_them(
    lab: Lab, wire: str
) -> None:
    half = an_edge(lab, wire=read('["edge"]', EDGE, wire).wire)
    judged = certified(lab, half, f"{PLAIN_HTTP}{wire}", f"{AGAIN} or {LOST}")
    assert {*judged.verdicts.values()} == {"pass"}, judged.reasons


AGAIN = "journeys and (send-cancel-send-again or send-reject-send-again)"
LOST = "lost_messages and submission and took and accepted"
LATE = "lost_messages and submission and late and rejected"
IMPATIENT = {"await_s": 1, "settle_s": 2}
"""What never comes to be is not waited for so long."""


def test_one_secret_for_good_is_lawful_where_the_file_says_so(lab: Lab) -> None:
    half = an_edge(lab, HasOneSecret)
    blamed = certified(lab, half, PLAIN_HTTP, AGAIN, **IMPATIENT)
    assert "fail" in blamed.verdicts.values(), "nothing else tells what repeats what"
    stable = f'{PLAIN_HTTP}[agents]\nhost_token = "stable"\n'
    assert {*certified(lab, half, stable, AGAIN).verdicts.values()} == {"pass"}
    assert {*certified(lab, half, stable, LATE).verdicts.values()} == {"not_supported"}


class NeverTellsOfACancel(HasOneSecret):
    """Does not tell Palette of a cancel that it made without a link, as nobody has to (WDR-8)."""

    def settle_debt(self, slot: str, owed: OwedWithdrawal) -> Work:
        yield from ()


class AsksLater(NeverTellsOfACancel):
    """Nor does it ask so soon what became of a request that Palette could tell by it that its
    answer came.
    """

    def follow_pending(self, slot: str, request: LocalRequest) -> Work:
        yield from ()


STALE = "cancel-without-a-link or rejected-while-the-new or without-a-link-does-not-come-back"
STALE = f"(WDR-7 or SND-5) and ({STALE})"


@pytest.mark.parametrize(
    ("core", "which"), [(NeverTellsOfACancel, f"{STALE} or {LOST}"), (AsksLater, STALE)]
)
def test_one_secret_for_good_may_submit_again_after_a_cancel_that_nobody_was_told_of(
    lab: Lab, core: type[EdgeCore], which: str
) -> None:
    half = an_edge(lab, core)
    judged = certified(lab, half, f'{PLAIN_HTTP}[agents]\nhost_token = "stable"\n', which)
    assert len(judged.verdicts) >= 3
    assert {*judged.verdicts.values()} == {"pass"}, judged.reasons


def test_a_new_secret_for_each_try_is_lawful_where_the_file_says_where_the_key_is(lab: Lab) -> None:
    key = {"SubmissionKey": "X-Request-Key"}
    half = an_edge(lab, TriesAgainByItsKey, WireMap(headers=key))
    blamed = certified(lab, half, PLAIN_HTTP, LOST, **IMPATIENT)
    assert "fail" in blamed.verdicts.values(), "the first try is taken for a request of its own"
    said = f'{PLAIN_HTTP}[headers]\nSubmissionKey = "X-Request-Key"\n'
    judged = certified(lab, half, said, LOST)
    assert {*judged.verdicts.values()} == {"pass"}


def test_where_palette_takes_a_key_each_request_is_sent_with_one_of_its_own(lab: Lab) -> None:
    half = lab.half(Side.CENTRAL, wire=WireMap(headers={"SubmissionKey": "X-Request-Key"}))
    people = People(lab.open(half, '[headers]\nSubmissionKey = "X-Request-Key"\n'))
    for _ in range(2):
        assert isinstance(people.sends(), ops.Done)
        assert isinstance(people.ask(ops.CancelPairingRequest()), ops.Done)
    keys = [request.key for request in half._central.core.store.every(PairingRequest)]
    assert len({*keys} - {""}) == len(keys) == 2


# --- messages that are none ---------------------------------------------------------------------

CANCELS = "journeys and send-cancel-send-again"


def test_what_palette_was_sent_and_does_not_know_voids_what_it_came_in(lab: Lab) -> None:
    recall = OperationMap(path="/agent/recall")
    half = an_edge(lab, wire=WireMap(paths={ops.WithdrawPairing: recall}))
    void = certified(lab, half, PLAIN_HTTP, CANCELS, **IMPATIENT)
    assert {*void.verdicts.values()} == {"inconclusive"}
    (reason,) = {*void.reasons.values()}
    assert "The edge sent POST /agent/recall to Palette" in reason
    assert "[agents.beside]" in reason
    assert "unknown, POST /agent/recall: 404 NotFound" in {m.partition(" (")[0] for m in void.heard}
    said = f'{PLAIN_HTTP}[paths.WithdrawPairing]\npath = "/agent/recall"\n'
    judged = certified(lab, half, said, CANCELS)
    assert {*judged.verdicts.values()} == {"pass"}
    assert "WithdrawPairing, POST /agent/recall: 204" in judged.heard


def test_an_answer_that_the_host_cannot_read_voids_what_it_came_in(lab: Lab) -> None:
    phase = OperationMap(response={"status.state": "phase"})
    wire = WireMap(paths={ops.PollPairing: phase})
    half = lab.half(Side.CENTRAL, wire=wire)
    accepts = "journeys and send-reject-send-again-accept"
    void = certified(lab, half, "", accepts, **IMPATIENT)
    assert {*void.verdicts.values()} == {"inconclusive"}
    (reason,) = {*void.reasons.values()}
    assert "Palette's answer to the host's question" in reason
    assert "cannot be read" in reason
    assert "correct [paths.PollPairing]" in reason
    assert [m for m in void.heard if m.startswith("PollPairing, ") and "200 not understood" in m]
    said = '[paths.PollPairing.response]\n"status.state" = "phase"\n'
    judged = certified(lab, half, said, accepts)
    assert {*judged.verdicts.values()} == {"pass"}
    assert [m for m in judged.heard if m.startswith("PollPairing, ") and "200 Rejected" in m]


# --- questions that are held --------------------------------------------------------------------

HELD = "journeys and send-accept or lost_messages and question and rejected"
HOLDS = WireMap(agents=AgentHabits(hold_s=60))
HOLDS_BRIEFLY = WireMap(agents=AgentHabits(hold_s=1.5))


@pytest.mark.parametrize("side", Side)
def test_a_side_whose_questions_are_held_is_judged_as_any(lab: Lab, side: Side) -> None:
    half = lab.half(side, wire=HOLDS, clusters=3)
    more = PLAIN_HTTP if side is Side.EDGE else ""
    judged = certified(lab, half, f"{more}[agents]\nhold_s = 60\n", HELD)
    assert {*judged.verdicts.values()} == {"pass"}
    assert len(judged.verdicts) > 2


def test_one_question_that_is_held_keeps_no_other_cluster_waiting(lab: Lab) -> None:
    half = lab.half(Side.CENTRAL, wire=HOLDS)
    driver = lab.open(half, "[agents]\nhold_s = 60\n[peer]\nclusters = 2\nhosts = 2\n")
    first, second = People(driver, 1), People(driver, 2)
    for people in (first, second):
        assert isinstance(people.sends(), ops.Done)
    for request in half._central.core.store.every(PairingRequest):
        if request.cluster.uid == "local-2":
            second.ask(ops.RejectPairingRequest(request.pairing_uid))
    until(lambda: _status(second) == "Rejected")
    assert _status(first) == "Pairing"


class IsAsked(CentralCore):
    """Palette, with the requests that their hosts have asked about."""

    about: ClassVar[set[str]] = set()

    def poll(self, operation: ops.PollPairing, call: CentralCall) -> ops.PollAnswer:
        self.about.add(operation.pairing_uid)
        return super().poll(operation, call)


def test_a_link_that_is_cut_ends_the_question_that_is_held_over_it(lab: Lab) -> None:
    half = lab.half(Side.CENTRAL, Behaviour(make_central=IsAsked), HOLDS)
    driver = lab.open(half, "[agents]\nhold_s = 60\n")
    people = People(driver)
    sent = people.sends()
    assert isinstance(sent, ops.Done)
    assert isinstance(sent.value, ops.PairingId)
    first = sent.value.pairing_uid
    until(lambda: first in IsAsked.about)
    driver.arrange(SetLink(people.host, up=False))
    assert isinstance(people.ask(ops.CancelPairingRequest()), ops.Done)
    driver.arrange(SetLink(people.host, up=True))
    assert isinstance(people.sends(), ops.Done)
    *_, last = half._central.core.store.every(PairingRequest)
    assert isinstance(people.ask(ops.RejectPairingRequest(last.pairing_uid)), ops.Done)
    until(lambda: _status(people) == "Rejected")


def _status(people: People) -> str:
    reply = people.ask(ops.ViewPairing())
    assert isinstance(reply, ops.Done)
    assert isinstance(reply.value, ops.PairingView)
    return reply.value.status


def test_a_host_waits_for_the_answer_to_a_question_as_long_as_that_is_held(lab: Lab) -> None:
    half = lab.half(Side.CENTRAL, wire=HOLDS_BRIEFLY)
    driver = lab.open(half, "[agents]\nhold_s = 1.5\n")
    people = People(driver)
    reply = people.sends()
    assert isinstance(reply, ops.Done)
    waiting = half._central.core.store.every(PairingRequest)
    (request,) = waiting
    question = ops.PollPairing(request.pairing_uid, request.cluster_token)
    with closing(HttpLink(half.ca_file, 1.0, HOLDS_BRIEFLY)) as link:
        reply = link.carry("h", half.addresses.people, False, question)
    assert reply == ops.Done(ops.PollAnswer("Pairing"))
