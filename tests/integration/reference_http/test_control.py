"""The control port: its secret, its arrangements, its inventory."""

from __future__ import annotations

import httpx
import pytest

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import ClusterState, ManagementMode
from harness.domain.operations import Done
from harness.reference.control import make_control_app
from harness.wire.control import HEALTH_PATH, INVENTORY_PATH, bearer, encode_arrangement, from_json
from tests.integration.reference_http.conftest import SECRET, World


def arrange(
    world: World, arrangement: arrangements.Arrangement, secret: str = SECRET
) -> httpx.Response:
    request = encode_arrangement(arrangement, secret)
    return world.client.request(
        request.method,
        world.control + request.path,
        headers=dict(request.headers),
        content=request.body(),
    )


def test_an_arrangement_reaches_the_side_that_it_concerns(world: World) -> None:
    slot = world.reference.edge.slots()[0].uid
    assert arrange(world, arrangements.SetClusterState(slot, ClusterState.ERROR)).status_code == 204
    reply = world.ask_local(ops.ViewCluster(), world.log_in())
    assert isinstance(reply, Done)
    assert isinstance(reply.value, ops.Cluster)
    assert reply.value.state is ClusterState.ERROR
    before = world.reference.central.clock.now()
    assert (
        arrange(world, arrangements.AdvanceClock(arrangements.Side.CENTRAL, 10**12)).status_code
        == 204
    )
    assert world.reference.central.clock.now() >= before + 10**12


def test_the_inventory_comes_as_the_domain_has_it(world: World) -> None:
    response = world.client.get(world.control + INVENTORY_PATH, headers=bearer(SECRET))
    inventory = from_json(arrangements.Inventory, response.json())
    assert inventory.slots == world.reference.edge.slots()
    assert inventory.endpoint == world.palette["https"]


@pytest.mark.parametrize("path", [HEALTH_PATH, INVENTORY_PATH])
@pytest.mark.parametrize("headers", [{}, bearer("wrong"), {"Authorization": SECRET}])
def test_nothing_is_told_without_the_secret(
    world: World, path: str, headers: dict[str, str]
) -> None:
    response = world.client.get(world.control + path, headers=headers)
    assert response.status_code == 401
    assert response.json()["code"] == "Unauthenticated"


def test_nothing_is_arranged_without_the_secret(world: World) -> None:
    slot = world.reference.edge.slots()[0].uid
    assert arrange(world, arrangements.InstallCluster(slot, None), "wrong").status_code == 401
    assert isinstance(world.ask_local(ops.ViewCluster(), world.log_in()), Done)


def test_it_is_healthy(world: World) -> None:
    response = world.client.get(world.control + HEALTH_PATH, headers=bearer(SECRET))
    assert response.json()["status"] == "ok"


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/control/MakeCoffee", "{}", 404, "there is no arrangement MakeCoffee; there are Adv"),
        ("/control/SetHostMode", "{}", 400, "slot"),
        ("/control/SetHostMode", "{", 400, "it is no JSON"),
        ("/control/SetHostMode", "", 400, "the fields of SetHostMode are needed"),
        ("/control/AdvanceClock", '{"side": "edge", "by": 1, "bye": 2}', 400, "bye"),
    ],
)
def test_what_is_no_arrangement_is_refused(
    world: World, path: str, body: str, status: int, says: str
) -> None:
    response = world.client.post(world.control + path, content=body, headers=bearer(SECRET))
    assert response.status_code == status
    assert says in response.json()["message"]


def test_what_cannot_be_arranged_is_a_conflict_with_the_reason(world: World) -> None:
    response = arrange(world, arrangements.SetHostMode("nowhere", ManagementMode.CENTRAL))
    assert response.status_code == 409
    assert "nowhere" in response.json()["message"]


def test_an_empty_secret_is_none(world: World) -> None:
    with pytest.raises(ValueError, match="secret"):
        make_control_app(world.reference, "")
