"""Histories written by hand, a line for each operation."""

from __future__ import annotations

from harness.history.operation import History, Json, OperationRecord, Outcome

MS = 1_000
SECOND = 1_000_000


class HistoryBuilder:
    """Each operation takes a millisecond after the one before it, or the time that is given.

    `so` is `ok`, `info`, or the reason of a refusal. `at=(5, 9)` is from then to then, in
    milliseconds. Clusters have one host of the same name, unless told otherwise.
    """

    def __init__(self) -> None:
        self.operations: list[OperationRecord] = []
        self.now = 0

    def history(self) -> History:
        return History(tuple(sorted(self.operations, key=lambda o: o.start)))

    def later(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)

    def tell(
        self,
        kind: str,
        so: str = "ok",
        *,
        actor: str = "harness",
        at: tuple[int, int] | None = None,
        tags: dict[str, Json] | None = None,
        value: dict[str, Json] | None = None,
        **args: Json,
    ) -> str:
        start, end = (self.now, self.now + MS) if at is None else (at[0] * MS, at[1] * MS)
        self.now = max(self.now, end)
        outcome = Outcome(so) if so in ("ok", "info") else Outcome.FAIL
        error: dict[str, Json] | None = {"reason": so} if outcome is Outcome.FAIL else None
        number = f"t#{len(self.operations) + 1}"
        record = OperationRecord(
            number,
            "t",
            actor,
            kind,
            args,
            start,
            end,
            outcome,
            (value or {}) if outcome is Outcome.OK else None,
            error,
            tags=tags or {},
        )
        self.operations.append(record)
        return number

    # --- arrangements -----------------------------------------------------------------

    def cluster(
        self, name: str = "edge", *, hosts: str = "", runs: str = "k8s 1", so: str = "ok"
    ) -> str:
        """A fresh cluster in the slot of its first host."""
        names = (hosts or name).split()
        nodes: list[Json] = [{"name": n, "host_uid": n} for n in names]
        cluster: dict[str, Json] = {
            "uid": f"{name}-uid-{len(self.operations)}",
            "pools": [{"name": "pool", "nodes": nodes}],
            "stack": stack(runs),
        }
        return self.tell("InstallCluster", so, slot=f"slot-{names[0]}", cluster=cluster)

    def token(self, project: str = "p", *, active: bool = True, expiry: int = 1 << 60) -> str:
        data: dict[str, Json] = {
            "uid": f"token-of-{project}",
            "value": f"<token:{project}>",
            "project_uid": project,
            "expiry": expiry,
            "active": active,
        }
        return self.tell("PutToken", token=data)

    def user(self, may: str = "list get update delete", scope: str = "p") -> str:
        grants: list[Json] = [{"permission": p, "scope": scope} for p in may.split()]
        return self.tell("PutUser", email="admin@example.com", grants=grants)

    def profile(
        self,
        name: str = "full",
        *,
        offers: str = "k8s 1",
        draft: str = "",
        equal: str = "",
        **more: object,
    ) -> str:
        """A profile whose latest version offers these packs; a newer draft may offer others, and
        so may one that is equal by the order of versions.
        """
        editions: list[Json] = [{"version": "1.0.0", "published": True, "packs": packs(offers)}]
        if equal:
            editions.append({"version": "1.0.0+2", "published": True, "packs": packs(equal)})
        if draft:
            editions.append({"version": "1.1.0", "published": False, "packs": packs(draft)})
        profile: dict[str, Json] = {"uid": name, "name": name, "editions": editions}
        return self.tell("PutProfile", profile=profile, **more)  # type: ignore[arg-type]

    def link(self, host: str, *, up: bool) -> str:
        return self.tell("SetLink", host_uid=host, up=up)

    def loses(self, message: str, fault: str = "lost-before", host: str = "edge") -> None:
        args: dict[str, Json] = {"host_uid": host, "message": message, "fault": fault}
        self.tell("FaultNextMessage", **args, times=9)  # type: ignore[arg-type]

    def has_lost(self, message: str, met: int, fault: str = "lost-before") -> str:
        fields: dict[str, Json] = {"host_uid": "edge", "message": message, "fault": fault}
        value: dict[str, Json] = {"told": True, "met": [*range(met)], "left": 9 - met}
        return self.tell("SeeEffect", fault="FaultNextMessage", fields=fields, value=value)

    def set_up(self) -> HistoryBuilder:
        """A cluster, a token, an administrator and a profile that matches."""
        self.cluster()
        self.token()
        self.user()
        self.profile()
        return self

    # --- at Local UI ------------------------------------------------------------------

    def local(
        self, kind: str, so: str = "ok", *, host: str = "edge", value: object = None, **more: object
    ) -> str:
        more.setdefault("actor", "operator")
        return self.tell(kind, so, tags={"host": host}, value=value, **more)  # type: ignore[arg-type]

    def send(self, uid: str = "A", so: str = "ok", *, project: str = "p", **more: object) -> str:
        value = {"pairing_uid": uid}
        token = f"<token:{project}>"
        return self.local("SendPairingRequest", so, value=value, token=token, **more)

    def cancel(self, so: str = "ok", **more: object) -> str:
        return self.local("CancelPairingRequest", so, **more)

    def patch(self, so: str = "ok", **more: object) -> str:
        return self.local("PatchCluster", so, tags_={}, **more)

    def local_shows(self, status: str, uid: str = "A", **more: object) -> str:
        """Local UI shows the request with this status, or none at all."""
        if status == "none":
            return self.local("ViewPairing", "NoPairingRequest", **more)
        value = {"pairing_uid": uid, "status": status}
        return self.local("ViewPairing", value=value, **more)

    def mode(self, mode: str, **more: object) -> str:
        return self.local("ViewManagement", value={"mode": mode}, **more)

    # --- at Palette -------------------------------------------------------------------

    def central(
        self, kind: str, so: str = "ok", *, project: str = "p", value: object = None, **more: object
    ) -> str:
        more.setdefault("actor", "admin")
        return self.tell(kind, so, tags={"project": project}, value=value, **more)  # type: ignore[arg-type]

    def accept(
        self, uid: str = "A", so: str = "ok", *, becomes: str = "", by: str = "full", **more: object
    ) -> str:
        selection: list[Json] = [{"uid": name, "version": ""} for name in by.split()]
        value = {"cluster_uid": becomes or f"cluster-of-{uid}"}
        return self.central(
            "AcceptPairingRequest", so, value=value, pairing_uid=uid, selection=selection, **more
        )

    def reject(self, uid: str = "A", so: str = "ok", **more: object) -> str:
        return self.central("RejectPairingRequest", so, pairing_uid=uid, **more)

    def view(self, uid: str = "A", state: str = "Pairing", so: str = "ok", **more: object) -> str:
        value = {"pairing_uid": uid, "state": state}
        return self.central("ViewPairingRequest", so, value=value, pairing_uid=uid, **more)

    def listed(self, *uids: str, states: str = "", **more: object) -> str:
        names = states.split() or ["Pairing"] * len(uids)
        items = [{"pairing_uid": u, "state": s} for u, s in zip(uids, names, strict=True)]
        return self.central("ListPairingRequests", value={"items": items}, **more)

    def rule(self, uid: str = "A", so: str = "ok", **more: object) -> str:
        """A central operation on the cluster of a request, and where it is taken, and nothing is
        said of when, a look that shows it.
        """
        cluster, name = f"cluster-of-{uid}", f"ruled at {self.now}"
        taken = self.central("ChangeCentralCluster", so, cluster_uid=cluster, name=name, **more)
        if so != "ok" or more:
            return taken
        return self.central("ViewCentralCluster", value={"name": name}, cluster_uid=cluster)

    # --- messages of the host ---------------------------------------------------------

    def submits(
        self, uid: str = "A", *, secret: str = "1", runs: str = "k8s 1", project: str = "p"
    ) -> str:
        return self.tell(
            "SubmitPairing",
            actor="agent",
            value={"pairing_uid": uid},
            registration_token=f"<token:{project}>",
            cluster_token=f"<cluster_token:{secret}>",
            cluster={"uid": "edge-uid-0", "stack": stack(runs)},
        )

    def confirms(self, uid: str = "A", state: str = "Paired", *, becomes: str = "") -> str:
        cluster = becomes or f"cluster-of-{uid}"
        value: dict[str, Json] = {"state": state, "cluster_uid": cluster}
        return self.tell("ConfirmPairing", actor="agent", value=value, pairing_uid=uid)

    def withdraws(self, uid: str = "A", so: str = "ok") -> str:
        return self.tell("WithdrawPairing", so, actor="agent", pairing_uid=uid)


def packs(words: str) -> list[Json]:
    """Packs as `name version, name version`."""
    return [dict(zip(("name", "version"), word.split(), strict=True)) for word in words.split(", ")]


def stack(words: str) -> list[Json]:
    return [{"name": "own", "packs": packs(words)}]
