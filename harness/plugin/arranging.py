"""What a session of pytest does so that a target's preconditions can be arranged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext

import pytest

from harness.catalogue.needs import need_of
from harness.domain.arrangements import Slot
from harness.targets.arranging.chain import Chain
from harness.targets.arranging.person import Person, terminal_asker
from harness.targets.port import Driver


def attend(config: pytest.Config, driver: Driver) -> None:
    """Let a person be asked, on the terminal, with the progress out of the way.

    Raises:
        pytest.UsageError: there is no terminal, or nobody is to be asked for this target.
    """
    chain = getattr(driver, "arranging", None)
    person = chain.way(Person) if isinstance(chain, Chain) else None
    if person is None:
        raise pytest.UsageError(
            "--interactive: the target file does not name the way person ([arrange] ways), or the"
            f" driver {driver.name} asks nobody; leave --interactive out"
        )
    asker = terminal_asker(_quiet_of(config))
    if asker is None:
        raise pytest.UsageError("--interactive needs a terminal, and there is none")
    person.attend(asker, config.getoption("pairproof_operator"))


def _quiet_of(config: pytest.Config) -> Callable[[], AbstractContextManager[None]]:
    """What keeps the progress out of the way, where a plugin shows one."""
    for plugin in config.pluginmanager.get_plugins():
        quiet: Callable[[], AbstractContextManager[None]] | None = getattr(plugin, "quiet", None)
        if callable(quiet):
            return quiet
    return nullcontext


def consuming_last(
    items: list[pytest.Item], slots: Iterable[Slot], scenario_of: Callable[[pytest.Item], str]
) -> None:
    """Where clusters are given, scenarios that leave them as they are come before the others.

    The order is otherwise as it was. What is no scenario (an empty id) comes first.
    """
    if any(slot.given for slot in slots):
        items.sort(key=lambda item: bool(id_ := scenario_of(item)) and need_of(id_).clusters > 0)
