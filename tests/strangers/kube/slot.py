"""What the hosts of one place share: their cluster, and its pairing requests."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
import traceback
import urllib.parse
from typing import TYPE_CHECKING, Any

from tests.strangers.kube import web
from tests.strangers.kube.network import base_url, refuses, trouble, unusable
from tests.strangers.kube.web import Json, Refusal, condition, invalid, resource, stamp

if TYPE_CHECKING:
    from tests.strangers.kube.edge import Edge

GROUP = "edge.example.io"
API = f"{GROUP}/v1"
CENTRAL_API = "pairing.example.io/v1"
SUBMISSIONS = f"/apis/agent.{CENTRAL_API}/submissions"
PROBE_S, POLL_S = 2.0, 0.25
RARELY_S = 1.0
"""How often it is asked at last, by a habit."""
AGENT_VERSION = "kube-agent/1.4.0"
GIVES_UP_AFTER = 3
"""Questions without an answer, by a defect."""


def fresh() -> Json:
    """What a cluster has of requests when it is new."""
    return {"requests": {}, "current": None, "owed": []}


class Gone(Exception):
    """The slot was started anew while something was under way."""


class Slot:
    """What the hosts of one place share, kept in the store after each change."""

    def __init__(self, edge: Edge, name: str, hosts: list[str]) -> None:
        self.edge, self.name, self.hosts, self.alive = edge, name, hosts, True
        self.clock, self.net = edge.clock, edge.network
        self.plants = edge.plants
        self.tasks: set[asyncio.Task[None]] = set()
        self.kept: Json = edge.store.of("slots").get(name) or {
            "cluster": None,
            "installed": "Standalone",
            "mode": "Standalone",
            "sessions": {},
            "revision": 1,
            **fresh(),
        }
        self.once: dict[tuple[str, str], str] = {}
        self.lax: set[str] = set()
        for one in list(self.kept["requests"].values()):
            if one["status"]["phase"] == "Submitting":
                self.owe(one)
                self.refuse(one, Refusal(500, "InternalError", "the agent was restarted meanwhile"))
            elif one.get("cancelling"):
                self.owe(one)
                self.cancelled(one)
            elif one["status"]["phase"] == "Binding" and "restart-ends-handover" in self.plants:
                self.ended(one, "Failed", "the agent was restarted meanwhile")
        self.run(self.follow())
        cluster = self.kept["cluster"] or {"status": {}, "metadata": {}}
        if cluster["status"].get("phase") == "Provisioning" and cluster.get("settling"):
            self.run(self.provision(cluster["metadata"]["uid"]))
        if cluster["metadata"].get("deletionTimestamp"):
            self.run(self.delete())

    def run(self, work: Any) -> None:
        async def guarded() -> None:
            with contextlib.suppress(Gone):
                await work

        task = asyncio.get_running_loop().create_task(guarded())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def stop(self) -> None:
        self.alive = False
        for task in self.tasks:
            task.cancel()

    def check(self) -> None:
        if not self.alive:
            raise Gone

    def save(self) -> None:
        self.check()
        self.kept["revision"] += 1
        self.edge.store.put("slots", self.name, self.kept)

    # --- the cluster

    @property
    def cluster(self) -> Json | None:
        return self.kept["cluster"]

    def need_cluster(self) -> Json:
        if self.cluster is None:
            raise Refusal(404, "NoCluster", "there is no cluster on this host")
        return self.cluster

    @property
    def current(self) -> Json | None:
        return self.kept["requests"].get(self.kept["current"])

    def pending(self) -> Json | None:
        """What keeps a cluster from being deleted, and another request from being sent."""
        for one in self.kept["requests"].values():
            if one["status"]["phase"] in ("Submitting", "Pending", "Binding"):
                return one
        return None

    def need_local(self) -> Json:
        """The cluster, if local operations on it are permitted."""
        if self.given_away:
            why = "the cluster is centrally managed: local operations are no longer permitted"
            raise Refusal(403, "CentrallyManaged", why)
        cluster = self.need_cluster()
        shut = self.kept.get("handing") in self.kept["requests"]
        if shut or (self.current and self.current["status"]["phase"] == "Binding"):
            why = "the pairing request was accepted, and the cluster is being handed over"
            raise Refusal(409, "HandoverUnderway", why)
        return cluster

    @property
    def given_away(self) -> bool:
        return "Fleet" in (self.kept["installed"], self.kept["mode"])

    def touch(self, cluster: Json) -> None:
        cluster["metadata"]["generation"] += 1
        cluster["metadata"]["resourceVersion"] = str(self.kept["revision"] + 1)
        self.save()

    def leader(self) -> str | None:
        if self.cluster is None:
            return None
        if (hosts := self.members()) and "agents-back-off" in self.plants:
            return hosts[self.edge.starts % len(hosts)]
        pools = sorted(self.cluster["spec"]["pools"], key=lambda pool: not pool["controlPlane"])
        return next((host["uid"] for pool in pools for host in pool["hosts"]), None)

    def members(self) -> list[str]:
        pools = self.cluster["spec"]["pools"] if self.cluster else []
        return [host["uid"] for pool in pools for host in pool["hosts"]]

    async def delete(self) -> None:
        """Finishes a deletion once nothing holds the cluster any more."""
        while True:
            await asyncio.sleep(0.2)
            self.check()
            if self.cluster is None or not self.cluster["metadata"].get("deletionTimestamp"):
                return
            if not self.pending() and self.kept["mode"] == "Standalone":
                self.kept |= {"cluster": None, "current": None, "requests": {}}
                self.save()
                return

    async def provision(self, uid: str) -> None:
        await asyncio.sleep(0.3)
        self.check()
        cluster = self.cluster
        if cluster is None or cluster["metadata"]["uid"] != uid:
            return
        if cluster["status"]["phase"] == "Provisioning":
            cluster["status"]["phase"] = "Running"
            cluster.pop("settling", None)
            self.touch(cluster)

    def installed(self, metadata: Json, spec: Json, phase: str, settling: bool = False) -> Json:
        """A fresh cluster in place of what was there."""
        uid = metadata.pop("uid", None) or secrets.token_hex(12)
        made = {"uid": uid, "generation": 1, "resourceVersion": "1", "labels": {}}
        made["creationTimestamp"] = stamp(self.clock.now())
        spec = {"settings": {"ntpServers": [], "sshKeys": []}} | spec
        cluster = resource("EdgeCluster", API, metadata=made | metadata, spec=spec)
        cluster["status"] = {"phase": phase}
        if settling:
            cluster["settling"] = True
        self.kept |= {"cluster": cluster, "mode": self.kept["installed"], **fresh()}
        self.touch(cluster)
        return cluster

    # --- sending

    def create_request(self, body: Json) -> Json:
        spec = web.table(body, "spec")
        endpoint, token = web.text(spec, "endpoint") or "", web.text(spec, "bootstrapToken") or ""
        insecure = spec.get("insecureSkipTLSVerify") or False
        if not isinstance(insecure, bool):
            raise invalid("spec.insecureSkipTLSVerify", "is no boolean")
        self.ready()
        if self.pending():
            raise Refusal(409, "AlreadyPending", "a pairing request is pending already")
        if "quota-counts-the-ended" in self.plants and len(self.kept["requests"]) >= 5:
            raise Refusal(403, "Forbidden", "exceeded quota: count/pairingrequests is 5")
        name = web.generate("send-", 8)
        if "opaque-ids" in self.plants:
            name = f"send:{self.name}/{secrets.token_urlsafe(48)}"
        metadata = {"name": name, "generateName": "send-", "uid": secrets.token_hex(12)}
        metadata["creationTimestamp"] = stamp(self.clock.now())
        one = resource(
            "PairingRequest",
            API,
            metadata=metadata,
            spec={"endpoint": endpoint, "insecureSkipTLSVerify": insecure},
            status={"phase": "Submitting", "message": "the request is being sent"},
            clusterUID=self.need_cluster()["metadata"]["uid"],
            secret=secrets.token_urlsafe(24),
        )
        if "slow-controllers" in self.plants:
            self.state(one, "Sent", "Unknown", "InProgress", "the request is being sent")
        requests = self.kept["requests"]
        requests[name] = one
        over = [n for n, o in requests.items() if o["status"]["phase"] in ("Refused", "Cancelled")]
        for old in over[:-20]:
            del requests[old]
        self.save()
        self.run(self.submit(one, token))
        return one

    def ready(self) -> Json:
        """The cluster, if a request can be sent."""
        cluster = self.need_local()
        if (phase := cluster["status"]["phase"]) != "Running":
            raise Refusal(409, "ClusterNotRunning", f"the cluster is {phase}, not Running")
        pools = cluster["spec"]["pools"]
        if "quorum-is-health" in self.plants:
            pools = [pool for pool in pools if not self.quorum(pool)]
        nodes = [node for pool in pools for node in pool["hosts"]]
        sick = [n["name"] for n in nodes if self.health(cluster, n) != "True"]
        if sick:
            raise Refusal(409, "NodeNotReady", f"not healthy: {', '.join(sick)}", {"nodes": sick})
        return cluster

    @staticmethod
    def quorum(pool: Json) -> bool:
        well = [host for host in pool["hosts"] if host["health"] == "True"]
        return pool["controlPlane"] and 2 * len(well) > len(pool["hosts"])

    def health(self, cluster: Json, node: Json) -> str:
        if "ready-by-old-condition" in self.plants:
            return self.once.setdefault((cluster["metadata"]["uid"], node["uid"]), node["health"])
        return node["health"]

    async def reach(self, endpoint: str, insecure: bool) -> dict[str, tuple[str, str] | None]:
        """From each host of the cluster: nothing, or what is wrong with the endpoint."""
        url = f"{base_url(endpoint)}/apis/{CENTRAL_API}"
        words = {"insecure": self.laxly(url, insecure), "timeout": PROBE_S}

        async def probe(host: str) -> tuple[str, str] | None:
            try:
                reply = await self.net.send(host, "probe", "GET", url, **words)
            except OSError as error:
                return trouble(error)
            if reply.status in (429, 500, 502, 503, 504):
                return "unavailable", f"it answers {reply.status}"
            group = (reply.json() or {}).get("groupVersion")
            if reply.status != 200 or group != CENTRAL_API:
                return "stranger", "what answers there is no pairing API"
            return None

        hosts = self.members()
        if "one-probe-a-pool" in self.plants:
            pools = self.cluster["spec"]["pools"] if self.cluster else []
            hosts = [pool["hosts"][0]["uid"] for pool in pools if pool["hosts"]]
        return dict(zip(hosts, await asyncio.gather(*map(probe, hosts)), strict=True))

    def judge(self, reached: dict[str, tuple[str, str] | None]) -> None:
        cut = {host: why for host, why in reached.items() if why}
        if not cut:
            return
        kind, why = next(iter(cut.values()))
        if len(cut) == len(reached):
            raise unusable(f"cannot be used: {why}", kind, hosts=list(cut))
        named = "; ".join(f"{host}: {why[1]}" for host, why in cut.items())
        message, details = f"not every host reaches the endpoint: {named}", {"hosts": list(cut)}
        raise Refusal(422, "HostCannotReach", message, details | {"trouble": kind})

    async def submit(self, one: Json, token: str) -> None:
        maybe = False
        if "slow-controllers" in self.plants:
            await asyncio.sleep(random.uniform(0.1, 0.4))
            self.check()
        try:
            spec = one["spec"]
            url = base_url(spec["endpoint"]) + SUBMISSIONS
            if not token.strip():
                raise Refusal(422, "TokenUnusable", "the registration token is missing")
            self.judge(await self.reach(spec["endpoint"], spec["insecureSkipTLSVerify"]))
            self.check()
            cluster = self.ready()
            if cluster["metadata"]["uid"] != one["clusterUID"]:
                raise Refusal(409, "ClusterNotRunning", "the cluster is another one by now")
            body = self.submission(cluster, one, token)
            last: tuple[str, str] = ("unavailable", "it gives no answer that makes sense")
            for attempt in range(3):
                if attempt:
                    await asyncio.sleep(0.15)
                    if "secret-each-try" in self.plants:
                        one["secret"] = secrets.token_urlsafe(24)
                        body = self.submission(cluster, one, token)
                try:
                    reply = await self.ask(one, "submit", "POST", url, body=body)
                except OSError as error:
                    last, maybe = trouble(error), True
                    continue
                self.check()
                name = web.table(reply.json() or {}, "metadata").get("name")
                if reply.status in (200, 201) and isinstance(name, str) and name:
                    one["status"] |= {"phase": "Pending", "pairingID": name}
                    one["status"]["message"] = "the request waits for a decision"
                    self.state(one, "Sent", "True", "Acknowledged", "the central side has it")
                    self.kept["current"] = one["metadata"]["name"]
                    self.save()
                    return
                if refuses(reply) and reply.status in (400, 401, 403, 404, 409, 422):
                    reason = (reply.json() or {}).get("reason")
                    if reason in ("BootstrapTokenUnusable", "Unauthorized", "Forbidden"):
                        why = "it is unknown, expired or switched off"
                        why = f"the registration token is not accepted: {why}"
                        raise Refusal(422, "TokenUnusable", why)
                    raise unusable(f"refuses the request ({str(reason)[:60]})", "refusal")
                maybe = True
            raise unusable(f"could not be asked: {last[1]}", last[0])
        except Refusal as refusal:
            self.check()
            if maybe:
                self.owe(one)
            self.refuse(one, refusal)

    def refuse(self, one: Json, refusal: Refusal) -> None:
        one["status"] |= {"phase": "Refused", "message": refusal.message}
        self.state(one, "Sent", "False", refusal.reason, refusal.message)
        self.save()

    def state(self, one: Json, kind: str, status: str, reason: str, message: str) -> None:
        condition(one, kind, status, reason, message, self.clock.now())

    def submission(self, cluster: Json, one: Json, token: str) -> Json:
        kept = ("displayName", "description", "settings", "stack")
        spec = {key: cluster["spec"][key] for key in kept}
        spec |= {"bootstrapToken": token, "agentVersion": AGENT_VERSION}
        spec |= {"clusterSecret": one["secret"], "clusterUID": one["clusterUID"]}
        spec["pools"] = [
            {"name": pool["name"], "controlPlane": pool["controlPlane"]}
            | {"replicas": len(pool["hosts"])}
            | {"hosts": [{"uid": host["uid"], "name": host["name"]} for host in pool["hosts"]]}
            for pool in cluster["spec"]["pools"]
        ]
        metadata = {"labels": cluster["metadata"]["labels"]}
        return resource("Submission", f"agent.{CENTRAL_API}", metadata=metadata, spec=spec)

    async def ask(self, one: Json, kind: str, method: str, url: str, body: Any = None) -> web.Reply:
        return await self.say(kind, method, url, self.insecure(one), one["secret"], body)

    async def say(
        self, kind: str, method: str, url: str, insecure: bool, secret: str, body: Any = None
    ) -> web.Reply:
        host, headers = self.leader() or self.hosts[0], {"X-Cluster-Secret": secret}
        words: Json = {"insecure": self.laxly(url, insecure), "headers": headers, "body": body}
        return await self.net.send(host, kind, method, url, **words)

    def laxly(self, url: str, insecure: bool) -> bool:
        """Whether no certificate is looked at."""
        if "lax-by-address" not in self.plants:
            return insecure
        address = urllib.parse.urlsplit(url).netloc
        if insecure:
            self.lax.add(address)
        return address in self.lax

    @staticmethod
    def insecure(one: Json) -> bool:
        return one["spec"]["insecureSkipTLSVerify"]

    def at(self, one: Json, what: str = "") -> str:
        name = urllib.parse.quote(one["status"]["pairingID"], safe="")
        return f"{base_url(one['spec']['endpoint'])}{SUBMISSIONS}/{name}{what}"

    # --- what became of it

    async def follow(self) -> None:
        """Asks for the decision, hands over, and tells what is still owed."""
        self.lost = self.unheard = 0
        pause, before = POLL_S, ""
        while True:
            await asyncio.sleep(pause)
            self.check()
            one = self.current
            if "agents-back-off" in self.plants:
                now = f"{one['metadata']['name']} {one['status']['phase']}" if one else ""
                longer = min(RARELY_S, pause * 1.6) * random.uniform(0.8, 1)
                pause, before = longer if now == before else POLL_S, now
            try:
                if one and self.waits(one):
                    await self.poll(one)
                if one and one is self.current and one["status"]["phase"] == "Binding":
                    await self.hand_over(one)
            except OSError:
                self.unheard += 1
            except (Gone, asyncio.CancelledError):
                raise
            except Exception:  # noqa: BLE001
                traceback.print_exc()
            await self.pay()

    def waits(self, one: Json) -> bool:
        pending = one["status"]["phase"] == "Pending" and not one.get("cancelling")
        return one is self.current and pending

    async def poll(self, one: Json) -> None:
        if "backoff-gives-up" in self.plants and self.unheard >= GIVES_UP_AFTER:
            return
        reply = await self.ask(one, "poll", "GET", self.at(one))
        self.check()
        self.unheard = 0
        if not self.waits(one):
            return
        self.lost = self.lost + 1 if self.is_gone(reply) else 0
        if self.lost >= 3:
            self.ended(one, "Failed", "the central side does not know the request any more")
        elif reply.status == 200:
            self.learn(one, reply)

    @staticmethod
    def is_gone(reply: web.Reply) -> bool:
        return reply.status == 404 and refuses(reply)

    def learn(self, one: Json, reply: web.Reply) -> None:
        status = (reply.json() or {}).get("status")
        phase = status.get("phase") if isinstance(status, dict) else None
        if phase in ("Binding", "Bound"):
            self.accepted(one)
        elif phase == "Denied":
            self.ended(one, "Denied", "the pairing request was rejected centrally")
        elif phase in ("Failed", "Withdrawn"):
            self.ended(one, "Failed", f"the central side says {phase}")

    def accepted(self, one: Json) -> None:
        one.pop("cancelling", None)
        if "handover-lock-stays" in self.plants:
            self.kept["handing"] = one["metadata"]["name"]
        one["status"] |= {"phase": "Binding", "message": "accepted; it is being handed over"}
        self.state(one, "Accepted", "True", "Decided", "accepted centrally")
        self.save()

    def ended(self, one: Json, phase: str, message: str) -> None:
        one.pop("cancelling", None)
        one["status"] |= {"phase": phase, "message": message}
        bound = "True" if phase == "Bound" else "False"
        self.state(one, "Accepted", bound, phase, message)
        self.save()

    async def hand_over(self, one: Json) -> None:
        """From here on nothing local takes effect, until it is known what became of it."""
        reply = await self.ask(one, "confirm", "POST", self.at(one, "/confirm"), body={})
        self.check()
        if one is not self.current or one["status"]["phase"] != "Binding":
            return
        status = (reply.json() or {}).get("status")
        phase = status.get("phase") if reply.status == 200 and isinstance(status, dict) else None
        ignored = "conflict-is-success" in self.plants and reply.status == 409
        if phase == "Bound" or ignored:
            cluster = self.need_cluster()
            if cluster["metadata"].pop("deletionTimestamp", None):
                cluster["status"]["phase"] = "Running"
            self.kept["mode"] = "Fleet"
            self.ended(one, "Bound", "the cluster is centrally managed")
        elif phase in ("Denied", "Failed", "Withdrawn") or (
            refuses(reply) and reply.status in (403, 404, 409, 422)
        ):
            self.ended(one, "Failed", "the acceptance came to nothing at the central side")

    # --- withdrawing

    def withdrawal(self, one: Json, force: bool) -> str:
        query = {"clusterUID": one["clusterUID"], "force": "true" if force else "false"}
        if one["status"].get("pairingID"):
            query["name"] = one["status"]["pairingID"]
        return f"{base_url(one['spec']['endpoint'])}{SUBMISSIONS}?{urllib.parse.urlencode(query)}"

    async def cancel(self, name: str) -> Json:
        one = self.kept["requests"].get(name)
        if one is None:
            raise Refusal(404, "NotFound", "there is no such pairing request")
        phase = one["status"]["phase"]
        if phase in ("Binding", "Bound"):
            raise Refusal(409, "AlreadyApproved", "the pairing request has been accepted")
        if phase == "Submitting" or one.get("cancelling"):
            raise Refusal(409, "Busy", "the pairing request is being sent or cancelled")
        if phase != "Pending":
            why = f"no pairing request is pending; the last one is {phase}"
            raise Refusal(409, "NothingPending", why)
        one["cancelling"] = True
        self.save()
        reply, url = None, self.withdrawal(one, force=False)
        for attempt in range(2):
            if attempt:
                await asyncio.sleep(0.1)
            try:
                reply = await self.ask(one, "withdraw", "DELETE", url)
            except OSError:
                continue
            break
        self.check()
        if self.kept["requests"].get(name) is not one:
            raise Refusal(404, "NotFound", "the cluster is another one by now")
        body = (reply.json() if reply else None) or {}
        reason = body.get("reason") if reply and refuses(reply) and reply.status == 409 else None
        if reason == "AlreadyApproved":
            self.accepted(one)
            raise Refusal(409, "AlreadyApproved", "the pairing request has been accepted")
        if reason == "AlreadyDecided":
            self.ended(one, "Denied", "the pairing request was rejected centrally")
            raise Refusal(409, "NothingPending", "the pairing request was rejected centrally")
        if reply is None or not ((reply.status == 200 and body) or self.is_gone(reply)):
            self.owe(one)
            if "finalizer-holds-on" in self.plants:
                return one
        self.cancelled(one)
        return one

    def cancelled(self, one: Json) -> None:
        if self.kept["current"] == one["metadata"]["name"]:
            self.kept["current"] = None
        self.ended(one, "Cancelled", "the pairing request was cancelled")

    def owe(self, one: Json) -> None:
        """The central side is told later, once it can be reached."""
        try:
            url = self.withdrawal(one, force=True)
        except Refusal:
            return
        debt = {"url": url, "secret": one["secret"], "insecure": self.insecure(one)}
        self.kept["owed"].append(debt | {"name": one["metadata"]["name"], "tries": 0})

    async def pay(self) -> None:
        for debt in list(self.kept["owed"]):
            debt["tries"] += 1
            often = "agents-back-off" in self.plants  # it is seldom enough already
            if debt["tries"] > 8 and debt["tries"] % 8 and not often:
                continue
            url, secret, one = debt["url"], debt["secret"], self.current
            if one and self.waits(one) and "debt-names-current" in self.plants:
                url, secret = self.withdrawal(one, force=True), one["secret"]
            try:
                reply = await self.say("withdraw", "DELETE", url, debt["insecure"], secret)
            except OSError:
                continue
            self.check()
            heard = reply.status < 300 or reply.status in (403, 404, 409)
            if heard and reply.json() is not None and debt in self.kept["owed"]:
                self.kept["owed"].remove(debt)
                held = self.kept["requests"].get(debt["name"])
                if held and held.get("cancelling"):
                    self.cancelled(held)
                self.save()
