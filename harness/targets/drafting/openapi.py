"""Reads an OpenAPI document, of a file or at an address: which operations it has, and which fields
their bodies have.

OpenAPI 3.x and Swagger 2.0, in JSON. A document is somebody else's: references may go in
circles, anything may be of another kind than it should be, and all work on it is bounded.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from harness.domain.errors import PairproofError
from harness.files import MIB, FileKind, read_bytes
from harness.http_client import HttpClient, NoAnswer
from harness.targets.trust import SHOW_S
from harness.wire.http import HttpRequest, Json, NotJson, parse_json
from harness.wire.json_path import EACH, Way

DOCUMENT_BYTES_MAX: Final = 16 * MIB
OPERATIONS_MAX: Final = 10_000
FIELDS_MAX: Final = 600
_NODES_MAX: Final = 6_000
_DEPTH_MAX: Final = 12
_NESTED_MAX: Final = 40
_METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")
_TOGETHER: Final = ("allOf", "anyOf", "oneOf")
_YAML: Final = re.compile(rb"^(openapi|swagger)\s*:", re.MULTILINE)
_YAML_WITHIN: Final = 4_096
_PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")

_Object = Mapping[str, Json]


class OpenApiError(PairproofError):
    """A document cannot be used. Says which, what is wrong, and what to do."""

    def __init__(self, source: str, found: str, remedy: str) -> None:
        self.source = source
        super().__init__(f"{source}: {found}; {remedy}")


_DOCUMENT: Final = FileKind(
    "give a file without what is not pairing, or an address that begins with https:// or http://",
    DOCUMENT_BYTES_MAX,
    lambda source, _, found, remedy: OpenApiError(source, found, remedy),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body: its JSON type if that is said, and whether anything may be in it."""

    way: Way
    kind: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """One operation of a document.

    Attributes:
        path: with the server's own path before it, and its parameters in braces.
        words: what the document says of it: id, summary, tags.
        request, response: the schemas, `None` where there is none.
        query: the names of its query parameters.
        statuses: those of success, in order.
    """

    method: str
    path: str
    id: str
    words: str
    request: Json
    response: Json
    query: tuple[str, ...]
    statuses: tuple[int, ...]

    def parameters(self) -> tuple[str, ...]:
        """The names between braces, in the order of the path."""
        return tuple(_PARAMETER.findall(self.path))

    def shape(self) -> str:
        """The path whatever its parameters are called."""
        return _PARAMETER.sub("{}", self.path)

    def describe(self) -> str:
        """The operation in a few words."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says; `server` is the address that it names, empty where it names none."""

    source: str
    title: str
    version: str
    server: str
    operations: tuple[Described, ...]
    root: _Object

    def fields(self, schema: Json) -> tuple[Field, ...]:
        """Every field below a schema, an object before what it holds; bounded. One that may be
        anything in one of its forms is open.
        """
        seen: dict[Way, Field] = {}
        for field in _walk(schema, (), frozenset(), 0, self.root, iter(range(_NODES_MAX))):
            known = seen.setdefault(field.way, field)
            kind, is_open = known.kind or field.kind, known.is_open or field.is_open
            seen[field.way] = Field(field.way, kind, is_open)
            if len(seen) > FIELDS_MAX:
                break
        return tuple(field for way, field in seen.items() if way)


def read_document(data: bytes, source: str) -> Document:
    """The document in these bytes, which messages call `source`. Raises `OpenApiError`."""
    root = _parsed(data, source)
    version = root.get("openapi", root.get("swagger"))
    if not isinstance(version, str) or not version.startswith(("3.", "2.")):
        found = "it is JSON, and says neither openapi = 3.x nor swagger = 2.0"
        raise OpenApiError(source, found, "give the OpenAPI document itself")
    server = _server(root)
    prefix = urlsplit(server).path.rstrip("/")
    operations = tuple(islice(_operations(root, prefix), OPERATIONS_MAX))
    if not operations:
        raise OpenApiError(source, "it describes no operation", "give one that has paths")
    info = _object(root.get("info"))
    parts = urlsplit(server)
    address = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    title, told = _text(info.get("title")), _text(info.get("version"))
    return Document(source, title, told, address, operations, root)


def _parsed(data: bytes, source: str) -> _Object:
    remedy = "give an OpenAPI document"
    if data.lstrip().startswith(b"<"):
        remedy = "give the address of the JSON document behind it"
        raise OpenApiError(source, "it is a page for people, not a document", remedy)
    if data.lstrip().startswith(b"---") or _YAML.search(data[:_YAML_WITHIN]):
        remedy = "convert it to JSON, such as with `yq -o=json`"
        raise OpenApiError(source, "it is YAML, and only JSON is read", remedy)
    try:
        root = parse_json(data)
    except NotJson as error:
        raise OpenApiError(source, f"it is no JSON ({error})", remedy) from error
    if not isinstance(root, dict):
        raise OpenApiError(source, "it is JSON, and no object", remedy)
    return root


def _server(root: _Object) -> str:
    """The first server, with its path; of Swagger 2.0 host and base path."""
    servers = root.get("servers")
    if isinstance(servers, list) and servers:
        url = _text(_object(servers[0]).get("url"))
    else:
        schemes, host = root.get("schemes"), _text(root.get("host"))
        scheme = _text(schemes[0]) if isinstance(schemes, list) and schemes else "https"
        url = f"{scheme}://{host}" if host else ""
        url += _text(root.get("basePath"))
    try:
        parts = urlsplit(url)
        usable = "{" not in url and parts.port != 0
    except ValueError:
        return ""
    return url if usable and parts.scheme in ("", "http", "https") else ""


def _operations(root: _Object, prefix: str) -> Iterator[Described]:
    for path, item in _object(root.get("paths")).items():
        entry = _object(_resolved(item, root))
        for method in (each for each in _METHODS if isinstance(entry.get(each), dict)):
            operation, where = _object(entry[method]), prefix + path.partition("?")[0]
            both = [*_list(entry.get("parameters")), *_list(operation.get("parameters"))]
            parameters = [_object(_resolved(each, root)) for each in both]
            responses = _object(operation.get("responses"))
            statuses = tuple(int(s) for s in responses if re.fullmatch("2[0-9][0-9]", s))
            answers = (_object(_resolved(responses[str(status)], root)) for status in statuses)
            # OpenAPI 3 has the body apart, Swagger 2.0 among the parameters.
            asked = _object(_resolved(operation.get("requestBody"), root))
            inside = next((p.get("schema") for p in parameters if p.get("in") == "body"), None)
            tags = " ".join(map(_text, _list(operation.get("tags"))))
            name = _text(operation.get("operationId"))
            yield Described(
                method=method.upper(),
                path=where,
                id=name,
                words=f"{name} {_text(operation.get('summary'))[:200]} {tags}",
                request=_schema_of(asked) if asked else inside,
                response=next(filter(None, map(_schema_of, answers)), None),
                query=tuple(_text(p.get("name")) for p in parameters if p.get("in") == "query"),
                statuses=statuses,
            )


def _schema_of(message: _Object) -> Json:
    content = _object(message.get("content"))
    for name, media in content.items():
        if "json" in name or name == "*/*":
            return _object(media).get("schema")
    return message.get("schema")


def _resolved(value: Json, root: _Object) -> Json:
    """What a reference leads to; itself where it is none. Circles end in nothing."""
    for _ in range(_DEPTH_MAX):
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str):
            return value
        value = _at(reference, root)
    return None


def _at(reference: str, root: _Object) -> Json:
    """What stands at a reference into the document; nothing where it leads elsewhere."""
    first, *steps = reference.split("/")
    found: Json = dict(root) if first == "#" and steps else None
    for step in steps:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _walk(
    schema: Json, way: Way, inside: frozenset[str], depth: int, root: _Object, left: Iterator[int]
) -> Iterator[Field]:
    """Every field below a schema, some of them twice, for as long as anything is `left`."""
    is_over = next(left, None) is None
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    if isinstance(reference, str) and reference in inside:
        yield Field(way, "object")
        return
    inside = inside | {reference} if isinstance(reference, str) else inside
    here = _object(_resolved(schema, root))
    if is_over or depth > _NESTED_MAX or len(way) > _DEPTH_MAX:
        return
    yield Field(way, _kind(here), _says_nothing(here))
    below = [(inner, (*way, name)) for name, inner in _object(here.get("properties")).items()]
    below += [(here["items"], (*way, EACH))] if "items" in here else []
    parts = (part for name in _TOGETHER for part in _list(here.get(name)))
    for inner, at in (*below, *((part, way) for part in parts)):
        yield from _walk(inner, at, inside, depth + 1, root, left)


def _kind(schema: _Object) -> str:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    said = [k for k in kinds if isinstance(k, str) and k != "null"]
    return said[0] if len(said) == 1 else ""


def _says_nothing(schema: _Object) -> bool:
    """Whether anything may stand below it."""
    told = ("properties", "items", *_TOGETHER, "enum", "const", "required")
    is_null = schema.get("type") == "null"
    scalar = _kind(schema) not in ("", "object", "array")
    return not is_null and not scalar and not any(name in schema for name in told)


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


FETCH_S: Final = 20.0
"""A document has to be here by then, however slowly it comes."""
_HELP: Final = "download it with a tool of yours, and give the file"


def document_from(place: str, within_s: float = FETCH_S) -> Document:
    """The OpenAPI document of a file, or at an address. Raises `OpenApiError`."""
    if place.startswith(("http://", "https://")):
        return read_document(_fetched(place, within_s), place)
    return read_document(read_bytes(Path(place), _DOCUMENT), place)


def _fetched(url: str, within_s: float) -> bytes:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError as error:
        raise OpenApiError(url, f"it is no address ({error})", _HELP) from error
    if not usable:
        raise OpenApiError(parts.hostname or "", "it is no address to ask", _HELP)
    base = f"{parts.scheme}://{parts.netloc}"
    context = ssl.create_default_context()
    client = HttpClient(context, SHOW_S, body_bytes_max=DOCUMENT_BYTES_MAX)
    try:
        query = f"?{parts.query}" if parts.query else ""
        request = HttpRequest("GET", f"{parts.path or '/'}{query}")
        sent = client.prepare(base, request, {"Accept": "application/json"})
        answer = client.exchange(base, sent, within_s)
    except NoAnswer as error:
        raise OpenApiError(url, str(error), _HELP) from error
    finally:
        client.close()
    if answer.status != 200:
        where = answer.header("location")
        told = f"it is answered with {answer.status}"
        told += f" and leads to {where}" if where else ""
        raise OpenApiError(url, told, f"give the address of the document, or {_HELP}")
    return answer.body
