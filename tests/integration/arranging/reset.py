"""Stands for a vendor's reset command: installs the cluster of its slot anew."""

import http.client
import json
import os
import sys
from urllib.parse import urlsplit


def main() -> int:
    url = urlsplit(os.environ["CONTROL_URL"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
    headers = {
        "Authorization": f"Bearer {os.environ['CONTROL_SECRET']}",
        "Content-Type": "application/json",
    }
    fields = {"slot": sys.argv[1], "cluster": json.loads(sys.argv[2])}
    connection.request("POST", "/control/InstallCluster", json.dumps(fields), headers)
    return connection.getresponse().status != 204


sys.exit(main())
