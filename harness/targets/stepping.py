"""Acceptances at a target whose API has the wizard's steps in calls of their own."""

from __future__ import annotations

from dataclasses import replace

from harness.catalogue.requirement import Feature
from harness.domain import operations as ops
from harness.domain.flows import steps_before
from harness.targets.port import Driver, DriverAround, Exchange, Outgoing


class SteppingDriver(DriverAround):
    """Goes through the steps before each acceptance, as far as the target has them; a step that is
    not done is its answer.

    Whoever takes a step of a request themselves is left to it: what follows goes alone.
    """

    def __init__(self, driver: Driver) -> None:
        super().__init__(driver)
        self._begun: set[str] = set()
        """The requests of which somebody takes the steps themselves."""

    def send(self, outgoing: Outgoing) -> Exchange:
        operation = outgoing.operation
        if isinstance(operation, ops.AcceptanceStep):
            self._begun.add(operation.pairing_uid)
        elif isinstance(operation, ops.AcceptPairingRequest):
            begun = operation.pairing_uid in self._begun
            self._begun.discard(operation.pairing_uid)
            for step in () if begun else steps_before(operation):
                if not self.info.offers(type(step)):
                    continue
                exchange = self._driver.send(replace(outgoing, operation=step))
                if not isinstance(exchange.reply, ops.Done):
                    return exchange
        return self._driver.send(outgoing)


def by_steps(driver: Driver) -> Driver:
    """The driver, with the steps before each acceptance where the target claims them and the
    driver does not take them by itself.
    """
    info = driver.info
    if Feature.SERVER_STEPS in info.features and not info.goes_through_steps:
        return SteppingDriver(driver)
    return driver
