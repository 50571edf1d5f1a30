"""`pairproof serve`: the reference, for people and tools."""

from __future__ import annotations

from pathlib import Path

from harness.cli.exits import put
from harness.cli.planting import planted_by
from harness.domain.arrangements import Side
from harness.reference.embedded import BOTH, Layout
from harness.reference.planting import behaviour_with
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
    mutant: str,
    variant: str,
    show_credentials: bool,
) -> int:
    """Serve until a signal comes; returns the exit code.

    Raises:
        CannotDo: a mutant and a variant are asked for at once.
        UnknownName: there is no such role.
        UnknownPlanted: there is no such mutant or variant.
        PairproofError: a port is in use, or a file cannot be written.
    """
    sides = BOTH if role_named(role).value == "both" else frozenset({Side(role)})
    layout = Layout(clusters, hosts, tls=not plain, port_base=port, sides=sides)
    behaviour = behaviour_with(planted_by(mutant, variant))
    asked = Serve(layout, behaviour, db, write_target, show_credentials)
    return serve(asked, put)
