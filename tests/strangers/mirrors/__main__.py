"""Serves the stranger: `python -m tests.strangers.mirrors FOLDER [--defect NAME] [--habit NAME]`.

FOLDER holds `shown.pem` and `odd.pem`, what is shown at the usual addresses and at one that nobody
trusts, and `trusted.pem`, the authorities that hosts trust. `RING_PASSWORD` is what people sign in
to hosts with. Writes `addresses.json` there once all is served, and ends when its input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
from pathlib import Path

from tests.strangers.mirrors import hub, rings

RINGS = {"ring-1": 3, "ring-2": 3, "ring-3": 3}


async def serve(folder: Path, plants: frozenset[str]) -> None:
    tls, odd = _context(folder / "shown.pem"), _context(folder / "odd.pem")
    central = hub.Hub(plants).server
    user = ("keeper", os.environ["RING_PASSWORD"])
    edge = rings.Rings(user, [str(folder / "trusted.pem")], plants)
    addresses = {
        "hub": f"https://localhost:{await central.listen('', tls)}",
        "plain": f"http://localhost:{await central.listen('')}",
        "odd": f"https://localhost:{await central.listen('', odd)}",
        "lab": f"http://localhost:{await edge.server.listen('')}",
        "rings": {
            name: await edge.add(name, tuple(f"{name}-{n}" for n in range(1, size + 1)), tls)
            for name, size in RINGS.items()
        },
    }
    unfinished = folder / "addresses.tmp"
    unfinished.write_text(json.dumps(addresses), "utf-8")
    unfinished.rename(folder / "addresses.json")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _context(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("folder", type=Path)
    words.add_argument("--defect", choices=(*hub.DEFECTS, *rings.DEFECTS), default="")
    habits = (*hub.HABITS, *rings.HABITS)
    words.add_argument("--habit", choices=habits, action="append", default=[])
    asked = words.parse_args()
    asyncio.run(serve(asked.folder, frozenset((asked.defect, *asked.habit))))
