"""The border between the world of a run and its target: names and secrets are exchanged here.

In the world of a run, and so in its evidence, people, projects and clusters have the ids that
the seed gives them, and secrets are labels. On the target nothing may bear an id that was there
in an earlier run (pairing is for good), a target may choose ids of its own, and a secret has to be
one. So whatever goes out is put in the target's words, and what comes back in ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import blake2b
from secrets import token_hex

from harness.domain import arrangements
from harness.domain.cluster import Cluster
from harness.domain.errors import Refused
from harness.domain.operations import Done, PairingList, Unknown
from harness.history.redaction import Redactor
from harness.reference.core.link import LinkReply
from harness.wire.http import HttpRequest, HttpResponse, Json

_LABEL = re.compile("<[a-z_]+:[^<>]*>")
_WORD = re.compile(rb'"([^"\\]{4,80})"')


def new_mark() -> str:
    """A mark for what one run creates on a target; no two runs have the same."""
    return f"pairproof-{token_hex(4)}"


class Translation:
    """Of one cell of one run. `mark` is the run's, `epoch` the target's time when it began.

    Attributes:
        redactor: knows every secret that has crossed the border.
    """

    def __init__(
        self, mark: str, cell: int, epoch: int = 0, new_secret: Callable[[], str] = token_hex
    ) -> None:
        self.mark = mark
        self.epoch = epoch
        self.redactor = Redactor()
        self._cell = cell
        self._new_secret = new_secret
        self._theirs: dict[str, str] = {}
        self._ours: dict[bytes, bytes] = {}
        self._slots: dict[str, str] = {}

    # --- what has another name there ------------------------------------------------------

    def name(self, uid: str) -> str:
        """What one of our ids is there: the same in the whole run, and in no other."""
        theirs = self._theirs.get(uid)
        if theirs is None:
            text = f"{self.mark}:{self._cell}:{uid}"
            theirs = blake2b(text.encode(), digest_size=12).hexdigest()
            self.learn(uid, theirs)
        return theirs

    def secret(self, label: str) -> str:
        """The secret that a label stands for there; drawn when it is first asked for."""
        theirs = self._theirs.get(label)
        if theirs is None:
            theirs = self._new_secret()
            self.learn_secret(label, theirs)
        return theirs

    def learn(self, ours: str, theirs: str) -> None:
        """The target calls it so."""
        before = self._theirs.get(ours)
        if before is not None:
            self._ours.pop(before.encode(), None)
        self._theirs[ours] = theirs
        self._ours[theirs.encode()] = ours.encode()

    def learn_secret(self, label: str, theirs: str) -> None:
        """The target has this secret for a label."""
        self.redactor.register(theirs, label.strip("<>").partition(":")[0])
        self.learn(label, theirs)

    def learn_slot(self, ours: str, theirs: str) -> None:
        """What one of our places for a cluster is there."""
        self._slots[ours] = theirs

    def install(self, cluster: Cluster) -> None:
        """A cluster of ours may be told of from now on."""
        for uid in (cluster.uid, *cluster.host_uids()):
            self.name(uid)

    # --- messages -------------------------------------------------------------------------

    def outward(self, request: HttpRequest) -> HttpRequest:
        """A request in the target's words."""
        known = self._theirs
        path = "/".join(known.get(part, part) for part in request.path.split("/"))
        return replace(
            request,
            path=path,
            query=_mapped(request.query, known),
            headers=_mapped(request.headers, known),
            json=_exchanged(request.json, known),
        )

    def inward(self, response: HttpResponse) -> HttpResponse:
        """An answer in our words."""
        known = self._ours
        body = _WORD.sub(lambda m: b'"%b"' % known.get(m[1], m[1]), response.body)
        return replace(response, body=body)

    def reply_from_target(self, reply: LinkReply) -> LinkReply:
        """A reply by our time, without secrets in what it says in words."""
        match reply:
            case Done(PairingList(items)) if self.epoch:
                shifted = (replace(item, created=item.created - self.epoch) for item in items)
                return Done(PairingList(tuple(shifted)))
            case Refused():
                details = {k: self.redactor.text(v) for k, v in reply.details.items()}
                return replace(reply, message=self.redactor.text(reply.message), details=details)
            case Unknown(why):
                return Unknown(self.redactor.text(why))
        return reply

    # --- arrangements ---------------------------------------------------------------------

    def arranged(self, arrangement: arrangements.Arrangement) -> arrangements.Arrangement:
        """An arrangement in the target's words."""
        match arrangement:
            case arrangements.CreateProject(uid, name):
                return arrangements.CreateProject(
                    self.name(uid), f"{self.mark}-{self._cell}-{name}"
                )
            case arrangements.PutUser(email, password, api_key, grants, tenant_admin):
                ours = frozenset(
                    replace(g, scope=self.name(g.scope) if g.scope else "") for g in grants
                )
                password, api_key = self.secret(password), self.secret(api_key)
                who, _, domain = email.partition("@")
                theirs = f"{who}.{self._cell}.{self.mark}@{domain}"
                return arrangements.PutUser(theirs, password, api_key, ours, tenant_admin)
            case arrangements.PutToken(token):
                return arrangements.PutToken(
                    replace(
                        token,
                        uid=self.name(token.uid),
                        name=f"{self.mark}-{self._cell}-{token.name}",
                        value=self.secret(token.value),
                        project_uid=self.name(token.project_uid),
                        expiry=None if token.expiry is None else token.expiry + self.epoch,
                    )
                )
            case arrangements.PutProfile(profile):
                project = self.name(profile.project_uid) if profile.project_uid else ""
                named = replace(profile, uid=self.name(profile.uid), project_uid=project)
                return arrangements.PutProfile(named)
            case arrangements.InstallCluster(slot, Cluster() as cluster):
                installed = self._cluster(cluster, self.name)
                return replace(arrangement, slot=self._slot(slot), cluster=installed)
            case arrangements.RenewCluster(slot) | arrangements.SetNodeHealth(slot=slot):
                return replace(arrangement, slot=self._slot(slot))
            case arrangements.SetLink(host_uid) | arrangements.DisturbMessages(host_uid):
                return replace(arrangement, host_uid=self.name(host_uid))
        return arrangement

    def installed(
        self, ours: arrangements.InstallCluster, theirs: arrangements.InstallCluster
    ) -> arrangements.InstallCluster:
        """A cluster as it came to be on the target, in our words.

        What of it is the target's own to name, such as its nodes, keeps the target's names.
        """
        assert theirs.cluster is not None
        known = {there: here for here, there in self._theirs.items()}
        cluster = self._cluster(theirs.cluster, lambda uid: known.get(uid, uid))
        return replace(ours, cluster=cluster)

    @staticmethod
    def _cluster(cluster: Cluster, named: Callable[[str], str]) -> Cluster:
        """The cluster with the ids of itself and of its hosts exchanged."""
        pools = tuple(
            replace(pool, nodes=tuple(replace(n, host_uid=named(n.host_uid)) for n in pool.nodes))
            for pool in cluster.pools
        )
        return replace(cluster, uid=named(cluster.uid), pools=pools)

    def _slot(self, slot: str) -> str:
        return self._slots.get(slot, slot)

    def came_to_be(
        self, ours: arrangements.Arrangement, theirs: arrangements.Arrangement | None
    ) -> None:
        """What the target made of an arrangement of ours: it may have chosen names of its own."""
        match ours, theirs:
            case arrangements.CreateProject(uid), arrangements.CreateProject(other):
                self.learn(uid, other)
            case arrangements.PutProfile(profile), arrangements.PutProfile(other_profile):
                self.learn(profile.uid, other_profile.uid)
            case arrangements.PutToken(token), arrangements.PutToken(other_token):
                self.learn(token.uid, other_token.uid)
                self.learn_secret(token.value, other_token.value)
            case arrangements.PutUser(api_key=label), arrangements.PutUser(api_key=api_key):
                self.learn_secret(label, api_key)
            case arrangements.InstallCluster(cluster=Cluster(uid)), arrangements.InstallCluster(
                cluster=Cluster(other)
            ):
                self.learn(uid, other)


def _mapped(texts: Mapping[str, str], known: Mapping[str, str]) -> Mapping[str, str]:
    return {name: _theirs(text, known) for name, text in texts.items()} if texts else texts


def _theirs(text: str, known: Mapping[str, str]) -> str:
    """A text in the target's words: as a whole, or, of a label, inside of it."""
    theirs = known.get(text)
    if theirs is not None:
        return theirs
    return _LABEL.sub(lambda m: known.get(m[0], m[0]), text) if "<" in text else text


def _exchanged(json: Json, known: Mapping[str, str]) -> Json:
    """JSON data in which every text that is known stands for another one."""
    match json:
        case str():
            return _theirs(json, known)
        case list():
            return [_exchanged(entry, known) for entry in json]
        case dict():
            return {name: _exchanged(entry, known) for name, entry in json.items()}
        case _:
            return json
