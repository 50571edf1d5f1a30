"""What a test leaves running."""

from __future__ import annotations

import threading
import time

Threads = set[threading.Thread]


def left_of(before: Threads, within_s: float = 5.0) -> Threads:
    """The threads that did not run before and do not end soon.

    A worker of AnyIO ends a moment after the event loop that it worked for.
    """
    deadline = time.monotonic() + within_s
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, deadline - time.monotonic()))
    return set(threading.enumerate()) - before
