"""`pairproof serve`: the reference, for people and tools."""

from __future__ import annotations

from pathlib import Path

from harness.cli.exits import put
from harness.domain.arrangements import Side
from harness.reference.embedded import BOTH, Layout
from harness.running.selection import role_named
from harness.serving import Serve, serve


def serve_reference(
    *,
    clusters: int,
    hosts: int,
    role: str,
    port: int,
    plain: bool,
    db: Path | None,
    write_target: Path | None,
    show_credentials: bool,
) -> int:
    """Serve until a signal comes; returns the exit code.

    Raises:
        UnknownName: there is no such role.
        PairproofError: a port is in use, or a file cannot be written.
    """
    sides = BOTH if role_named(role).value == "both" else frozenset({Side(role)})
    layout = Layout(clusters, hosts, tls=not plain, port_base=port, sides=sides)
    asked = Serve(layout, db=db, write_target=write_target, show_credentials=show_credentials)
    return serve(asked, put)
