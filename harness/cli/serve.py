"""`pairproof serve`: the reference, for people and tools."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

from harness.cli.commands.options import microseconds
from harness.cli.commands.targets import Listening, ServeOptions
from harness.cli.exits import CannotDo, put
from harness.domain.arrangements import Side
from harness.loopback import is_loopback_host
from harness.reference.behaviour import Behaviour
from harness.reference.certificates import trusting
from harness.reference.embedded import BOTH, Layout, Other
from harness.reference.planting import behaviour_with
from harness.running.selection import role_named
from harness.serving import Serve, serve
from harness.targets.target_file import load_wire
from harness.wire.mapping import PLAIN


def serve_reference(asked: ServeOptions) -> int:
    """Serve until a signal comes; returns the exit code.

    Raises:
        CannotDo: options contradict each other, or the handover is no duration.
        UnknownName: there is no such role.
        UnknownPlanted: there is no such mutant or variant.
        TargetFileError: the file with the mapping cannot be used.
        PairproofError: a port is in use, or a file cannot be written.
    """
    sides = BOTH if role_named(asked.role).value == "both" else frozenset({Side(asked.role)})
    layout = Layout(
        asked.clusters,
        asked.hosts,
        tls=not asked.plain,
        port_base=asked.port,
        sides=sides,
        bind=asked.listening.bind,
        host=_host(asked.listening),
        cert_file=asked.listening.cert,
        key_file=asked.listening.key,
    )
    behaviour = behaviour_with(str(asked.planted))
    if asked.handover:
        behaviour = with_handover(behaviour, asked.handover, sides)
    other = _other(asked.listening.trust, sides)
    wire = PLAIN if asked.wire is None else load_wire(asked.wire)
    return serve(
        Serve(layout, behaviour, asked.db, asked.write_target, asked.show_credentials, other, wire),
        put,
    )


def _host(asked: Listening) -> str:
    """The name or address by which others reach it."""
    if asked.key is not None and asked.cert is None:
        raise CannotDo("--key goes with --cert, the certificate that it belongs to")
    if asked.host_name:
        return asked.host_name
    if asked.bind in ("0.0.0.0", "::"):
        raise CannotDo(
            f"--bind {asked.bind} is every address of this machine; say with --host-name how"
            " others reach it"
        )
    return "localhost" if is_loopback_host(asked.bind) else asked.bind


def _other(trust: Path | None, sides: frozenset[Side]) -> Other:
    """What is known of the side that is somebody else's."""
    if trust is None:
        return Other()
    if sides != frozenset({Side.EDGE}):
        raise CannotDo("--trust is for edge hosts whose Palette is elsewhere: use --role edge")
    try:
        return Other(trusted=trusting(trust))
    except ssl.SSLError as error:
        raise CannotDo(f"--trust {trust}: it holds no certificate in PEM") from error


def with_handover(behaviour: Behaviour, text: str, sides: frozenset[Side]) -> Behaviour:
    """A central side whose acceptances wait so long for their hosts.

    Raises:
        CannotDo: that is no duration, or there is no central side.
    """
    if Side.CENTRAL not in sides:
        raise CannotDo("--handover is how long Palette waits for a host: --role edge has none")
    handover = microseconds("--handover", text)
    if not handover:
        raise CannotDo("--handover: an acceptance needs some time to be confirmed, such as 10m")
    return replace(behaviour, central=replace(behaviour.central, handover=handover))
