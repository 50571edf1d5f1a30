"""The reference, served for people and tools: start, say where everything is, wait, stop.

It begins with what somebody needs to walk through the procedure by hand.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness.catalogue.people import People, Person
from harness.context.stacks import DOCUMENTED_STACK, published
from harness.domain import arrangements
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.draws import derived_id
from harness.domain.endpoint import EndpointForm
from harness.domain.errors import PairproofError
from harness.domain.permission import TENANT, every_grant
from harness.domain.token import RegistrationToken
from harness.files import FileKind, read_bytes
from harness.loopback import is_loopback_host
from harness.reference.behaviour import Behaviour
from harness.reference.clock import WallClock
from harness.reference.description import environment, target_text
from harness.reference.embedded import EmbeddedReference, Layout, Other, Secrets
from harness.targets.reading import env_file_of, env_text
from harness.targets.target_file import wire_text
from harness.wire.mapping import PLAIN, WireMap

__all__ = ["CannotWrite", "Serve", "serve"]


_MARK = "# Written by `pairproof serve`, and overwritten by it."
_ALIVE_S = 0.5

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends the serving: Ctrl-C, a supervisor, a terminal that goes away."""

SEED = "pairproof serve"
"""The hosts have the same ids each time, so that a database fits the servers that come after."""

Say = Callable[[str], None]


class CannotWrite(PairproofError):
    """The target file cannot be written; says why and what to do."""


_TARGET_FILE = FileKind("give another path with --write-target")


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
    if not read_bytes(target_file, _TARGET_FILE).startswith(_MARK.encode()):
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


# --- what it begins with ---------------------------------------------------------------------

_SEED_OF_DEMO = "demonstration"
_MONTH = 30 * 86_400_000_000
_CONTROL_PLANE_MAX = 3


@dataclass(frozen=True, slots=True)
class Demo:
    """A project with an administrator and a registration token; empty without a central side."""

    project_uid: str = ""
    admin: Person | None = None
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def credentials(self) -> dict[str, str]:
        """The credentials by the names of variables."""
        if self.admin is None:
            return {}
        return {
            "PAIRPROOF_PALETTE_EMAIL": self.admin.email,
            "PAIRPROOF_PALETTE_PASSWORD": self.password,
            "PAIRPROOF_PALETTE_API_KEY": self.api_key,
            "PAIRPROOF_PROJECT_UID": self.project_uid,
            "PAIRPROOF_REGISTRATION_TOKEN": self.token,
        }


def install_demo(reference: EmbeddedReference) -> Demo:
    """Install it at the sides that the reference plays. Clusters that are there already stay,
    with their requests; the credentials are new each time.
    """
    people = People(_SEED_OF_DEMO)
    if arrangements.Side.EDGE in reference.layout.sides:
        for index, slot in enumerate(reference.slots):
            if reference.cluster_at(slot.uid) is None:
                cluster = _cluster(people, index, slot)
                reference.arrange(arrangements.InstallCluster(slot.uid, cluster))
    if arrangements.Side.CENTRAL in reference.layout.sides:
        return _project(reference, people)
    return Demo()


def _project(reference: EmbeddedReference, people: People) -> Demo:
    uid = derived_id(_SEED_OF_DEMO, "project", 0)
    password, api_key, value = (os.urandom(16).hex() for _ in range(3))
    demo = Demo(uid, people.person(0), password, api_key, value)
    reference.arrange(arrangements.CreateProject(uid, people.project(0)))
    # A tenant admin's pages begin in the tenant's scope, and have to show the requests there.
    grants = every_grant(uid) | every_grant(TENANT)
    email = people.person(0).email
    reference.arrange(arrangements.PutUser(email, password, api_key, grants, tenant_admin=True))
    expiry = WallClock().now() + _MONTH
    token_uid = derived_id(_SEED_OF_DEMO, "token", 0)
    token = RegistrationToken(token_uid, "demo", value, uid, expiry)
    reference.arrange(arrangements.PutToken(token))
    for index, profile in enumerate(DOCUMENTED_STACK):
        profile_uid = derived_id(_SEED_OF_DEMO, "profile", index)
        reference.arrange(arrangements.PutProfile(published(profile, profile_uid, uid)))
    return demo


def _cluster(people: People, index: int, slot: arrangements.Slot) -> Cluster:
    """A healthy cluster over all hosts of a slot: up to three for the control plane."""
    masters = slot.host_uids[:_CONTROL_PLANE_MAX]
    workers = slot.host_uids[_CONTROL_PLANE_MAX:]
    pools = (
        NodePool("control-plane-pool", True, _nodes("control-plane", masters)),
        NodePool("worker-pool", False, _nodes("worker", workers)),
    )
    return Cluster(
        derived_id(_SEED_OF_DEMO, "cluster", index),
        people.site(index),
        people.description(index),
        people.tags(index),
        pools=tuple(pool for pool in pools if pool.nodes),
        stack=DOCUMENTED_STACK,
    )


def _nodes(kind: str, host_uids: tuple[str, ...]) -> tuple[Node, ...]:
    return tuple(Node(f"{kind}-{n}", uid) for n, uid in enumerate(host_uids, start=1))
