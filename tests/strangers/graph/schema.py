"""GraphQL over HTTP: documents are read, dispatched by their root field, and answered as told."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.strangers.graph.words import DocumentError, Json, Refusal

TOKENS = re.compile(
    r'\s+|,|#[^\n]*|("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)|(\.\.\.|[-\d.]+|[{}()\[\]:!$=@|&])'
)
MAX_BODY = 1_000_000
STATUSES = {"UNAUTHENTICATED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404, "RATE_LIMITED": 429}


@dataclass(frozen=True)
class Call:
    """What one call is made of, for a resolver."""

    variables: Json
    input: Json
    bearer: str
    key: str


Resolver: TypeAlias = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True)
class Selection:
    """A field and what is selected of it; nothing of a leaf."""

    name: str
    fields: tuple[Selection, ...] = ()

    def of(self, value: Any, plants: frozenset[str]) -> Any:
        """What is selected of a value and no more."""
        if isinstance(value, list):
            return [self.of(one, plants) for one in value]
        if not isinstance(value, dict) or not self.fields:
            return value
        told: Json = {}
        for one in self.fields:
            if one.name not in value:
                why = f"{self.name} has no field {one.name}"
                raise DocumentError("GRAPHQL_VALIDATION_FAILED", why)
            told[one.name] = one.of(value[one.name], plants)
        if "no-empty-user-errors" in plants and told.get("userErrors") == []:
            del told["userErrors"]
        if "typenames-everywhere" in plants:
            told |= {"__typename": self.name.capitalize(), "ofTomorrow": {"id": None}}
        return told


class Document:
    """One operation of a document, without fragments and aliases."""

    def __init__(self, text: str) -> None:
        self.tokens = [m.group(0) for m in TOKENS.finditer(text) if any(m.groups())]
        self.at = 0
        self.kind, self.name = "query", ""
        if self.peek() in ("query", "mutation"):
            self.kind = self.take()
            if self.peek() not in ("{", "("):
                self.name = self.take()
        self.skip_parentheses()
        roots = self.selections()
        if len(roots) != 1:
            raise DocumentError("GRAPHQL_VALIDATION_FAILED", "one root field is wanted")
        self.root = roots[0]

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        found = self.peek()
        if not found:
            raise DocumentError("GRAPHQL_PARSE_FAILED", "the document ends too early")
        self.at += 1
        return found

    def skip_parentheses(self) -> None:
        """Arguments are read from the variables of the same names."""
        depth = 0
        while self.peek() == "(" or depth:
            depth += {"(": 1, ")": -1}.get(self.take(), 0)

    def selections(self) -> tuple[Selection, ...]:
        """What stands in braces."""
        if self.take() != "{":
            raise DocumentError("GRAPHQL_PARSE_FAILED", "a selection is wanted")
        found = []
        while self.peek() != "}":
            name = self.take()
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                raise DocumentError("GRAPHQL_PARSE_FAILED", f"{name} is no field")
            self.skip_parentheses()
            found.append(Selection(name, self.selections() if self.peek() == "{" else ()))
        self.take()
        return tuple(found)


class Schema:
    """The root fields of one side."""

    def __init__(self, plants: frozenset[str]) -> None:
        self.plants = plants
        self.limit: Callable[[Call], int | None] = lambda call: None
        self.queries: dict[str, Resolver] = {}
        self.mutations: dict[str, tuple[Resolver, tuple[str, ...]]] = {}

    def query(self, name: str) -> Callable[[Resolver], Resolver]:
        """Registers the resolver of a query."""

        def register(resolver: Resolver) -> Resolver:
            self.queries[name] = resolver
            return resolver

        return register

    def mutation(self, name: str, *payload: str) -> Callable[[Resolver], Resolver]:
        """Registers the resolver of a mutation, and the fields of its payload."""

        def register(resolver: Resolver) -> Resolver:
            self.mutations[name] = (resolver, payload)
            return resolver

        return register

    async def answer(self, body: Json, bearer: str, key: str) -> JSONResponse:
        """The answer to a request that could be read."""
        root = ""
        try:
            if not isinstance(body.get("query"), str):
                raise DocumentError("GRAPHQL_PARSE_FAILED", "a document is wanted")
            document = Document(body["query"])
            root = document.root.name
            if body.get("operationName") not in (None, "", document.name):
                raise DocumentError("OPERATION_NOT_FOUND", "it is not in the document")
            variables = input_object(body, "variables")
            call = Call(variables, input_object(variables, "input"), bearer, key)
            wait = self.limit(call)
            if wait is not None:
                return self.refuse(DocumentError("RATE_LIMITED", "too many calls"), root, wait)
            if document.kind == "query" and root in self.queries:
                found = await self.queries[root](call)
            elif document.kind == "mutation" and root in self.mutations:
                found = await self.mutate(root, call)
            else:
                raise DocumentError("GRAPHQL_VALIDATION_FAILED", f"there is no field {root}")
            return self.said({"data": {root: document.root.of(found, self.plants)}})
        except Refusal as refusal:
            return self.refuse(refusal, root)

    async def mutate(self, root: str, call: Call) -> Json:
        """The payload of a mutation: what it did, or its user errors."""
        resolver, fields = self.mutations[root]
        payload: Json = dict.fromkeys((*fields, "clientMutationId"))
        try:
            return {**payload, **(await resolver(call) or {}), "userErrors": []}
        except DocumentError:
            raise
        except Refusal as refusal:
            if refusal.code == "FORBIDDEN" and "null-for-forbidden" in self.plants:
                return {**payload, "userErrors": []}
            error = {"field": refusal.path or None, "code": refusal.code}
            return {**payload, "userErrors": [{**error, "message": refusal.message}]}

    def refuse(self, refusal: Refusal, root: str, wait: int | None = None) -> JSONResponse:
        """An answer with `errors`."""
        error: Json = {"message": refusal.message, "extensions": {"code": refusal.code}}
        told: Json = {"data": None, "errors": [error]}
        if "errors-say-where" in self.plants and root:
            error |= {"path": [root], "locations": [{"line": 1, "column": 3}]}
            error["extensions"] |= {"classification": "DataFetchingException"}
            told["data"] = {root: None}
        status = STATUSES.get(refusal.code, 400) if "statuses-of-http" in self.plants else 200
        return self.said(told, status, {} if wait is None else {"Retry-After": str(wait)})

    def said(
        self, told: Json, status: int = 200, headers: dict[str, str] | None = None
    ) -> JSONResponse:
        if "extensions-everywhere" in self.plants:
            told["extensions"] = {"cost": {"requested": 7, "left": 993}, "code": "FINE"}
        return JSONResponse(
            turned(told) if "keys-go-down" in self.plants else told, status, headers
        )


def input_object(holder: Json, name: str) -> Json:
    found = holder.get(name)
    found = {} if found is None else found
    if not isinstance(found, dict):
        raise DocumentError("BAD_USER_INPUT", f"{name} must be an object")
    return found


def turned(value: Any) -> Any:
    """The same with its keys in the opposite order."""
    if isinstance(value, list):
        return [turned(one) for one in value]
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return value


def application(schema: Callable[[], Schema]) -> Starlette:
    """The one address of a side; which schema answers is looked up each time, as it may restart."""

    async def graphql(request: Request) -> Response:
        raw = await request.body()
        if len(raw) > MAX_BODY:
            return JSONResponse({"errors": [{"message": "the request is too large"}]}, 413)
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            error = {"message": "no JSON object", "extensions": {"code": "BAD_USER_INPUT"}}
            return JSONResponse({"errors": [error]}, 400)
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        bearer = bearer.strip() if scheme.lower() == "bearer" else ""
        return await schema().answer(body, bearer, request.headers.get("x-graph-key", ""))

    return Starlette(routes=[Route("/graphql", graphql, methods=["POST"])])
