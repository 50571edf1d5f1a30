"""The options of a run. Imported by every pytest of an environment, so it stays light."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.suite import suite_dir

INI = "pairproof_features"
"""The ini option with which a project has its own features collected."""

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "target": {"metavar": "FILE", "help": "the target file; without it, the embedded reference"},
    "driver": {"metavar": "NAME", "help": "how to reach the target: inprocess, http, browser"},
    "role": {"metavar": "ROLE", "help": "only what binds this side: edge, central, both"},
    "profile": {
        "metavar": "NAME",
        "action": "append",
        "default": [],
        "help": "only this profile: core, extended, resilience; several as requirements",
    },
    "requirement": {
        "metavar": "ID",
        "action": "append",
        "default": [],
        "help": "only this requirement; may be repeated, or hold several with commas",
    },
    "scenario": {
        "metavar": "ID",
        "action": "append",
        "default": [],
        "help": "only this scenario, by its id as in reports; may be repeated",
    },
    "tags": {"metavar": "EXPR", "default": "", "help": "only these tags: 'core and not WDR-4'"},
    "seed": {"metavar": "N", "type": int, "default": 1, "help": "one seed for every draw"},
    "out": {"metavar": "DIR", "help": "where the evidence goes; without it, a temporary folder"},
    "interactive": {
        "action": "store_true",
        "default": False,
        "help": "ask on the terminal for what only a person can arrange",
    },
    "operator": {"metavar": "NAME", "default": "", "help": "who is asked, for the evidence"},
    "repeat": {"type": int, "default": 1, "help": argparse.SUPPRESS},
    "command": {"default": "", "help": argparse.SUPPRESS},
    "waivers": {"default": "", "help": argparse.SUPPRESS},
    "planted": {"default": "", "help": argparse.SUPPRESS},
    "budget": {"default": "", "help": argparse.SUPPRESS},
    "resume": {"action": "store_true", "default": False, "help": argparse.SUPPRESS},
    "explore": {"default": "", "help": argparse.SUPPRESS},
    "traces": {"default": "", "help": argparse.SUPPRESS},
}

_HIDDEN = ("repeat", "command", "waivers", "planted", "budget", "resume", "explore", "traces")
"""What only the command `pairproof` says."""


def add_ini(parser: pytest.Parser) -> None:
    """Add the ini option."""
    text = "collect every .feature file of this project as a scenario of pairproof"
    parser.addini(INI, text, type="bool", default=False)


def add_options(parser: pytest.Parser) -> None:
    """Add each option as `--pairproof-NAME`, and as `--NAME` where that is free.

    Adding them again does nothing.
    """
    group = parser.getgroup("pairproof", "cluster pairing conformance (pairproof)")
    if group.options:
        return
    for name, attributes in _OPTIONS.items():
        long, short = f"--pairproof-{name}", f"--{name}"
        known = {"dest": f"pairproof_{name}", **attributes}
        try:
            group.addoption(*((long,) if name in _HIDDEN else (short, long)), **known)
        except (ValueError, argparse.ArgumentError):
            group.addoption(long, **known)


def is_explicit(config: pytest.Config) -> bool:
    """Whether the project, or whoever runs pytest, asks for pairproof by name."""
    asked = (config.getoption(f"pairproof_{name}", None) for name in ("target", "driver"))
    return any(asked) or bool(config.getini(INI))


@cache
def is_ours(path: Path) -> bool:
    """Whether a file is one of our own features."""
    return path.resolve().is_relative_to(suite_dir("features"))


def out_of(config: pytest.Config) -> Path | None:
    """The folder that was asked for, if one was."""
    given = config.getoption("pairproof_out")
    return config.invocation_params.dir / given if given else None
