"""An operation that takes several calls, without I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from harness.domain import operations as ops
from harness.domain.errors import Reason, Refused
from harness.domain.operations import Credentials, Done, Unknown
from harness.targets.target_file import TargetFileError, load_wire, wire_text
from harness.wire.codec import CallInput, CallSequence, Sessions, encode, glimpsed_answer
from harness.wire.codec.calls import StepwiseAcceptances
from harness.wire.http import HttpRequest, HttpResponse
from harness.wire.json_path import BODY
from harness.wire.mapping import WireMap
from harness.wire.mapping.keys import CallMap, OperationMap
from harness.wire.mapping.rooms import NO_ROOMS
from harness.wire.mapping.translate import ours_asked, theirs_answered
from tests.unit.wire.mapped import arrives

SECOND = 1_000_000

PROBLEMS = """
[errors]
code = "type"
message = "detail"
details = "errors"

[codes]
"urn:x:invalid" = "InvalidInput"
"""
ACCEPT = """
[[paths.AcceptPairingRequest.calls]]
name = "open"
method = "POST"
path = "/wizards"
request = { "{pairingUid}" = "request" }
constants = { "X-Once:" = "{unique}", "X-At:" = "{now}", "X-For:" = "no {pairingUid}" }
keep = { wizard = "data.id" }

[[paths.AcceptPairingRequest.calls]]
name = "profiles"
method = "PUT"
path = "/wizards/{kept.wizard}/profiles"
request = { "spec.profiles" = "choice", "spec.profiles[].uid" = "choice[].profile" }

[[paths.AcceptPairingRequest.calls]]
name = "details"
method = "PUT"
path = "/wizards/{kept.wizard}/details"
request = { "metadata.name" = "name" }
errors = { code = "data.error.code", message = "data.error.text" }

[[paths.AcceptPairingRequest.calls]]
name = "finish"
method = "POST"
path = "/wizards/{kept.wizard}/finish"
keep = { job = "Location:" }

[[paths.AcceptPairingRequest.calls]]
name = "job"
method = "GET"
path = "{kept.job}"
repeat = { while = { "data.state" = ["queued", "running"] }, every_s = 0.5, within_s = 2 }
refused_when = { "data.state" = "failed" }
errors = { code = "data.error.code", message = "data.error.text" }
response = { uid = "data.result.cluster" }

[constants]
"?k" = "{env.K}"
[codes]
TAKEN = "PairingRequestDecided"
"""

Mapping = Callable[[str], WireMap]


@pytest.fixture
def mapping(tmp_path: Path) -> Mapping:
    def read(text: str) -> WireMap:
        (tmp_path / "wire.toml").write_text(text, "utf-8")
        return load_wire(tmp_path / "wire.toml")

    return read


def answer(json_: object = None, status: int = 200, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(status, named, b"" if json_ is None else json.dumps(json_).encode())


def accept(wire: WireMap, base: str = "https://p.example/api") -> CallSequence:
    choice = ops.SelectedProfile("profile-1", "1.0.0")
    wire = replace(wire, environment={"K": "key-1"})
    given = CallInput(base, "once-7", 1_700_000_000 * SECOND)
    return CallSequence(
        ops.AcceptPairingRequest("req/1", (choice,), "edge"),
        Credentials(session="s3ss10n"),
        wire,
        given,
    )


def sent(sequence: CallSequence) -> HttpRequest:
    assert sequence.due is not None, sequence.reply
    return sequence.due.request


def as_far_as_the_job(sequence: CallSequence, there: str = "/api/jobs/9?full=1") -> None:
    sequence.answered(answer({"data": {"id": "w/1"}}, 201))
    sequence.answered(answer(status=204))
    sequence.answered(answer({"ignored": True}))
    sequence.answered(answer(status=202, Location=there))


# --- one after the other --------------------------------------------------------------------------


def test_each_call_is_filled_from_the_operation_and_from_earlier_answers(mapping: Mapping) -> None:
    sequence = accept(mapping(ACCEPT))
    first = sent(sequence)
    assert (first.method, first.path, first.json) == ("POST", "/wizards", {"request": "req/1"})
    assert first.query == {"k": "key-1"}
    assert first.headers["X-Once"] == "once-7"
    assert first.headers["X-At"] == "2023-11-14T22:13:20.000000Z"
    assert first.headers["X-For"] == "no req/1"
    assert first.headers["Authorization"] == "s3ss10n"
    sequence.answered(answer({"data": {"id": "w/1"}}, 201))
    second = sent(sequence)
    assert (second.method, second.path) == ("PUT", "/wizards/w%2F1/profiles")
    assert second.json == {"choice": [{"profile": "profile-1", "version": "1.0.0"}]}
    assert "X-Once" not in second.headers
    sequence.answered(answer(status=204))
    assert sent(sequence).json == {"name": "edge"}
    sequence.answered(answer({}))
    assert (sent(sequence).path, sent(sequence).json) == ("/wizards/w%2F1/finish", None)
    sequence.answered(answer(status=202, Location="https://p.example:443/api/jobs/9?full=1"))
    assert (sent(sequence).path, sent(sequence).query) == ("/jobs/9", {"full": "1", "k": "key-1"})
    sequence.answered(answer({"data": {"state": "done", "result": {"cluster": "c-1"}}}))
    assert sequence.reply == Done(ops.Accepted("c-1"))
    assert sequence.answer == {"uid": "c-1"}


def test_a_job_is_asked_for_until_it_is_over(mapping: Mapping) -> None:
    sequence = accept(mapping(ACCEPT))
    as_far_as_the_job(sequence)
    assert sequence.due is not None
    assert (sequence.due.after_s, sequence.due.limit_s) == (0, None)
    sequence.answered(answer({"data": {"state": "queued"}}), 10 * SECOND)
    assert (sequence.due.after_s, sequence.due.limit_s) == (0.5, 1.5)
    sequence.answered(answer({"data": {"state": "running"}}), 11 * SECOND)
    assert sequence.due.request.path == "/jobs/9"
    sequence.answered(answer({"data": {"state": "done", "result": {"cluster": "c"}}}), 12 * SECOND)
    assert sequence.reply == Done(ops.Accepted("c"))


def test_a_job_that_takes_too_long_is_unknown(mapping: Mapping) -> None:
    sequence = accept(mapping(ACCEPT))
    as_far_as_the_job(sequence)
    sequence.answered(answer({"data": {"state": "queued"}}), 10 * SECOND)
    sequence.answered(answer({"data": {"state": "queued"}}), 12 * SECOND)
    assert isinstance(sequence.reply, Unknown)
    assert sequence.reply.why.startswith("call job: 200")
    assert "not over after 2 s" in sequence.reply.why


def test_a_status_may_say_that_it_is_not_over(mapping: Mapping) -> None:
    wire = mapping("[paths.DeleteToken]\nrepeat = { status = [202], within_s = 5 }")
    sequence = CallSequence(ops.DeleteToken("t"), wire=wire)
    sequence.answered(answer(status=202))
    assert sequence.due
    assert sequence.due.after_s == 1
    sequence.answered(answer(status=204), SECOND)
    assert sequence.reply == Done(ops.Acknowledged())


# --- what goes wrong ------------------------------------------------------------------------------


def test_what_a_submission_needs_is_told_by_any_of_its_calls() -> None:
    reserves = CallMap(name="reserve", path="/tickets")
    submits = CallMap(
        name="submit",
        path="/tickets/7",
        request={"SubmissionKey:": "key", "spec.registrationToken": "token"},
        response={"uid": "number as number"},
    )
    wire = WireMap({ops.SubmitPairing: OperationMap(calls=(reserves, submits))})
    assert wire.numbers_requests
    assert wire.has_submission_key


@pytest.mark.parametrize(("after", "name"), [(0, "open"), (1, "profiles"), (2, "details")])
def test_the_refusal_of_any_call_is_the_operations(mapping: Mapping, after: int, name: str) -> None:
    sequence = accept(mapping(ACCEPT))
    for came in (answer({"data": {"id": "w"}}), answer(status=204))[:after]:
        sequence.answered(came)
    error = {"code": "TAKEN", "text": "too late"}
    body = {"data": {"error": error}} if name == "details" else {"code": "TAKEN", "message": "late"}
    sequence.answered(answer(body, 409))
    assert sequence.due is None
    assert isinstance(sequence.reply, Refused)
    assert sequence.reply.reason is Reason.REQUEST_DECIDED
    assert sequence.reply.details["call"] == name
    assert sequence.reply.message in ("late", "too late")


def test_a_job_that_failed_is_a_refusal(mapping: Mapping) -> None:
    sequence = accept(mapping(ACCEPT))
    as_far_as_the_job(sequence)
    error = {"code": "TAKEN", "text": "too late"}
    sequence.answered(answer({"data": {"state": "failed", "error": error}}))
    assert isinstance(sequence.reply, Refused)
    told = (sequence.reply.reason, sequence.reply.message, sequence.reply.details["call"])
    assert told == (Reason.REQUEST_DECIDED, "too late", "job")


@pytest.mark.parametrize(
    ("came", "why"),
    [
        (answer({"data": {}}), "call open: 200, no content type: data.id: it is missing"),
        (HttpResponse(200, {}, b"<html>"), "call open: 200, no content type: body: no JSON"),
        (answer(status=302), "call open: 302, no content type: an answer that is neither"),
    ],
)
def test_what_makes_no_sense_says_in_which_call(
    mapping: Mapping, came: HttpResponse, why: str
) -> None:
    sequence = accept(mapping(ACCEPT))
    sequence.answered(came)
    assert isinstance(sequence.reply, Unknown)
    assert sequence.reply.why.startswith(why)


def test_no_answer_says_to_which_call(mapping: Mapping) -> None:
    sequence = accept(mapping(ACCEPT))
    sequence.answered(answer({"data": {"id": "w"}}))
    sequence.unanswered("nothing came")
    assert sequence.reply == Unknown("call profiles: nothing came")


@pytest.mark.parametrize(
    "there", ["https://evil.example/api/jobs/9", "http://p.example/api/j", "x"]
)
def test_an_answer_cannot_lead_elsewhere(mapping: Mapping, there: str) -> None:
    sequence = accept(mapping(ACCEPT))
    as_far_as_the_job(sequence, there)
    assert isinstance(sequence.reply, Unknown)
    assert f"{there} is not below https://p.example/api" in sequence.reply.why


@pytest.mark.parametrize("there", ["https://p.example:99999/x", "http://[", "//p.example:a/x"])
def test_a_place_that_is_no_address_is_asked_nowhere(mapping: Mapping, there: str) -> None:
    sequence = accept(mapping(ACCEPT))
    as_far_as_the_job(sequence, there)
    assert isinstance(sequence.reply, Unknown)
    assert "is no path and no address" in sequence.reply.why


def test_a_call_that_was_turned_away_is_made_again_alone(mapping: Mapping) -> None:
    sequence = accept(mapping(ACCEPT))
    sequence.answered(answer({"data": {"id": "w"}}))
    before = sent(sequence)
    sequence.answered(answer(status=429, Retry_After="1"))
    assert isinstance(sequence.reply, Refused)
    sequence.again()
    assert sequence.reply is None
    assert sent(sequence) == before


# --- the rest -------------------------------------------------------------------------------------


def test_what_is_known_of_the_answer_is_filled_in(mapping: Mapping) -> None:
    calls = ACCEPT.replace('response = { uid = "data.result.cluster" }', "").replace(
        'keep = { job = "Location:" }',
        'keep = { job = "Location:", cluster = "X-Cluster:" }\nfilled = { uid = "{kept.cluster}" }',
    )
    sequence = accept(mapping(calls))
    for came in (answer({"data": {"id": "w"}}), answer(status=204), answer({})):
        sequence.answered(came)
    sequence.answered(answer(status=202, Location="/jobs/1", X_Cluster="c-8"))
    sequence.answered(answer({"data": {"state": "done"}}))
    assert sequence.reply == Done(ops.Accepted("c-8"))


def test_the_answer_may_stand_in_headers_and_cookies(mapping: Mapping) -> None:
    wire = mapping(
        '[headers]\nAuthorization = "Cookie: sid={}"\n'
        '[paths.LogIn]\nresponse = { "Token.Authorization" = "Set-Cookie: sid" }\n'
        'keep = { csrf = "data.csrf", lang = "Set-Cookie: lang" }\n'
        '[constants]\n"X-Csrf:" = "{session.csrf}"\n'
    )
    login = CallSequence(ops.LogIn("me", "pass"), wire=wire)
    assert "X-Csrf" not in sent(login).headers
    cookies = "lang=en; Path=/, sid=a1b2; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly"
    login.answered(answer({"data": {"csrf": "c5rf"}}, Set_Cookie=cookies))
    assert login.reply == Done(ops.Session("a1b2"))
    body = answer({"IsFirstLogin": True})
    assert glimpsed_answer(body, wire.spoken(ops.LogIn)) == {"IsFirstLogin": True}
    sessions = Sessions()
    sessions.note(login)
    mine = Credentials(session="a1b2")
    view = CallSequence(ops.ViewCluster(), mine, wire, CallInput(session=sessions.of(mine)))
    assert sent(view).headers["Cookie"] == "sid=a1b2"
    assert sent(view).headers["X-Csrf"] == "c5rf"
    other = Credentials(session="other")
    assert sessions.of(other) == {}


PROJECT_IN_PATH = """
[paths.ViewPairingRequest]
path = "/projects/{project}/requests/{pairingUid}"
else_path = "/requests/{pairingUid}"
request = { "ProjectUid:" = "{project}" }

[[paths.AcceptPairingRequest.calls]]
name = "open"
path = "/projects/{ProjectUid:}/drafts"
else_path = "/drafts"
request = { "{pairingUid}" = "request", "spec.profiles" = "profiles" }
keep = { draft = "id" }
[[paths.AcceptPairingRequest.calls]]
name = "finish"
path = "/projects/{ProjectUid:}/drafts/{kept.draft}"
else_path = "/drafts/{kept.draft}"
response = { uid = "cluster" }
"""


@pytest.mark.parametrize(("project", "begin"), [("p/1", "/projects/p%2F1"), ("", "")])
def test_a_project_may_stand_in_the_path(mapping: Mapping, project: str, begin: str) -> None:
    wire = mapping(PROJECT_IN_PATH)
    mine = Credentials(session="s", project_uid=project)
    view = CallSequence(ops.ViewPairingRequest("req-1"), mine, wire)
    assert sent(view).path == f"{begin}/requests/req-1"
    assert "ProjectUid" not in sent(view).headers
    accepts = CallSequence(ops.AcceptPairingRequest("req-1", ()), mine, wire)
    assert sent(accepts).path == f"{begin}/drafts"
    accepts.answered(answer({"id": "d-1"}))
    assert sent(accepts).path == f"{begin}/drafts/d-1"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('else_path = "/requests/{pairingUid}"', 'else_path = "/requests"', "lacks {pairingUid}"),
        ('"/requests/{pairingUid}"', '"/requests/{pairingUid}/{place}"', "has {place}, and"),
        ('path = "/projects/{project}/requests/{pairingUid}"', "", "no effect without path"),
        ("[paths.ViewPairingRequest]", "[paths.PollPairing]", "an edge host has one path"),
    ],
)
def test_another_path_that_cannot_be_is_refused_when_it_is_read(
    mapping: Mapping, old: str, new: str, told: str
) -> None:
    with pytest.raises(TargetFileError) as raised:
        mapping(PROJECT_IN_PATH.replace(old, new, 1))
    assert told in str(raised.value)


def test_the_tables_are_written_as_they_are_read(mapping: Mapping) -> None:
    wire = mapping(ACCEPT)
    assert mapping(wire_text(wire)) == wire


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("within_s = 2", "within_s = 0.5", "contradict each other"),
        (
            'path = "{kept.job}"\nrepeat = { while',
            'path = "{kept.job}"\nstatus = [200]\nrepeat = { status = [200], while',
            "repeat and status or refused contradict each other",
        ),
        ("{kept.wizard}/finish", "{kept.wizrd}/finish", "{kept.wizrd} stands for nothing here"),
        ("{kept.wizard}/finish", "{kept.job}/finish", "{kept.job} stands for nothing here"),
        ("{kept.wizard}/finish", "{kept.wizard/finish", "a brace without its other one"),
        ('"{unique}"', '"{uniqe}"', "{uniqe} stands for nothing here"),
        ('"{unique}"', '"{basic}"', "{basic} stands for nothing here"),
        ('"{unique}"', '"{session.csrf}"', "{session.csrf} stands for nothing here"),
        ('name = "finish"', 'name = "open"', "open is an earlier call"),
        ('keep = { wizard = "data.id" }', 'keep = { wizard = "?id" }', "to keep"),
        ('"metadata.name" = "name"', '"metadata.name" = "{x}"', "has no {x}"),
        ('while = { "data.state" = ["queued", "running"] }, ', "", "nothing says when"),
        ('name = "job"', 'name = "job"\nstep = "review"', "nothing follows it"),
        ('name = "details"', 'name = "details"\nstep = "detail"', "did you mean details?"),
        ('"data.result.cluster" }', '"data.x" }\nfilled = { uuid = "x" }', "no such field"),
        ('path = "{kept.job}"', 'path = "{kept.job}"\nelse_path = "/{x}"', "has {x}, and the"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_read(
    mapping: Mapping, old: str, new: str, told: str
) -> None:
    assert old in ACCEPT
    with pytest.raises(TargetFileError) as caught:
        mapping(ACCEPT.replace(old, new))
    assert told in str(caught.value)
    changed = ACCEPT.replace(old, new).splitlines()
    before = ACCEPT.splitlines()
    line = max(n for n, text in enumerate(changed) if text not in before[n - 1 : n + 1]) + 1
    assert f"wire.toml:{line}: " in str(caught.value)


def test_a_step_is_a_call_of_an_acceptance_and_no_operation_as_well(mapping: Mapping) -> None:
    stepwise = ACCEPT.replace('name = "details"', 'name = "details"\nstep = "details"')
    assert mapping(stepwise).steps == {ops.EnterDetails}
    with pytest.raises(TargetFileError, match="is the step details already"):
        mapping(f'{stepwise}\n[paths.EnterDetails]\npath = "/{{pairingUid}}/details"')
    with pytest.raises(TargetFileError, match="LogOut has no steps"):
        mapping('[[paths.LogOut.calls]]\nname = "out"\nstep = "review"\npath = "/out"')


NO = {"error": {"code": "C", "text": "no"}}


def test_the_first_step_opens_another_wizard_where_the_one_before_is_gone(mapping: Mapping) -> None:
    stepwise = ACCEPT
    for name in ("profiles", "details"):
        stepwise = stepwise.replace(f'name = "{name}"', f'name = "{name}"\nstep = "{name}"')
    wire, who, acceptances = mapping(stepwise), Credentials(), StepwiseAcceptances()
    match = ops.ConfirmMatch("req-1", (ops.SelectedProfile("profile-1"),))
    details = ops.EnterDetails("req-1")

    def takes(step: ops.AcceptanceStep) -> CallSequence:
        return CallSequence(step, who, wire, CallInput(part=acceptances.part(step, who, wire)))

    def refused(step: ops.AcceptanceStep, status: int, *before: HttpResponse) -> CallSequence:
        taken = takes(step)
        for each in before:
            taken.answered(each)
        taken.answered(answer({"code": "C", "message": "no", "data": NO}, status))
        assert isinstance(taken.reply, Refused)
        return taken

    opened = takes(match)
    opened.answered(answer({"data": {"id": "w1"}}, 201))
    opened.answered(answer(status=204))
    assert sent(takes(details)).path == "/wizards/w1/details"
    # Only the first one may, and only where what was begun is gone.
    assert not acceptances.begins_anew(details, who, refused(details, 404))
    assert not acceptances.begins_anew(match, who, refused(match, 409))
    assert sent(takes(match)).path == "/wizards/w1/profiles"
    assert acceptances.begins_anew(match, who, refused(match, 404))
    assert sent(takes(match)).path == "/wizards"
    # One that was opened for this very step, and is gone at once, is not opened again and again.
    again = refused(match, 404, answer({"data": {"id": "w2"}}, 201))
    assert not acceptances.begins_anew(match, who, again)


def test_what_each_call_has_of_its_own_does_not_stand_beside_them(mapping: Mapping) -> None:
    with pytest.raises(TargetFileError, match="status stands beside calls"):
        mapping(f"[paths.AcceptPairingRequest]\nstatus = [200]\n{ACCEPT}")


# --- other forms of a body ------------------------------------------------------------------------

RPC = """
[rpc]
path = "/rpc"
[paths.DeleteToken]
rpc = "token.drop"
request = { "{uid}" = "token" }
[paths.ListTokens]
rpc = "token.all"
response = { items = "rows" }
[codes]
"-32001" = "NotFound"
"""


@pytest.mark.parametrize("beside", ['path = "/tokens"', 'method = "DELETE"'])
def test_json_rpc_has_one_place_and_one_method(mapping: Mapping, beside: str) -> None:
    with pytest.raises(TargetFileError, match="contradict each other"):
        mapping(RPC.replace('rpc = "token.drop"', f'rpc = "token.drop"\n{beside}'))


def test_an_operation_may_be_asked_by_json_rpc(mapping: Mapping) -> None:
    wire = mapping(RPC)
    sequence = CallSequence(ops.DeleteToken("t-1"), wire=wire, given=CallInput(unique="u"))
    request = sent(sequence)
    asked = {"jsonrpc": "2.0", "id": "u.0", "method": "token.drop", "params": {"token": "t-1"}}
    assert (request.method, request.path, request.json) == ("POST", "/rpc", asked)
    sequence.answered(answer({"jsonrpc": "2.0", "id": "u.0", "result": None}))
    assert sequence.reply == Done(ops.Acknowledged())


def test_a_side_that_is_played_speaks_json_rpc_too(mapping: Mapping) -> None:
    wire = mapping(RPC)
    assert arrives(ops.DeleteToken("t-1"), wire)[0] == ops.DeleteToken("t-1")
    held = [
        wire.spoken(ops.DeleteToken).own.held({**NO_ROOMS, BODY: {"method": method}})
        for method in ("token.drop", "token.all")
    ]
    assert held == [0, -1]
    told = theirs_answered(200, {"items": []}, wire.spoken(ops.ListTokens), wire, "7")
    assert told == (200, {}, {"jsonrpc": "2.0", "id": "7", "result": {"rows": []}})
    drop = wire.spoken(ops.DeleteToken)
    error = {"code": "NotFound", "message": "no", "details": {}, "ref": ""}
    assert theirs_answered(404, error, drop, wire, "7") == (
        200,
        {},
        {
            "jsonrpc": "2.0",
            "id": "7",
            "error": {"code": -32001, "message": "no", "data": {}},
            "ref": "",
        },
    )
    unnamed = theirs_answered(409, error | {"code": "Conflict"}, drop, wire, "7")[2]
    assert isinstance(unnamed, dict)
    assert unnamed["error"] == {"code": -32000, "message": "no", "data": {}}


@pytest.mark.parametrize(
    ("error", "details"),
    [({"data": {"row": "7"}}, {"row": "7"}), ({"data": "gone"}, {"data": "gone"}), ({}, {})],
)
def test_an_error_of_json_rpc_is_a_refusal(
    mapping: Mapping, error: dict[str, object], details: dict[str, str]
) -> None:
    sequence = CallSequence(ops.ListTokens(), wire=mapping(RPC))
    told = {"jsonrpc": "2.0", "id": ".0", "error": {"code": -32001, "message": "no", **error}}
    sequence.answered(answer(told))
    assert isinstance(sequence.reply, Refused)
    assert (sequence.reply.reason, sequence.reply.message) == (Reason.NOT_FOUND, "no")
    assert details.items() <= sequence.reply.details.items()


def test_details_may_be_a_list(mapping: Mapping) -> None:
    """As the problems of RFC 9457 often are."""
    sequence = CallSequence(ops.ListTokens(), wire=mapping(PROBLEMS))
    told = {"type": "urn:x:invalid", "detail": "no", "errors": [{"pointer": "/name"}]}
    sequence.answered(answer(told, 422))
    assert isinstance(sequence.reply, Refused)
    assert (sequence.reply.reason, sequence.reply.message) == (Reason.INVALID_INPUT, "no")
    assert "/name" in sequence.reply.details["data"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"jsonrpc": "2.0", "id": ".1", "result": {"rows": []}}, "id: it answers another call"),
        ({"jsonrpc": "2.0", "id": ".0"}, "no answer of JSON-RPC"),
        ([], "no answer of JSON-RPC"),
    ],
)
def test_what_answers_no_call_of_json_rpc_is_unknown(
    mapping: Mapping, body: object, why: str
) -> None:
    sequence = CallSequence(ops.ListTokens(), wire=mapping(RPC))
    sequence.answered(answer(body))
    assert isinstance(sequence.reply, Unknown)
    assert why in sequence.reply.why


def test_a_body_may_be_a_form(mapping: Mapping) -> None:
    wire = mapping('[paths.VerifyConnection]\nform = true\nrequest = { insecure = "plain" }')
    verify = ops.VerifyConnection("https://p.example", "a&b", insecure=True)
    request = encode(verify, wire=wire)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    body = b"paletteEndpoint=https%3A%2F%2Fp.example&registrationToken=a%26b&plain=true"
    assert request.body() == body
    asked = {**NO_ROOMS, BODY: dict(parse_qsl(body.decode()))}
    assert ours_asked(asked, wire.spoken(ops.VerifyConnection), wire)[BODY] == encode(verify).json


def test_a_list_has_no_room_in_a_form(mapping: Mapping) -> None:
    with pytest.raises(TargetFileError, match="a form has no room for it"):
        mapping("[paths.AcceptPairingRequest]\nform = true")


def test_a_value_may_stand_in_several_places_and_is_read_from_the_first(mapping: Mapping) -> None:
    wire = mapping(
        '[paths.WithdrawPairing]\nmethod = "DELETE"\npath = "/requests/{id}"\n[paths.'
        'WithdrawPairing.request]\npairingUid = ["{id}", "X-Id:"]\nended = ""\n'
        '"clusterMeta.localClusterUid" = "?c"\n"clusterMeta.localClusterToken" = "Cookie: proof"\n'
    )
    withdraw = ops.WithdrawPairing("c-1", "s3cret", "r/1")
    request = encode(withdraw, wire=wire)
    assert (request.path, request.query, request.json) == ("/requests/r%2F1", {"c": "c-1"}, None)
    assert (request.headers["X-Id"], request.headers["Cookie"]) == ("r/1", "proof=s3cret")
    assert arrives(withdraw, wire)[0] == withdraw


def test_a_login_by_basic_is_any_call_with_it(mapping: Mapping) -> None:
    wire = mapping(
        '[headers]\nAuthorization = "Authorization: Basic {}"\n[paths.LogIn]\nmethod = "GET"\n'
        'path = "/me"\nconstants = { "Authorization:" = "Basic {basic}" }\n'
        'filled = { "Token.Authorization" = "{basic}", IsFirstLogin = "false" }\n'
    )
    login = CallSequence(ops.LogIn("kim", "pass"), wire=wire)
    basic = "a2ltOnBhc3M="
    assert sent(login).headers["Authorization"] == f"Basic {basic}"
    login.answered(answer({"name": "Kim"}))
    assert login.reply == Done(ops.Session(basic))
    view = encode(ops.ViewCluster(), Credentials(session=basic), wire)
    assert view.headers["Authorization"] == f"Basic {basic}"


# --- a host that says whom to ask -----------------------------------------------------------------

LEADER = '[leader]\nstatus = [307, 421]\nat = "Location:"\n'
HOSTS = {"e-2": "https://e2.example", "https://e2.example": "https://e2.example"}
HOSTS |= {"http://e3.example": "http://e3.example"}


def led(mapping: Mapping, text: str = LEADER) -> CallSequence:
    given = CallInput("https://e1.example", leaders=HOSTS)
    return CallSequence(ops.ViewPairing(), wire=mapping(text), given=given)


@pytest.mark.parametrize("told", ["https://e2.example", "https://e2.example:443/x?y=1", "e-2"])
def test_the_leader_is_asked_in_place_of_the_host(mapping: Mapping, told: str) -> None:
    sequence = led(mapping)
    before = sent(sequence)
    sequence.answered(answer(status=307, Location=told))
    assert sequence.due
    assert (sequence.due.base_url, sequence.due.request) == ("https://e2.example", before)


def test_the_leader_may_be_named_in_the_body(mapping: Mapping) -> None:
    sequence = led(mapping, LEADER.replace("Location:", "why.leader"))
    sequence.answered(answer({"why": {"leader": "e-2"}}, 421))
    assert sequence.due
    assert sequence.due.base_url == "https://e2.example"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("https://evil.example/x", "is no address that the file names"),
        ("https://e2.example.evil.example", "is no address that the file names"),
        ("http://e3.example", "is without TLS"),
        ("", "is no address that the file names"),
        ("https://e2.example:99999/", "is no address that the file names"),
        ("http://[", "is no address that the file names"),
    ],
)
def test_nobody_else_is_asked(mapping: Mapping, told: str, why: str) -> None:
    sequence = led(mapping)
    sequence.answered(answer(status=307, Location=told))
    assert isinstance(sequence.reply, Unknown)
    assert why in sequence.reply.why


def test_it_is_led_on_twice_at_most(mapping: Mapping) -> None:
    sequence = led(mapping)
    for _ in range(3):
        assert sequence.reply is None
        sequence.answered(answer(status=307, Location="e-2"))
    assert isinstance(sequence.reply, Unknown)
    assert "for the third time" in sequence.reply.why


JOB = """
[rpc]
path = "/rpc"
[codes]
"1004" = "NotFound"
"1007" = "PairingRequestDecided"

[[paths.RejectPairingRequest.calls]]
name = "ask"
rpc = "request.reject"
request = { "{pairingUid}" = "id" }
keep = { job = "job" }

[[paths.RejectPairingRequest.calls]]
name = "job"
rpc = "job.get"
constants = { id = "{kept.job}" }
repeat = { while = { state = "running" }, every_s = 1, within_s = 5 }
refused_when = { state = "failed" }
errors = { code = "failure.code", message = "failure.text" }
"""


@pytest.mark.parametrize(
    ("came", "reason", "message"),
    [
        (
            {"result": {"state": "failed", "failure": {"code": 1007, "text": "too late"}}},
            Reason.REQUEST_DECIDED,
            "too late",
        ),
        ({"error": {"code": 1004, "message": "no such job"}}, Reason.NOT_FOUND, "no such job"),
    ],
)
def test_a_failure_that_is_a_result_is_told_there_and_an_error_where_the_standard_has_it(
    mapping: Mapping, came: dict[str, object], reason: Reason, message: str
) -> None:
    sequence = CallSequence(ops.RejectPairingRequest("7"), wire=mapping(JOB))
    sequence.answered(answer({"jsonrpc": "2.0", "id": ".0", "result": {"job": "j1"}}))
    sequence.answered(answer({"jsonrpc": "2.0", "id": ".1", "result": {"state": "running"}}))
    assert sequence.reply is None
    sequence.answered(answer({"jsonrpc": "2.0", "id": ".1", **came}))
    assert isinstance(sequence.reply, Refused)
    assert (sequence.reply.reason, sequence.reply.message) == (reason, message)
    assert sequence.reply.details["call"] == "job"


# --- questions that are held ----------------------------------------------------------------------

HOLDS = "[agents]\nhold_s = 2\n"
REFUSES = "[paths.PollPairing]\nrefused = [204]\n"
ASKS = ops.PollPairing("request-1", "s3cret")
CONFIRMS = ops.ConfirmPairing("request-1", "s3cret")


@pytest.mark.parametrize(
    ("said", "asked", "status", "comes"),
    [
        (HOLDS, ASKS, 204, Done),
        (HOLDS, ASKS, 304, Done),
        (HOLDS, CONFIRMS, 204, Unknown),
        (HOLDS, ASKS, 202, Unknown),
        (HOLDS + REFUSES, ASKS, 204, Refused),
        (HOLDS + REFUSES, ASKS, 304, Done),
        ("", ASKS, 204, Unknown),
    ],
)
def test_only_a_question_that_may_be_held_is_answered_with_no_news(
    mapping: Mapping, said: str, asked: ops.AgentOperation, status: int, comes: type
) -> None:
    sequence = CallSequence(asked, wire=mapping(said))
    sequence.answered(answer(status=status))
    assert isinstance(sequence.reply, comes), sequence.reply
    if comes is Done:
        assert sequence.reply == Done(ops.PollAnswer(ops.NO_NEWS))
