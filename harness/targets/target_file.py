"""Target files: what a run is about, and how it is reached (TOML, `pairproof/target/1`).

The keys are declared in `target_keys`; `docs/target-file.md` explains them.
"""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Feature, Role
from harness.domain.arrangements import Side, Slot
from harness.targets import toml_lines
from harness.targets.env_file import env_file_of, read_env_file
from harness.targets.port import LocalUser, TargetInfo
from harness.targets.reading import Reading
from harness.targets.structure import Table, check_structure
from harness.targets.target_errors import Problem, TargetFileError
from harness.targets.target_keys import SCHEMA
from harness.wire.routes import ROUTES, RouteTable, remapped


@dataclass(frozen=True, slots=True)
class Host:
    """An edge host and where its Local UI answers."""

    uid: str
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a cluster: the hosts that one there can span."""

    slot: str
    hosts: tuple[Host, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A control port and its secret."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificates are trusted: those of `ca_file`, any, or the machine's usual ones."""

    ca_file: Path | None = None
    insecure: bool = False

    def context(self) -> ssl.SSLContext:
        """What a TLS client checks certificates with.

        Raises:
            OSError: the file cannot be read, or holds no certificate.
        """
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the harness waits for the network, in seconds."""

    connect_s: float = 5.0
    check_s: float = 5.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How often a 429 is waited for, and for how many seconds at most."""

    waits: int = 3
    wait_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """Everything that a target file says, with the credentials that it names."""

    info: TargetInfo
    places: tuple[Place, ...]
    local_user: LocalUser
    central_url: str
    endpoint: str
    endpoint_forms: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = Trust()
    controls: Mapping[Side, Control] = field(default_factory=dict)
    limits: Limits = Limits()
    timeouts: Timeouts = Timeouts()
    rate_limit: RateLimit = RateLimit()
    routes: RouteTable = field(default_factory=lambda: ROUTES)
    allow_writes: bool = False

    def slots(self) -> tuple[Slot, ...]:
        """The places as a run leases them."""
        return tuple(Slot(p.slot, tuple(host.uid for host in p.hosts)) for p in self.places)

    def hosts(self) -> tuple[Host, ...]:
        """Every host of every place."""
        return tuple(host for place in self.places for host in place.hosts)

    def addresses(self) -> tuple[str, ...]:
        """Every address that the harness itself asks."""
        controls = dict.fromkeys(control.url for control in self.controls.values())
        return (*(host.url for host in self.hosts()), self.central_url, *controls)

    def secrets(self) -> tuple[tuple[str, str], ...]:
        """The secrets of the control ports, each once, with its kind."""
        own = dict.fromkeys(control.secret for control in self.controls.values())
        return tuple((secret, "secret") for secret in own)

    def is_local(self) -> bool:
        """Whether all of it is on this machine."""
        return all(is_loopback(url) for url in self.addresses())


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine, as far as its text says."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def load_target(path: Path, environment: Mapping[str, str]) -> Target:
    """The target that a file describes. Credentials come from `environment`, otherwise from
    the `.env` file beside it.

    Raises:
        TargetFileError: a file cannot be read or is wrong; says where, and what to do.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        problem = Problem(
            f"it cannot be read ({why})",
            "a TOML file",
            "give the path of a target file; `pairproof serve --write-target FILE` writes one",
        )
        raise TargetFileError(str(path), 0, "", problem) from error
    beside = read_env_file(env_file_of(path))
    return read_target(text, str(path), path.parent, {**beside, **environment})


def read_target(text: str, file: str, folder: Path, environment: Mapping[str, str]) -> Target:
    """The target that a text describes. `file` is what messages call it; relative paths in it
    start at `folder`.

    Raises:
        TargetFileError: the text is wrong; says where, and what to do.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = Problem(f"this is not TOML: {error}", "TOML 1.0", "correct it there")
        raise TargetFileError(file, _line_in(str(error)), "", problem) from error
    reader = _Reader(text, file, folder, environment)
    reader.check_version(data)
    check_structure(data, reader.refuse)
    return reader.target(data)


def _line_in(message: str) -> int:
    """The line that tomllib's message names: `… (at line 3, column 7)`."""
    _, found, rest = message.rpartition("(at line ")
    return int(rest.partition(",")[0]) if found else 0


class _Reader(Reading):
    """Reads a text whose structure is right, and checks that it makes sense."""

    def check_version(self, data: Table) -> None:
        """The schema comes before everything else: another one has other keys."""
        found = data.get("schema")
        if found != SCHEMA:
            told = "it is missing" if found is None else f"{found!r} stands there"
            remedy = f'write schema = "{SCHEMA}", or use the pairproof that knows it'
            self.refuse(("schema",), Problem(told, f'"{SCHEMA}"', remedy))

    def target(self, data: Table) -> Target:
        """The target that the text describes."""
        central = data["central"]
        places = self.places(data["edge"]["clusters"])
        info = self.info(data, places)
        login = data["edge"]["login"]
        return Target(
            info=info,
            places=places,
            local_user=LocalUser(
                self.variable(login, ("edge", "login", "username_env")),
                self.variable(login, ("edge", "login", "password_env")),
            ),
            central_url=self.address(central["url"], ("central", "url")),
            endpoint=central.get("endpoint", central["url"]),
            endpoint_forms=central.get("endpoint_forms", {}),
            trust=self.trust(data.get("tls", {})),
            controls=self.controls(data),
            limits=Limits.from_mapping(data.get("limits", {})),
            timeouts=Timeouts(**data.get("timeouts", {})),
            rate_limit=RateLimit(**data.get("rate_limit", {})),
            routes=self.routes(data.get("paths", {})),
            allow_writes=data.get("allow_writes", False),
        )

    def info(self, data: Table, places: tuple[Place, ...]) -> TargetInfo:
        """Who made it and what it claims; a claim has to be possible."""
        features = frozenset(map(Feature, data.get("features", [])))
        if Feature.MULTI_NODE in features and all(len(p.hosts) < 2 for p in places):
            self.refuse(
                ("features",),
                Problem(
                    f"{Feature.MULTI_NODE.value} is claimed, and no place has two hosts",
                    "the claim, where a cluster can span several hosts",
                    "add hosts to edge.clusters, or drop the claim",
                ),
            )
        roles = frozenset(map(Role, data["roles"]))
        return TargetInfo(**data["implementation"], roles=roles, features=features)

    def places(self, tables: list[Table]) -> tuple[Place, ...]:
        """The places; no slot, host or address occurs twice."""
        seen: dict[str, str] = {}
        places = []
        for n, table in enumerate(tables):
            at: toml_lines.Path = ("edge", "clusters", n)
            self.once(seen, "slot", table["slot"], (*at, "slot"))
            hosts = []
            for m, entry in enumerate(table["hosts"]):
                here = (*at, "hosts", m)
                self.once(seen, "uid", entry["uid"], (*here, "uid"))
                url = self.address(entry["url"], (*here, "url"))
                self.once(seen, "address", url, (*here, "url"))
                hosts.append(Host(entry["uid"], url))
            places.append(Place(table["slot"], tuple(hosts)))
        return tuple(places)

    def trust(self, table: Table) -> Trust:
        """Which certificates are trusted; the file is tried here, where its line is known."""
        name, insecure = table.get("ca_file"), table.get("insecure", False)
        if name is not None and insecure:
            found = "ca_file and insecure = true contradict each other"
            allowed = "one of them"
            self.refuse(("tls", "insecure"), Problem(found, allowed, "remove one"))
        trust = Trust(None if name is None else self.folder / name, insecure)
        try:
            trust.context()
        except OSError as error:
            why = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            problem = Problem(
                f"{trust.ca_file} cannot be used: {why}",
                "a file with certificates in PEM",
                "correct the path (a relative one starts at the target file's folder)",
            )
            self.refuse(("tls", "ca_file"), problem)
        return trust

    def controls(self, data: Table) -> dict[Side, Control]:
        """The control port of each side that has one: its own, or the one for both."""
        found: dict[Side, Control] = {}
        if "control" in data:
            found = dict.fromkeys(Side, self.control(data["control"], ("control",)))
        for side in Side:
            own = data[side.value].get("control")
            path = (side.value, "control")
            if own is not None and "control" in data:
                told = "[control] names one for both sides already"
                self.refuse(path, Problem(told, "one control port a side", "remove one of the two"))
            if own is not None:
                found[side] = self.control(own, path)
        return found

    def control(self, table: Table, path: toml_lines.Path) -> Control:
        """One control port."""
        url = self.address(table["url"], (*path, "url"))
        return Control(url, self.variable(table, (*path, "secret_env")))

    def routes(self, table: Mapping[str, Mapping[str, str]]) -> RouteTable:
        """Where each operation is asked; a path may only use the operation's parameters."""
        routes: RouteTable = ROUTES
        for route in ROUTES.values():
            name = route.operation.__name__
            try:
                routes = remapped(routes, {route.operation: table.get(name, {})})
            except ValueError as error:
                told = "a path with the parameters of the operation and no other"
                problem = Problem(str(error), told, "correct the path")
                self.refuse(("paths", name, "path"), problem)
        return routes
