"""Where a run changes things, and whether it may.

Nothing is changed on an address that is not this machine's unless the target file says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from harness.history.visible import visible_line
from harness.targets.loopback import is_loopback
from harness.targets.port import TargetUnusable
from harness.targets.target import Target

TOLD_MAX: Final = 4
"""More addresses are counted, not told."""

_ADDRESS: Final = re.compile(r"https?://[^\s\"'{}<>|]+")


def written_to(target: Target) -> tuple[str, ...]:
    """Every address that a run changes something at, each once: those that the harness asks
    itself, the server that cuts links, and those that stand in the commands that it runs.
    """
    links = [target.links.toxiproxy_url] if target.links.toxiproxy_url else []
    return tuple(dict.fromkeys((*target.addresses(), *links, *_of_commands(target))))


def _of_commands(target: Target) -> Iterator[str]:
    arranging, cutting = target.arranging, target.links.commands
    commands = [*arranging.commands.values(), *arranging.resets.values()]
    commands += [cutting.down, cutting.up] if cutting else []
    for command in commands:
        for word in command.words:
            yield from _ADDRESS.findall(word)


def check_permission(target: Target) -> None:
    """See whether anything may be changed there.

    Raises:
        TargetUnusable: an address is not on this machine, and the file does not allow it.
    """
    remote = [url for url in written_to(target) if not is_loopback(url)]
    if remote and not target.allow_writes:
        raise TargetUnusable(
            f"{remote[0]} is not on this machine, and a run changes things there; write"
            " allow_writes = true at the top of the target file if that is meant"
        )


def told(target: Target) -> str:
    """The target in one line, for whoever starts a run: what it is, who made it, where."""
    info = target.info
    name = f"{info.name} {info.version}".strip()
    made = f"{name} by {info.organization}" if info.organization else name
    return visible_line(f"{made}, writes to {_listed(written_to(target))}")


def _listed(urls: tuple[str, ...]) -> str:
    more = len(urls) - TOLD_MAX
    return ", ".join(urls[:TOLD_MAX]) + (f" and {more} more" if more > 0 else "")
