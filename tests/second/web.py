"""A small HTTP server on the standard library: routes, JSON, refusals, many ports, TLS."""

from __future__ import annotations

import json
import re
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Table = dict[str, Any]
VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
Handler = Callable[["Ask"], tuple[int, Any]]


class No(Exception):
    """A refusal: a status, a type for programs, a text for people, and what it is about."""

    def __init__(self, status: int, kind: str, text: str, **about: str) -> None:
        super().__init__(text)
        self.status, self.kind, self.text, self.about = status, kind, text, about


class Ask:
    """One request."""

    def __init__(self, port: int, query: str, headers: Any, body: Any, *parts: str) -> None:
        self.port, self.query, self.headers = port, query, headers
        self.body, self.parts = body, parts

    def head(self, name: str) -> str:
        return str(self.headers.get(name) or "")

    def get(self, path: str, default: Any = None) -> Any:
        """A value of the body by its dotted path."""
        value = self.body
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return default if value is None else value


class Web:
    """Serves the same routes on any number of ports of the loopback interface."""

    def __init__(self) -> None:
        self.routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self.servers: list[ThreadingHTTPServer] = []

    def on(self, method: str, path: str, handler: Handler) -> None:
        """Serve a path; `{}` stands for one segment."""
        pattern = re.compile(
            "/".join("([^/]+)" if p == "{}" else re.escape(p) for p in path.split("/"))
        )
        self.routes.append((method, pattern, handler))

    def listen(self, port: int = 0, tls: ssl.SSLContext | None = None) -> int:
        """Begin to serve; returns the port."""
        web = self

        class Talk(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = 20

            def do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                status, out = web.answer(self, raw)
                body = json.dumps(out).encode()
                head = (
                    f"HTTP/1.1 {status} .\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\n"
                )
                if status == 429:
                    head += f"Retry-After: {out['error']['about']['after']}\r\n"
                self.wfile.write(head.encode() + b"\r\n" + body)

            def log_message(self, *_: Any) -> None:
                return

        for verb in VERBS:
            setattr(Talk, f"do_{verb}", Talk.do)

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def get_request(self) -> Any:
                sock, address = super().get_request()
                if tls is not None:  # the handshake is made by the thread that reads
                    sock = tls.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                return sock, address

            def handle_error(self, request: Any, client_address: Any) -> None:
                return  # a connection that broke is the client's matter

        server = Server(("127.0.0.1", port), Talk)
        self.servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return int(server.server_address[1])

    def answer(self, talk: BaseHTTPRequestHandler, raw: bytes) -> tuple[int, Any]:
        """What a request is answered."""
        path, _, query = talk.path.partition("?")
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            return _no(No(400, "not_json", "this is no JSON"))
        port = int(talk.server.server_port)  # type: ignore[attr-defined]
        for method, pattern, handler in self.routes:
            found = pattern.fullmatch(path)
            if found and method == talk.command:
                try:
                    status, out = handler(
                        Ask(port, query, talk.headers, body, *map(unquote, found.groups()))
                    )
                except No as no:
                    return _no(no)
                return status, {"data": out}
        return _no(No(404, "no_such_thing", "nothing is served here"))

    def close(self) -> None:
        """Stop serving."""
        for server in self.servers:
            server.shutdown()
            server.server_close()


def _no(no: No) -> tuple[int, Any]:
    return no.status, {"error": {"type": no.kind, "text": no.text, "about": no.about}}
