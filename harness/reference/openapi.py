"""The OpenAPI documents of both shells, made from the table of routes and the wire models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from harness import __version__
from harness.domain import operations as ops
from harness.domain.operations import Operation, Surface
from harness.wire.codec.server import STATUS_OF, UNKNOWN_STATUS
from harness.wire.model import Each, Fields, Leaf, Shape, WireModel, published_name
from harness.wire.models import V1Error
from harness.wire.routes import Route
from harness.wire.table.fields import FORMS, WireField, WireRecord, refuses
from harness.wire.table.palette import CLUSTER_TOKEN_HEADER

Schema = dict[str, Any]

_UNKNOWN = "pairproofUnknown"
_OPEN = frozenset({ops.LogIn, ops.LogInToPalette})
_SCHEMES = {
    Surface.LOCAL_UI: ("Authorization",),
    Surface.PALETTE: ("ApiKey", "Authorization"),
    Surface.AGENT: (),
}
_ERRORS = tuple(sorted({*STATUS_OF.values(), 405, 413}))

_QUERIES: Mapping[type[Operation], Mapping[str, str]] = {
    ops.LogIn: {"extendedSession": "boolean", "setCookie": "boolean"},
    ops.LogInToPalette: {"setCookie": "boolean"},
    ops.ListProjects: {"name": "string"},
    ops.DeleteProject: {"cleanupProjectResources": "boolean"},
    ops.AddProfile: {"publish": "boolean"},
}

_LINKS: Mapping[type[Operation], Mapping[type[Operation], str]] = {
    ops.SubmitPairing: {
        ops.ViewPairingRequest: "pairingUid",
        ops.MatchProfiles: "pairingUid",
        ops.AcceptPairingRequest: "pairingUid",
        ops.RejectPairingRequest: "pairingUid",
        ops.PollPairing: "pairingUid",
        ops.ConfirmPairing: "pairingUid",
    },
    ops.AcceptPairingRequest: {ops.ViewCentralCluster: "uid", ops.ChangeCentralCluster: "uid"},
    ops.AddProject: {ops.DeleteProject: "uid"},
    ops.AddRole: {ops.ViewRole: "uid", ops.DeleteRole: "uid"},
    ops.AddUser: {
        ops.SetTenantRoles: "uid",
        ops.ViewTenantRoles: "uid",
        ops.SetProjectRoles: "uid",
        ops.ViewProjectRoles: "uid",
        ops.ChangePassword: "uid",
        ops.DeleteUser: "uid",
    },
    ops.AddProfile: {ops.ViewProfile: "uid", ops.PublishProfile: "uid", ops.DeleteProfile: "uid"},
    ops.CreateToken: {
        ops.ViewToken: "uid",
        ops.UpdateToken: "uid",
        ops.SetTokenState: "uid",
        ops.DeleteToken: "uid",
    },
}
"""Which answers lead on: the `uid` of the answer is this parameter of what may follow."""


def describe(title: str, routes: Iterable[Route]) -> Schema:
    """The OpenAPI 3.1 document of an app that serves these routes."""
    every = tuple(routes)
    served = {route.operation: route for route in reversed(every)}
    paths: dict[str, Schema] = {}
    for route in every:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, served)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": __version__},
        "paths": paths,
        "components": {
            "schemas": _schemas(every),
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": name}
                for name in sorted({s for r in served.values() for s in _SCHEMES[r.surface]})
            },
        },
    }


def _operation(route: Route, served: Mapping[type[Operation], Route]) -> Schema:
    schemes = () if route.operation in _OPEN else _SCHEMES[route.surface]
    described: Schema = {
        "operationId": route.id,
        "summary": route.summary,
        "tags": [route.surface.value],
        "parameters": _parameters(route),
        "responses": _responses(route, served),
        "security": [{scheme: []} for scheme in schemes],
    }
    if route.request is not None:
        required = route.operation is not ops.ListPairingRequests
        described["requestBody"] = {"required": required, "content": _content(_body(route))}
    if not route.published:
        described["description"] = "A path of the reference's own; none is published."
    return described


def _body(route: Route) -> Schema:
    """The model of the body, and besides it what the operation cannot do without."""
    if route.request is None:
        return {}
    shape = route.request.shape
    needed = _needed(route.asked, shape)
    if route.twice and route.asked.check:  # whether both say the same
        _join(needed, _need(FORMS["!"], route.twice[1].split("."), shape))
    return {"allOf": [_ref(route.request), needed]} if needed else _ref(route.request)


def _needed(of: WireRecord, shape: Shape) -> Schema:
    """What a record cannot do without in a body; an object that may be missing needs nothing."""
    schema: Schema = {}
    for each in of.fields.values():
        if each.inside is not None:
            _join(schema, _needed(each.inside, shape))
        place = next(iter(each.places), "?")  # the others are looked at where nothing is there
        if place[0] not in "{?" and not place.endswith(":"):
            _join(schema, _need(each, place.split("."), shape))
    return schema


def _need(of: WireField, steps: Sequence[str], shape: Shape) -> Schema:
    if not steps:
        items = _needed(of.item, shape.item) if of.item and isinstance(shape, Each) else {}
        if of.item is not None:
            return {"type": "array", "items": items} if items else {}
        if not (isinstance(shape, Leaf) and shape.single):
            return {}
        filled = {"minLength": 1} if refuses(of, "") else {}
        return {"type": "boolean"} if shape.flag else {"type": "string", **filled}
    name = steps[0].rstrip("!?")
    is_required = refuses(of, None) or any(step.endswith("!") for step in steps)
    inner = _need(of, steps[1:], shape.fields[name] if isinstance(shape, Fields) else Leaf())
    if not (is_required or (of.item and inner)):
        return {}
    required = {"required": [name]} if is_required else {}
    return {"type": "object", **required, "properties": {name: inner}}


def _join(schema: Schema, other: Schema) -> None:
    """Take over what another schema of the same object says."""
    for name, value in other.items():
        if isinstance(value, dict):
            _join(schema.setdefault(name, {}), value)
        elif isinstance(value, list):
            schema[name] = [*dict.fromkeys((*schema.get(name, []), *value))]
        else:
            schema[name] = value


def _parameters(route: Route) -> list[Schema]:
    found = [_parameter(name, "path", required=True) for name in route.parameters()]
    for name, kind in _QUERIES.get(route.operation, {}).items():
        found.append(_parameter(name, "query", {"type": kind}))
    if issubclass(route.operation, ops.OfRequest):
        found.append(_parameter(CLUSTER_TOKEN_HEADER, "header", required=True))
    if route.surface is Surface.PALETTE:
        found.append(_parameter("ProjectUid", "header"))
    return found


def _parameter(
    name: str, place: str, schema: Schema | None = None, *, required: bool = False
) -> Schema:
    text = {"type": "string"} | ({"minLength": 1} if required else {})
    return {"name": name, "in": place, "required": required, "schema": schema or text}


def _responses(route: Route, served: Mapping[type[Operation], Route]) -> Schema:
    success: Schema = {"description": "It happened"}
    if route.response is not None:
        success["content"] = _content(_ref(route.response))
    links = _links(route, served)
    if links:
        success["links"] = links
    error = {"description": "Refused", "content": _content(_ref(V1Error))}
    unknown = {
        "description": "It may or may not have happened",
        "content": _content({"$ref": f"#/components/schemas/{_UNKNOWN}"}),
    }
    errors = {str(status): error for status in _ERRORS}
    return {str(route.status): success, **errors, str(UNKNOWN_STATUS): unknown}


def _links(route: Route, served: Mapping[type[Operation], Route]) -> Schema:
    return {
        served[target].id: {
            "operationId": served[target].id,
            "parameters": {f"path.{parameter}": "$response.body#/uid"},
        }
        for target, parameter in _LINKS.get(route.operation, {}).items()
        if target in served and parameter in served[target].parameters()
    }


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _ref(model: type[WireModel]) -> Schema:
    return {"$ref": f"#/components/schemas/{model.wire_name()}"}


def _schemas(routes: Iterable[Route]) -> Schema:
    """The models, those that they refer to, and an unknown outcome, by their wire names."""
    used: dict[type[WireModel], None] = {V1Error: None}
    for route in routes:
        used |= dict.fromkeys(m for m in (route.request, route.response) if m is not None)
    template = "#/components/schemas/{model}"
    _, schema = models_json_schema([(m, "validation") for m in used], ref_template=template)
    schemas: Schema = {_as_published(k): _renamed(v) for k, v in schema["$defs"].items()}
    schemas[_UNKNOWN] = {
        "type": "object",
        "required": ["outcome", "why"],
        "properties": {"outcome": {"const": "unknown"}, "why": {"type": "string"}},
    }
    return schemas


def _renamed(schema: Any) -> Any:
    """The schema with its references and its title by the published names."""
    if isinstance(schema, dict):
        return {k: _renamed_ref(v) if k == "$ref" else _renamed(v) for k, v in schema.items()}
    return [_renamed(entry) for entry in schema] if isinstance(schema, list) else schema


def _renamed_ref(reference: str) -> str:
    path, _, name = reference.rpartition("/")
    return f"{path}/{_as_published(name)}"


def _as_published(name: str) -> str:
    return published_name(name) if name.startswith(("V1", "LocalV1")) else name
