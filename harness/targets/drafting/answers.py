"""Questions as values, and what a person has said about a target, before it is a target file. No
secret is among it. Who asks is a generator; who answers is a terminal, defaults, or a test.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar
from urllib.parse import urlsplit

from harness.catalogue.requirement import Feature
from harness.domain.arrangements import Side
from harness.loopback import is_loopback
from harness.targets.drafting.checks import Check
from harness.targets.links.reading import LinkWay
from harness.targets.target import Host


class TrustWay(StrEnum):
    """How certificates are trusted."""

    USUAL = "usual"
    CA = "ca"
    PINNED = "pinned"
    INSECURE = "insecure"


class ArrangeWay(StrEnum):
    """How preconditions are arranged."""

    CONTROL = "control"
    COMMANDS = "commands"
    API = "api"
    GIVEN = "given"
    PERSON = "person"


class PeerTrust(StrEnum):
    """Why edge hosts trust the Palette that the harness plays."""

    CA = "ca"
    CERTIFICATE = "certificate"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class TrustAnswer:
    """Which certificates are trusted; `value` is a CA file or a fingerprint."""

    way: TrustWay = TrustWay.USUAL
    value: str = ""


@dataclass(frozen=True, slots=True)
class JsonPathAnswer:
    """A place for a cluster. `reset` is the command that puts it back, as typed."""

    slot: str
    hosts: tuple[Host, ...]
    reset: str = ""
    disposable: bool = False


@dataclass(frozen=True, slots=True)
class EdgeAnswer:
    """The edge hosts, and the variables that hold the login."""

    places: tuple[JsonPathAnswer, ...]
    username_env: str
    password_env: str
    trust: TrustAnswer = TrustAnswer()

    def urls(self) -> tuple[str, ...]:
        """The address of every host."""
        return tuple(host.url for place in self.places for host in place.hosts)


@dataclass(frozen=True, slots=True)
class CentralAnswer:
    """Palette: where the harness asks it, and what operators enter."""

    url: str
    endpoint: str
    trust: TrustAnswer = TrustAnswer()


@dataclass(frozen=True, slots=True)
class PeerAnswer:
    """The Palette that the harness plays: how the edge hosts reach it, and why they trust it."""

    host: str
    port: int
    trust: PeerTrust = PeerTrust.CA
    cert_file: str = ""


@dataclass(frozen=True, slots=True)
class ArrangeAnswer:
    """How preconditions are arranged. `program` may be missing yet."""

    ways: tuple[ArrangeWay, ...] = ()
    control_url: str = ""
    control_env: str = ""
    program: str = ""
    admin_env: str = ""
    projects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """How links are cut. `down` and `up` are commands as typed; they may be missing yet."""

    way: LinkWay | None = None
    listen: str = ""
    host: str = ""
    toxiproxy_url: str = ""
    down: str = ""
    up: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """All that goes into a first target file.

    Attributes:
        roles: the sides that are judged; `edge` and `central` are there for those described.
        peer: there when the harness plays Palette.
    """

    name: str
    version: str
    organization: str
    roles: tuple[Side, ...]
    edge: EdgeAnswer | None
    central: CentralAnswer | None
    peer: PeerAnswer | None
    features: tuple[Feature, ...] = ()
    allow_writes: bool = False
    arranging: ArrangeAnswer = ArrangeAnswer()
    links: LinkAnswer = LinkAnswer()

    @property
    def described(self) -> frozenset[Side]:
        """The sides that the file describes; the harness plays the other one."""
        there = {Side.EDGE: self.edge, Side.CENTRAL: self.central}
        return frozenset(side for side, answer in there.items() if answer is not None)

    def variables(self) -> tuple[str, ...]:
        """The environment variables that hold credentials, in the order of the file."""
        edge = (self.edge.username_env, self.edge.password_env) if self.edge else ()
        arranging = (self.arranging.admin_env, self.arranging.control_env)
        return tuple(dict.fromkeys(name for name in (*edge, *arranging) if name))


def is_elsewhere(urls: tuple[str, ...]) -> bool:
    """Whether an address is not on this machine."""
    return not all(is_loopback(url if "://" in url else f"https://{url}") for url in urls)


def host_of(url: str) -> str:
    """The host of an address; empty where it has none."""
    return urlsplit(url if "://" in url else f"https://{url}").hostname or ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        text: what is asked.
        default: what an empty line means; `None` where there is no default. As typed.
        about: lines that explain it, with examples.
        check: makes of what was typed what is written; raises `WrongAnswer`.
    """

    text: str
    default: str | None
    check: Check
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AskFingerprint:
    """Asks for the fingerprint of the certificate that a server shows. The answer is the
    fingerprint, or a text that begins with `-` and says why there is none.
    """

    url: str


Asked: TypeAlias = "Question | AskFingerprint"
A = TypeVar("A")
Asking: TypeAlias = Generator[Asked, str, A]


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known before the first question, from OpenAPI documents."""

    sides: frozenset[Side] = frozenset()
    edge_url: str = ""
    central_url: str = ""
    name: str = ""
    version: str = ""
