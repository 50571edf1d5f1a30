"""A pier: some hosts, the cluster on them, and the jobs that change it."""

from __future__ import annotations

import asyncio
import inspect
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tests.strangers.quay.pairing import Pairing
from tests.strangers.quay.wharf import Problem, Reply, Table, data, invalid
from tests.strangers.quay.words import LEARNED, SWEARING

if TYPE_CHECKING:
    from tests.strangers.quay.berth import Berth

HOSTS = 5
JOB_S, RAZING_S = 0.02, 0.2
BARE: Table = {
    **{"mode": "here", "manager": "here", "cluster": None, "petition": None},
    **{"history": [], "installed": None},
}
"""`manager` is `here`, `sealed` while the cluster is handed over, or `afar`."""


class Pier:
    """A cluster has one state, which its hosts share."""

    def __init__(self, berth: Berth, number: int) -> None:
        self.berth, self.store, self.number = berth, berth.store, number
        self.name = f"pier-{number}"
        self.hosts = [f"{self.name}-host-{n}" for n in range(1, HOSTS + 1)]
        self.pairing = Pairing(self)
        self.tasks: set[asyncio.Task[None]] = set()
        self.wake()

    # --- what is known ------------------------------------------------------------------------

    @property
    def doc(self) -> Table:
        return self.store.get("piers", self.name) or BARE

    def keep(self, **changes: Any) -> None:
        self.store.put("piers", self.name, {**self.doc, **changes})

    @property
    def cluster(self) -> Table:
        cluster = self.doc["cluster"]
        if cluster is None:
            raise Problem(404, "no-cluster", "there is no cluster here")
        return dict(cluster)

    def change(self, **changes: Any) -> None:
        self.keep(cluster={**self.cluster, **changes})

    def members(self) -> list[Table]:
        cluster = self.doc["cluster"]
        return [m for pool in cluster["pools"] for m in pool["members"]] if cluster else []

    def lead(self) -> str:
        """The last host of the control plane speaks for its cluster; empty without one."""
        pools = self.doc["cluster"]["pools"] if self.doc["cluster"] else []
        hosts = [m["host"] for pool in pools if pool["control"] for m in pool["members"]]
        return hosts[-1] if hosts else ""

    def source(self, host: str) -> str:
        """The address from which a host calls."""
        return f"127.0.{10 + self.number}.{self.hosts.index(host) + 1}"

    # --- life ---------------------------------------------------------------------------------

    def wake(self) -> None:
        self.turn = asyncio.Lock()
        self.pairing.wake()
        for work in (self.pairing.follow, self.pairing.haunt):
            self.start(work())

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def sleep(self) -> None:
        for task in self.tasks:
            task.cancel()

    # --- jobs ---------------------------------------------------------------------------------

    def begin(self, doing: Callable[[], Awaitable[Table | None]]) -> Reply:
        """A job that says what comes of it."""
        key = f"j{secrets.token_hex(6)}"
        job: Table = {
            "job": key,
            "pier": self.name,
            "phase": "queued",
            "failure": None,
            "result": {},
        }
        self.store.put("jobs", key, job)

        async def run() -> None:
            try:
                ended = {"phase": "done", "result": await doing() or {}}
            except Problem as problem:
                ended = {"phase": "failed", "failure": problem.failure}
            self.store.put("jobs", key, {**job, **ended})

        self.start(run())
        return data({"job": key}, 202, [("Location", f"/ui/jobs/{key}")])

    def queue(self, what: Callable[..., Awaitable[None] | None], *parts: Any) -> Reply:
        """A job that changes the cluster, one after another."""
        self.need_local()

        async def doing() -> None:
            async with self.turn:
                await asyncio.sleep(JOB_S)
                late = "queue-outlives-handover" in self.berth.plants
                if self.doc["manager"] != "here" and not late:
                    raise Problem(409, "governed-afar", "this cluster is centrally managed")
                changing = what(*parts)
                if inspect.isawaitable(changing):
                    await changing

        return self.begin(doing)

    def need_local(self) -> None:
        doc, petition = self.doc, self.doc["petition"]
        if "afar" in (doc["mode"], doc["manager"]):
            why = "this cluster is centrally managed: local operations are not permitted"
            raise Problem(409, "governed-afar", why)
        if doc["manager"] == "sealed" or (petition and petition["phase"] in (LEARNED, SWEARING)):
            why = "this cluster is being handed over to central management"
            raise Problem(409, "governed-afar", why)
        if doc["cluster"] is None:
            raise Problem(409, "no-cluster", "there is no cluster here")

    # --- changes ------------------------------------------------------------------------------

    def set_settings(self, settings: Table) -> None:
        self.change(settings={**self.cluster["settings"], **settings})

    async def raze(self) -> None:
        """A request that waits goes first."""
        await self.pairing.cancel_before_end()
        self.change(state="razing")
        uid = self.cluster["uid"]
        await asyncio.sleep(RAZING_S)
        cluster = self.doc["cluster"]
        if cluster and (cluster["uid"], cluster["state"]) == (uid, "razing"):
            self.pairing.archive()
            self.keep(cluster=None)

    def pool(self, label: str) -> Table:
        for pool in self.cluster["pools"]:
            if pool["label"] == label:
                return dict(pool)
        raise Problem(404, "no-such-pool", "there is no such pool")

    def put_pools(self, label: str, *pools: Table) -> None:
        """These take the place of the one that is called so."""
        others = self.cluster["pools"]
        self.change(pools=[p for o in others for p in (pools if o["label"] == label else (o,))])

    def members_of(self, label: str, hosts: list[str]) -> list[Table]:
        """What these hosts are in the pool: as they were, or new there."""
        pools = self.cluster["pools"]
        taken = {m["host"] for p in pools if p["label"] != label for m in p["members"]}
        if not hosts or any(host not in self.hosts or host in taken for host in hosts):
            raise invalid("/members", "these hosts are not free")
        before = {m["host"]: m for p in pools if p["label"] == label for m in p["members"]}
        fresh = ({"node": host, "host": host, "condition": "fit"} for host in hosts)
        return [before.get(member["host"], member) for member in fresh]

    def add_pool(self, label: str, control: bool, hosts: list[str]) -> None:
        pools = self.cluster["pools"]
        if any(pool["label"] == label for pool in pools):
            raise Problem(409, "exists", "there is a pool of this name")
        pool = {"label": label, "control": control, "members": self.members_of(label, hosts)}
        self.change(pools=[*pools, pool])

    def set_pool(self, label: str, hosts: list[str]) -> None:
        pool = self.pool(label)
        self.put_pools(label, {**pool, "members": self.members_of(label, hosts)})

    def drop_pool(self, label: str) -> None:
        if self.pool(label)["control"]:
            raise Problem(409, "needed", "the control plane cannot be removed")
        self.put_pools(label)

    def drop_node(self, label: str, node: str) -> None:
        pool = self.pool(label)
        rest = [member for member in pool["members"] if member["node"] != node]
        if len(rest) == len(pool["members"]):
            raise Problem(404, "no-such-node", "there is no such node")
        if pool["control"] and not rest:
            raise Problem(409, "needed", "the last node of the control plane cannot be removed")
        self.put_pools(label, {**pool, "members": rest})
