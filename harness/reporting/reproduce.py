"""The command that runs one scenario of a run again."""

from __future__ import annotations

import re
import shlex

from harness.history.lines import Header

_KEYWORD = re.compile(r"[\w:+\-.\[\]/\\]+")


def reproduce(header: Header, requirement: str, scenario: str) -> str:
    """The command line that judges this requirement by this scenario again, same seed.

    The scenario is picked by its id, or by as much of it as an expression of `-k` can hold.
    """
    keyword = _KEYWORD.match(scenario)
    words = ["pairproof", "certify", "--requirement", requirement]
    if keyword:
        words += ["-k", keyword[0]]
    words += ["--seed", str(header.seed), "--driver", header.driver]
    if header.target_file:
        words += ["--target", header.target_file]
    return shlex.join(words)
