"""A small HTTP/1.1 server and client on asyncio, and what all parts of kube share."""

from __future__ import annotations

import asyncio
import datetime
import json
import random
import secrets
import time
import traceback
import urllib.parse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.strangers.kube import manners

MIB = 1 << 20
Json = dict[str, Any]


class Refusal(Exception):
    """An answer of kind Status."""

    def __init__(
        self,
        code: int,
        reason: str,
        message: str,
        details: Json | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details, self.headers = details or {}, headers or {}

    def body(self) -> Json:
        said = {"reason": self.reason, "message": self.message, "details": self.details}
        return resource("Status", "v1", metadata={}, status="Failure", code=self.code, **said)


def resource(kind: str, api: str, **fields: Any) -> Json:
    """An object, as it is written."""
    return {"kind": kind, "apiVersion": api, **fields}


def nowhere() -> Refusal:
    return Refusal(404, "NotFound", "the server could not find the requested resource")


def wrong_method(lawful: str) -> Refusal:
    return Refusal(405, "MethodNotAllowed", lawful)


def invalid(field_name: str, message: str) -> Refusal:
    details = {"causes": [{"field": field_name, "message": message}]}
    return Refusal(422, "Invalid", f"{field_name}: {message}", details)


@dataclass
class Request:
    method: str
    parts: list[str]
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    url_path: str = ""

    def json(self) -> Json:
        body = self.any_json()
        if not isinstance(body, dict):
            raise Refusal(400, "BadRequest", "the body is not an object")
        return body

    def any_json(self) -> Any:
        if not self.raw.strip():
            return {}
        try:
            return json.loads(self.raw.decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise Refusal(400, "BadRequest", "the body is no JSON that can be read") from error

    def bearer(self) -> str:
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if scheme.lower() == "bearer" else ""


def _no_constant(text: str) -> None:
    raise ValueError(text)


Answer = tuple[int, Any, dict[str, str]]
Handler = Callable[[Request], Awaitable[Answer]]


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes | None:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        parts, total = [], 0
        while True:
            size = int((await reader.readline()).split(b";")[0].strip() or b"0", 16)
            if size == 0:
                while (await reader.readline()).strip():
                    pass
                return b"".join(parts)
            total += size
            if total > MIB:
                return None
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
    length = int(headers.get("content-length") or 0)
    if length > MIB:
        return None
    return await reader.readexactly(length) if length else b""


async def _read_headers(reader: asyncio.StreamReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def _write(
    writer: asyncio.StreamWriter,
    answer: Answer,
    keep: bool,
    asked: dict[str, str],
    plants: frozenset[str],
) -> None:
    status, body, headers = answer
    data = b"" if body is None else manners.written(body, plants)
    framing, data = manners.framed(data, asked, plants)
    lines = [
        f"HTTP/1.1 {status} {'OK' if status < 400 else 'Refused'}",
        *framing,
        *manners.unasked(plants),
        f"Connection: {'keep-alive' if keep else 'close'}",
        *([] if body is None else ["Content-Type: application/json"]),
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data)


async def _answer(handler: Handler, request: Request) -> Answer:
    try:
        return await handler(request)
    except Refusal as refusal:
        return refusal.code, refusal.body(), refusal.headers
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        unforeseen = Refusal(500, "InternalError", f"an unforeseen {type(error).__name__}")
        return 500, unforeseen.body(), {}


async def serve(handler: Handler, ssl: Any = None, plants: frozenset[str] = frozenset()) -> int:
    """Serves on 127.0.0.1, at the port that is returned."""

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends, answered = "connections-end" in plants, 0
        try:
            while True:
                async with asyncio.timeout(manners.IDLE_S if ends and answered else None):
                    line = await reader.readline()
                if not line:
                    break
                words = line.decode("latin-1").split()
                if len(words) != 3:
                    break
                habits = plants if words[2] == "HTTP/1.1" else plants - manners.OF_1_1
                headers = await _read_headers(reader)
                body = await _read_body(reader, headers)
                if body is None:
                    refusal = Refusal(413, "RequestEntityTooLarge", "the body is larger than 1 MiB")
                    _write(writer, (413, refusal.body(), {}), False, headers, habits)
                    await writer.drain()
                    break
                path, _, query = words[1].partition("?")
                parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
                asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
                request = Request(words[0], parts, asked, headers, body, path)
                keep = headers.get("connection", "").lower() != "close"
                answered += 1
                keep = keep and not (ends and answered == manners.ANSWERS_LAST)
                if "interim-answers" in habits and request.method != "GET":
                    writer.write(manners.HINT)
                answer = await _answer(handler, request)
                if "slow-controllers" in plants and request.method != "GET":
                    await asyncio.sleep(random.uniform(0.05, 0.3))
                _write(writer, answer, keep, headers, habits)
                await writer.drain()
                if not keep:
                    break
        except (OSError, asyncio.IncompleteReadError, ValueError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0, ssl=ssl, limit=1 << 17)
    port: int = server.sockets[0].getsockname()[1]
    return port


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    raw: bytes

    def json(self) -> Json | None:
        try:
            body = json.loads(self.raw)
        except (ValueError, RecursionError):
            return None
        return body if isinstance(body, dict) else None


async def call(
    method: str, url: str, headers: dict[str, str], body: Any, ssl: Any, timeout: float
) -> Reply:
    """One request on a connection of its own. Raises OSError (also TimeoutError)."""
    async with asyncio.timeout(timeout):
        parts = urllib.parse.urlsplit(url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        reader, writer = await asyncio.open_connection(
            parts.hostname, port, ssl=ssl if secure else None
        )
        try:
            data = b"" if body is None else json.dumps(body).encode()
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            lines = [
                f"{method} {target} HTTP/1.1",
                f"Host: {parts.netloc}",
                "Connection: close",
                "Accept: application/json",
                f"Content-Length: {len(data)}",
                *(["Content-Type: application/json"] if data else []),
                *(f"{name}: {value}" for name, value in headers.items()),
            ]
            writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
            await writer.drain()
            words = [b"", b"1"]
            while words[1].startswith(b"1"):  # an interim answer comes before another one
                words = (await reader.readline()).split()
                if len(words) < 2 or not words[0].startswith(b"HTTP/"):
                    raise ConnectionError("the answer is no HTTP")
                answered = await _read_headers(reader)
            if "content-length" in answered or "transfer-encoding" in answered:
                raw = await _read_body(reader, answered) or b""
            else:
                raw = await reader.read(MIB)
            return Reply(int(words[1]), answered, raw)
        except (ValueError, asyncio.IncompleteReadError) as error:
            raise ConnectionError("the answer is no HTTP") from error
        finally:
            writer.close()


@dataclass
class Clock:
    """Microseconds since the epoch, which a lab may put forward."""

    offset: int = 0

    def now(self) -> int:
        return time.time_ns() // 1000 + self.offset


EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def stamp(micros: int | None) -> str | None:
    """RFC 3339 as metav1.MicroTime has it."""
    if micros is None:
        return None
    moment = EPOCH + datetime.timedelta(microseconds=micros)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def micros(text: Any, where: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError
        return (moment - EPOCH) // datetime.timedelta(microseconds=1)
    except (TypeError, ValueError, OverflowError) as error:
        raise invalid(where, "is no RFC 3339 time") from error


ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def generate(prefix: str, size: int = 12) -> str:
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(size))


def text(
    body: Json, name: str, *, required: bool = False, where: str = "spec", longest: int = 4096
) -> str | None:
    value = body.get(name)
    if value is None:
        if required:
            raise invalid(f"{where}.{name}", "is required")
        return None
    if not isinstance(value, str):
        raise invalid(f"{where}.{name}", "is no string")
    if len(value) > longest:
        raise invalid(f"{where}.{name}", f"is longer than {longest}")
    if required and not value.strip():
        raise invalid(f"{where}.{name}", "is empty")
    return value


def labels(value: Any, where: str = "metadata.labels") -> dict[str, str]:
    if not isinstance(value, dict):
        raise invalid(where, "is no map")
    for key, one in value.items():
        if not isinstance(one, str) or not key.strip():
            raise invalid(where, "is no map of strings")
    return dict(value)


def table(body: Json, name: str, where: str = "") -> Json:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(f"{where}{name}", "is no object")
    return value


def rows(body: Json, name: str, where: str = "spec") -> list[Json]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise invalid(f"{where}.{name}", "is no list of objects")
    return value


def condition(obj: Json, kind: str, status: str, reason: str, message: str, now: int) -> None:
    """Sets one condition as Kubernetes does: the time changes with the status alone."""
    conditions = obj["status"].setdefault("conditions", [])
    for one in conditions:
        if one["type"] == kind:
            if one["status"] != status:
                one["lastTransitionTime"] = stamp(now)
            one.update(status=status, reason=reason, message=message)
            return
    conditions.append(
        {
            "type": kind,
            "status": status,
            "reason": reason,
            "message": message,
            "lastTransitionTime": stamp(now),
        }
    )


TYPES = ("Full", "Infrastructure", "AddOn", "System")
LAYERS = ("kernel", "os", "kubernetes", "cni", "csi", "extension")


def stack(value: list[Json], where: str) -> list[Json]:
    """The profiles of a cluster, checked."""
    for profile in value:
        text(profile, "name", required=True, where=where)
        text(profile, "version", where=where)
        if profile.get("type") not in TYPES:
            raise invalid(f"{where}.type", "is no type of a profile")
        for pack in rows(profile, "packs", where):
            text(pack, "name", required=True, where=f"{where}.packs")
            for name in ("version", "registry"):
                text(pack, name, where=f"{where}.packs")
            text(pack, "values", where=f"{where}.packs", longest=MIB)
            if pack.get("layer") not in LAYERS:
                raise invalid(f"{where}.packs.layer", "is no layer")
    return value


@dataclass
class Store:
    """Objects by key, in a journal that a restart reads again."""

    path: Path
    kinds: dict[str, dict[str, Any]] = field(default_factory=dict)

    def load(self) -> None:
        self.kinds = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                self._keep(*json.loads(line))
        self.file = self.path.open("a")

    def _keep(self, kind: str, key: str, value: Any) -> None:
        if value is None:
            self.of(kind).pop(key, None)
        else:
            self.of(kind)[key] = value

    def of(self, kind: str) -> dict[str, Any]:
        return self.kinds.setdefault(kind, {})

    def put(self, kind: str, key: str, value: Any) -> None:
        self.file.write(json.dumps([kind, key, value]) + "\n")
        self.file.flush()
        self._keep(kind, key, value)

    def drop(self, kind: str, when: Callable[[Any], bool]) -> None:
        for key in [key for key, value in self.of(kind).items() if when(value)]:
            self.put(kind, key, None)
