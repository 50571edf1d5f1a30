"""A reference over real HTTP with people, profiles and clusters, and who visits its pages."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import httpx

from harness.context.stacks import DOCUMENTED_STACK
from harness.domain import arrangements
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.endpoint import EndpointForm
from harness.domain.permission import TENANT, Grant, every_grant
from harness.domain.profile import ClusterProfile, Layer, Pack, ProfileEdition, ProfileType
from harness.domain.token import RegistrationToken
from harness.reference.embedded import EmbeddedReference
from tests.integration.pages.reading import Seen, Visitor

TOKEN = "canary-registration-token"
PASSWORD = "canary-palette-password"
EMAIL = "ada@shop.test"
FOR_EVER = 4_000_000_000_000_000
INFRA, ADD_ON = DOCUMENTED_STACK
EXTRA = Pack(Layer.ADDON, "Hello-Universe", "2.0.0")
FITTING = (("profile", "infra"), ("version:infra", "1.1.0"), ("profile", "add-on"))
SPOILT = (*FITTING, ("profile", "extra"))


@dataclass
class World:
    """The running reference, and who visits it."""

    reference: EmbeddedReference
    context: ssl.SSLContext
    held: ExitStack = field(default_factory=ExitStack)

    @property
    def palette_url(self) -> str:
        return self.reference.addresses.palette[EndpointForm.USABLE]

    def host(self, cluster: int = 0, host: int = 0) -> str:
        return self.reference.slots[cluster].host_uids[host]

    def visitor(self, base: str) -> Visitor:
        client = httpx.Client(verify=self.context, follow_redirects=True, timeout=60)
        return Visitor(self.held.enter_context(client), base)

    def at_local_ui(self, cluster: int = 0) -> Visitor:
        return self.visitor(self.reference.addresses.local_ui[self.host(cluster)])

    def operator(self, cluster: int = 0) -> Visitor:
        """An operator who is logged in to Local UI."""
        visitor = self.at_local_ui(cluster)
        username, password = self.reference.local_user
        assert visitor.send("/login", username=username, password=password).path == "/cluster"
        return visitor

    def admin(self, email: str = EMAIL, scope: str = "p1") -> Visitor:
        """An administrator who is logged in to Palette, in a scope."""
        visitor = self.visitor(self.palette_url)
        assert visitor.send("/login", email=email, password=PASSWORD).path == "/clusters"
        visitor.send("/scope", scope=scope)
        return visitor

    def add_user(self, email: str, *grants: Grant) -> None:
        self.reference.arrange(arrangements.PutUser(email, PASSWORD, "", frozenset(grants)))

    def sends(self, operator: Visitor) -> Seen:
        """Send a pairing request with what the operator has."""
        entries = {"mode": "central", "endpoint": self.palette_url, "token": TOKEN}
        return operator.send("/settings", action="pair", **entries)

    def pending(self, cluster: int = 0) -> str:
        """The id of a request that was just sent."""
        return pairing_id(self.sends(self.operator(cluster)))


def pairing_id(settings: Seen) -> str:
    """The id that the page Settings shows."""
    return settings.find("code", id="pairing-id")[0].text


def soon(look: Callable[[], Seen], holds: Callable[[Seen], bool], within_s: float = 5.0) -> Seen:
    """Look again until it holds: the host agents work by themselves."""
    give_up = time.monotonic() + within_s
    while not holds(seen := look()):
        assert time.monotonic() < give_up, seen.text
    return seen


def steps(visitor: Visitor, uid: str) -> Iterator[Seen]:
    """Walk the wizard, a step with each `next`: warning, cluster, match, review, validated."""
    base = f"/clusters/pairing/{uid}"
    yield visitor.send(f"{base}/warning", understood="on")
    own = visitor.open(f"{base}/cluster")
    entries = {"name": own.field("Cluster name"), "description": own.field("Description")}
    yield visitor.send(f"{base}/cluster", tags=own.field("Tags"), **entries)
    yield visitor.send(f"{base}/profiles", *FITTING, action="confirm")
    yield visitor.send(f"{base}/profiles", *FITTING, action="next")
    yield visitor.send(f"{base}/review", action="validate")


def walk(visitor: Visitor, uid: str, count: int = 5) -> Seen:
    """The page after so many steps of the wizard."""
    walking = steps(visitor, uid)
    return [next(walking) for _ in range(count)][-1]


def arrange(reference: EmbeddedReference) -> None:
    token = RegistrationToken("token-uid", "token", TOKEN, "p1", FOR_EVER)
    reference.arrange(arrangements.CreateProject("p1", "Retail"))
    reference.arrange(arrangements.CreateProject("p2", "Logistics"))
    reference.arrange(arrangements.PutToken(token))
    reference.arrange(
        arrangements.PutUser(EMAIL, PASSWORD, "", every_grant(TENANT), tenant_admin=True)
    )
    for profile in profiles():
        reference.arrange(arrangements.PutProfile(profile))
    for index, name in enumerate(("shop-1", "shop-2")):
        slot = reference.slots[index]
        reference.arrange(arrangements.InstallCluster(slot.uid, cluster(name, slot.host_uids)))


def cluster(name: str, hosts: tuple[str, ...]) -> Cluster:
    pools = (
        NodePool("control-plane", True, (Node("node-0", hosts[0]),)),
        NodePool("worker", False, (Node("node-1", hosts[1]),)),
    )
    tags = {"site": "north", "owner": "ada"}
    return Cluster(
        f"local-{name}", name, f"sells <b> & {name}", tags, pools=pools, stack=DOCUMENTED_STACK
    )


def profiles() -> tuple[ClusterProfile, ...]:
    valued = tuple(replace(p, values=f"replicas: 2 # {p.name}") for p in INFRA.packs)
    region = (("region", "eu-west"),)
    infra = (ProfileEdition("1.0.0", valued), ProfileEdition("1.1.0", valued, variables=region))
    add_on = (ProfileEdition("1.0.0", ADD_ON.packs),)
    extra = (ProfileEdition("1.0.0", (EXTRA,)),)
    draft = (ProfileEdition("0.1.0", ADD_ON.packs, published=False),)
    return (
        ClusterProfile("infra", "edge-infra", ProfileType.INFRA, infra, "p1"),
        ClusterProfile("add-on", "edge-monitoring", ProfileType.ADD_ON, add_on, "p1"),
        ClusterProfile("extra", "hello", ProfileType.ADD_ON, extra, "p1"),
        ClusterProfile("draft", "unfinished", ProfileType.ADD_ON, draft, "p1"),
        ClusterProfile("foreign", "of-p2", ProfileType.ADD_ON, extra, "p2"),
    )
