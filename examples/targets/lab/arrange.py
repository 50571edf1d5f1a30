#!/usr/bin/env python3
"""Brings about what it is asked for, or says with 3 that it cannot and has changed nothing.

The arrangement comes as JSON on standard input. What is printed as a JSON object tells what was
chosen, such as the uid of a project. docs/arrangements.md has all that may be asked, and what it
means. `acme-lab` stands for the program by which you change your lab: put yours in its place, and
add what it can.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

CANNOT = 3


def words_for(asked: dict[str, Any]) -> list[str] | None:
    """What is run for an arrangement; nothing for one that is not written yet."""
    match asked:
        case {"arrangement": "SetNodeHealth", "slot": slot, "node": node, "health": health}:
            return ["node", slot, node, health]
        case {"arrangement": "Restart", "side": side}:
            return ["restart", side]
        case {"arrangement": "CreateProject", "name": name}:
            return ["project", "create", name]
        case {"arrangement": "PutUser", "email": email, "grants": grants}:
            # One of this e-mail is replaced: they may do this afterwards, and nothing else.
            return ["user", "replace", email, *(f"{g['permission']}@{g['scope']}" for g in grants)]
    return None


CAN = ("SetNodeHealth", "Restart", "CreateProject", "PutUser")


def main() -> int:
    """Do what is asked; returns the exit code."""
    asked = json.load(sys.stdin)
    program = shutil.which("acme-lab")
    if asked["arrangement"] == "WhatCanBe":  # the doctor asks; nothing is to be done
        json.dump({"can": CAN if program else ()}, sys.stdout)
        return 0
    words = words_for(asked)
    if program is None or words is None:
        sys.stderr.write(f"{asked['arrangement']}: not written yet\n")
        return CANNOT
    done = subprocess.run([program, *words], check=True, capture_output=True, text=True)
    if asked["arrangement"] == "CreateProject":
        json.dump({"uid": done.stdout.strip()}, sys.stdout)
    elif asked["arrangement"] == "PutUser":
        json.dump({"api_key": done.stdout.strip()}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
