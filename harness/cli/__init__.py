"""The command `pairproof`. What a command needs is imported when it is carried out.

Imports `domain`, `files`, `loopback`, `catalogue`, `configuration`, `wire`, `suite`, `gherkin`,
`history`, `tables`, `reference`, `targets`, `checkers`, `load`, `context`, `doctor`, `explore`,
`fleet`, `reporting`, `opening`, `running`, `serving`, `verifying`, `proving`. Begin with
`commands`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from harness import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line (that of the process without one); returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        print(f"pairproof {__version__}")
        return 0
    from harness.cli.commands import run

    return run(words)
