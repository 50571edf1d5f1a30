"""Serves the stranger: `python -m tests.strangers.kube FOLDER [--defect NAME] [--habit NAME]`.

FOLDER holds `shown.pem` and `odd.pem`, what is shown at the usual addresses and at one that nobody
trusts, and `trusted.pem`, the authorities that hosts trust; what is known is kept there as well.
`KUBE_USER` and `KUBE_PASSWORD` are for people at hosts. Writes `addresses.json` there once all
is served, and ends when its input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
from pathlib import Path

from tests.strangers.kube import web
from tests.strangers.kube.central import Central
from tests.strangers.kube.edge import Edge
from tests.strangers.kube.words import DEFECTS, HABITS
from tests.strangers.kube.workbench import Workbench

SLOTS = {
    "north": [f"north-{n}" for n in range(1, 7)],
    "south": ["south-1", "south-2", "south-3"],
    "west": ["west-1", "west-2"],
}


async def serve(folder: Path, plants: frozenset[str]) -> None:
    tls, odd = _context(folder / "shown.pem"), _context(folder / "odd.pem")
    central = Central(web.Store(folder / "central.jsonl"), plants)
    edge = Edge(folder, SLOTS, (os.environ["KUBE_USER"], os.environ["KUBE_PASSWORD"]), plants)
    handlers = {host: edge.handler(host) for hosts in SLOTS.values() for host in hosts}
    edge.urls = {
        host: f"https://localhost:{await web.serve(handler, tls, plants)}"
        for host, handler in handlers.items()
    }
    addresses = {
        "central": f"localhost:{await web.serve(central.handle, tls, plants)}",
        "untrusted": f"localhost:{await web.serve(central.handle, odd, plants)}",
        "plain": f"localhost:{await web.serve(central.handle, None, plants)}",
        "lab": f"http://127.0.0.1:{await web.serve(Workbench(central, edge).handle)}",
        "slots": {slot: {host: edge.urls[host] for host in hosts} for slot, hosts in SLOTS.items()},
    }
    unfinished = folder / "addresses.tmp"
    unfinished.write_text(json.dumps(addresses), "utf-8")
    unfinished.rename(folder / "addresses.json")
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    while not ended.done():
        central.sweep()
        await asyncio.wait([ended], timeout=0.5)


def _context(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("folder", type=Path)
    words.add_argument("--defect", choices=DEFECTS, action="append", default=[])
    words.add_argument("--habit", choices=HABITS, action="append", default=[])
    asked = words.parse_args()
    asyncio.run(serve(asked.folder, frozenset((*asked.defect, *asked.habit))))
