"""The control port's own small protocol: names and paths that both ends go by."""

from __future__ import annotations

from collections.abc import Mapping

from harness.domain import arrangements
from harness.domain.arrangements import Arrangement
from harness.wire.dataclass_json import from_json, to_json
from harness.wire.http import HttpRequest, Json
from harness.wire.model import Malformed

HEALTH_PATH = "/control/health"
INVENTORY_PATH = "/control/inventory"

ARRANGEMENTS: Mapping[str, type[Arrangement]] = {
    name: kind
    for name, kind in sorted(vars(arrangements).items())
    if isinstance(kind, type) and issubclass(kind, Arrangement) and kind is not Arrangement
}
"""Every arrangement by the name that its path ends with."""


def arrangement_path(kind: type[Arrangement]) -> str:
    """Where an arrangement of this kind is posted."""
    return f"/control/{kind.__name__}"


def encode_arrangement(arrangement: Arrangement, secret: str) -> HttpRequest:
    """The request that asks the control port for the arrangement."""
    headers = bearer(secret) | {"Content-Type": "application/json"}
    path = arrangement_path(type(arrangement))
    return HttpRequest("POST", path, headers=headers, json=to_json(arrangement))


def arrangement_from(name: str, json: Json) -> Arrangement:
    """The arrangement that a request asks for.

    Raises:
        KeyError: there is no arrangement of this name.
        Malformed: the body is not one.
    """
    kind = ARRANGEMENTS[name]
    if not isinstance(json, dict):
        raise Malformed("body", f"the fields of {name} are needed, as an object")
    return from_json(kind, json)


def bearer(secret: str) -> dict[str, str]:
    """The header that the control port asks for."""
    return {"Authorization": f"Bearer {secret}"}
