"""What a vendor's edge host sends, over real HTTP, to the Palette that the harness plays for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import Heard, Side
from harness.targets.http import HttpDriver
from tests.integration.played.lab import PLAIN_HTTP, Lab
from tests.integration.serve.people import People

WIRE = """
[headers]
LocalClusterToken = "X-Host-Secret"
SubmissionKey = "X-Request-Key"

[paths.SubmitPairing]
path = "/agent/requests"
response = { uid = "number" }
[paths.SubmitPairing.request]
"spec.clusterMeta.localClusterToken" = "X-Host-Secret:"

[paths.PollPairing]
path = "/agent/requests/{pairingUid}"

[paths.WithdrawPairing]
method = "DELETE"
path = "/agent/requests"
[paths.WithdrawPairing.request]
"pairingUid" = "?number"
"clusterMeta.localClusterUid" = ""
"clusterMeta.localClusterToken" = "X-Host-Secret:"
"""

BODY = {
    "spec": {
        "clusterMeta": {"name": "shop", "localClusterUid": "local-1"},
        "registrationToken": "the-token",
        "machinepoolconfig": [],
        "profiles": [],
        "stylusAgentVersion": "1",
    }
}


class VendorsEdge:
    """A small edge host of its own making, and somebody at the Palette that is played for it."""

    def __init__(self, lab: Lab, more: str = "", wire: str = WIRE) -> None:
        # The half is there for the target file; its agents have nothing to do.
        self.driver: HttpDriver = lab.open(lab.half(Side.EDGE), PLAIN_HTTP + wire + more)
        self.people = People(self.driver)
        self.http = httpx.Client(base_url=self.driver.inventory().endpoint, timeout=30)

    def close(self) -> None:
        self.http.close()

    def submits(self, secret: str, key: str = "") -> str:
        headers = {"X-Host-Secret": secret} | ({"X-Request-Key": key} if key else {})
        answer = self.http.post("/agent/requests", json=BODY, headers=headers)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["number"])

    def asks(self, uid: str, secret: str, **extensions: Any) -> httpx.Response:
        headers = {"X-Host-Secret": secret}
        return self.http.get(f"/agent/requests/{uid}", headers=headers, extensions=extensions)

    def state(self, uid: str, secret: str, **extensions: Any) -> str:
        return str(self.asks(uid, secret, **extensions).json()["status"]["state"])

    def withdraws(self, uid: str, secret: str) -> int:
        headers = {"X-Host-Secret": secret}
        return self.http.delete(
            "/agent/requests", params={"number": uid}, headers=headers
        ).status_code

    def rejected(self, uid: str) -> None:
        assert isinstance(self.people.ask(ops.RejectPairingRequest(uid)), ops.Done)

    def waiting(self) -> list[str]:
        reply = self.people.ask(ops.ListPairingRequests())
        assert isinstance(reply, ops.Done)
        assert isinstance(reply.value, ops.PairingList)
        return [item.pairing_uid for item in reply.value.items]


Making = Callable[[str], VendorsEdge]


@contextmanager
def made(folder: Path) -> Iterator[Making]:
    with ExitStack() as held:
        lab = Lab(folder, held)

        def make(more: str) -> VendorsEdge:
            vendors = VendorsEdge(lab, more)
            held.callback(vendors.close)
            return vendors

        yield make


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Making]:
    with made(tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VendorsEdge]:
    """One that does nothing of what [agents] is for."""
    with made(tmp_path_factory.mktemp("plain")) as make:
        yield make("")


@pytest.fixture
def vendors(plain: VendorsEdge) -> VendorsEdge:
    """The same, of which nothing is untold."""
    plain.driver.take_heard()
    return plain


def test_a_secret_in_a_header_alone_is_enough_to_withdraw(vendors: VendorsEdge) -> None:
    uid = vendors.submits("its-own")
    headers = {"X-Host-Secret": "its-own"}
    assert vendors.http.delete("/agent/requests", headers=headers).status_code == 204
    assert vendors.state(uid, "its-own") == "Withdrawn"
    assert vendors.driver.take_heard().strays == ()


def test_an_id_and_a_secret_in_a_header_are_enough_to_withdraw(vendors: VendorsEdge) -> None:
    uid = vendors.submits("s")
    assert vendors.withdraws(uid, "another") == 404
    assert vendors.waiting() == [uid]
    assert vendors.withdraws(uid, "s") == 204
    assert vendors.waiting() == []
    assert vendors.state(uid, "s") == "Withdrawn"
    assert vendors.driver.take_heard().strays == ()


# --- operations in several calls ----------------------------------------------------------------

JOBS = """
[rpc]
path = "/rpc"

[[paths.SubmitPairing.calls]]
name = "apply"
method = "POST"
path = "/agent/drafts"
status = [202]
keep = { draft = "Location:" }
[paths.SubmitPairing.calls.request]
"spec.clusterMeta" = "cluster"
"spec.registrationToken" = "token"

[[paths.SubmitPairing.calls]]
name = "send"
method = "PUT"
path = "{kept.draft}/whole"
keep = { job = "job.id" }
[paths.SubmitPairing.calls.request]
"spec.machinepoolconfig" = "pools"
"spec.profiles" = "profiles"
"spec.stylusAgentVersion" = "agent"

[[paths.SubmitPairing.calls]]
name = "job"
method = "GET"
path = "/agent/jobs/{kept.job}"
repeat = { while = { "job.state" = ["queued", "running"] } }
answer_constants = { "job.state" = "done" }
response = { uid = "job.number" }

[[paths.PollPairing.calls]]
name = "ask"
rpc = "request.ask"
request = { "{pairingUid}" = "number", "LocalClusterToken:" = "secret" }
keep = { ticket = "ticket" }

[[paths.PollPairing.calls]]
name = "told"
rpc = "request.told"
constants = { ticket = "no {kept.ticket}" }
repeat = { while = { ready = false } }
answer_constants = { ready = true }
response = { "status.state" = "state" }
"""


@pytest.fixture
def jobs(lab: Lab) -> Iterator[VendorsEdge]:
    with closing(VendorsEdge(lab, wire=JOBS)) as vendors:
        yield vendors


def applied(vendors: VendorsEdge) -> str:
    """A job that has been asked for: its place, of which nothing was asked yet."""
    meta = {"name": "shop", "localClusterUid": "local-1", "localClusterToken": "s"}
    draft = vendors.http.post("/agent/drafts", json={"cluster": meta, "token": "the-token"})
    assert (draft.status_code, draft.content) == (202, b"")
    whole = {"pools": [], "profiles": [], "agent": "1"}
    sent = vendors.http.put(f"{draft.headers['Location']}/whole", json=whole)
    assert (sent.status_code, [*sent.json()["job"]]) == (201, ["id"])
    return f"/agent/jobs/{sent.json()['job']['id']}"


def test_a_request_in_several_calls_is_put_together_and_its_job_asked_until_it_is_over(
    jobs: VendorsEdge,
) -> None:
    assert jobs.waiting() == []
    place = applied(jobs)
    (uid,) = jobs.waiting()
    told = [jobs.http.get(place).json()["job"] for _ in range(3)]
    assert told == [{"state": "queued"}, *[{"number": uid, "state": "done"}] * 2]
    view = jobs.people.ask(ops.ViewPairingRequest(uid))
    assert isinstance(view, ops.Done)
    assert (view.value.name, view.value.agent_version) == ("shop", "1")  # type: ignore[attr-defined]
    assert jobs.driver.take_heard().strays == ()


def test_what_nobody_was_given_is_not_there(jobs: VendorsEdge) -> None:
    for path in (applied(jobs)[:-1], "/agent/jobs/none", "/none/whole"):
        verb = "PUT" if path.endswith("whole") else "GET"
        assert jobs.http.request(verb, path, json={}).status_code == 404
    assert len(jobs.waiting()) == 1


def test_a_refusal_is_told_at_the_call_that_holds_the_request(jobs: VendorsEdge) -> None:
    draft = jobs.http.post("/agent/drafts", json={"cluster": {"name": "shop"}})
    whole = {"pools": [], "profiles": [], "agent": "1"}
    sent = jobs.http.put(f"{draft.headers['Location']}/whole", json=whole)
    assert (sent.status_code, sent.json()["code"]) == (400, "InvalidInput")


def test_jobs_may_be_asked_by_json_rpc(jobs: VendorsEdge) -> None:
    applied(jobs)
    (uid,) = jobs.waiting()

    def asked(method: str, **params: str) -> dict[str, Any]:
        call = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
        told = jobs.http.post("/rpc", json=call).json()
        assert told.pop("id") == method
        return {name: told[name] for name in told if name != "jsonrpc"}

    ticket = asked("request.ask", number=uid, secret="s")["result"]["ticket"]
    told = [asked("request.told", ticket=f"no {ticket}")["result"] for _ in range(2)]
    assert told == [{"ready": False}, {"state": "Pairing", "ready": True}]
    assert "error" in asked("request.told", ticket="no ticket")
    assert "error" in asked("request.ask", number=uid, secret="another")


# --- which submission is a repetition -----------------------------------------------------------


def test_with_one_secret_for_good_what_comes_after_a_decision_is_new(
    edge: Making,
) -> None:
    vendors = edge('[agents]\nhost_token = "stable"\n')
    first = vendors.submits("for-good")
    assert vendors.submits("for-good") == first
    vendors.rejected(first)
    second = vendors.submits("for-good")
    assert second != first
    assert vendors.withdraws(second, "for-good") == 204
    third = vendors.submits("for-good")
    assert third not in (first, second)
    assert vendors.state(first, "for-good") == "Rejected"


def test_without_a_word_of_it_the_secret_says_which_submission_it_is(vendors: VendorsEdge) -> None:
    first = vendors.submits("secret")
    vendors.rejected(first)
    assert vendors.submits("secret") == first


def test_a_key_says_it_where_the_secret_is_new_each_time(vendors: VendorsEdge) -> None:
    first = vendors.submits("one", key="k")
    assert vendors.submits("two", key="k") == first
    assert vendors.waiting() == [first]
    assert vendors.state(first, "two") == "Pairing"
    vendors.rejected(first)
    assert vendors.submits("three", key="another") != first


# --- questions that are held --------------------------------------------------------------------

HOLDS = "[agents]\nhold_s = {}\n"


class Question(threading.Thread):
    """Asks what became of a request, and waits for the answer."""

    def __init__(self, vendors: VendorsEdge, uid: str) -> None:
        super().__init__()
        self.vendors, self.uid, self.state = vendors, uid, ""
        self.is_out = threading.Event()
        self.start()
        assert self.is_out.wait(20)

    def traced(self, event: str, _: object) -> None:
        if event == "http11.receive_response_headers.started":
            self.is_out.set()

    def run(self) -> None:
        with suppress(httpx.HTTPError):
            self.state = self.vendors.state(self.uid, "s", trace=self.traced)


def test_a_question_is_held_until_the_request_is_decided(
    edge: Making,
) -> None:
    vendors = edge(HOLDS.format(60))
    uid = vendors.submits("s")
    asked = Question(vendors, uid)
    vendors.rejected(uid)
    asked.join(20)
    assert asked.state == "Rejected"


def test_when_its_time_is_over_it_is_answered_that_the_request_waits(
    edge: Making,
) -> None:
    vendors = edge(HOLDS.format(0.2))
    uid = vendors.submits("s")
    answer = vendors.asks(uid, "s")
    assert answer.json()["status"]["state"] == "Pairing"
    assert answer.elapsed.total_seconds() >= 0.2


def test_who_goes_away_is_let_go_and_closing_waits_for_nobody(
    edge: Making,
) -> None:
    vendors = edge(HOLDS.format(60))
    uid = vendors.submits("s")
    with pytest.raises(httpx.ReadTimeout):
        vendors.http.get(f"/agent/requests/{uid}", headers={"X-Host-Secret": "s"}, timeout=0.1)
    asked = Question(vendors, uid)
    vendors.driver.close()
    asked.join(20)
    assert not asked.is_alive()


def test_a_fault_for_the_next_question_does_not_find_an_older_one_held(
    edge: Making,
) -> None:
    vendors = edge(HOLDS.format(60))
    uid = vendors.submits("s")
    asked = Question(vendors, uid)
    assert vendors.driver._peer_port is not None
    vendors.driver._peer_port.release()
    asked.join(20)
    assert asked.state == "Pairing"


# --- messages that are none ---------------------------------------------------------------------

UNKNOWN = "which no operation of the target file describes"
UNREADABLE = "and it cannot be read"


@pytest.mark.parametrize(
    ("method", "path", "sent", "told"),
    [
        ("POST", "/agent/beat", {}, f"POST /agent/beat to Palette, {UNKNOWN}"),
        ("PUT", "/agent/requests", {}, f"PUT /agent/requests to Palette, {UNKNOWN}"),
        ("POST", "/v1/edgehosts/clusters/pairing", {}, UNKNOWN),
        ("POST", "/v1/auth/authenticate", {}, UNKNOWN),
        ("GET", "/agent/of/0123456789abcdef0/state", {}, "GET /agent/of/{…}/state to Palette"),
        ("POST", "/agent/requests", {"content": b"{"}, f"{UNREADABLE} (body: it is no JSON"),
        (
            "POST",
            "/agent/requests",
            {"json": BODY},
            f"{UNREADABLE} (spec.clusterMeta.localClusterToken: it is missing)",
        ),
        ("GET", "/agent/requests/7", {}, f"{UNREADABLE} (LocalClusterToken: it is missing)"),
    ],
    ids=["path", "method", "published", "people's", "id", "no JSON", "no secret", "no header"],
)
def test_what_is_none_of_its_operations_is_kept_and_told(
    vendors: VendorsEdge, method: str, path: str, sent: Mapping[str, Any], told: str
) -> None:
    assert 400 <= vendors.http.request(method, path, **sent).status_code < 500
    (kept,) = vendors.driver.take_heard().strays
    assert told in kept
    assert "[paths]" in kept
    assert vendors.driver.take_heard().strays == (), "it is told once"


def test_without_a_mapping_too(lab: Lab) -> None:
    driver = lab.open(lab.half(Side.EDGE), PLAIN_HTTP)
    with httpx.Client(base_url=driver.inventory().endpoint) as http:
        assert http.post("/agent/beat").status_code == 404
        assert http.delete("/v1/edgehosts/clusters/pairing").status_code == 405
        assert http.get("/v1/openapi.json").status_code == 200
        assert http.get("/v1/edgehosts/pairing/ping").status_code == 200
    strays = driver.take_heard().strays
    assert [UNKNOWN in told for told in strays] == [True, True]


def test_the_first_few_are_kept_and_counted(vendors: VendorsEdge) -> None:
    for n in range(8):
        for _ in range(2):
            vendors.http.post(f"/agent/{n}")
    strays = vendors.driver.take_heard().strays
    assert len(strays) == 6
    assert strays[0].endswith("(2 times)")
    assert strays[-1] == "and 6 others like that"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/favicon.ico"), ("HEAD", "/x"), ("OPTIONS", "/x"), ("GET", "/healthz")],
)
def test_what_browsers_and_load_balancers_ask_is_no_matter(
    vendors: VendorsEdge, method: str, path: str
) -> None:
    vendors.http.request(method, path)
    assert vendors.driver.take_heard().strays == ()


def test_what_the_file_says_is_beside_pairing_is_answered_as_it_says(
    edge: Making,
) -> None:
    vendors = edge('[agents.beside]\n"POST /agent/{id}/beat" = 202\n"PUT /agent/requests" = 204\n')
    assert vendors.http.put("/agent/requests").status_code == 204
    assert vendors.http.post("/agent/7/beat", json={"alive": True}).status_code == 202
    assert vendors.http.post("/agent/7/beats").status_code == 404
    (kept,) = vendors.driver.take_heard().strays
    assert "/beats" in kept


def test_what_hosts_ask_and_are_answered_is_told_in_order(vendors: VendorsEdge) -> None:
    """Without what proves something, and what is asked again and again but once."""
    uid = vendors.submits("s-3c-r-e-t")
    for _ in range(3):
        assert vendors.state(uid, "s-3c-r-e-t") == "Pairing"
    assert vendors.withdraws(uid, "another") == 404
    assert vendors.withdraws(uid, "s-3c-r-e-t") == 204
    vendors.http.post("/agent/requests", content=b"{")
    heard = vendors.driver.take_heard().messages
    assert heard == (
        "SubmitPairing, POST /agent/requests: 201",
        "PollPairing, GET /agent/requests/{…}: 200 Pairing (3 times)",
        "WithdrawPairing, DELETE /agent/requests: 404 NotFound",
        "WithdrawPairing, DELETE /agent/requests: 204",
        "SubmitPairing, POST /agent/requests: 400 InvalidInput",
    )
    assert vendors.driver.take_heard() == Heard(), "it is told once"


def test_of_many_the_last_are_told(vendors: VendorsEdge) -> None:
    for n in range(70):
        vendors.http.post(f"/agent/{n}")
    heard = vendors.driver.take_heard().messages
    assert heard[0] == "10 earlier ones are left out"
    assert heard[-1] == "unknown, POST /agent/69: 404 NotFound"


def test_a_request_that_is_not_there_is_no_stray(vendors: VendorsEdge) -> None:
    assert vendors.asks("nowhere", "s").status_code == 404
    assert vendors.driver.take_heard().strays == ()
