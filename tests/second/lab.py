"""What the makers of the second implementation give a test run: arranges what it is told.

    lab.py DEPOT BOXES

The addresses are those of the two sides (`-` for one that is not there). Each line on standard
input is what to arrange, as JSON with its name as `arrangement`; each is answered with a line:
what replaces its fields, why it cannot be, or what went wrong.
"""

import json
import re
import sys
import urllib.error
import urllib.request
from typing import Any

OF_BOXES = (
    "InstallCluster",
    "RenewCluster",
    "SetHostMode",
    "SetClusterState",
    "SetNodeHealth",
    "SetLink",
    "FaultNextMessage",
)


def main(depot: str, boxes: str) -> None:
    for line in sys.stdin:
        try:
            out = arranged(json.loads(line), depot, boxes)
        except urllib.error.HTTPError as error:
            out = {"cannot" if error.code == 404 else "error": str(error)}
        except (OSError, ValueError, KeyError) as error:
            out = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(out) + "\n")
        sys.stdout.flush()


def arranged(fields: dict[str, Any], depot: str, boxes: str) -> Any:
    name = fields.pop("arrangement")
    if name == "Reset":
        sides = [depot, boxes]
    elif name in ("AdvanceClock", "SetClockRight", "Restart"):
        sides = [boxes if fields["side"] == "edge" else depot]
    else:
        sides = [boxes if name in OF_BOXES else depot]
    if "-" in sides:
        return {"cannot": f"{name} is a matter of a side that is not here"}
    data = {}
    for side in sides:
        body = json.dumps(fields).encode()
        path = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        request = urllib.request.Request(f"{side}/lab/{path}", body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            data = json.load(answer)["data"]
    return data


if __name__ == "__main__":
    main(*sys.argv[1:])
