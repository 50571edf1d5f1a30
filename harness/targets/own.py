"""What a driver of another package derives from: all that most of them have in common.

What each method is asked for, and what follows where it is left out, is told in
`docs/driver.md`.
"""

from __future__ import annotations

import time
from functools import cached_property

from harness.catalogue.limits import Limits
from harness.domain.arrangements import Arrangement, FaultEffect, Inventory
from harness.targets.arranging.chain import Chain
from harness.targets.peer_table import Peer
from harness.targets.port import Confirmation, Exchange, LocalUser, Outgoing, TargetInfo
from harness.targets.trust import Trust


class OwnDriver:
    """A driver in real time that arranges nothing. `inventory` and `send` are to be written.

    Attributes:
        info: who made the target, its roles and features; one without a name bears the driver's.
        local_user: who logs in to Local UI.
        limits: how long things may take there.
        secrets: what the driver begins with, as pairs of secret and kind; none gets into evidence.
        arranging: ways to arrange, tried one after the other, where `arrange` is not written.
        peer: how the side is reached that the harness plays, where the target plays one.
        trust: which certificates its edge hosts trust, where the harness plays them.
        carries: whether the messages of these hosts go through `send`, and not over HTTP.
        at_once: how many operations may be asked at once, each by a thread of its own.
    """

    name = ""
    info = TargetInfo("")
    local_user = LocalUser("", "")
    limits = Limits()
    secrets: tuple[tuple[str, str], ...] = ()
    arranging = Chain(())
    peer = Peer()
    trust = Trust()
    carries = False
    at_once = 1

    def inventory(self) -> Inventory:
        raise NotImplementedError

    def send(self, outgoing: Outgoing) -> Exchange:
        raise NotImplementedError

    def arrange(self, arrangement: Arrangement) -> Arrangement:
        return self.arranging.arrange(arrangement)

    def cannot(self, kind: type[Arrangement]) -> str:
        is_written = type(self).arrange is not OwnDriver.arrange
        return "" if is_written else self.arranging.cannot(kind)

    def seen(self, arrangement: Arrangement) -> FaultEffect | None:
        return self.arranging.seen(arrangement)

    def confirmation(self) -> Confirmation | None:
        return self.arranging.confirmation()

    @cached_property
    def _start(self) -> int:
        return time.monotonic_ns()

    def now(self) -> int:
        start = self._start  # which is now, where nobody has asked before
        return (time.monotonic_ns() - start) // 1_000

    def epoch(self) -> int:
        return time.time_ns() // 1_000

    def sleep(self, duration: int) -> None:
        time.sleep(duration / 1_000_000)

    def begin_scenario(self, scenario: str) -> None: ...

    def end_scenario(self, scenario: str) -> None: ...

    def close(self) -> None:
        self.arranging.close()
