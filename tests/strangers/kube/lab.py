"""The makers' lab command: has each line of standard input, as JSON, brought about at the lab port.

    lab.py ADDRESS

It may stand anywhere, and is for both sides.
"""

import http.client
import json
import sys
from typing import Any


def main(address: str) -> None:
    port = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(arranged(port, line)) + "\n")
        sys.stdout.flush()


def arranged(port: http.client.HTTPConnection, line: str) -> dict[str, Any]:
    try:
        port.request("POST", "/", line.encode(), {"Content-Type": "application/json"})
        answer = port.getresponse()
        told: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        port.close()
        return {"error": f"the lab port does not answer: {error!r}"}
    return told if answer.status == 200 else {"error": json.dumps(told)[:500]}


if __name__ == "__main__":
    main(sys.argv[1])
