"""Stands for a vendor's script: brings about what it reads on standard input.

Here it forwards that to the control port of the reference, which the harness is not told of.
It gives tokens a value of its own, as a real target does, and can be told to refuse a kind.
"""

import http.client
import json
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    fields = json.load(sys.stdin)
    kind = fields.pop("arrangement")
    if kind != sys.argv[1]:
        sys.stderr.write(f"asked for {sys.argv[1]} and given {kind}\n")
        return 1
    if kind in sys.argv[2:]:
        return 3
    told = {}
    if kind == "PutToken" and not fields["token"]["value"].startswith("canary-"):
        uid = fields["token"]["uid"]
        told = {"value": f"canary-{uid}", "uid": f"own-{uid}"}
        fields["token"] |= told
    url = urlsplit(os.environ["CONTROL_URL"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    headers = {
        "Authorization": f"Bearer {os.environ['CONTROL_SECRET']}",
        "Content-Type": "application/json",
    }
    connection.request("POST", f"/control/{kind}", json.dumps(fields), headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    if not 200 <= answer.status < 300:
        sys.stderr.write(f"{answer.status} {text}\n")
        return 3 if answer.status == 409 else 1
    sys.stdout.write(json.dumps(told))
    return 0


sys.exit(main())
