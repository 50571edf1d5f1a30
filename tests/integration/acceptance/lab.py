"""Stands for a vendor's lab script: stays, and arranges one thing a line, on either of two sides.

    lab.py EDGE CENTRAL

The words are the addresses of the two control ports of the reference, which the harness is not
told of (`-` for a side that is not here); the variables EDGE_CONTROL and CENTRAL_CONTROL hold
their secrets.
"""

import http.client
import json
import os
import sys
from typing import Any
from urllib.parse import urlsplit

OF_THE_EDGE = (
    "InstallCluster",
    "RenewCluster",
    "SetHostMode",
    "SetClusterState",
    "SetNodeHealth",
    "SetLink",
    "FaultNextMessage",
)
SIDES = ("edge", "central")


class Ports:
    """The control ports, each by a connection that is kept."""

    def __init__(self, addresses: list[str]) -> None:
        self._at = {side: at for side, at in zip(SIDES, addresses, strict=True) if at != "-"}
        self._open: dict[str, http.client.HTTPConnection] = {}

    def arrange(self, asked: dict[str, Any]) -> dict[str, str]:
        kind = asked.pop("arrangement")
        if kind == "Reset":
            sides = list(SIDES)
        else:
            sides = [asked.get("side", "edge" if kind in OF_THE_EDGE else "central")]
        if not self._at.keys() >= set(sides):
            return {"cannot": f"{kind} is a matter of a side that is not here"}
        for side in sides:
            status, text = self._post(side, kind, asked)
            if status == 409:
                return {"cannot": text}
            if status != 204:
                return {"error": f"{status} {text}"}
        return {}

    def _post(self, side: str, kind: str, fields: dict[str, Any]) -> tuple[int, str]:
        if side not in self._open:
            url = urlsplit(self._at[side])
            self._open[side] = http.client.HTTPConnection(url.netloc, timeout=20)
        headers = {
            "Authorization": f"Bearer {os.environ[f'{side.upper()}_CONTROL']}",
            "Content-Type": "application/json",
        }
        self._open[side].request("POST", f"/control/{kind}", json.dumps(fields), headers)
        answer = self._open[side].getresponse()
        return answer.status, answer.read().decode()


def main() -> None:
    ports = Ports(sys.argv[1:])
    for line in sys.stdin:
        try:
            told = ports.arrange(json.loads(line))
        except (OSError, http.client.HTTPException) as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
