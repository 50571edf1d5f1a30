"""The table of routes, and its remapping."""

from __future__ import annotations

import inspect

import pytest

from harness.domain import operations as ops
from harness.domain.operations import Operation, Surface
from harness.wire.codec import encode
from harness.wire.mapping import OperationMap, WireMap
from harness.wire.routes import ROUTES, Route, routes_of

BASES = {
    "Operation",
    "LocalOperation",
    "CentralOperation",
    "AgentOperation",
    "PairingInput",
    "LocalClusterOperation",
    "CentralClusterOperation",
    "AcceptanceStep",
    "OfRequest",
}

PUBLISHED = {
    "POST /v1/auth/authenticate",
    "GET /v1/edge-mgmt/cluster/applications",
    "GET /v1/edge-mgmt/cluster/details",
    "POST /v1/edge-mgmt/cluster",
    "PATCH /v1/edge-mgmt/cluster",
    "DELETE /v1/edge-mgmt/cluster",
    "PUT /v1/edge-mgmt/cluster/{clusterName}",
    "PATCH /v1/edge-mgmt/cluster/{clusterName}",
    "PUT /v1/edge-mgmt/cluster/profiles",
    "PUT /v1/edge-mgmt/cluster/settings",
    "GET /v1/edge-mgmt/cluster",
    "POST /v1/edge-mgmt/clusters/current/machinepools",
    "PUT /v1/edge-mgmt/clusters/current/machinepools/{poolName}",
    "PATCH /v1/edge-mgmt/clusters/current/machinepools/{poolName}",
    "DELETE /v1/edge-mgmt/clusters/current/machinepools/{poolName}",
    "DELETE /v1/edge-mgmt/clusters/current/machinepools/{poolName}/nodes/{nodeName}",
    "POST /v1/edge-mgmt/cluster/pair",
    "GET /v1/edge-mgmt/cluster/pair/details",
    "POST /v1/edge-mgmt/cluster/pair/reject",
    "POST /v1/edge-mgmt/cluster/pair/verify-connection",
    "GET /v1/edge-mgmt/settings",
    "GET /v1/edgehosts/tokens",
    "POST /v1/edgehosts/tokens",
    "GET /v1/edgehosts/tokens/{uid}",
    "DELETE /v1/edgehosts/tokens/{uid}",
    "PUT /v1/edgehosts/tokens/{uid}",
    "PUT /v1/edgehosts/tokens/{uid}/state",
    "GET /v1/spectroclusters/{uid}",
    "PATCH /v1/spectroclusters/{uid}/metadata",
    "PUT /v1/spectroclusters/{uid}/profiles",
    "GET /v1/dashboard/spectroclusters/metadata",
    "GET /v1/dashboard/projects/metadata",
    "GET /v1/dashboard/clusterprofiles/metadata",
    "GET /v1/clusterprofiles/{uid}",
    "POST /v1/projects",
    "DELETE /v1/projects/{uid}",
    "GET /v1/roles",
    "POST /v1/roles",
    "GET /v1/roles/{uid}",
    "DELETE /v1/roles/{uid}",
    "GET /v1/users/meta",
    "POST /v1/users",
    "DELETE /v1/users/{uid}",
    "GET /v1/users/{uid}/roles",
    "PUT /v1/users/{uid}/roles",
    "GET /v1/users/{uid}/projects",
    "PUT /v1/users/{uid}/projects",
    "PATCH /v1/users/{uid}/password/change",
    "POST /v1/apiKeys",
    "POST /v1/clusterprofiles",
    "PATCH /v1/clusterprofiles/{uid}/publish",
    "DELETE /v1/clusterprofiles/{uid}",
    "POST /v1/users/default/login",
    "POST /v1/users/default/logout",
}


def where(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_every_operation_has_a_route() -> None:
    operations = {
        kind
        for name, kind in inspect.getmembers(ops, inspect.isclass)
        if issubclass(kind, Operation)
        and name not in BASES
        # What only Palette's own pages ask has no place in the API.
        and not issubclass(kind, ops.PageOperation)
    }
    assert operations == ROUTES.keys()


def test_published_paths_are_used_as_published() -> None:
    assert {where(route) for route in ROUTES.values() if route.published} == PUBLISHED


def test_no_two_operations_share_a_place_or_an_id() -> None:
    places = [(route.surface is Surface.LOCAL_UI, where(route)) for route in ROUTES.values()]
    assert len(set(places)) == len(ROUTES)
    assert len({route.id for route in ROUTES.values()}) == len(ROUTES)


def test_routes_without_parameters_are_tried_first() -> None:
    puts = [r.path for r in routes_of(ROUTES, Surface.LOCAL_UI) if r.method == "PUT"]
    named = puts.index("/v1/edge-mgmt/cluster/{clusterName}")
    assert puts.index("/v1/edge-mgmt/cluster/profiles") < named
    assert puts.index("/v1/edge-mgmt/cluster/settings") < named


@pytest.mark.parametrize(
    ("uid", "path"),
    [
        ("a b/c?d", "/v1/spectroclusters/a%20b%2Fc%3Fd"),
        ("..", "/v1/spectroclusters/%2E%2E"),
        ("größe", "/v1/spectroclusters/gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_parameter_stays_within_its_segment(uid: str, path: str) -> None:
    assert encode(ops.ViewCentralCluster(uid)).path == path


def test_a_remapped_route_is_the_one_that_is_asked() -> None:
    moved = OperationMap(path="/api/{pairingUid}/pair", method="post")
    request = encode(ops.ViewPairingRequest("p"), wire=WireMap({ops.ViewPairingRequest: moved}))
    assert (request.method, request.path) == ("POST", "/api/p/pair")
    assert encode(ops.ViewPairingRequest("p")).method == "GET"
