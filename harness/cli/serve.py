"""`pairproof serve`: the reference, for people and tools."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from pathlib import Path

from harness.cli.exits import CannotDo, put
from harness.configuration.errors import Misspelt
from harness.domain.arrangements import Side
from harness.fleet.spelling import duration
from harness.loopback import is_loopback_host
from harness.reference.behaviour import Behaviour
from harness.reference.certificates import trusting
from harness.reference.embedded import BOTH, Layout, Other
from harness.reference.planting import behaviour_with
from harness.running.selection import role_named
from harness.serving import Serve, serve
from harness.targets.wire_reading import load_wire
from harness.wire.mapping import PLAIN


@dataclass(frozen=True, slots=True)
class Listening:
    """Where others reach it, and what is trusted, as it was typed."""

    bind: str
    host_name: str
    cert: Path | None
    key: Path | None
    trust: Path | None

    def host(self) -> str:
        """The name or address by which others reach it.

        Raises:
            CannotDo: it listens at every address, and none of them is named; or the name is none.
        """
        if self.key is not None and self.cert is None:
            raise CannotDo("--key goes with --cert, the certificate that it belongs to")
        if self.host_name:
            return self.host_name
        if self.bind in ("0.0.0.0", "::"):
            raise CannotDo(
                f"--bind {self.bind} is every address of this machine; say with --host-name how"
                " others reach it"
            )
        return "localhost" if is_loopback_host(self.bind) else self.bind

    def other(self, sides: frozenset[Side]) -> Other:
        """What is known of the side that is somebody else's.

        Raises:
            CannotDo: the certificates to trust cannot be read, or nobody would go by them.
        """
        if self.trust is None:
            return Other()
        if sides != frozenset({Side.EDGE}):
            raise CannotDo("--trust is for edge hosts whose Palette is elsewhere: use --role edge")
        try:
            return Other(trusted=trusting(self.trust))
        except ssl.SSLError as error:
            raise CannotDo(f"--trust {self.trust}: it holds no certificate in PEM") from error


def serve_reference(
    *,
    clusters: int,
    hosts: int,
    role: str,
    port: int,
    plain: bool,
    listening: Listening,
    db: Path | None,
    write_target: Path | None,
    planted: str,
    show_credentials: bool,
    wire: Path | None = None,
    handover: str = "",
) -> int:
    """Serve until a signal comes; returns the exit code.

    Raises:
        CannotDo: options contradict each other, or the handover is no duration.
        UnknownName: there is no such role.
        UnknownPlanted: there is no such mutant or variant.
        TargetFileError: the file with the mapping cannot be used.
        PairproofError: a port is in use, or a file cannot be written.
    """
    sides = BOTH if role_named(role).value == "both" else frozenset({Side(role)})
    layout = Layout(
        clusters,
        hosts,
        tls=not plain,
        port_base=port,
        sides=sides,
        bind=listening.bind,
        host=listening.host(),
        cert_file=listening.cert,
        key_file=listening.key,
    )
    behaviour = behaviour_with(planted)
    if handover:
        behaviour = with_handover(behaviour, handover, sides)
    other = listening.other(sides)
    spoken = PLAIN if wire is None else load_wire(wire)
    asked = Serve(layout, behaviour, db, write_target, show_credentials, other, spoken)
    return serve(asked, put)


def with_handover(behaviour: Behaviour, text: str, sides: frozenset[Side]) -> Behaviour:
    """A central side whose acceptances wait so long for their hosts.

    Raises:
        CannotDo: that is no duration, or there is no central side.
    """
    if Side.CENTRAL not in sides:
        raise CannotDo("--handover is how long Palette waits for a host: --role edge has none")
    try:
        handover = duration(text)
    except Misspelt as error:
        raise CannotDo(f"--handover: {error}") from None
    if not handover:
        raise CannotDo("--handover: an acceptance needs some time to be confirmed, such as 10m")
    return replace(behaviour, central=replace(behaviour.central, handover=handover))
