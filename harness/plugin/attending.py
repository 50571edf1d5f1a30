"""A person at the terminal, beside the plugin that shows the progress there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from harness.targets.arranging.chain import Chain
from harness.targets.arranging.person import PersonArranger, terminal_asker
from harness.targets.port import Driver


def attend(config: pytest.Config, driver: Driver) -> None:
    """Let a person be asked, on the terminal, with the progress out of the way.

    Raises:
        pytest.UsageError: there is no terminal, or nobody is to be asked for this target.
    """
    chain = getattr(driver, "arranging", None)
    person = chain.way(PersonArranger) if isinstance(chain, Chain) else None
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
    return of_plugins(config, "quiet") or nullcontext


def of_plugins(config: pytest.Config, name: str) -> Callable[..., Any] | None:
    """What the plugin that shows the progress does under this name, if there is one."""
    for plugin in config.pluginmanager.get_plugins():
        found: Callable[..., Any] | None = getattr(plugin, name, None)
        if callable(found):
            return found
    return None
