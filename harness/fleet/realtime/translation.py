"""The border between the world of a run and its target: names and secrets are exchanged here.

In the world of a run, and so in its evidence, people, projects and clusters have the ids that
the seed gives them, and secrets are labels. On the target nothing may bear an id that was there
in an earlier run (pairing is for good), a target may choose ids of its own, and a secret has to be
one. So whatever goes out is put in the target's words, and what comes back in ours: as what it
means, before it is a message and after, so that neither form nor place of an id matters there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from hashlib import blake2b
from secrets import token_hex
from typing import Any, Final, TypeVar

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.domain.cluster import Cluster
from harness.domain.errors import Refused
from harness.domain.profile import ClusterProfile, StackProfile
from harness.domain.token import RegistrationToken
from harness.history.redaction import Redactor
from harness.reference.core.link import LinkReply

_LABEL = re.compile("<[a-z_]+:[^<>]*>")

_UIDS: Final[Mapping[type, str]] = {
    Cluster: "local_cluster_uid",
    ops.CentralClusterView: "cluster_uid",
    ClusterProfile: "profile_uid",
    ops.SelectedProfile: "profile_uid",
    StackProfile: "profile_uid",
    ops.NamedScope: "project_uid",
    RegistrationToken: "token_uid",
}
"""What a plain `uid` is the id of. Ids of two kinds may be the same text on a target."""
_KINDS: Final[Mapping[str, str]] = {
    "host_uids": "host_uid",
    "profiles": "profile_uid",
    "scope": "project_uid",
}
_SECRET: Final = "secret"

_Exchange = Callable[[str, str], str]
"""What a text becomes that is told as of a kind."""
_T = TypeVar("_T")


def new_mark() -> str:
    """A mark for what one run creates on a target; no two runs have the same."""
    return f"pairproof-{token_hex(4)}"


class Translation:
    """Of one cell of one run. `mark` is the run's, `epoch` the target's time when it began.

    Attributes:
        redactor: knows every secret that has crossed the border.
    """

    def __init__(self, mark: str, cell: int, epoch: int = 0) -> None:
        self.mark = mark
        self.epoch = epoch
        self.redactor = Redactor()
        self._cell = cell
        self._theirs: dict[str, str] = {}
        self._ours: dict[tuple[str, str], str] = {}
        self._slots: dict[str, str] = {}

    # --- what has another name there ------------------------------------------------------

    def name(self, uid: str, kind: str) -> str:
        """What one of our ids is there: the same in the whole run, and in no other."""
        theirs = self._theirs.get(uid)
        if theirs is None:
            text = f"{self.mark}:{self._cell}:{uid}"
            theirs = blake2b(text.encode(), digest_size=12).hexdigest()
            self.learn(uid, theirs, kind)
        return theirs

    def secret(self, label: str) -> str:
        """The secret that a label stands for there; drawn when it is first asked for."""
        theirs = self._theirs.get(label)
        if theirs is None:
            theirs = token_hex()
            self.learn_secret(label, theirs)
        return theirs

    def learn(self, ours: str, theirs: str, kind: str) -> None:
        """The target calls it so. `kind` is as what it is told: `profile_uid`, for one."""
        before = self._theirs.get(ours)
        if before is not None:
            self._ours.pop((kind, before), None)
        self._theirs[ours] = theirs
        self._ours[kind, theirs] = ours

    def learn_secret(self, label: str, theirs: str) -> None:
        """The target has this secret for a label."""
        self.redactor.register(theirs, label.strip("<>").partition(":")[0])
        self.learn(label, theirs, _SECRET)

    def learn_slot(self, ours: str, theirs: str) -> None:
        """What one of our places for a cluster is there."""
        self._slots[ours] = theirs

    def install(self, cluster: Cluster) -> None:
        """A cluster of ours may be told of from now on."""
        self.name(cluster.uid, "local_cluster_uid")
        for uid in cluster.host_uids():
            self.name(uid, "host_uid")

    # --- messages -------------------------------------------------------------------------

    def outward(self, asked: _T) -> _T:
        """What is asked, or with what, in the target's words."""
        return _exchanged(asked, "", self._outward)

    def _outward(self, text: str, kind: str) -> str:
        """A text in the target's words: as a whole, or, of a label, inside of it."""
        known = self._theirs
        theirs = known.get(text)
        if theirs is not None:
            return theirs
        return _LABEL.sub(lambda m: known.get(m[0], m[0]), text) if "<" in text else text

    def _inward(self, text: str, kind: str) -> str:
        ours = self._ours.get((kind, text))
        return self._ours.get((_SECRET, text), text) if ours is None else ours

    def reply_from_target(self, reply: LinkReply) -> LinkReply:
        """A reply in our words and by our time, without secrets in what it says in words."""
        match reply:
            case Refused() | ops.Unknown():
                return _exchanged(reply, "", lambda text, _: self.redactor.text(text))
            case ops.Done(ops.PairingList(items)) if self.epoch:
                shifted = (replace(item, created=item.created - self.epoch) for item in items)
                reply = ops.Done(ops.PairingList(tuple(shifted)))
        return _exchanged(reply, "", self._inward)

    # --- arrangements ---------------------------------------------------------------------

    def arranged(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        """An arrangement in the target's words."""
        match arrangement:
            case arrangements.CreateProject(uid, name):
                return arrangements.CreateProject(
                    self.name(uid, "project_uid"), f"{self.mark}-{self._cell}-{name}"
                )
            case arrangements.PutUser(email, password, api_key, grants, tenant_admin):
                ours = frozenset(replace(g, scope=self._scope(g.scope)) for g in grants)
                password, api_key = self.secret(password), self.secret(api_key)
                who, _, domain = email.partition("@")
                theirs = f"{who}.{self._cell}.{self.mark}@{domain}"
                return arrangements.PutUser(theirs, password, api_key, ours, tenant_admin)
            case arrangements.PutToken(token):
                return arrangements.PutToken(
                    replace(
                        token,
                        uid=self.name(token.uid, "token_uid"),
                        name=f"{self.mark}-{self._cell}-{token.name}",
                        value=self.secret(token.value),
                        project_uid=self._scope(token.project_uid),
                        expiry=None if token.expiry is None else token.expiry + self.epoch,
                    )
                )
            case arrangements.PutProfile(profile):
                uid = self.name(profile.uid, "profile_uid")
                project = self._scope(profile.project_uid)
                return arrangements.PutProfile(replace(profile, uid=uid, project_uid=project))
            case arrangements.InstallCluster(slot, Cluster() as cluster):
                installed = self._cluster(cluster, self.name)
                return replace(arrangement, slot=self._slot(slot), cluster=installed)
            case arrangements.RenewCluster(slot) | arrangements.SetNodeHealth(slot=slot):
                return replace(arrangement, slot=self._slot(slot))
            case arrangements.SetLink(host_uid) | arrangements.DisturbMessages(host_uid):
                return replace(arrangement, host_uid=self.name(host_uid, "host_uid"))
        return arrangement

    def installed(
        self, ours: arrangements.InstallCluster, theirs: arrangements.InstallCluster
    ) -> arrangements.InstallCluster:
        """A cluster as it came to be on the target, in our words.

        What of it is the target's own to name, such as its nodes, keeps the target's names.
        """
        assert theirs.cluster is not None
        return replace(ours, cluster=self._cluster(theirs.cluster, self._inward))

    @staticmethod
    def _cluster(cluster: Cluster, named: _Exchange) -> Cluster:
        """The cluster with the ids of itself and of its hosts exchanged."""
        pools = _exchanged(
            cluster.pools, "", lambda t, kind: named(t, kind) if kind == "host_uid" else t
        )
        return replace(cluster, uid=named(cluster.uid, "local_cluster_uid"), pools=pools)

    def _scope(self, project_uid: str) -> str:
        return self.name(project_uid, "project_uid") if project_uid else ""

    def _slot(self, slot: str) -> str:
        return self._slots.get(slot, slot)

    def came_to_be(
        self, ours: arrangements.Arrangement, theirs: arrangements.Arrangement | None
    ) -> None:
        """What the target made of an arrangement of ours: it may have chosen names of its own."""
        match ours, theirs:
            case arrangements.CreateProject(uid), arrangements.CreateProject(other):
                self.learn(uid, other, "project_uid")
            case arrangements.PutProfile(profile), arrangements.PutProfile(other_profile):
                self.learn(profile.uid, other_profile.uid, "profile_uid")
            case arrangements.PutToken(token), arrangements.PutToken(other_token):
                self.learn(token.uid, other_token.uid, "token_uid")
                self.learn_secret(token.value, other_token.value)
            case arrangements.PutUser(api_key=label), arrangements.PutUser(api_key=api_key):
                self.learn_secret(label, api_key)
            case arrangements.InstallCluster(cluster=Cluster(uid)), arrangements.InstallCluster(
                cluster=Cluster(other)
            ):
                self.learn(uid, other, "local_cluster_uid")


def _exchanged(value: _T, kind: str, text: _Exchange) -> _T:
    """A value of the domain in which each text, told as of that kind, stands for another one."""
    there: Any = value
    match value:
        case str():
            there = text(value, kind) if type(value) is str else value
        case tuple() | frozenset():
            several = type(value)(_exchanged(each, kind, text) for each in value)
            there = value if several == value else several
        case Mapping():
            there = {name: _exchanged(each, kind, text) for name, each in value.items()}
        case _:
            changed = {
                name: new
                for name, of in _kinds(there.__class__)
                if (new := _exchanged(old := getattr(value, name), of, text)) is not old
            }
            there = replace(there, **changed) if changed else value
    exchanged: _T = there
    return exchanged


@cache
def _kinds(of: type) -> tuple[tuple[str, str], ...]:
    """The fields of a class of the domain, and as what a text is told there."""
    if not is_dataclass(of):
        return ()
    names = (each.name for each in fields(of) if each.type not in {"int", "bool"})
    return tuple((n, _UIDS.get(of, n) if n == "uid" else _KINDS.get(n, n)) for n in names)
