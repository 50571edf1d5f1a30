"""The body of `pairproof serve`: start, say where everything is, wait, stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.domain.endpoint import EndpointForm
from harness.domain.errors import PairproofError
from harness.reference.behaviour import Behaviour
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference, Layout, Other, Secrets
from harness.serving.demo import Demo, install_demo
from harness.targets.loopback import is_loopback_host
from harness.targets.reading import env_file_of, env_text
from harness.targets.wire_reading import wire_text
from harness.wire.mapping import PLAIN, WireMap

_MARK = "# Written by `pairproof serve`, and overwritten by it."
_ALIVE_S = 0.5

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends the serving: Ctrl-C, a supervisor, a terminal that goes away."""

SEED = "pairproof serve"
"""The hosts have the same ids each time, so that a database fits the servers that come after."""

Say = Callable[[str], None]


class CannotWrite(PairproofError):
    """The target file cannot be written; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Serve:
    """What is to be served.

    Attributes:
        layout: how big it is, where it listens, and which side it plays.
        behaviour: its lawful choices, or a defect that is planted.
        db: where its databases lie; they go with it when there is none. Give it a port base
            as well, so that the hosts of a pending request find Palette where it was.
        write_target: the target file to write, with the credentials beside it.
        show_credentials: say them too, also where they are written to a file.
        other: what is known of the side that it does not play.
        wire: what it speaks, if not the published wire.
    """

    layout: Layout = Layout()
    behaviour: Behaviour = Behaviour()
    db: Path | None = None
    write_target: Path | None = None
    show_credentials: bool = False
    other: Other = Other()
    wire: WireMap = PLAIN


def serve(asked: Serve, say: Say, stop: threading.Event | None = None) -> int:
    """Serve until a signal comes, or until `stop` is set; returns the exit code.

    `say` is given what people have to know, line by line. Everything is ready once it was.

    Raises:
        AddressError: a port is in use.
        CertificateError: the certificate that it is to show cannot be used.
        StoreError: a database cannot be used.
        CannotWrite: the target file cannot be written.
        AgentsStopped: the host agents ended because of a defect.
    """
    stopped = stop or threading.Event()
    with _until_signalled(stopped), serving(asked) as served:
        for line in served.lines():
            say(line)
        while not stopped.wait(_ALIVE_S):
            served.reference.check()
    say("stopped")
    return 0


@contextmanager
def serving(asked: Serve) -> Iterator[Served]:
    """The reference as it is served, with its demonstration; stopped on leaving."""
    secrets = Secrets.fresh()
    with EmbeddedReference(
        SEED,
        asked.layout,
        db=asked.db,
        secrets=secrets,
        behaviour=asked.behaviour,
        other=asked.other,
        wire=asked.wire,
    ) as reference:
        served = Served(asked, reference, install_demo(reference))
        if asked.write_target is not None:
            served.write(asked.write_target)
        yield served


@dataclass(frozen=True, slots=True)
class Served:
    """A reference that is being served."""

    asked: Serve
    reference: EmbeddedReference
    demo: Demo

    def credentials(self) -> dict[str, str]:
        """Every credential, by the name of a variable."""
        return {**environment(self.reference), **self.demo.credentials()}

    def write(self, target_file: Path) -> None:
        """Write the target file, last of all: whoever waits for it finds the others complete.

        Raises:
            CannotWrite: it cannot be written, or a file of somebody else's stands there.
        """
        env_file, ca_file = env_file_of(target_file), _ca_file_of(target_file)
        text = target_text(self.reference, Path(ca_file.name)) + wire_text(self.asked.wire)
        try:
            _refuse_foreign(target_file)
            _write(ca_file, self.reference.ca_file.read_text("utf-8"), 0o644)
            _write(env_file, f"{_MARK}\n{env_text(self.credentials())}", 0o600)
            _write(target_file, f"{_MARK}\n{text}", 0o644)
        except OSError as error:
            raise CannotWrite(
                f"{target_file}: cannot be written ({error.strerror or error}); give another path"
                " with --write-target"
            ) from error

    def lines(self) -> Iterator[str]:
        """What people have to know."""
        yield "The reference is running; Ctrl-C stops it."
        bind = self.asked.layout.bind
        if not is_loopback_host(bind):
            yield (
                f"Warning: it listens on {bind}, for other machines too. It is made for tests:"
                " let nothing of value near it."
            )
        yield ""
        yield from self._addresses()
        yield ""
        target_file = self.asked.write_target
        if target_file is None or self.asked.show_credentials:
            yield from (f"{name}={value}" for name, value in self.credentials().items())
        if target_file is not None:
            yield f"Target file   {target_file}"
            yield f"Credentials   {env_file_of(target_file)}"

    def _addresses(self) -> Iterator[str]:
        addresses = self.reference.addresses
        palette: Mapping[EndpointForm, str] = addresses.palette
        if palette:
            yield f"Palette       {palette[EndpointForm.USABLE]}"
            yield f"              {palette[EndpointForm.PLAIN_HTTP]}  (plain HTTP)"
            yield f"              {palette[EndpointForm.UNTRUSTED]}  (certificate of an unknown CA)"
        for slot in self.reference.slots if addresses.local_ui else ():
            cluster = self.reference.cluster_at(slot.uid)
            yield f"Local UI      {cluster.name if cluster else 'no cluster'}, {slot.uid}"
            for host_uid in slot.host_uids:
                yield f"              {addresses.local_ui[host_uid]}  (host {host_uid})"
        yield f"Control port  {addresses.control}"
        target_file = self.asked.write_target
        yield f"CA to trust   {_ca_file_of(target_file) if target_file else self.reference.ca_file}"


@contextmanager
def _until_signalled(stopped: threading.Event) -> Iterator[None]:
    """Let a signal set the event, where this thread may listen to signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = {number: signal.signal(number, lambda *_: stopped.set()) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _ca_file_of(target_file: Path) -> Path:
    """Where the certificate is copied to, so that the target file can name it."""
    return target_file.with_suffix(".ca.pem")


def _refuse_foreign(target_file: Path) -> None:
    """Do not overwrite what somebody wrote by hand."""
    if not target_file.exists():
        return
    if not target_file.read_text("utf-8", "replace").startswith(_MARK):
        raise CannotWrite(
            f"{target_file}: is not a file that `pairproof serve` wrote, and is left as it is;"
            " give another path with --write-target, or remove it"
        )


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file so that nobody sees a part of it, or may read it before it has its mode."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, mode)
        file.write(text)
    unfinished.replace(path)
