"""Stands in for your product: the reference, reached over the bus. Yours takes its place.

    python -m acme_pairproof.stand_in target.toml

serves on a free port, writes the target file, says `serving`, and ends with its standard input.
"""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from pathlib import Path
from typing import Any

from harness import __version__
from harness.domain.errors import PairproofError
from harness.opening import open_inprocess
from harness.targets.port import Outgoing
from harness.wire.codec import credentials_from, encode_reply
from harness.wire.control import arrangement_from, from_json
from harness.wire.routes import ROUTES

_TICK = 20_000
"""How often time passes in the reference, in microseconds."""
_KINDS = {operation.__name__: operation for operation in ROUTES}


class StandIn:
    """Answers what comes over the bus, one message after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reference = open_inprocess(seed=1)

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to one message."""
        with self._lock:
            match message["kind"]:
                case "hello":
                    return self._hello()
                case "arrange":
                    return self._arrange(message["what"], message["as"])
                case _:
                    return self._operation(message)

    def _hello(self) -> dict[str, Any]:
        driver = self._reference
        inventory = driver.inventory()
        return {
            "product": "Acme Bus Box",
            "version": __version__,
            "features": sorted(driver.info.features),
            "user": driver.local_user.username,
            "password": driver.local_user.password,
            "slots": {slot.uid: slot.host_uids for slot in inventory.slots},
            "endpoint": inventory.endpoint,
            "endpoint_forms": dict(inventory.endpoint_forms),
        }

    def _arrange(self, what: str, fields: Any) -> dict[str, Any]:
        try:
            self._reference.arrange(arrangement_from(what, fields))
        except PairproofError as error:
            return {"refused": str(error)}
        return {}

    def _operation(self, message: dict[str, Any]) -> dict[str, Any]:
        kind = _KINDS[message["what"]]
        operation = from_json(kind, message["with"])
        headers = {name.lower(): value for name, value in message["headers"].items()}
        outgoing = Outgoing(operation, credentials_from(headers), message["to"])
        reply = encode_reply(operation, self._reference.send(outgoing).reply)
        return {"status": reply.status, "body": reply.body().decode()}

    def passes(self) -> None:
        """Let the reference's virtual time keep up with the clock on the wall."""
        with self._lock:
            self._reference.sleep(_TICK)


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Answer line by line until the other end has gone."""
        stand_in: StandIn = self.server.stand_in  # type: ignore[attr-defined]
        for line in self.rfile:
            self.wfile.write(json.dumps(stand_in.answer(json.loads(line))).encode() + b"\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main(target_file: Path) -> None:
    """Serve until standard input ends."""
    with _Server(("127.0.0.1", 0), _Line) as server:
        stand_in = server.stand_in = StandIn()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        target_file.write_text(f'[bus]\nhost = "127.0.0.1"\nport = {server.server_address[1]}\n')
        sys.stdout.write("serving\n")
        sys.stdout.flush()
        over = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
        while not over.wait(_TICK / 1_000_000):
            stand_in.passes()
        server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
