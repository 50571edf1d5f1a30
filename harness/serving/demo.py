"""What a served reference begins with, so that somebody can walk through the procedure by hand."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from harness.catalogue.people import People, Person
from harness.domain.arrangements import (
    CreateProject,
    InstallCluster,
    PutProfile,
    PutToken,
    PutUser,
    Side,
    Slot,
)
from harness.domain.cluster import Cluster, Node, NodePool
from harness.domain.draws import derived_id
from harness.domain.permission import TENANT, every_grant
from harness.domain.token import RegistrationToken
from harness.reference.clock import WallClock
from harness.reference.embedded import EmbeddedReference
from harness.scenes.stacks import DOCUMENTED_STACK, published

_SEED = "demonstration"
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
    people = People(_SEED)
    if Side.EDGE in reference.layout.sides:
        for index, slot in enumerate(reference.slots):
            if reference.cluster_at(slot.uid) is None:
                reference.arrange(InstallCluster(slot.uid, _cluster(people, index, slot)))
    if Side.CENTRAL in reference.layout.sides:
        return _project(reference, people)
    return Demo()


def _project(reference: EmbeddedReference, people: People) -> Demo:
    uid = derived_id(_SEED, "project", 0)
    password, api_key, value = (os.urandom(16).hex() for _ in range(3))
    demo = Demo(uid, people.person(0), password, api_key, value)
    reference.arrange(CreateProject(uid, people.project(0)))
    # A tenant admin's pages begin in the tenant's scope, and have to show the requests there.
    grants = every_grant(uid) | every_grant(TENANT)
    email = people.person(0).email
    reference.arrange(PutUser(email, password, api_key, grants, tenant_admin=True))
    expiry = WallClock().now() + _MONTH
    token_uid = derived_id(_SEED, "token", 0)
    reference.arrange(PutToken(RegistrationToken(token_uid, "demo", value, uid, expiry)))
    for index, profile in enumerate(DOCUMENTED_STACK):
        profile_uid = derived_id(_SEED, "profile", index)
        reference.arrange(PutProfile(published(profile, profile_uid, uid)))
    return demo


def _cluster(people: People, index: int, slot: Slot) -> Cluster:
    """A healthy cluster over all hosts of a slot: up to three for the control plane."""
    masters = slot.host_uids[:_CONTROL_PLANE_MAX]
    workers = slot.host_uids[_CONTROL_PLANE_MAX:]
    pools = (
        NodePool("control-plane-pool", True, _nodes("control-plane", masters)),
        NodePool("worker-pool", False, _nodes("worker", workers)),
    )
    return Cluster(
        derived_id(_SEED, "cluster", index),
        people.site(index),
        people.description(index),
        people.tags(index),
        pools=tuple(pool for pool in pools if pool.nodes),
        stack=DOCUMENTED_STACK,
    )


def _nodes(kind: str, host_uids: tuple[str, ...]) -> tuple[Node, ...]:
    return tuple(Node(f"{kind}-{n}", uid) for n, uid in enumerate(host_uids, start=1))
