"""Acceptances at a target whose API has the wizard's steps in calls of their own."""

from __future__ import annotations

from dataclasses import replace

from harness.domain import operations as ops
from harness.domain.flows import steps_before
from harness.targets.port import Driver, DriverAround, Exchange, Outgoing


def stepping(driver: Driver) -> Driver:
    """A driver whose acceptances go through the steps before them, by itself or by this."""
    return SteppingDriver(driver) if driver.info.steps_apart else driver


class SteppingDriver(DriverAround):
    """Goes through the steps before each acceptance that a target has; one not done is its answer.

    Whoever takes a step of a request themselves is left to it: what follows goes alone.
    """

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self._begun: set[tuple[str, ops.Credentials]] = set()
        """The requests of which somebody takes the steps themselves, and who."""

    def send(self, outgoing: Outgoing) -> Exchange:
        operation = outgoing.operation
        if isinstance(operation, ops.AcceptanceStep):
            self._begun.add((operation.pairing_uid, outgoing.credentials))
        elif isinstance(operation, ops.AcceptPairingRequest):
            begun = (operation.pairing_uid, outgoing.credentials)
            is_begun = begun in self._begun
            self._begun.discard(begun)
            there = [kind for kind in ops.ACCEPTANCE_STEPS if self.info.offers(kind)]
            for step in () if is_begun else steps_before(operation, there):
                exchange = self._driver.send(replace(outgoing, operation=step))
                if not isinstance(exchange.reply, ops.Done):
                    return exchange
        return self._driver.send(outgoing)
