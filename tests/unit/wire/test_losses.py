"""A mapping is tried when it is loaded: what gets lost is told at the key that loses it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.domain import operations as ops
from harness.domain.operations import Done, Operation
from harness.targets.operations_page import places_of
from harness.targets.reading import TargetFileError
from harness.targets.target_file import load_wire
from harness.wire.codec import decode
from harness.wire.codec.engine import ANSWERS, REQUESTS
from harness.wire.losses import losses
from harness.wire.mapping import CallMap, MappingError, OperationMap, WireMap
from harness.wire.mapping.keys import RpcMap
from harness.wire.routes import ROUTES
from tests.unit.configuration.placed import placed
from tests.unit.targets.test_target_file import TEXT, read
from tests.unit.wire.mapped import answered, arrives
from tests.unit.wire.samples import as_read, sample_answer, sample_request
from tests.unit.wire.strategies import header_words
from tests.unit.wire.test_documentation import PAGE
from tests.unit.wire.test_mapping_round_trip import operation_maps, operations


def errors(wire: WireMap, *kinds: type[Operation], is_served: bool = False) -> list[MappingError]:
    return list(losses(wire, kinds or ROUTES, ROUTES if is_served else ()))


def refused(folder: Path, text: str) -> TargetFileError:
    file = folder / "wire.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(TargetFileError) as caught:
        load_wire(file)
    return caught.value


@pytest.mark.parametrize("kind", ROUTES, ids=lambda kind: kind.__name__)
def test_a_sample_can_be_read_by_the_published_names(kind: type[Operation]) -> None:
    """One that cannot be read would blame every mapping."""
    REQUESTS[kind][0](as_read(sample_request(kind)))
    if (answer := sample_answer(kind)) is not None:
        ANSWERS[kind][0](answer)


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        (
            '[fields]\npacks = ""',
            "fields.packs",
            "clusterProfileTemplates[].packs, which ViewStack",
        ),
        (
            '[paths.ViewProfile.response]\n"spec.published.packs" = ""',
            "paths.ViewProfile.response.spec.published.packs",
            "spec.published.packs, which ViewProfile needs, can be read from no answer",
        ),
        (
            '[paths.ListTokens.response]\n"items[].metadata.uid" = ""',
            "paths.ListTokens.response.items[].metadata.uid",
            "items[].metadata.uid, which ListTokens needs, can be read from no answer",
        ),
        (
            '[paths.ListTokens.response]\n"items[].metadata" = ""',
            "paths.ListTokens.response.items[].metadata",
            "items[].metadata.uid, which ListTokens needs",
        ),
        (
            '[paths.ListTokens.response]\n"items[].spec.token" = "$[]"',
            "paths.ListTokens.response",
            "items[].metadata.uid, which ListTokens needs",
        ),
        ("[paths.ViewToken]\nstatus = [204]", "paths.ViewToken.status", "ViewToken needs"),
        (
            '[paths.RejectPairingRequest]\npath = "/reject"\n'
            '[paths.RejectPairingRequest.request]\n"{pairingUid}" = ""',
            "paths.RejectPairingRequest.request.{pairingUid}",
            "pairingUid, which RejectPairingRequest needs, is never sent",
        ),
        (
            '[headers]\nLocalClusterToken = ""',
            "headers.LocalClusterToken",
            "LocalClusterToken, which PollPairing needs, is never sent",
        ),
        (
            '[constants]\nregistrationToken = "mine"',
            "constants.registrationToken",
            "a value of VerifyConnection goes there already",
        ),
        (
            '[paths.PollPairing.request]\n"LocalClusterToken:" = "?proof"\n'
            '[paths.PollPairing.constants]\n"?proof" = "none"',
            "paths.PollPairing.constants.?proof",
            "a value of PollPairing goes there already",
        ),
        ('[headers]\nAuthorization = "Authorization: {} {}"', "headers.Authorization", "one room"),
        ('[headers]\nAuthorization = "Authorization: {"', "headers.Authorization", "is no header"),
        (
            '[headers]\nAuthorization = "Authorization: Bearer"',
            "headers.Authorization",
            "no header",
        ),
        ('[paths.ViewToken]\npath = "/tokens/{uid"', "paths.ViewToken.path", "lacks {uid}"),
        ('[paths.ListTokens]\npath = "/a}b"', "paths.ListTokens.path", "brace"),
    ],
)
def test_what_cannot_come_through_is_told_at_its_key(
    tmp_path: Path, text: str, key: str, told: str
) -> None:
    error = refused(tmp_path, text)
    assert key in [key for _, key in placed(error)]
    assert told in str(error)


def test_all_that_gets_lost_is_told_at_once(tmp_path: Path) -> None:
    lost = '[paths.ViewCluster.response]\n"metadata.name" = ""\n"status.clusterState" = ""\n'
    other = '[paths.ViewToken.response]\n"metadata.uid" = ""'
    assert placed(refused(tmp_path, lost + other)) == [
        (2, "paths.ViewCluster.response.metadata.name"),
        (3, "paths.ViewCluster.response.status.clusterState"),
        (5, "paths.ViewToken.response.metadata.uid"),
    ]


def test_a_list_may_go_without_what_it_is_narrowed_by(tmp_path: Path) -> None:
    file = tmp_path / "wire.toml"
    file.write_text('[paths.ListPairingRequests.request]\nfilter = ""', "utf-8")
    assert not errors(load_wire(file), ops.ListPairingRequests)
    lost = 'ntpServers = ""\nsshKeys = ""'
    gone = refused(tmp_path, f"[paths.UpdateClusterSettings.request]\n{lost}")
    assert "all that UpdateClusterSettings sends has gone" in str(gone)


ACCEPTING = (
    CallMap(name="open", method="POST", path="/wizards/{pairingUid}", keep={"wizard": "data.id"}),
    CallMap(
        name="profiles",
        method="PUT",
        path="/wizards/{kept.wizard}/profiles",
        request={"spec.profiles": "choice", "spec.profiles[].uid": "choice[].profile"},
    ),
    CallMap(name="end", method="POST", path="/{kept.wizard}", response={"uid": "data.cluster"}),
)


@pytest.mark.parametrize(
    ("n", "change", "key"),
    [
        (0, {"path": "/wizards"}, ("calls", 2)),
        (1, {"request": {"spec.profiles": "choice", "spec.profiles[].uid": ""}}, ("calls", 1)),
        (2, {"response": {"uid": ""}}, ("calls", 2, "response", "uid")),
        (1, {"constants": {"choice": "none"}}, ("calls", 1, "constants", "choice")),
    ],
)
def test_what_several_calls_lose_is_told_at_the_call(
    n: int, change: dict[str, Any], key: tuple[str | int, ...]
) -> None:
    calls = tuple(replace(c, **change) if m == n else c for m, c in enumerate(ACCEPTING))
    first, *_ = errors(WireMap({ops.AcceptPairingRequest: OperationMap(calls=calls)}))
    assert first.place[2 : 2 + len(key)] == key


@pytest.mark.parametrize(
    "wire",
    [
        WireMap({ops.LogIn: OperationMap(method="GET", request={"username": "", "password": ""})}),
        WireMap(
            {
                ops.AcceptPairingRequest: OperationMap(
                    method="PUT", path="/accept", request={"{pairingUid}": ""}
                )
            }
        ),
        WireMap({ops.ListTokens: OperationMap(response={"items[].spec.token": ""})}),
        WireMap(
            {
                ops.ViewStack: OperationMap(
                    response={"clusterProfileTemplates[].packs[].version": ""}
                )
            }
        ),
        WireMap({ops.Probe: OperationMap(response={"service": ""})}),
        WireMap(constants={"cloudType": "metal", "?setCookie": "true"}),
        WireMap({ops.AcceptPairingRequest: OperationMap(calls=ACCEPTING)}),
        WireMap({ops.AddRole: OperationMap(response={"uid": "Location:"})}),
        WireMap({ops.AddRole: OperationMap(status=(204,), filled={"uid": "{metadata.name}"})}),
    ],
    ids=[
        "a login by other means",
        "told twice",
        "not needed",
        "a tag does",
        "assumed",
        "ours",
        "in calls",
        "a header",
        "known",
    ],
)
def test_what_can_do_without_is_not_blamed(wire: WireMap) -> None:
    assert errors(wire) == []


@pytest.mark.parametrize("kind", ROUTES, ids=lambda kind: kind.__name__)
def test_nothing_is_asked_for_that_an_answer_can_be_read_without(kind: type[Operation]) -> None:
    operation = REQUESTS[kind][0](as_read(sample_request(kind)))
    answer = sample_answer(kind)
    value = ops.Acknowledged() if answer is None else ANSWERS[kind][0](answer)
    for place in places_of(kind)["response"]:
        wire = WireMap({kind: OperationMap(response={place: ""})})
        read = decode(operation, answered(operation, Done(value), wire), wire)
        is_enough = isinstance(read, Done) or (kind, place) == A_TAG_DOES
        assert is_enough is not any(errors(wire, kind)), place


A_TAG_DOES = (ops.ViewStack, "clusterProfileTemplates[].packs[].version")
LOST = '[paths.MatchProfiles.response]\nvalid = ""\n'


def test_an_operation_that_is_not_used_is_not_judged() -> None:
    with pytest.raises(TargetFileError, match="valid, which MatchProfiles needs"):
        read(TEXT + LOST)
    assert read(TEXT + "[offers]\nMatchProfiles = false\n" + LOST).wire.paths


def test_the_requests_of_a_side_that_the_harness_plays_are_read() -> None:
    """A login that a target knows by other means cannot be served."""
    wire = WireMap({ops.LogIn: OperationMap(request={"password": ""})})
    assert errors(wire, ops.LogIn) == []
    (error,) = errors(wire, ops.LogIn, is_served=True)
    assert error.place == ("paths", "LogIn", "request", "password")


def test_the_page_lists_no_code_that_a_file_refuses(tmp_path: Path) -> None:
    table = PAGE.partition("The reference answers its refusals so:")[2].partition("\n\nThe")[0]
    listed = re.findall(r"`([A-Z]\w+)`", table)
    assert len(listed) > 15
    for code in listed:
        file = tmp_path / "code.toml"
        file.write_text(f'[codes]\nTHEIRS = "{code}"\n[code_status]\n{code} = 418\n', "utf-8")
        assert load_wire(file).codes == {"THEIRS": code}


@st.composite
def _holed(draw: st.DrawFn, kind: type[Operation]) -> OperationMap:
    """Fields at places of their own, and some of them nowhere."""
    change = draw(operation_maps(ROUTES[kind]))
    tables = {}
    for name in ("request", "response"):
        entries: dict[str, str] = getattr(change, name)
        holes = draw(st.sets(st.sampled_from(sorted(entries)))) if entries else set()
        inside = tuple(f"{hole}[]" for hole in holes)
        tables[name] = {
            ours: "" if ours in holes else theirs
            for ours, theirs in entries.items()
            if not ours.startswith(inside)
        }
    return replace(change, **tables)


@settings(max_examples=4 * settings().max_examples)  # it is of all operations
@given(kind=operations, data=st.data())
def test_what_loads_carries_all_that_is_needed_there_and_back(
    kind: type[Operation], data: st.DataObject
) -> None:
    wire = WireMap({kind: data.draw(_holed(kind))})
    if errors(wire, kind, is_served=True):
        return
    more = data.draw(header_words)
    operation = REQUESTS[kind][0](as_read(_other(sample_request(kind), more)))
    arrives(operation, wire)
    answer = _other(sample_answer(kind), more)
    value = ops.Acknowledged() if answer is None else ANSWERS[kind][0](answer)
    assert isinstance(decode(operation, answered(operation, Done(value), wire), wire), Done)


def _other(json: Any, more: str) -> Any:
    """A sample with other texts."""
    if isinstance(json, dict):
        return {name: _other(inner, more) for name, inner in json.items()}
    if isinstance(json, list):
        return [_other(inner, more) for inner in json]
    return f"{json}{more}" if str(json).startswith("text-") else json


def test_the_example_of_the_page_loads_but_for_what_it_spoils(tmp_path: Path) -> None:
    example, *_ = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    spoilt = example.replace('pairingUid = "data.id as number"', 'pairingUid = ""')
    assert spoilt != example
    assert [key for _, key in placed(refused(tmp_path, spoilt))] == [
        "paths.ViewPairing.response.pairingUid"
    ]


def test_what_says_nothing_of_the_operation_may_be_nowhere() -> None:
    at = RpcMap(path="/rpc")
    asks = OperationMap(rpc="site.reclaim", request={"type": ""})
    assert errors(WireMap(paths={ops.RestoreLocalManagement: asks}, rpc=at)) == []
    nameless = OperationMap(rpc="token.make", request={"metadata.name": ""})
    assert errors(WireMap(paths={ops.CreateToken: nameless}, rpc=at)) != []
