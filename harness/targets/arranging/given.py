"""The way by what is there already: projects, people, profiles, and clusters, made ready."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster, ClusterState, ManagementMode
from harness.domain.errors import Refused
from harness.domain.pairing import LocalState
from harness.domain.permission import Grant
from harness.domain.profile import ClusterProfile, ProfileEdition
from harness.targets.arranging.adopting import chosen
from harness.targets.port import CannotArrange, Exchange, LocalUser, Outgoing, reply_to


@dataclass(frozen=True, slots=True)
class GivenPerson:
    """A user of Palette who is there already, with just these grants."""

    label: str
    api_key: str = field(repr=False)
    grants: frozenset[Grant] = frozenset()
    email: str = ""
    password: str = field(default="", repr=False)
    tenant_admin: bool = False


@dataclass(frozen=True, slots=True)
class GivenThings:
    """What a target file says is there already; each project is for one scenario at a time."""

    projects: tuple[str, ...] = ()
    people: tuple[GivenPerson, ...] = ()
    profiles: tuple[ClusterProfile, ...] = ()
    clusters: bool = False


ClusterView = Callable[[arrangements.InstallCluster], Cluster]
"""Readies the cluster of a slot and tells what it is; raises `CannotArrange`."""

T = TypeVar("T")

_NEEDS: Final = {
    arrangements.CreateProject: ("projects", "no project is given: add projects to [given]"),
    arrangements.ForgetProject: ("projects", "no project is given: add projects to [given]"),
    arrangements.PutUser: ("people", "nobody is given: add [[given.people]]"),
    arrangements.PutProfile: ("profiles", "no cluster profile is given: add [[given.profiles]]"),
    arrangements.InstallCluster: (
        "clusters",
        "clusters are not given: add clusters = true to [given]",
    ),
}
"""Which of the given things each takes, and what is said where there are none."""


class Given:
    """Hands out what is there already; it changes nothing but a request that is still pending."""

    name = "given"

    def __init__(self, things: GivenThings, look: ClusterView) -> None:
        self._things = things
        self._look = look
        self._in_use: list[str] = []
        self._last: dict[str, int] = {}
        self._count = 0

    def cannot(self, kind: type[arrangements.Arrangement]) -> str:
        """Whether nothing of this kind is given."""
        if kind not in _NEEDS:
            return "nothing that is given brings it about"
        what, why = _NEEDS[kind]
        return "" if getattr(self._things, what) else why

    def seen(self, arrangement: arrangements.Arrangement) -> None: ...

    def arrange(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        """Hand out what fits. Raises `CannotArrange`: nothing does."""
        why = self.cannot(type(arrangement))
        if why:
            raise CannotArrange(type(arrangement).__name__, why)
        match arrangement:
            case arrangements.CreateProject():
                return self._project(arrangement)
            case arrangements.ForgetProject(uid):
                return self._forgotten(arrangement, uid)
            case arrangements.PutUser():
                return self._person(arrangement)
            case arrangements.PutProfile(profile):
                return arrangements.PutProfile(self._profile(profile))
            case arrangements.InstallCluster():
                return replace(arrangement, cluster=self._look(arrangement))
        raise CannotArrange(type(arrangement).__name__, "nothing that is given brings it about")

    def _rested(self, things: Iterable[T], name: Callable[[T], str]) -> list[T]:
        """In the order in which they were handed out last, so that two are not one if possible."""
        return sorted(things, key=lambda thing: self._last.get(name(thing), 0))

    def _handed_out(self, name: str) -> None:
        self._count += 1
        self._last[name] = self._count

    def _project(self, asked: arrangements.CreateProject) -> arrangements.CreateProject:
        for uid in self._things.projects:
            if uid not in self._in_use:
                self._in_use.append(uid)
                return replace(asked, uid=uid)
        count = len(self._things.projects)
        why = f"all projects that are given ({count}) are in use: add another to [given]"
        raise CannotArrange("CreateProject", why)

    def _forgotten(self, asked: arrangements.Arrangement, uid: str) -> arrangements.Arrangement:
        """A project that is given stays, with what is in it."""
        if uid not in self._things.projects:
            raise CannotArrange("ForgetProject", f"the project {uid} is none that is given")
        if uid in self._in_use:
            self._in_use.remove(uid)
        return asked

    def _person(self, asked: arrangements.PutUser) -> arrangements.PutUser:
        """Somebody with just the grants that are asked for; nobody is changed."""
        wanted = (asked.grants, asked.tenant_admin)
        for person in self._rested(self._things.people, lambda person: person.label):
            if (person.grants, person.tenant_admin) != wanted:
                continue
            if asked.email in (person.email, "") or not self._is_known(asked.email):
                self._handed_out(person.label)
                return replace(
                    asked, email=person.email, password=person.password, api_key=person.api_key
                )
        if self._is_known(asked.email):
            raise CannotArrange("PutUser", f"the permissions of {asked.email} stay as they are")
        scopes = sorted({grant.scope or "the tenant" for grant in asked.grants})
        named = sorted({grant.permission.value for grant in asked.grants})
        told = f"{', '.join(named) or 'nothing'} in {', '.join(scopes) or 'no scope'}"
        raise CannotArrange("PutUser", f"nobody is given who may just {told}: [[given.people]]")

    def _is_known(self, email: str) -> bool:
        return bool(email) and any(person.email == email for person in self._things.people)

    def _profile(self, asked: ClusterProfile) -> ClusterProfile:
        known = {profile.uid for profile in self._things.profiles}
        for profile in self._rested(self._things.profiles, lambda profile: profile.uid):
            if asked.uid in known - {profile.uid}:
                continue  # one that is given stays as it is
            if _is_like(profile, asked):
                self._handed_out(profile.uid)
                return replace(profile, project_uid=asked.project_uid)
        packs = ", ".join(str(p) for edition in asked.editions for p in edition.packs)
        why = f"no profile is given that has just these packs: {packs}; add [[given.profiles]]"
        raise CannotArrange("PutProfile", why)


def _is_like(given: ClusterProfile, asked: ClusterProfile) -> bool:
    """Whether a profile that is there does what was asked for.

    It has the same packs in as many versions. Where there are several, what they are called
    and which are drafts tells them apart, and where there is one its name says nothing.
    """
    if given.type is not asked.type or len(given.editions) != len(asked.editions):
        return False
    if given.project_uid and given.project_uid != asked.project_uid:
        return False
    pairs = list(zip(given.editions, asked.editions, strict=True))
    if any(_content(one) != _content(other) for one, other in pairs):
        return False
    return len(pairs) == 1 or all(one.version == other.version for one, other in pairs)


def _content(edition: ProfileEdition) -> tuple[object, ...]:
    packs = frozenset((p.layer, p.name, p.version) for p in edition.packs)
    return (packs, edition.published, edition.variables)


_PAUSE: Final = 200_000
_LOOKS: Final = 50
"""How often, and how many microseconds apart, a cancelled request is looked for."""

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class InstalledClusters:
    """What Local UI tells of the clusters in the slots, which go by their uids.

    `user` may log in to each. A request that is still pending is cancelled if it `cancels`; else
    nothing is changed.
    """

    send: Callable[[Outgoing], Exchange]
    sleep: Callable[[int], None]
    user: LocalUser
    slots: Mapping[str, arrangements.Slot]
    cancels: bool = True

    def ready(self, asked: arrangements.InstallCluster) -> Cluster:
        """The cluster of the slot, if it is unpaired and healthy; raises `CannotArrange` else."""
        if asked.cluster is None:
            raise _cannot("a cluster that is given is not removed")
        slot = self.slots.get(asked.slot)
        if slot is None:
            raise _cannot(f"there is no slot {asked.slot}")
        visit = _Visit(self, slot.host_uids[0])
        if visit.view(ops.ViewManagement(), ops.Management).mode is not ManagementMode.LOCAL:
            raise _cannot(f"the cluster in slot {slot.uid} is paired already")
        if self.cancels:
            self._cancel(visit)
        cluster = visit.view(ops.ViewCluster(), Cluster)
        cluster = replace(cluster, stack=visit.view(ops.ViewStack(), ops.Stack).profiles)
        why = _unfit(cluster, slot) or chosen(asked, cluster)
        if why:
            raise _cannot(f"the cluster in slot {slot.uid}: {why}")
        return cluster

    def _cancel(self, visit: _Visit) -> None:
        for look in range(_LOOKS):
            match visit.ask(ops.ViewPairing()):
                case ops.Done(ops.PairingView(status=LocalState.PENDING)):
                    pass
                case _:
                    return
            if look == 0:
                visit.ask(ops.CancelPairingRequest())
            self.sleep(_PAUSE)
        raise _cannot("an earlier request is pending there, and cancelling it does not help")


class _Visit:
    """Somebody who is logged in to a host's Local UI."""

    def __init__(self, clusters: InstalledClusters, host_uid: str) -> None:
        self._clusters = clusters
        self._host_uid = host_uid
        self._credentials = ops.Credentials()
        user = clusters.user
        session = self.view(ops.LogIn(user.username, user.password), ops.Session)
        self._credentials = ops.Credentials(session=session.token)

    def ask(self, operation: ops.LocalOperation) -> ops.Reply:
        """What comes back."""
        outgoing = Outgoing(operation, self._credentials, self._host_uid, "arrange")
        return reply_to(self._clusters.send, outgoing)

    def view(self, operation: ops.LocalOperation, kind: type[V]) -> V:
        """A value of this kind. Raises `CannotArrange`: something else came."""
        reply = self.ask(operation)
        if isinstance(reply, ops.Done) and isinstance(reply.value, kind):
            return reply.value
        told = reply.message if isinstance(reply, Refused) else getattr(reply, "why", "")
        raise _cannot(f"{type(operation).__name__} on host {self._host_uid}: {told or 'no value'}")


def _cannot(why: str) -> CannotArrange:
    return CannotArrange("InstallCluster", why)


def _unfit(cluster: Cluster, slot: arrangements.Slot) -> str:
    """Why nothing can begin with this cluster; empty if it can."""
    if cluster.state is not ClusterState.RUNNING:
        return f"it is {cluster.state.value}"
    if ill := cluster.unhealthy_nodes():
        return f"its node {ill[0].name} is {ill[0].health.value.lower()}"
    if foreign := set(cluster.host_uids()) - set(slot.host_uids):
        return f"it runs on the host {min(foreign)}, which the target file does not name there"
    return ""
