"""Halves of the reference as a vendor's, whose messages between the sides are otherwise than ours,
and drivers that play the other half for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from harness.domain.arrangements import Side
from harness.opening import open_http
from harness.reference.behaviour import Behaviour
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference
from harness.reference.layout import Layout, Other
from harness.targets.http import HttpDriver
from harness.targets.reading import env_text
from harness.targets.target_file import read_target
from harness.wire.mapping import PLAIN, WireMap

PLAIN_HTTP = "[peer]\ntls = false\n"
"""For edge hosts that the harness plays Palette for: they trust no CA of its own."""


class Lab:
    """A folder, and what was started in it."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.folder = folder
        self._held = held

    def half(
        self,
        side: Side,
        behaviour: Behaviour = Behaviour(),
        wire: WireMap = PLAIN,
        clusters: int = 1,
    ) -> EmbeddedReference:
        """One side as a vendor's; what crosses between the sides is by this wire."""
        layout = Layout(clusters, 2, sides=frozenset({side}))
        own = wire if side is Side.CENTRAL else PLAIN
        half = EmbeddedReference(7, layout, behaviour=behaviour, other=Other(wire), wire=own)
        return self._held.enter_context(half)

    def open(self, half: EmbeddedReference, more: str) -> HttpDriver:
        """A driver that plays the other side for it."""
        text = f"{target_text(half)}\n{more}"
        driver = open_http(read_target(text, "half.toml", self.folder, environment(half)), seed=3)
        self._held.callback(driver.close)
        return driver

    def target_file(self, half: EmbeddedReference, more: str, **limits: float) -> str:
        """The name of the target file that describes it, with its credentials beside."""
        told = "".join(f"{name} = {value}\n" for name, value in limits.items())
        text = target_text(half).replace("[limits]\n", f"[limits]\n{told}")
        (self.folder / "half.toml").write_text(f"{text}\n{more}", "utf-8")
        beside = self.folder / "half.env"
        beside.write_text(env_text(environment(half)), "utf-8")
        beside.chmod(0o600)
        return "half.toml"


def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it has not come to be"
        time.sleep(0.005)
