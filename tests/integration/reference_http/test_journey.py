"""Both sides over real HTTP: what one page after another would ask for."""

from __future__ import annotations

import re

import httpx

from harness.domain import operations as ops
from harness.domain.arrangements import PutProfile
from harness.domain.errors import Reason, Refused
from harness.domain.operations import Done, Unknown
from harness.domain.pairing import RequestState
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileEdition, ProfileType
from harness.reference.core.choices import EdgeChoices
from harness.wire.routes import ROUTES, Route, routes_of
from tests.integration.reference_http.conftest import API_KEY, TOKEN, World
from tests.unit.wire.as_published import differences


def value(reply: ops.Reply) -> ops.Value:
    assert isinstance(reply, Done), reply
    return reply.value


def route_of(response: httpx.Response) -> Route:
    """The route by which an answer came."""
    request = response.request
    for route in routes_of(ROUTES, *ops.Surface):
        path = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route.path))
        if request.method == route.method and re.fullmatch(path, request.url.path):
            return route
    raise AssertionError(request.url.path)


def test_a_cluster_is_sent_matched_accepted_and_confirmed(world: World) -> None:
    """And all that is answered on the way has the names and types that are published."""
    came = world.watch()
    session = world.log_in()
    send = ops.SendPairingRequest(world.palette["https"], TOKEN)
    verified = value(world.ask_local(ops.VerifyConnection(send.endpoint, TOKEN), session))
    assert verified == ops.Verification(True, verified.message)
    uid = value(world.ask_local(send, session)).pairing_uid
    shown = value(world.ask_local(ops.ViewPairing(), session))
    assert (shown.pairing_uid, shown.status) == (uid, "Pairing")

    listed = value(world.ask_palette(ops.ListPairingRequests())).items
    assert [(i.pairing_uid, i.name) for i in listed] == [(uid, "shop")]
    viewed = value(world.ask_palette(ops.ViewPairingRequest(uid)))
    assert (viewed.description, viewed.tags) == ("a shop", {"site": "north"})
    assert viewed.stack == value(world.ask_local(ops.ViewStack(), session)).profiles
    assert viewed.pools == value(world.ask_local(ops.ViewCluster(), session)).pools
    assert viewed.agent_version == EdgeChoices().agent_version

    edition = ProfileEdition("1.0.0", (Pack(Layer.OS, "ubuntu", "22.04"),))
    profile = ClusterProfile("profile", "infra", ProfileType.INFRA, (edition,), "p1")
    world.reference.arrange(PutProfile(profile))
    (project,) = value(world.ask_palette(ops.ListProjects("Project 1"))).items
    (found,) = value(world.ask_palette(ops.ListProfiles(), project.uid)).items
    assert found == ops.ProfileListItem("profile", "infra", "1.0.0")
    shown = value(world.ask_palette(ops.ViewProfile(found.uid)))
    assert (shown.published, shown.profile.packs) == (True, edition.packs)
    selection = (ops.SelectedProfile(found.uid),)
    assert value(world.ask_palette(ops.MatchProfiles(uid, selection))).valid
    accept = ops.AcceptPairingRequest(uid, selection, name="renamed", tags={"site": "south"})
    cluster_uid = value(world.ask_palette(accept)).cluster_uid
    change = ops.ChangeCentralCluster(cluster_uid, {"a": "b"})
    assert isinstance(world.ask_palette(change), Refused)

    world.reference.edge.tick()
    world.reference.edge.tick()
    assert value(world.ask_local(ops.ViewPairing(), session)).status == RequestState.PAIRED
    assert value(world.ask_palette(change)) == ops.Acknowledged()
    central = value(world.ask_palette(ops.ViewCentralCluster(cluster_uid)))
    assert (central.name, central.tags) == ("renamed", {"a": "b"})
    patch = {"metadata": {"name": "again", "annotations": {"description": "d", "x": "y"}}}
    url = f"{world.palette['https']}/v1/spectroclusters/{cluster_uid}"
    headers = {"ApiKey": API_KEY, "ProjectUid": "p1"}
    assert world.client.patch(f"{url}/metadata", json=patch, headers=headers).status_code == 204
    seen = world.client.get(url, headers=headers).json()["metadata"]
    assert seen == patch["metadata"] | {"uid": cluster_uid, "labels": {"a": "b"}}
    (listed,) = value(world.ask_palette(ops.ListCentralClusters())).items
    assert (listed.uid, listed.name) == (cluster_uid, "again")
    refused = world.ask_local(ops.PatchCluster({"c": "d"}), session)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.CENTRALLY_MANAGED
    world.client.event_hooks["response"] = []
    assert len({route_of(response).id for response in came}) >= 17
    for response in came:
        body = response.json() if response.content else None
        assert differences(route_of(response), response.status_code, body) == [], response.url


def test_a_cancel_removes_the_request_on_both_sides(world: World) -> None:
    session = world.log_in()
    value(world.ask_local(ops.SendPairingRequest(world.palette["http"], TOKEN), session))
    value(world.ask_local(ops.CancelPairingRequest(), session))
    gone = world.ask_local(ops.ViewPairing(), session)
    assert isinstance(gone, Refused)
    assert gone.details["status"] == "404"
    assert value(world.ask_palette(ops.ListPairingRequests())).items == ()


def test_each_port_is_the_local_ui_of_its_own_host(world: World) -> None:
    assert isinstance(world.ask_local(ops.ViewCluster(), world.log_in(0), host=0), Done)
    empty = world.ask_local(ops.ViewCluster(), "", host=1)
    assert isinstance(empty, Refused)
    assert empty.reason is Reason.UNAUTHENTICATED
    assert isinstance(world.ask_local(ops.ViewCluster(), world.log_in(1), host=1), Done)


def test_the_certificate_of_a_stranger_counts_only_when_insecure_is_asked(world: World) -> None:
    session = world.log_in()
    endpoint = world.palette["untrusted"]
    refused = value(world.ask_local(ops.VerifyConnection(endpoint, TOKEN), session))
    assert not refused.verified
    assert "certificate is not trusted" in refused.message
    insecure = ops.VerifyConnection(endpoint, TOKEN, insecure=True)
    assert value(world.ask_local(insecure, session)).verified


def test_an_unknown_outcome_is_not_worded_as_a_refusal(world: World) -> None:
    """A project that is not known is refused on every request, a broken one is not unknown."""
    refused = world.ask_palette(ops.ListPairingRequests(), project="nowhere")
    assert isinstance(refused, Refused)
    assert not isinstance(refused, Unknown)
