"""Serves the product: `python -m tests.strangers.rpc FOLDER [--defect NAME | --habit NAME]`.

FOLDER holds `shown.pem` and `odd.pem`, what the servers show at their own and at one distrusted
address, and `trusted.pem`, the authorities that the annexes trust; the environment's
`ANNEX_PASSPHRASE` is what their warden signs in with. Writes `addresses.json` there once all is
served, and ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Any

from tests.strangers.rpc.annex import Annexes
from tests.strangers.rpc.backdoor import AnnexesBackdoor, OfficeBackdoor
from tests.strangers.rpc.office import Office
from tests.strangers.rpc.transport import Server
from tests.strangers.rpc.words import DEFECTS, HABITS

PIERS = {"pier-1": 1, "pier-2": 2, "pier-3": 3}


async def serve(folder: Path, side: str, planted: frozenset[str]) -> None:
    tls, odd = _certificate_of(folder / "shown.pem"), _certificate_of(folder / "odd.pem")
    addresses: dict[str, Any] = {}
    if side in ("office", "both"):
        office = Office(planted)
        addresses["office"] = f"https://localhost:{await office.server.listen('', tls)}"
        addresses["plain"] = f"http://localhost:{await office.server.listen('')}"
        addresses["odd"] = f"https://localhost:{await office.server.listen('', odd)}"
        lab = Server(OfficeBackdoor(office).answer)
        addresses["office_lab"] = f"http://localhost:{await lab.listen('')}"
    if side in ("annexes", "both"):
        passphrase = os.environ["ANNEX_PASSPHRASE"]
        annexes = Annexes(passphrase, [str(folder / "trusted.pem")], planted)
        piers: dict[str, dict[str, str]] = {}
        for name, size in PIERS.items():
            hosts = tuple(f"{name}-{letter}" for letter in "abc"[:size])
            ports = await annexes.add_pier(name, hosts, tls)
            piers[name] = {host: f"https://localhost:{ports[host]}" for host in hosts}
        addresses["piers"] = piers
        lab = Server(AnnexesBackdoor(annexes).answer)
        addresses["annexes_lab"] = f"http://localhost:{await lab.listen('')}"
    unfinished = folder / "addresses.tmp"
    unfinished.write_text(json.dumps(addresses), "utf-8")
    unfinished.rename(folder / "addresses.json")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _certificate_of(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--side", choices=("office", "annexes", "both"), default="both")
    plants = parser.add_mutually_exclusive_group()
    plants.add_argument("--defect", choices=DEFECTS, action="append", default=[])
    plants.add_argument("--habit", choices=HABITS, action="append", default=[])
    asked = parser.parse_args()
    asyncio.run(serve(asked.folder, asked.side, frozenset((*asked.defect, *asked.habit))))
