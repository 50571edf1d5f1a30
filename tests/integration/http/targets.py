"""Targets for the driver, made without a file."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from harness.catalogue.limits import Limits
from harness.domain.arrangements import Side
from harness.domain.operations import Credentials, Operation
from harness.targets.http import HttpDriver
from harness.targets.port import Exchange, LocalUser, Outgoing, TargetInfo
from harness.targets.target import Control, Host, Target, TargetSlot, Timeouts
from harness.targets.trust import Trust
from tests.integration.http import faulty
from tests.integration.http.faulty import Behave, Faulty, answer

HOST = "host-1"
EMPTY = answer("200 OK", b'{"items": []}')
NOT_LOGGED_IN = answer(
    "401 Unauthorized", b'{"code": "Unauthenticated", "message": "log in", "details": {}}'
)


def target_at(url: str, answer_s: float = 5.0, ca_file: Path | None = None, **more: Any) -> Target:
    """A target whose every address is this one."""
    values: dict[str, Any] = {
        "info": TargetInfo("faulty"),
        "places": (TargetSlot("slot-1", (Host(HOST, url),)),),
        "local_user": LocalUser("kim", "canary-password"),
        "central_url": url,
        "endpoint": url,
        "limits": Limits(answer_s=answer_s),
        "timeouts": Timeouts(check_s=answer_s),
        "trust": Trust(ca_file),
    }
    return Target(**{**values, **more})


def with_control(url: str, **more: Any) -> Target:
    """A target whose control port is at the same address."""
    return target_at(url, controls=dict.fromkeys(Side, Control(url, "canary-secret")), **more)


def ask(driver: HttpDriver, operation: Operation, **credentials: str) -> Exchange:
    """Send one operation."""
    return driver.send(Outgoing(operation, Credentials(**credentials), HOST, "scenario#1"))


class Open:
    """Opens faulty targets and drivers for them; closes all at the end."""

    def __init__(self, held: ExitStack) -> None:
        self._held = held

    def faulty(self, behave: Behave, tls: ssl.SSLContext | None = None) -> Faulty:
        return self._held.enter_context(faulty.running(behave, tls))

    def driver(self, target: Target, pause: Callable[[float], None] = time.sleep) -> HttpDriver:
        driver = HttpDriver(target, pause=pause)
        self._held.callback(driver.close)
        return driver

    def at(self, behave: Behave, answer_s: float = 5.0) -> HttpDriver:
        return self.driver(target_at(self.faulty(behave).url, answer_s))


ENDS_WITHIN_S = 30.0
"""A thread that was told to end may take a moment for it, more on a busy machine."""


@contextmanager
def leaving_no_thread() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(ENDS_WITHIN_S)
        assert not thread.is_alive(), thread.name


@contextmanager
def opening() -> Iterator[Open]:
    """What is opened here leaves no thread behind."""
    with leaving_no_thread(), ExitStack() as held:
        yield Open(held)
