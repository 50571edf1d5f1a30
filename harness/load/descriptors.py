"""Room for connections: each takes a file of the process, and those are limited."""

from __future__ import annotations

import resource
from typing import Final

from harness.load.errors import TooFewFiles

SPARE: Final = 64
"""Files that the rest of the process may need: the journal, libraries, the event loop."""


def make_room(connections: int) -> int:
    """Let the process have so many connections; returns the limit of open files from now on.

    Raises the soft limit as far as needed and allowed, and never lowers it.

    Raises:
        TooFewFiles: the hard limit does not allow as many; says what to do.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + SPARE
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return soft
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise TooFewFiles(
            f"{connections:,} connections need {needed:,} open files, and this process may have"
            f" {hard:,}; raise the limit (`ulimit -Hn {needed}` as root, LimitNOFILE= of a"
            f" service, --ulimit nofile={needed} of a container), or use fewer connections or"
            " more workers"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return needed
