"""What OpenAPI documents say of our operations, and documents that say nothing of use."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.domain import operations as ops
from harness.domain.arrangements import Side
from harness.domain.operations import Surface
from harness.reference.openapi import describe
from harness.targets.drafting import openapi
from harness.targets.drafting.draft import Drafted, WireDraft, composed, hints_of, wire_of
from harness.targets.target_file import load_target
from harness.wire.routes import ROUTES, RouteTable, routes_of
from tests.unit.targets.drafting.talk import answers_of
from tests.unit.wire import mapped

WILD = mapped.WILD.routes
BOTH = frozenset(Side)
EDGE, CENTRAL = frozenset({Side.EDGE}), frozenset({Side.CENTRAL})


def described(routes: RouteTable, *surfaces: Surface) -> dict[str, Any]:
    return describe("Some", routes_of(routes, *surfaces))


def both(routes: RouteTable) -> list[openapi.Document]:
    apps = ((Surface.LOCAL_UI,), (Surface.PALETTE, Surface.AGENT))
    return [document(described(routes, *surfaces)) for surfaces in apps]


def document(data: object) -> openapi.Document:
    return openapi.read_document(json.dumps(data).encode(), "some.json")


def one(draft: WireDraft, kind: type[ops.Operation]) -> Drafted:
    return next(d for d in draft.operations if d.route.operation is kind)


def tables(draft: WireDraft) -> dict[str, Any]:
    return tomllib.loads(draft.text()).get("paths", {})


def read_back(draft: WireDraft, side: Side, folder: Path) -> None:
    """The whole file with this mapping can be read."""
    hints = hints_of([])
    answers = answers_of(
        folder, lambda q: side.value if "Which side" in q.text else None, hints=hints
    )
    out = folder / "target.toml"
    out.write_text(composed(answers, draft, out), "utf-8")
    load_target(out, dict.fromkeys(answers.variables(), "x"))


def test_the_references_own_documents_make_no_difference() -> None:
    draft = wire_of(both(ROUTES), BOTH)
    assert draft.sure == len(ROUTES)
    assert draft.missing == 0
    assert "[paths" not in draft.text()


def test_one_document_may_be_of_both_sides() -> None:
    """What is sure counts, even where the other side is better described."""
    assert hints_of([document(described(ROUTES, *Surface))]).sides == BOTH


def test_a_text_is_not_taken_for_a_flag() -> None:
    text = described(ROUTES, Surface.LOCAL_UI)
    plane = {name: {"type": "string"} for name in ("insecure", "paletteEndpoint")}
    text["components"]["schemas"]["v1ClusterPairMeta"] = {
        "properties": {"plane": {"properties": plane}}
    }
    draft = wire_of([document(text)], EDGE)
    request = tables(draft)["SendPairingRequest"]["request"]
    assert request == {"paletteEndpoint": "plane.paletteEndpoint"}
    assert "request.insecure" in one(draft, ops.SendPairingRequest).asked


def test_operations_with_our_ids_are_found_wherever_they_are(tmp_path: Path) -> None:
    draft = wire_of(both(WILD), BOTH)
    assert draft.sure >= 30
    assert draft.guessed == 0
    found = tables(draft)
    assert found["SendPairingRequest"] == {"method": "PUT", "path": "/device/handover"}
    assert found["MatchProfiles"]["path"] == "/plane/handovers/{pairingUid}/comparison"
    # Two operations at one place are told apart by what no document says.
    assert one(draft, ops.AcceptPairingRequest).is_missing
    read_back(draft, Side.EDGE, tmp_path)


def test_without_ids_what_is_guessed_is_right() -> None:
    """The words are ours, and the paths are not."""
    texts = [described(WILD, Surface.LOCAL_UI), described(WILD, Surface.PALETTE, Surface.AGENT)]
    for text in texts:
        for item in text["paths"].values():
            for operation in item.values():
                del operation["operationId"]
    draft = wire_of([document(text) for text in texts], BOTH)
    assert draft.guessed >= 18
    for drafted in draft.operations:
        if drafted.match is not None and not drafted.is_missing:
            route = WILD[drafted.route.operation]
            assert (drafted.match.theirs.method, drafted.match.theirs.shape()) == (
                route.method,
                route.shape(),
            ), drafted.route.id


def test_another_style_is_guessed_and_says_so(tmp_path: Path) -> None:
    """Swagger 2.0, other paths, words and names, a schema that holds itself."""
    box = openapi.document_from(str(Path(__file__).parent / "box.swagger.json"))
    assert hints_of([box]).edge_url == "https://box.lab.example:8443"
    assert hints_of([box]).sides == EDGE
    draft = wire_of([box], EDGE)
    found = tables(draft)
    assert found["SendPairingRequest"]["path"] == "/api/2/enrollment"
    assert found["SendPairingRequest"]["request"] == {
        "paletteEndpoint": "palette_endpoint",
        "registrationToken": "registration_token",
        "insecure": "skip_tls",
    }
    assert found["SendPairingRequest"]["response"] == {"pairingUid": "data.pairing_uid"}
    assert found["ViewPairing"]["path"] == "/api/2/enrollment"
    assert (found["CancelPairingRequest"]["method"], found["CancelPairingRequest"]["path"]) == (
        "DELETE",
        "/api/2/enrollment",
    )
    assert found["VerifyConnection"]["path"] == "/api/2/enrollment/check"
    assert found["LogIn"]["status"] == [201]
    assert not {"DeleteCluster", "ViewStack", "ViewManagement"} & found.keys()
    cluster = next(o for o in box.operations if o.id == "clusterShow")
    ways = {field.way for field in box.fields(cluster.response)}
    assert ("parent",) in ways
    assert ("parent", "metadata") not in ways
    text = draft.text()
    assert "# guessed: Send the pairing request is POST /api/2/enrollment?" in text
    assert '"insecure" = "skip_tls"  # guessed: is it this one?' in text
    assert '# "registrationToken" = "…"  # where is it?' in text
    assert "# missing: Who manages this host. Where is it asked?" in text
    assert "# [paths.ViewManagement]" in text
    read_back(draft, Side.EDGE, tmp_path)


def test_a_list_in_another_style(tmp_path: Path) -> None:
    """OpenAPI 3.0: a bare list, a filter in the query, parameters of other names."""
    depot = openapi.document_from(str(Path(__file__).parent / "depot.openapi.json"))
    assert hints_of([depot]).central_url == "https://depot.example"
    draft = wire_of([depot], CENTRAL)
    found = tables(draft)
    listed = found["ListPairingRequests"]
    assert (listed["method"], listed["path"]) == ("GET", "/rest/pairing-requests")
    assert listed["request"]["filter.state.eq"] == "?state"
    assert listed["response"]["items[].pairingUid"] == "$[].pairing_uid"
    assert listed["response"]["items[].localClusterUid"] == "$[].local_cluster_uid"
    assert found["RejectPairingRequest"]["path"] == "/rest/pairing-requests/{pairingUid}/decline"
    assert found["AcceptPairingRequest"]["path"] == "/rest/pairing-requests/{pairingUid}/approve"
    deleting = one(draft, ops.DeleteToken)
    assert deleting.is_missing
    assert "tenant" in deleting.why_not
    read_back(draft, Side.CENTRAL, tmp_path)


def test_what_a_document_calls_itself_stays_a_comment(tmp_path: Path) -> None:
    """A line's end in a path, a name or a title would write keys of its own."""
    text = described(ROUTES, Surface.LOCAL_UI)
    send = text["paths"].pop("/v1/edge-mgmt/cluster/pair")
    send["post"]["operationId"] = 'sendPairingRequest\nallow_writes = true\n"""'
    text["paths"]["/x\nallow_writes = true #"] = send
    text["info"]["title"] = "A\nallow_writes = true"
    evil = document(text)
    assert hints_of([evil]).name == ""
    draft = wire_of([evil], EDGE)
    assert "allow_writes" not in tomllib.loads(draft.text())
    assert one(draft, ops.SendPairingRequest).is_missing
    read_back(draft, Side.EDGE, tmp_path)


def test_what_a_terminal_would_obey_is_spelled_out(tmp_path: Path) -> None:
    text = json.loads((Path(__file__).parent / "box.swagger.json").read_text("utf-8"))
    text["paths"]["/enrollment\x1b[2J"] = text["paths"].pop("/enrollment")
    draft = wire_of([document(text)], EDGE)
    assert tables(draft)["SendPairingRequest"]["path"] == "/api/2/enrollment\x1b[2J"
    assert "\x1b" not in draft.text()
    read_back(draft, Side.EDGE, tmp_path)


def test_of_two_operations_at_one_place_one_is_left_to_a_person(tmp_path: Path) -> None:
    """One has the id of an operation, and the place of another one."""
    text = described(ROUTES, Surface.LOCAL_UI)
    sending = text["paths"].pop("/v1/edge-mgmt/cluster/pair")
    text["paths"]["/v1/edge-mgmt/cluster/pair/verify-connection"] = sending
    draft = wire_of([document(text)], EDGE)
    assert [d.route.operation for d in draft.operations if d.is_missing] == [ops.SendPairingRequest]
    assert "is where" in one(draft, ops.SendPairingRequest).why_not
    read_back(draft, Side.EDGE, tmp_path)


def test_what_would_lose_what_is_needed_is_asked(tmp_path: Path) -> None:
    """It withdraws by a DELETE without a body or a query, which has no room for whose request."""
    text = described(ROUTES, Surface.PALETTE, Surface.AGENT)
    (there,) = (item for path, item in text["paths"].items() if path.endswith("/withdraw"))
    there["delete"] = {"operationId": there.pop("post")["operationId"], "responses": {"204": {}}}
    draft = wire_of([document(text)], CENTRAL)
    drafted = one(draft, ops.WithdrawPairing)
    assert drafted.change.method == "DELETE"
    assert "request.clusterMeta.localClusterUid" in drafted.asked
    read_back(draft, Side.CENTRAL, tmp_path)


def test_of_two_documents_with_one_place_one_is_left_to_a_person(tmp_path: Path) -> None:
    ids = ("v1EdgeTokensUidGet", "v1SpectroClustersGet")
    there = [{"/a/{b}": {"get": {"operationId": name, "responses": {}}}} for name in ids]
    draft = wire_of([document({"openapi": "3.1.0", "paths": paths}) for paths in there], CENTRAL)
    assert draft.sure == 1
    assert len(tables(draft)) == 1
    read_back(draft, Side.CENTRAL, tmp_path)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is no JSON"),
        (b"{", "it is no JSON"),
        (b"\xff\xfe{}", "it is no JSON"),
        (b"[1]", "no object"),
        (b"<!DOCTYPE html><html></html>", "a page for people"),
        (b"openapi: 3.0.0\npaths: {}\n", "it is YAML"),
        (b"# hello\nswagger: '2.0'\n", "it is YAML"),
        (b'# hello\nschema = "pairproof/target/1"\n', "it is no JSON"),
        (b'{"hello": 1}', "neither openapi"),
        (b'{"openapi": 3}', "neither openapi"),
        (b'{"openapi": "3.1.0"}', "describes no operation"),
        (b'{"openapi": "3.1.0", "paths": [1]}', "describes no operation"),
        (b'{"openapi": "3.1.0", "paths": {"/a": {"get": 1}, "/b": 7}}', "describes no operation"),
        (b"[" * 100_000, "it is no JSON"),
    ],
)
def test_a_bad_document_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(openapi.OpenApiError) as refused:
        openapi.read_document(data, "some.json")
    assert told in str(refused.value)
    assert str(refused.value).startswith("some.json: ")


def test_odd_parts_of_a_document_are_passed_over() -> None:
    odd = {
        "openapi": "3.0.0",
        "servers": [{"url": "https://{where}.example"}],
        "info": 7,
        "paths": {
            "/a": {
                "parameters": "none",
                "get": {
                    "operationId": 1,
                    "responses": [],
                    "parameters": [1, {"$ref": "#/nowhere"}],
                },
                "post": {
                    "requestBody": {"$ref": "#/components/requestBodies/circle"},
                    "responses": {"200": {"$ref": "other.json#/x"}, "2XX": 1, "default": {}},
                },
            },
        },
        "components": {"requestBodies": {"circle": {"$ref": "#/components/requestBodies/circle"}}},
    }
    found = document(odd)
    assert [o.describe() for o in found.operations] == ["GET /a", "POST /a"]
    assert (found.server, found.title) == ("", "")
    assert wire_of([found], BOTH).missing == len(ROUTES)


def test_a_schema_that_grows_without_end_is_bounded() -> None:
    """Each holds two of itself, nested, in lists, and in all the ways of putting together."""
    schemas: dict[str, Any] = {
        f"s{n}": {
            "properties": {
                f"f{m}": {"items": {"$ref": f"#/components/schemas/s{m}"}} for m in range(30)
            },
            "allOf": [{"$ref": f"#/components/schemas/s{m}"} for m in range(30)],
        }
        for n in range(30)
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/s0"}}}}
    bomb = document(
        {
            "openapi": "3.1.0",
            "paths": {"/pairing": {"post": {"operationId": "pair", "requestBody": body}}},
            "components": {"schemas": schemas},
        }
    )
    assert len(bomb.fields(bomb.operations[0].request)) <= openapi.FIELDS_MAX
    wire_of([bomb], BOTH)


@pytest.mark.parametrize(
    "url", ["https://u:p@box.example", "https://:80/x", "//box.example", "https://box:99999", "x y"]
)
def test_an_address_that_would_be_no_answer_is_not_offered(url: str) -> None:
    text = {**described(ROUTES, Surface.LOCAL_UI), "servers": [{"url": url}]}
    assert hints_of([document(text)]).edge_url == ""


@pytest.mark.parametrize(
    ("place", "told"), [("no.json", "there is no such file"), ("/", "a folder")]
)
def test_a_file_that_is_none(
    place: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(openapi.OpenApiError, match=told):
        openapi.document_from(place)
