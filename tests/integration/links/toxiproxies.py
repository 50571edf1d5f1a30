"""A server that speaks Toxiproxy's HTTP API, with real proxies behind it."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.targets.links import faults
from harness.targets.links.hub import Upstream
from harness.targets.links.proxy import FaultProxy

TOXICS = {"timeout": faults.CutForm.SILENT, "reset_peer": faults.CutForm.RESET}


class FakeToxiproxy:
    """Its proxies by name; takes nothing that Toxiproxy would not take."""

    def __init__(self) -> None:
        self.proxies: dict[str, FaultProxy] = {}
        self.toxics: dict[str, dict[str, dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.fails = False
        self.app = Starlette(
            routes=[
                Route("/proxies", self._create, methods=["POST"]),
                Route("/proxies/{proxy}", self._one, methods=["GET", "POST", "DELETE"]),
                Route("/proxies/{proxy}/toxics", self._add, methods=["POST"]),
                Route("/proxies/{proxy}/toxics/{toxic}", self._remove, methods=["DELETE"]),
            ]
        )

    async def _create(self, request: Request) -> Response:
        data = await self._noted(request)
        if data["name"] in self.proxies:
            return _error(409, "proxy already exists")
        host, _, port = data["listen"].rpartition(":")
        to, _, at = data["upstream"].rpartition(":")
        made = FaultProxy(Upstream(to, int(at)), (host, int(port)))
        self.proxies[data["name"]], self.toxics[data["name"]] = made, {}
        listen = f"{host}:{made.port}"
        return JSONResponse({**data, "listen": listen, "toxics": []}, 201)

    async def _one(self, request: Request) -> Response:
        data = await self._noted(request)
        name = request.path_params["proxy"]
        if name not in self.proxies:
            return _error(404, "proxy not found")
        if self.fails:
            return _error(500, "out of order")
        if request.method == "DELETE":
            self.proxies.pop(name).close()
            return Response(status_code=204)
        if data.get("enabled") is False:
            self.proxies[name].set_fault(faults.CutForm.CLOSED)
        elif data.get("enabled"):
            self.proxies[name].heal()
        return JSONResponse({"name": name, "enabled": data.get("enabled", True)})

    async def _add(self, request: Request) -> Response:
        data = await self._noted(request)
        name = request.path_params["proxy"]
        if name not in self.proxies:
            return _error(404, "proxy not found")
        known = data["type"] in TOXICS and data["attributes"].keys() == {"timeout"}
        if not known or data["stream"] not in ("upstream", "downstream"):
            return _error(400, "bad request body")
        self.toxics[name][data["name"]] = data
        self.proxies[name].set_fault(TOXICS[data["type"]])
        return JSONResponse(data)

    async def _remove(self, request: Request) -> Response:
        await self._noted(request)
        name, toxic = request.path_params["proxy"], request.path_params["toxic"]
        if self.toxics.get(name, {}).pop(toxic, None) is None:
            return _error(404, "toxic not found")
        if not self.toxics[name]:
            self.proxies[name].heal()
        return Response(status_code=204)

    async def _noted(self, request: Request) -> Any:
        self.asked.append((request.method, request.url.path))
        return json.loads(await request.body() or b"{}")

    def close(self) -> None:
        """Stop the proxies."""
        for proxy in self.proxies.values():
            proxy.close()


def _error(status: int, title: str) -> Response:
    return JSONResponse({"error": title, "status": status}, status)
