#!/usr/bin/env python3
"""Brings about what it is asked for, or says with 3 that it cannot and has changed nothing.

The arrangement comes as JSON on standard input. What is printed as a JSON object tells what was
chosen, such as the uid of a project. docs/arranging.md lists what may be asked.
"""

from __future__ import annotations

import json
import sys

CANNOT = 3


def main() -> int:
    """Do what is asked; returns the exit code."""
    asked = json.load(sys.stdin)
    match asked["arrangement"]:
        # case "SetNodeHealth":
        #     subprocess.run(["acme-lab", "node", asked["node"], asked["health"]], check=True)
        #     return 0
        case other:
            sys.stderr.write(f"{other}: not written yet\n")
            return CANNOT


if __name__ == "__main__":
    sys.exit(main())
