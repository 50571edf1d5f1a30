"""Serves the stranger: `python -m tests.strangers.steps FOLDER [office|appliances|both]`.

`STEPS_SECRET` is what people log in to appliances with, `STEPS_CA` the file of another authority
that these trust. `--defect NAME` and `--habit NAME` plant one, and another at each time. Writes
`ca.pem` and, once it serves, `addresses.json` into the folder; ends when its standard input does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
from pathlib import Path

import trustme

from tests.strangers.steps import appliance, leaves, office

RACKS, HOSTS = 3, 7


async def main(asked: argparse.Namespace) -> None:
    folder: Path = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    quirks = frozenset([*asked.defect, *asked.habit])
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    tls, strange = (_context(ca) for ca in (authority, trustme.CA()))
    addresses: dict[str, object] = {}
    sides: list[office.Office | appliance.Appliances] = []
    if asked.sides != "appliances":
        central = office.Office(quirks)
        leaves.OfficeLeaves(central)
        sides.append(central)
        addresses["office"] = f"https://localhost:{await central.server.listen(0, tls)}"
        addresses["plain"] = f"http://localhost:{await central.server.listen()}"
        addresses["strange"] = f"https://localhost:{await central.server.listen(0, strange)}"
    if asked.sides != "office":
        trusted = list(filter(None, [str(folder / "ca.pem"), os.environ.get("STEPS_CA", "")]))
        user = ("warden", os.environ["STEPS_SECRET"])
        edge = appliance.Appliances(user, trusted, quirks)
        leaves.ApplianceLeaves(edge)
        sides.append(edge)
        numbers = iter(range(5101, 5101 + RACKS * HOSTS))
        racks = {
            f"rack-{n}": {
                str(next(numbers)): await edge.server.listen(0, tls) for _ in range(HOSTS)
            }
            for n in range(1, RACKS + 1)
        }
        edge.install(racks)
        addresses["racks"] = {
            rack: {host: f"https://localhost:{port}" for host, port in hosts.items()}
            for rack, hosts in racks.items()
        }
        addresses["lab"] = f"http://localhost:{await edge.server.listen()}"
    unfinished = folder / ".addresses.json"
    unfinished.write_text(json.dumps(addresses), "utf-8")
    unfinished.rename(folder / "addresses.json")
    await asyncio.to_thread(sys.stdin.read)
    for side in sides:
        side.close()


def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    words.add_argument("folder", type=Path)
    words.add_argument("sides", nargs="?", default="both", choices=("office", "appliances", "both"))
    defects = (*office.DEFECTS, *appliance.DEFECTS, *leaves.DEFECTS)
    words.add_argument("--defect", action="append", default=[], choices=defects)
    habits = (*office.HABITS, *appliance.HABITS)
    words.add_argument("--habit", action="append", default=[], choices=habits)
    asyncio.run(main(words.parse_args()))
