"""Asking over a client that does as a test wants: what comes of it, and what is measured."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Reason, Refused
from harness.fleet.realtime.asker import (
    Asked,
    AskedSide,
    DriverClient,
    TargetRequest,
    WireClient,
)
from harness.fleet.realtime.environment import Environment, Event
from harness.fleet.realtime.pace import LoadBudget, Spending
from harness.fleet.realtime.translation import Translation
from harness.history.fleet_lines import EffortLine
from harness.load.errors import LoadError, NoResponse, NotSent
from harness.reference.core.link import LinkReply, NotDelivered
from harness.targets.port import Exchange, NotOffered, Outgoing, TargetUnusable
from harness.targets.target_file import load_wire
from harness.wire.codec import encode_reply
from harness.wire.http import HttpRequest, HttpResponse, ServerReply
from harness.wire.mapping import PLAIN, WireMap
from harness.wire.mapping.keys import LeaderMap
from harness.wire.routes import ROUTES

URL = "http://palette.test"


def on_answer(reply: ServerReply) -> HttpResponse:
    return HttpResponse(reply.status, reply.headers, reply.body())


SPENDING = Spending(LoadBudget(), lambda: 0)
ACKNOWLEDGED = on_answer(encode_reply(ops.Probe(), ops.Done(ops.Acknowledged())))
BROKEN = HttpResponse(500, {}, b"<html>oops</html>")


@dataclass
class Scripted:
    """Answers one request after the other as it is told; the last answer goes on for ever."""

    answers: list[HttpResponse | LoadError]
    asked: list[tuple[str, HttpRequest, Mapping[str, str], float]] = field(default_factory=list)

    async def request(
        self,
        base_url: str,
        request: HttpRequest,
        headers: Mapping[str, str] | None = None,
        within_s: float = 10.0,
        intended_ns: int | None = None,
    ) -> HttpResponse:
        self.asked.append((base_url, request, headers or {}, within_s))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, LoadError):
            raise answer
        return answer


def asks(
    client: Scripted,
    *operations: Asked,
    budget: LoadBudget = LoadBudget(),
    change: Callable[[TargetRequest], TargetRequest] = lambda question: question,
    steps: Collection[type[ops.Operation]] = (),
    wire: WireMap = PLAIN,
    **leaders: str,
) -> tuple[list[LinkReply], EffortLine, Spending]:
    """Ask one after the other; the replies, what was measured, and what was spent."""

    async def played() -> tuple[list[LinkReply], EffortLine, Spending]:
        env = Environment()
        spending = Spending(budget, lambda: env.now)
        side = AskedSide(ssl.create_default_context(), URL, wire, 0, steps, leaders)
        world = (Translation("m", 0), spending)
        asker = WireClient(env, client, side, *world)
        env.start()
        replies: list[LinkReply] = []
        for operation in operations:
            over = asyncio.get_running_loop().create_future()
            event = asker.ask(change(TargetRequest(operation, ops.Credentials(), 2_000_000)))
            assert event.callbacks is not None
            event.callbacks.append(lambda e, over=over: over.set_result(e.value))
            replies.append(await asyncio.wait_for(over, 5))
        await asker.close()
        env.stop()
        return replies, asker.effort(), spending

    return asyncio.run(played())


def test_an_answer_is_decoded_and_measured() -> None:
    client = Scripted([ACKNOWLEDGED])
    replies, effort, _ = asks(client, ops.Probe())
    assert replies == [ops.Done(ops.Acknowledged())]
    assert (effort.requests, effort.answered["Probe"].count) == (1, 1)
    base_url, _, headers, within = client.asked[0]
    assert base_url == URL
    assert headers["User-Agent"].startswith("pairproof/")
    assert within == pytest.approx(2.0, abs=0.5)


def test_an_acceptance_has_its_steps_before_it_and_is_measured_as_one() -> None:
    steps = (ops.AcknowledgeWarning, ops.ConfirmMatch)
    accept = ops.AcceptPairingRequest("uid", (ops.SelectedProfile("p"),))
    accepted = HttpResponse(201, {}, b'{"uid": "c"}')
    client = Scripted([ACKNOWLEDGED, ACKNOWLEDGED, accepted])
    replies, effort, _ = asks(client, accept, steps=steps)
    assert replies == [ops.Done(ops.Accepted("c"))]
    asked = [(request.method, request.path) for _, request, _, _ in client.asked]
    kinds = (*steps, ops.AcceptPairingRequest)
    routes = [ROUTES[kind] for kind in kinds]
    assert asked == [(r.method, r.path.replace("{pairingUid}", "uid")) for r in routes]
    assert {kind: h.count for kind, h in effort.answered.items()} == {"AcceptPairingRequest": 1}
    refused = Scripted([HttpResponse(409, {}, b'{"code": "Conflict", "message": "not so"}')])
    replies, *_ = asks(refused, accept, steps=steps)
    assert isinstance(replies[0], Refused)
    assert len(refused.asked) == 1, "what is not taken is the answer"


LED = WireMap(leader=LeaderMap((307,), "Location:"))


def test_a_host_that_says_who_leads_is_followed_to_where_the_file_names() -> None:
    leads = HttpResponse(307, {"location": "http://leader.test"}, b"")
    client = Scripted([leads, ACKNOWLEDGED])
    replies, *_ = asks(client, ops.Probe(), wire=LED, **{"http://leader.test": "http://led.test"})
    assert replies == [ops.Done(ops.Acknowledged())]
    assert [base_url for base_url, *_ in client.asked] == [URL, "http://led.test"]
    client = Scripted([leads, ACKNOWLEDGED])
    (reply,), *_ = asks(client, ops.Probe(), wire=LED)
    assert isinstance(reply, ops.Unknown)
    assert len(client.asked) == 1


ONCE = """
[paths.SubmitPairing]
constants = { "X-Once:" = "{unique}" }
"""


def test_a_submission_that_is_sent_once_more_has_its_own_text_again(tmp_path: Path) -> None:
    (tmp_path / "wire.toml").write_text(ONCE, "utf-8")
    cluster = Cluster("c-1", "store")
    first, other = (ops.SubmitPairing("t", secret, cluster) for secret in ("s-1", "s-2"))
    client = Scripted([HttpResponse(201, {}, b'{"uid": "p-7"}')])
    asks(client, first, first, other, wire=load_wire(tmp_path / "wire.toml"))
    told = [request.headers["X-Once"] for _, request, *_ in client.asked]
    assert told[0] == told[1] != told[2]


BY_ID = """
[paths.WithdrawPairing]
method = "DELETE"
path = "/requests/{pairingUid}"
request = { pairingUid = "{pairingUid}" }
"""


def test_what_is_withdrawn_by_an_id_that_never_came_is_submitted_once_more(tmp_path: Path) -> None:
    (tmp_path / "wire.toml").write_text(BY_ID, "utf-8")
    wire, cluster = load_wire(tmp_path / "wire.toml"), Cluster("c-1", "store")
    submitted = ops.SubmitPairing("t", "s-1", cluster)
    named = HttpResponse(201, {}, b'{"uid": "p-7"}')
    client = Scripted([NoResponse("it broke"), named, HttpResponse(204, {}, b"")])
    replies, *_ = asks(client, submitted, ops.WithdrawPairing("c-1", "s-1"), wire=wire)
    assert isinstance(replies[1], ops.Done), replies
    asked = [(request.method, request.path) for _, request, *_ in client.asked]
    assert asked[0] == asked[1]
    assert asked[2] == ("DELETE", "/requests/p-7")
    refused = HttpResponse(422, {}, b'{"code": "RegistrationTokenUnusable", "message": "no"}')
    client = Scripted([NoResponse("it broke"), refused])
    replies, *_ = asks(client, submitted, ops.WithdrawPairing("c-1", "s-1"), wire=wire)
    assert isinstance(replies[1], Refused), "nothing is withdrawn without an id"
    assert len(client.asked) == 2


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (NotSent("nobody listens"), NotDelivered("nobody listens")),
        (NoResponse("it broke"), ops.Unknown("it broke")),
    ],
)
def test_whether_it_was_sent_makes_a_difference(answer: LoadError, expected: LinkReply) -> None:
    replies, effort, _ = asks(Scripted([answer]), ops.Probe())
    assert replies == [expected]
    assert (effort.answered, effort.unanswered) == ({}, {"Probe": 1})


def test_what_is_no_answer_of_a_palette_is_unknown() -> None:
    replies, _, _ = asks(Scripted([BROKEN]), ops.Probe())
    assert isinstance(replies[0], ops.Unknown)


def test_what_the_harness_spoils_is_not_measured() -> None:
    def spoiled(question: TargetRequest) -> TargetRequest:
        return TargetRequest(question.operation, question.credentials, 1_000, measured=False)

    _, effort, _ = asks(Scripted([ACKNOWLEDGED]), ops.Probe(), change=spoiled)
    assert (effort.requests, effort.answered) == (1, {})


def test_a_list_is_read_to_its_last_page() -> None:
    def page(after: str) -> HttpResponse:
        body = b'{"items": [], "listmeta": {"continue": "%b"}}' % after.encode()
        return HttpResponse(200, {"Content-Type": "application/json"}, body)

    client = Scripted([page("two"), page("three"), page("")])
    replies, effort, _ = asks(client, ops.ListPairingRequests())
    assert replies == [ops.Done(ops.PairingList(()))]
    assert [dict(r.query).get("continue") for _, r, _, _ in client.asked] == [None, "two", "three"]
    assert (effort.requests, effort.answered["ListPairingRequests"].count) == (3, 1)


def test_a_list_that_leads_back_is_unknown() -> None:
    body = b'{"items": [], "listmeta": {"continue": "again"}}'
    replies, _, _ = asks(Scripted([HttpResponse(200, {}, body)]), ops.ListPairingRequests())
    assert isinstance(replies[0], ops.Unknown)
    assert "no end" in replies[0].why


def asked_late(by_ms: float) -> int:
    """How long it took by what was measured, in microseconds, where it began so late."""

    async def played() -> EffortLine:
        now_ns = 0
        env = Environment(lambda: now_ns)
        side = AskedSide(ssl.create_default_context(), URL)
        world = (Translation("m", 0), SPENDING)
        asker = WireClient(env, Scripted([ACKNOWLEDGED]), side, *world)
        env.start()
        over = asyncio.get_running_loop().create_future()
        timer = env.timeout(1_000)

        def asks_late(_: Event) -> None:
            event = asker.ask(TargetRequest(ops.Probe(), ops.Credentials(), 10_000_000))
            assert event.callbacks is not None
            event.callbacks.append(lambda e: over.set_result(e.value))

        assert timer.callbacks is not None
        timer.callbacks.append(asks_late)
        now_ns = 1_000_000 + round(by_ms * 1_000_000)
        await asyncio.wait_for(over, 5)
        return asker.effort()

    return asyncio.run(played()).answered["Probe"].percentile(1000)


def test_it_is_measured_from_when_it_was_due() -> None:
    """The harness came late with it: that is no excuse for the one who was waited for."""
    assert 4_000_000 <= asked_late(by_ms=4_000) <= 4_070_000


def test_what_any_timer_is_late_by_is_no_part_of_an_answer() -> None:
    """Or a request would take longer than the operation that it is part of."""
    assert asked_late(by_ms=0.9) == 0


def test_a_failing_server_uses_the_budget_up_and_is_left_alone() -> None:
    client = Scripted([BROKEN])
    replies, _, spending = asks(client, *[ops.Probe()] * 6, budget=LoadBudget(errors=3))
    assert len(client.asked) == 3
    assert "3 requests in a row" in spending.over
    assert all(isinstance(reply, NotDelivered) for reply in replies[3:])


def test_a_refusal_is_an_answer_of_a_server_that_is_well() -> None:
    refused = Refused(Reason.NOT_FOUND, "no such thing")
    answer = on_answer(encode_reply(ops.Probe(), refused))
    client = Scripted([answer])
    _, _, spending = asks(client, *[ops.Probe()] * 6, budget=LoadBudget(errors=3))
    assert len(client.asked) == 6
    assert not spending.over


# --- over a driver ----------------------------------------------------------------------------


@dataclass
class Carrier:
    """A driver that is at `most` things at once, and answers when it is let, or when it is at
    `enough` and has had time to be at one more.
    """

    let: threading.Event = field(default_factory=threading.Event)
    asked: list[Outgoing] = field(default_factory=list)
    at: int = 0
    most: int = 0
    enough: int = 0
    breaks: str = "the channel broke"

    def send(self, outgoing: Outgoing) -> Exchange:
        self.at += 1
        self.most = max(self.most, self.at)
        self.asked.append(outgoing)
        if self.at == self.enough:
            threading.Timer(0.05, self.let.set).start()
        self.let.wait(5)
        self.at -= 1
        if isinstance(outgoing.operation, ops.LogOut):
            raise NotOffered(ops.LogOut, "there are no sessions")
        if isinstance(outgoing.operation, ops.ViewPairing):
            raise TargetUnusable(self.breaks)
        return Exchange(ops.Done(ops.Acknowledged()))


def driven(
    carrier: Carrier,
    *operations: Asked,
    at_once: int = 1,
    within: int = 2_000_000,
    spending: Spending = SPENDING,
    secret: str = "",
) -> list[LinkReply]:
    """Ask all at once over a driver; the replies, once the last one has come."""

    async def played() -> list[LinkReply]:
        env = Environment()
        context = ssl.create_default_context()
        side = AskedSide(context, send=carrier.send, at_once=at_once)
        translation = Translation("m", 0)
        translation.learn("ours", "theirs", "host_uid")
        translation.redactor.register(secret, "apikey")
        asker = DriverClient(env, carrier.send, side, translation, spending)
        env.start()
        replies = []
        for operation in operations:
            over = asyncio.get_running_loop().create_future()
            where = ("http://entered", "ours")
            question = TargetRequest(operation, ops.Credentials(), within, *where)
            event = asker.ask(question)
            assert event.callbacks is not None
            event.callbacks.append(lambda e, over=over: over.set_result(e.value))
            replies.append(over)
        came = [await asyncio.wait_for(reply, 5) for reply in replies]
        await asyncio.gather(asker.close(), asker.let_go())
        return came

    return asyncio.run(played())


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_driver_is_at_no_more_things_than_it_bears(at_once: int) -> None:
    carrier = Carrier(enough=at_once)
    assert (
        driven(carrier, *[ops.Probe()] * 6, at_once=at_once) == [ops.Done(ops.Acknowledged())] * 6
    )
    assert carrier.most == at_once


def test_a_driver_is_told_the_host_by_the_targets_name_unless_palette_is_asked() -> None:
    carrier = Carrier()
    carrier.let.set()
    driven(carrier, ops.ViewCluster(), ops.Probe(), ops.ListPairingRequests("p"))
    assert [each.host_uid for each in carrier.asked] == ["theirs", "theirs", ""]
    assert {each.endpoint for each in carrier.asked} == {"http://entered"}


def test_whoever_asks_over_a_driver_that_stands_still_goes_on_without_an_answer() -> None:
    carrier = Carrier()
    first, second = driven(carrier, ops.Probe(), ops.Probe(), within=50_000)
    carrier.let.set()
    assert first == ops.Unknown("the driver did not answer within 0.05 s")
    assert second == NotDelivered("the driver was at something else for 0.05 s")
    assert len(carrier.asked) == 1


def test_what_a_driver_raises_is_a_reply() -> None:
    carrier = Carrier()
    carrier.let.set()
    missing, broken = driven(carrier, ops.LogOut(), ops.ViewPairing())
    assert isinstance(missing, NotDelivered)
    assert "there are no sessions" in missing.why
    assert broken == ops.Unknown("the channel broke")


def test_what_a_driver_says_in_words_is_told_without_secrets() -> None:
    carrier, spending = (
        Carrier(breaks="no such key: 9f3b62c1a7d84e05"),
        Spending(LoadBudget(errors=1), int),
    )
    carrier.let.set()
    (reply,) = driven(carrier, ops.ViewPairing(), spending=spending, secret="9f3b62c1a7d84e05")
    assert isinstance(reply, ops.Unknown)
    assert "no such key" in spending.over
    assert "9f3b62c1a7d84e05" not in spending.over + reply.why
