"""An existing Toxiproxy server, over its HTTP API: one proxy of its own before Palette."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from urllib.parse import quote

from harness import __version__
from harness.http_client import HttpClient, NoAnswer
from harness.targets.links import faults
from harness.wire.http import HttpRequest, HttpResponse, Json, NotJson, parse_json

_HEADERS = {"User-Agent": f"pairproof/{__version__}", "Content-Type": "application/json"}
_WITHIN_S = 5.0
_STREAMS = ("upstream", "downstream")
_TOXIC_OF: Mapping[faults.CutForm, str] = {
    faults.CutForm.RESET: "reset_peer",
    faults.CutForm.SILENT: "timeout",
}
"""What amounts to a fault, in both streams; nothing does to what is down."""


class Toxiproxy:
    """A proxy of one's own on a Toxiproxy server, there until it is closed. Raises `LinkError`.

    It does not tell its clients apart, and says nothing of who tried to connect.
    """

    def __init__(self, url: str, name: str, listen: tuple[str, int], upstream: str) -> None:
        """`upstream` is Palette as `host:port`; a proxy of the same name is replaced."""
        self._url = url
        self._path = f"/proxies/{quote(name, safe='')}"
        self._client = HttpClient(ssl.create_default_context(), _WITHIN_S)
        self._is_down = False
        self._toxics: list[str] = []
        self._is_closed = False
        try:
            self._ask("DELETE", self._path, expected=(204, 404))
            host = f"[{listen[0]}]" if ":" in listen[0] else listen[0]
            made = self._ask(
                "POST",
                "/proxies",
                {
                    "name": name,
                    "listen": f"{host}:{listen[1]}",
                    "upstream": upstream,
                    "enabled": True,
                },
                expected=(200, 201),
            )
            self.port = _port_in(made, url)
        except BaseException:
            self._client.close()
            raise

    def set_fault(self, fault: faults.CutForm, source: str = faults.EVERYONE) -> None:
        if source:
            raise faults.LinkError(
                "Toxiproxy does not tell its clients apart; leave links.sources out"
            )
        self._clear()
        if fault is faults.CutForm.CLOSED:
            self._is_down = True
            self._enable(False)
        kind = _TOXIC_OF.get(fault)
        for stream in _STREAMS if kind else ():
            body: dict[str, Json] = {
                "name": f"pairproof_{kind}_{stream}",
                "type": kind,
                "stream": stream,
                "toxicity": 1.0,
                "attributes": {"timeout": 0},
            }
            self._ask("POST", f"{self._path}/toxics", body, expected=(200, 201))
            self._toxics.append(str(body["name"]))

    def heal(self, source: str | None = None) -> None:
        self._clear()

    def passed(self, source: str = faults.EVERYONE) -> None:
        """It does not count."""

    def _clear(self) -> None:
        for name in [*self._toxics]:
            self._ask("DELETE", f"{self._path}/toxics/{name}", expected=(204, 404))
            self._toxics.remove(name)
        if self._is_down:
            self._is_down = False
            self._enable(True)

    def _enable(self, on: bool) -> None:
        self._ask("POST", self._path, {"enabled": on}, expected=(200,))

    def check(self) -> None:
        """Make sure that the proxy is still there. Raises `LinkError`: it is not."""
        self._ask("GET", self._path, expected=(200,))

    def close(self) -> None:
        """Remove the proxy from the server, as far as that still answers."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._ask("DELETE", self._path, expected=(204, 404))
        except faults.LinkError:
            pass  # it went away, and its proxy with it
        finally:
            self._client.close()

    def _ask(
        self,
        method: str,
        path: str,
        json: dict[str, Json] | None = None,
        *,
        expected: tuple[int, ...],
    ) -> HttpResponse:
        sent = self._client.prepare(self._url, HttpRequest(method, path, json=json), _HEADERS)
        try:
            response = self._client.exchange(self._url, sent, _WITHIN_S)
        except NoAnswer as error:
            raise faults.LinkError(
                f"Toxiproxy does not answer: {error}; check links.toxiproxy.url"
            ) from error
        if response.status not in expected:
            said = " ".join(response.body.decode("utf-8", "replace").split())[:200]
            raise faults.LinkError(
                f"Toxiproxy answered {method} {path} with {response.status} ({said}); check"
                " links.toxiproxy.url and links.listen"
            )
        return response


def _port_in(response: HttpResponse, url: str) -> int:
    try:
        told = parse_json(response.body)
    except NotJson:
        told = None
    listen = told.get("listen") if isinstance(told, dict) else None
    port = str(listen).rpartition(":")[2]
    if not port.isdigit():
        raise faults.LinkError(f"{url} is no Toxiproxy: it does not say where the proxy listens")
    return int(port)
