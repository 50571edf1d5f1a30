"""Stands in for your product: the reference, reached over the bus. Yours takes its place.

    python -m acme_pairproof.stand_in target.toml [edge | central | both]

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
from harness.domain.arrangements import Side
from harness.domain.errors import PairproofError
from harness.domain.operations import AgentOperation, Unknown
from harness.reference.core.link import NotDelivered
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.http_link import HttpLink
from harness.reference.layout import BOTH, Layout
from harness.targets.http import HttpDriver
from harness.targets.port import Outgoing
from harness.targets.target_file import read_target
from harness.wire.codec import credentials_from, encode_reply
from harness.wire.control import arrangement_from, from_json, to_json
from harness.wire.routes import ROUTES

_KINDS = {operation.__name__: operation for operation in ROUTES}


class StandIn:
    """Answers what comes over the bus."""

    def __init__(self, reference: EmbeddedReference) -> None:
        whole = target_text(reference), "the stand-in", reference.ca_file.parent
        self._reference = HttpDriver(read_target(*whole, environment(reference)))
        self._link = HttpLink(reference.ca_file)
        self._notes: list[str] = []

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to one message."""
        match message["kind"]:
            case "hello":
                return self._hello()
            case "note":
                self._notes.append(message["text"])
                return {}
            case "operation":
                return self._operation(message)
            case "message":
                return self._message(message)
        return self._arranging(message)

    def _hello(self) -> dict[str, Any]:
        driver = self._reference
        inventory = driver.inventory()
        return {
            "product": "Acme Bus Box",
            "version": __version__,
            "roles": sorted(driver.info.roles),
            "features": sorted(driver.info.features),
            "user": driver.local_user.username,
            "password": driver.local_user.password,
            "slots": {slot.uid: slot.host_uids for slot in inventory.slots},
            "endpoint": inventory.endpoint,
            "endpoint_forms": dict(inventory.endpoint_forms),
        }

    def _arranging(self, message: dict[str, Any]) -> dict[str, Any]:
        arrangement = arrangement_from(message["what"], message["as"])
        try:
            if message["kind"] == "seen":
                effect = self._reference.seen(arrangement)
                return {"effect": to_json(effect) if effect else None}
            self._reference.arrange(arrangement)
        except PairproofError as error:
            return {"refused": str(error)}
        return {}

    def _operation(self, message: dict[str, Any]) -> dict[str, Any]:
        kind = _KINDS[message["what"]]
        operation = from_json(kind, message["with"])
        headers = {name.lower(): value for name, value in message["headers"].items()}
        where = "" if isinstance(operation, AgentOperation) else message["to"]
        outgoing = Outgoing(operation, credentials_from(headers), where)
        reply = encode_reply(operation, self._reference.send(outgoing).reply)
        return {"status": reply.status, "body": reply.body().decode()}

    def _message(self, message: dict[str, Any]) -> dict[str, Any]:
        """Of an edge host to the Palette that it was told of."""
        operation = from_json(_KINDS[message["what"]], message["with"])
        reply = self._link.carry(message["to"], message["at"], message["insecure"], operation)
        if isinstance(reply, Unknown | NotDelivered):
            return {"lost": reply.why}
        answer = encode_reply(operation, reply)
        return {"status": answer.status, "body": answer.body().decode()}


class _Line(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Answer line by line until the other end has gone."""
        stand_in: StandIn = self.server.stand_in  # type: ignore[attr-defined]
        for line in self.rfile:
            self.wfile.write(json.dumps(stand_in.answer(json.loads(line))).encode() + b"\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def main(target_file: Path, role: str = "both") -> None:
    """Serve until standard input ends."""
    sides = BOTH if role == "both" else frozenset({Side(role)})
    ca_file = target_file.with_suffix(".ca.pem").resolve()
    with (
        EmbeddedReference(seed=1, layout=Layout(sides=sides, ca_kept=ca_file)) as reference,
        _Server(("127.0.0.1", 0), _Line) as server,
    ):
        server.stand_in = StandIn(reference)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        bus = {"host": "127.0.0.1", "port": server.server_address[1], "ca_file": str(ca_file)}
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in bus.items())
        target_file.write_text("".join(["[bus]\n", *lines]))
        sys.stdout.write("serving\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
