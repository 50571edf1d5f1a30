"""The driver: it carries operations over the bus, and turns answers back into replies.

A driver knows nothing of requirements, and judges nothing. It has to be honest about outcomes:
`Done` says that it happened, `Refused` that it did not, `Unknown` that nobody can tell. What each
method is asked for is told in docs/driver.md.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from acme_pairproof.bus import Bus, BusDown
from harness.catalogue.requirement import Feature, Role
from harness.domain.arrangements import Arrangement, FaultEffect, Inventory, Slot
from harness.domain.operations import Unknown
from harness.targets.own import OwnDriver
from harness.targets.peer_table import Peer
from harness.targets.port import (
    ArrangingFailed,
    CannotArrange,
    Exchange,
    LocalUser,
    Outgoing,
    TargetInfo,
    TargetUnusable,
)
from harness.wire.codec import decode
from harness.wire.codec.client import credential_headers
from harness.wire.control import from_json, to_json
from harness.wire.http import HttpResponse


def open_driver(target_file: Path | None, seed: int) -> AcmeDriver:
    """What the entry point names.

    Raises:
        TargetUnusable: there is no target file, or nobody answers on the bus.
    """
    if target_file is None:
        raise TargetUnusable("the driver acme-bus needs --target FILE: a TOML file with [bus]")
    try:
        table = tomllib.loads(target_file.read_text("utf-8"))["bus"]
        bus, ca_file = Bus(table["host"], table["port"]), Path(table["ca_file"])
    except (OSError, ValueError, KeyError) as error:
        raise TargetUnusable(f"{target_file} is no target file of acme-bus: {error!r}") from error
    try:
        return AcmeDriver(bus, ca_file)
    except BusDown as error:
        raise TargetUnusable(f"{table['host']}:{table['port']}: {error}") from error


class AcmeDriver(OwnDriver):
    """Reaches a product over the bus: either side of it, or both."""

    carries = True
    """Where the harness plays the edge hosts, they ask our Palette over the bus, as ours do."""

    def __init__(self, bus: Bus, ca_file: Path) -> None:
        self._bus = bus
        # Where it plays Palette, that shows a certificate of the CA that our edge hosts trust.
        self.peer = Peer(ca_out=ca_file)
        hello = bus.ask({"kind": "hello"})
        self.info = TargetInfo(
            hello["product"],
            hello["version"],
            roles=frozenset(map(Role, hello["roles"])),
            features=frozenset(map(Feature, hello["features"])),
        )
        self.local_user = LocalUser(hello["user"], hello["password"])
        slots = tuple(Slot(name, tuple(hosts)) for name, hosts in hello["slots"].items())
        self._inventory = Inventory(slots, hello["endpoint"], hello["endpoint_forms"])

    def inventory(self) -> Inventory:
        return self._inventory

    def send(self, outgoing: Outgoing) -> Exchange:
        operation, proof = outgoing.operation, outgoing.credentials
        message: dict[str, Any] = {
            # Of a host that the harness plays; the harness may also ask as if it were one.
            "kind": "message" if outgoing.endpoint else "operation",
            "to": outgoing.host_uid,
            "at": outgoing.endpoint,
            "insecure": outgoing.insecure,
            "what": type(operation).__name__,
            "with": to_json(operation),
            "headers": {**credential_headers(proof), "X-Request-Id": outgoing.correlation},
        }
        try:
            answer = self._bus.ask(message)
            if "lost" in answer:
                return Exchange(Unknown(answer["lost"]), message, answer)
            response = HttpResponse(answer["status"], body=answer["body"].encode())
        except (BusDown, KeyError, AttributeError) as error:
            return Exchange(Unknown(f"{type(error).__name__}: {error}"), message)
        return Exchange(decode(operation, response), message, answer)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange what no user can. What came of it is returned: uids may be the product's own."""
        answer = self._asked("arrange", arrangement)
        if answer.get("refused"):
            raise CannotArrange(type(arrangement).__name__, answer["refused"])
        return arrangement

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        """What has come of a fault: which messages it met, what passed a link that is cut."""
        effect = self._asked("seen", arrangement).get("effect")
        return from_json(FaultEffect, effect) if effect else None

    def _asked(self, kind: str, arrangement: Arrangement) -> dict[str, Any]:
        what = type(arrangement).__name__
        try:
            return self._bus.ask({"kind": kind, "what": what, "as": to_json(arrangement)})
        except BusDown as error:
            raise (ArrangingFailed if error.sent else CannotArrange)(what, str(error)) from error

    def begin_scenario(self, scenario: str) -> None:
        """The product's log has the scenarios beside what was asked in them."""
        self._bus.ask({"kind": "note", "text": f"begins: {scenario}"})

    def end_scenario(self, scenario: str) -> None:
        self._bus.ask({"kind": "note", "text": f"ends: {scenario}"})

    def close(self) -> None:
        self._bus.close()
