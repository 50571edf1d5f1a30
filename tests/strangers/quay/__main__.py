"""Serves the stranger: `python -m tests.strangers.quay FOLDER [--defect NAME] [--habit NAME]`.

FOLDER holds `shown.pem` and `odd.pem`, what is shown at the usual address and at one that nobody
trusts, and `trusted.pem`, the authorities that hosts trust; what is known is kept there as well.
`BERTH_USER` and `BERTH_PASSWORD` are for Local UIs, `QUAY_CONTROL` is for the control port. Writes
`addresses.json` there once all is served, and ends when its input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
from pathlib import Path

from tests.strangers.quay.berth import Berth, LocalUi
from tests.strangers.quay.bridge import Bridge
from tests.strangers.quay.harbour import Harbour
from tests.strangers.quay.shipyard import BerthYard, HarbourYard
from tests.strangers.quay.wharf import Server
from tests.strangers.quay.words import DEFECTS, HABITS


async def serve(folder: Path, plants: frozenset[str]) -> None:
    user = (os.environ["BERTH_USER"], os.environ["BERTH_PASSWORD"])
    harbour = Harbour(folder, plants)
    berth = Berth(folder, user, folder / "trusted.pem", plants)
    public, lab, bridge = Server(plants), Server(), Bridge(harbour)
    shown, odd = (_context(folder / f"{name}.pem") for name in ("shown", "odd"))
    addresses = {
        "harbour": f"localhost:{await public.listen(bridge.handle, shown)}",
        "odd": f"localhost:{await public.listen(bridge.handle, odd)}",
        "lab": f"http://127.0.0.1:{await lab.listen(HarbourYard(harbour).handle)}",
        "control": f"http://127.0.0.1:{await lab.listen(BerthYard(berth).handle)}",
        "piers": {
            pier.name: {
                host: f"http://127.0.0.1:{await public.listen(LocalUi(berth, pier, host).handle)}"
                for host in pier.hosts
            }
            for pier in berth.piers
        },
        "sources": {host: pier.source(host) for pier in berth.piers for host in pier.hosts},
    }
    unfinished = folder / "addresses.tmp"
    unfinished.write_text(json.dumps(addresses), "utf-8")
    unfinished.rename(folder / "addresses.json")
    watching = asyncio.create_task(harbour.watch())
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    watching.cancel()


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
