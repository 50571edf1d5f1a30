"""The driver: it carries operations over the bus, and turns answers back into replies.

A driver knows nothing of requirements, and judges nothing. It has to be honest about outcomes:
`Done` says that it happened, `Refused` that it did not, `Unknown` that nobody can tell.
"""

from __future__ import annotations

import time
import tomllib
from pathlib import Path
from typing import Any

from acme_pairproof.bus import Bus, BusDown
from harness.catalogue.requirement import Feature, Role
from harness.domain.arrangements import Arrangement, FaultEffect, Inventory, Slot
from harness.domain.operations import Unknown
from harness.targets.port import (
    CannotArrange,
    Confirmation,
    Exchange,
    LocalUser,
    Outgoing,
    TargetInfo,
    TargetUnusable,
)
from harness.wire.codec import decode
from harness.wire.codec.client import credential_headers
from harness.wire.control import to_json
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
        bus = Bus(table["host"], table["port"])
    except (OSError, ValueError, KeyError) as error:
        raise TargetUnusable(f"{target_file} is no target file of acme-bus: {error!r}") from error
    try:
        return AcmeDriver(bus)
    except BusDown as error:
        raise TargetUnusable(f"{table['host']}:{table['port']}: {error}") from error


class AcmeDriver:
    """Reaches a product over the bus. See `harness.targets.port.Driver`."""

    name = "acme-bus"

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._start = time.monotonic_ns()
        hello = bus.ask({"kind": "hello"})
        self.info = TargetInfo(
            hello["product"],
            hello["version"],
            roles=frozenset({Role.EDGE, Role.CENTRAL}),
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
            "kind": "operation",
            "to": outgoing.host_uid,
            "what": type(operation).__name__,
            "with": to_json(operation),
            "headers": {**credential_headers(proof), "X-Request-Id": outgoing.correlation},
        }
        try:
            answer = self._bus.ask(message)
            response = HttpResponse(answer["status"], body=answer["body"].encode())
        except (BusDown, KeyError, AttributeError) as error:
            return Exchange(Unknown(f"{type(error).__name__}: {error}"), message)
        return Exchange(decode(operation, response), message, answer)

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        """Arrange what no user can. What came of it is returned: uids may be the product's own.

        Raises:
            CannotArrange: the product says that it cannot.
        """
        what = type(arrangement).__name__
        try:
            answer = self._bus.ask({"kind": "arrange", "what": what, "as": to_json(arrangement)})
        except BusDown as error:
            raise CannotArrange(what, str(error)) from error
        if answer.get("refused"):
            raise CannotArrange(what, answer["refused"])
        return arrangement

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        """What has come of a fault. The bus does not tell."""
        return None

    def cannot(self, kind: type[Arrangement]) -> str:
        return ""

    def confirmation(self) -> Confirmation | None:
        return None

    def now(self) -> int:
        return (time.monotonic_ns() - self._start) // 1_000

    def epoch(self) -> int:
        return time.time_ns() // 1_000

    def sleep(self, duration: int) -> None:
        time.sleep(duration / 1_000_000)

    def close(self) -> None:
        self._bus.close()
