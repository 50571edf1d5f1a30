"""Spares a target: so many requests a second and no more, and waits that it asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from harness.domain.errors import Reason, Refused
from harness.targets.answered import Answered, seconds_of


class Pacer:
    """Lets requests to an address go one after the other, at an even pace.

    `per_second` is by address; addresses that are not named there go unbounded. Addresses of one
    host and port share one pace. Safe for many threads: each has its own turn.
    """

    def __init__(
        self,
        per_second: Mapping[str, float],
        *,
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make the pacer. `now` is in seconds by a clock that is never set; `pause` waits."""
        rates = {_origin(url): rate for url, rate in per_second.items() if rate > 0}
        self._interval = {origin: 1 / rate for origin, rate in rates.items()}
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()
        self._now = now
        self._pause = pause

    def take_turn(self, base_url: str) -> None:
        """Wait until a request may go to this address."""
        if not self._interval:
            return
        origin = _origin(base_url)
        interval = self._interval.get(origin)
        if interval is None:
            return
        with self._lock:
            now = self._now()
            turn = max(now, self._next.get(origin, now))
            self._next[origin] = turn + interval
        if turn > now:
            self._pause(turn - now)


def wait_asked_for(answered: Answered, longest_s: float) -> float | None:
    """How many seconds the answer asks to wait, where it is a 429 or a 503 that says so.

    `None` if it does not, or for longer than `longest_s`.
    """
    response, reply = answered.response, answered.reply
    if response is None:
        return None
    limited = isinstance(reply, Refused) and reply.reason is Reason.RATE_LIMITED
    if not (limited or response.status == 503):
        return None
    pause_s = seconds_of(answered.retry_after(), datetime.now(UTC))
    return pause_s if pause_s is not None and pause_s <= longest_s else None


def may_be_asked_again(answered: Answered) -> bool:
    """Whether nothing is done twice by asking again.

    A 429 says that nothing was done. A 503 may come from something in between, after all was
    done, so only what looks is asked again.
    """
    reply = answered.reply
    limited = isinstance(reply, Refused) and reply.reason is Reason.RATE_LIMITED
    return limited or answered.sent.method in ("GET", "HEAD")


@lru_cache(maxsize=4_096)
def _origin(url: str) -> str:
    """The host and port of an address."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return f"{(parts.hostname or '').lower()}:{port}"
