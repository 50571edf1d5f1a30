"""The makers' lab command: has each line of standard input, as JSON, brought about at the Harbour.

    lab.py ADDRESS

It may stand anywhere. A berth is arranged by its control port.
"""

import http.client
import json
import sys
from typing import Any


def main(address: str) -> None:
    port = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(arranged(port, json.loads(line))) + "\n")
        sys.stdout.flush()


def arranged(port: http.client.HTTPConnection, what: dict[str, Any]) -> dict[str, Any]:
    if what.get("side") == "edge":
        return {"cannot": "this lab is the Harbour's"}
    name = what.pop("arrangement")
    try:
        kind = {"Content-Type": "application/json"}
        port.request("POST", f"/lab/{name}", json.dumps(what), kind)
        answer = port.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        port.close()
        return {"error": f"the lab port does not answer: {error}"}
    if answer.status >= 400 and "cannot" not in told:
        return {"error": told.get("detail", str(answer.status))}
    return told


if __name__ == "__main__":
    main(sys.argv[1])
