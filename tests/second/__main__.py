"""Serves the second implementation: `python -m tests.second FOLDER [depot|boxes|both]`.

`BOX_SECRET` is what the boxes' keeper enters with, `BOX_CA` the file of another authority that
they trust, `DEFECT` what is planted. Writes `ca.pem` and, once it serves, `addresses.json` into the
folder; ends when its standard input does.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
from pathlib import Path

import trustme

from tests.second.box import DEFECTS as BOX_DEFECTS
from tests.second.box import Boxes
from tests.second.depot import DEFECTS as DEPOT_DEFECTS
from tests.second.depot import Depot

BAYS, BOXES = 3, 5


def main(folder: Path, what: str = "both") -> None:
    defect = os.environ.get("DEFECT", "")
    assert not defect or defect in (*DEPOT_DEFECTS, *BOX_DEFECTS), defect
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    tls, strange = (_context(ca) for ca in (authority, trustme.CA()))
    addresses: dict[str, object] = {}
    sides: list[Depot | Boxes] = []
    if what in ("depot", "both"):
        depot = Depot(defect)
        sides.append(depot)
        addresses["depot"] = f"https://localhost:{depot.web.listen(0, tls)}"
        addresses["plain"] = f"http://localhost:{depot.web.listen()}"
        addresses["strange"] = f"https://localhost:{depot.web.listen(0, strange)}"
    if what in ("boxes", "both"):
        trusted = [str(folder / "ca.pem"), os.environ.get("BOX_CA", "")]
        boxes = Boxes(*filter(None, trusted), defect=defect)
        boxes.secret = os.environ["BOX_SECRET"]
        sides.append(boxes)
        for bay in range(1, BAYS + 1):
            names = [f"box-{bay}{letter}" for letter in "abcde"[:BOXES]]
            boxes.add_bay(f"bay-{bay}", {name: boxes.web.listen(0, tls) for name in names})
        addresses["boxes"] = {
            boxes.host_at[port]: f"https://localhost:{port}" for port in boxes.host_at
        }
        addresses["bays"] = {slot: list(bay["hosts"]) for slot, bay in boxes.bays.items()}
        addresses["lab"] = f"http://localhost:{boxes.web.listen()}"
    unfinished = folder / ".addresses.json"
    unfinished.write_text(json.dumps(addresses), "utf-8")
    unfinished.rename(folder / "addresses.json")
    sys.stdin.read()
    for side in sides:
        side.close()


def _context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
