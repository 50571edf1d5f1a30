"""Serves the stranger: `python -m tests.strangers.graph FOLDER [--defect NAME] [--habit NAME]`.

FOLDER holds `shown.pem` and `odd.pem`, what is shown at the usual address and at one that nobody
trusts, and `trusted.pem`, the authorities that hosts trust. `GRAPH_USER` and `GRAPH_PASSWORD` are
for people at hosts, `GRAPH_LAB` is for the lab. Writes `addresses.json` there once all is served,
and ends when its input does.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from tests.strangers.graph.calling import Caller
from tests.strangers.graph.central import Central
from tests.strangers.graph.edge import Edge, Lot
from tests.strangers.graph.lab import Lab, control_port
from tests.strangers.graph.schema import Schema, application
from tests.strangers.graph.words import DEFECTS, HABITS, global_id

LOTS, HOSTS = 3, 5


class Quiet(uvicorn.Server):
    """A server among several, which leaves signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: Starlette, pem: Path | None = None) -> tuple[int, asyncio.Task[None]]:
    """Serves at a free port, which is told."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="warning", lifespan="off", ssl_certfile=pem)
    task = asyncio.create_task(Quiet(config).serve(sockets=[opened]))
    return opened.getsockname()[1], task


async def serve(folder: Path, plants: frozenset[str]) -> None:
    sources = {
        global_id("EdgeHost", f"{lot}-{host}"): f"127.0.{lot}.{host}"
        for lot in range(1, LOTS + 1)
        for host in range(1, HOSTS + 1)
    }
    hosts = list(sources)
    lots = [Lot(f"site-{at + 1}", hosts[at * HOSTS : (at + 1) * HOSTS]) for at in range(LOTS)]
    trusted = folder / "trusted.pem"
    callers = {host: Caller(source, trusted, plants) for host, source in sources.items()}
    central = Central(plants)
    edge = Edge(lots, callers, (os.environ["GRAPH_USER"], os.environ["GRAPH_PASSWORD"]), plants)

    def local_ui(host: str) -> Schema:
        return edge.schemas[host]

    plane = application(lambda: central.schema)
    lab = control_port(Lab(central, edge), os.environ["GRAPH_LAB"])
    ports, tasks = zip(
        server(plane, folder / "shown.pem"),
        server(plane, folder / "odd.pem"),
        server(lab),
        *(server(application(partial(local_ui, host))) for host in hosts),
        strict=True,
    )
    urls = {host: f"http://127.0.0.1:{port}" for host, port in zip(hosts, ports[3:], strict=True)}
    addresses = {
        "central": f"https://localhost:{ports[0]}",
        "untrusted": f"https://localhost:{ports[1]}",
        "lab": f"http://127.0.0.1:{ports[2]}",
        "slots": {lot.slot: {host: urls[host] for host in lot.hosts} for lot in lots},
        "sources": sources,
    }
    edge.start()
    unfinished = folder / "addresses.tmp"
    unfinished.write_text(json.dumps(addresses), "utf-8")
    unfinished.rename(folder / "addresses.json")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await edge.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("folder", type=Path)
    words.add_argument("--defect", choices=DEFECTS, action="append", default=[])
    words.add_argument("--habit", choices=HABITS, action="append", default=[])
    given = words.parse_args()
    asyncio.run(serve(given.folder, frozenset((*given.defect, *given.habit))))
