"""The edge side: what each host answers to people."""

from __future__ import annotations

import copy
import secrets
from pathlib import Path
from typing import Any

from tests.strangers.kube import web
from tests.strangers.kube.network import Network
from tests.strangers.kube.slot import API, GROUP, Gone, Slot
from tests.strangers.kube.web import (
    Answer,
    Json,
    Refusal,
    Request,
    invalid,
    nowhere,
    resource,
    stamp,
    wrong_method,
)

SESSION_LASTS = 8 * 3_600_000_000
LED = ("pairingrequests", "clusters", "machinepools")
"""What is changed by the host that leads."""
BASE_PACK = {"layer": "os", "name": "Ubuntu", "version": "22.04", "registry": "", "values": ""}
BASE = {"name": "base", "type": "Infrastructure", "version": "1.0.0", "packs": [BASE_PACK]}


class Edge:
    """All hosts of a lab; each has an address of its own."""

    def __init__(
        self,
        folder: Path,
        slots: dict[str, list[str]],
        user: tuple[str, str],
        plants: frozenset[str],
    ) -> None:
        self.store = web.Store(folder / "edge.jsonl")
        self.layout, self.user, self.plants = slots, user, plants
        self.clock, self.network, self.starts = web.Clock(), Network(folder), 0
        self.slots: dict[str, Slot] = {}
        self.urls: dict[str, str] = {}
        self.start()

    def start(self) -> None:
        for slot in self.slots.values():
            slot.stop()
        self.store.load()
        self.starts += 1
        self.slots = {name: Slot(self, name, hosts) for name, hosts in self.layout.items()}

    def slot_of(self, host: str) -> Slot:
        return next(slot for slot in self.slots.values() if host in slot.hosts)

    def handler(self, host: str) -> web.Handler:
        async def handle(request: Request) -> Answer:
            try:
                return await self.handle(host, request)
            except Gone as error:
                why = "the agent was restarted meanwhile"
                raise Refusal(503, "ServiceUnavailable", why) from error

        return handle

    async def handle(self, host: str, request: Request) -> Answer:
        slot = self.slot_of(host)
        method, parts = request.method, request.parts
        if parts[:3] != ["apis", GROUP, "v1"]:
            raise nowhere()
        rest = parts[3:]
        if rest == ["tokenrequests"] and method == "POST":
            return self.log_in(slot, request)
        session = slot.kept["sessions"].get(request.bearer())
        if session is None or session <= self.clock.now():
            raise Refusal(401, "Unauthorized", "no valid bearer token")
        if rest == ["tokenrequests", "self"] and method == "DELETE":
            first = "logout-ends-the-first" in self.plants
            ends = next(iter(slot.kept["sessions"])) if first else request.bearer()
            del slot.kept["sessions"][ends]
            slot.save()
            return 200, {"kind": "Status", "status": "Success"}, {}
        changes = method != "GET" and rest and rest[0] in LED and slot.kept["mode"] != "Fleet"
        if changes and (leader := slot.leader()) and leader != host:
            headers = {"Location": self.urls[leader] + request.url_path}
            why = f"{leader} leads this cluster"
            raise Refusal(307, "NotLeader", why, {"leader": leader}, headers)
        return await self.route(slot, host, method, rest, request)

    def log_in(self, slot: Slot, request: Request) -> Answer:
        spec = web.table(request.json(), "spec")
        given = web.text(spec, "username"), web.text(spec, "password")
        if given != self.user:
            raise Refusal(401, "Unauthorized", "user name or password is wrong")
        token = "et-" + secrets.token_urlsafe(24)
        until = self.clock.now() + SESSION_LASTS * (3 if spec.get("extended") is True else 1)
        old = slot.kept["sessions"].items()
        slot.kept["sessions"] = {t: u for t, u in old if u > self.clock.now()} | {token: until}
        slot.save()
        status = {"token": token, "expirationTimestamp": stamp(until)}
        return 201, resource("TokenRequest", API, status=status), {}

    async def route(
        self, slot: Slot, host: str, method: str, rest: list[str], request: Request
    ) -> Answer:
        match method, rest:
            case "GET", ["management"]:
                spec = {"installed": slot.kept["installed"]}
                status = {"mode": "Fleet" if slot.given_away else slot.kept["mode"]}
                return 200, resource("Management", API, spec=spec, status=status), {}
            case "PUT", ["management"]:
                wanted = web.text(web.table(request.json(), "spec"), "mode", required=True)
                if wanted != "Standalone":
                    why = "central management comes by a pairing request alone"
                    raise invalid("spec.mode", why)
                if slot.given_away:
                    why = "a centrally managed cluster is not taken back"
                    raise Refusal(403, "TransferIsFinal", why)
                return 200, resource("Management", API, status={"mode": "Standalone"}), {}
            case "POST", ["connectionchecks"]:
                return await self.check_connection(slot, request)
            case "POST", ["pairingrequests"]:
                return 201, self.public(slot.create_request(request.json())), {}
            case "GET", ["pairingrequests"]:
                items = [self.public(one) for one in slot.kept["requests"].values()]
                return 200, resource("PairingRequestList", API, metadata={}, items=items), {}
            case "GET", ["pairingrequests", name]:
                one = slot.current if name == "current" else slot.kept["requests"].get(name)
                if one is None:
                    raise Refusal(404, "NothingPending", "there is no pairing request")
                return 200, self.public(one), {}
            case "POST", ["pairingrequests", name, "cancel"]:
                return 200, self.public(await slot.cancel(name)), {}
            case _, ["clusters" | "machinepools", *_]:
                return self.on_cluster(slot, method, rest, request)
        raise nowhere()

    @staticmethod
    def public(one: Json) -> Json:
        inner = ("secret", "clusterUID", "cancelling")
        return {key: value for key, value in one.items() if key not in inner}

    async def check_connection(self, slot: Slot, request: Request) -> Answer:
        spec = web.table(request.json(), "spec")
        endpoint = web.text(spec, "endpoint") or ""
        insecure = spec.get("insecureSkipTLSVerify") is True
        slot.need_cluster()
        status: Json = {"reachable": True, "message": "every host reaches the endpoint"}
        try:
            reached = await slot.reach(endpoint, insecure)
            status["conditions"] = [
                {"type": "Reachable", "host": host, "status": "False" if why else "True"}
                | {"message": why[1] if why else ""}
                for host, why in reached.items()
            ]
            slot.judge(reached)
        except Refusal as refusal:
            message = refusal.message
            if hosts := refusal.details.get("hosts"):
                message += f" (asked from {', '.join(hosts)})"
            status |= {"reachable": False, "message": message}
        return 201, resource("ConnectionCheck", API, status=status), {}

    # --- operations on the cluster

    def view(self, cluster: Json) -> Json:
        spec, hosts = cluster["spec"], [h for p in cluster["spec"]["pools"] for h in p["hosts"]]
        ready = all(host["health"] == "True" for host in hosts)
        status = {"phase": cluster["status"]["phase"], "conditions": [self.ready(str(ready))]}
        status["pools"] = [
            {key: pool[key] for key in ("name", "controlPlane")}
            | {"nodes": [self.node(host) for host in pool["hosts"]]}
            for pool in spec["pools"]
        ]
        seen = {key: value for key, value in spec.items() if key != "stack"}
        seen["hostIDs"] = [host["uid"] for host in hosts]
        view = {key: value for key, value in cluster.items() if key != "settling"}
        return view | {"spec": seen, "status": status}

    def node(self, host: Json) -> Json:
        pressed = {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasMemory"}
        conditions = [pressed, self.ready(host["health"])]
        return {"name": host["name"], "hostUID": host["uid"], "conditions": conditions}

    @staticmethod
    def ready(status: str) -> Json:
        reason = "KubeletReady" if status == "True" else "NodeNotReady"
        return {"type": "Ready", "status": status, "reason": reason}

    def on_cluster(self, slot: Slot, method: str, rest: list[str], request: Request) -> Answer:
        if method == "GET":
            cluster = slot.need_cluster()
            match rest:
                case ["clusters", "local"]:
                    return 200, self.view(cluster), {}
                case ["clusters", "local", "stack"]:
                    return 200, resource("Stack", API, profiles=cluster["spec"]["stack"]), {}
                case ["clusters", "local", "settings"]:
                    spec = cluster["spec"]["settings"] | {"pools": cluster["spec"]["pools"]}
                    return 200, resource("Settings", API, spec=spec), {}
            raise nowhere()
        if (method, rest) == ("POST", ["clusters"]):
            return self.create_cluster(slot, request.json())
        cluster = slot.need_local()
        body = request.any_json()
        if isinstance(body, dict):
            given = web.table(body, "metadata").get("resourceVersion")
            if given is not None and given != cluster["metadata"]["resourceVersion"]:
                raise Refusal(409, "Conflict", "the object has been modified")
        if rest == ["clusters", "local"] and method == "DELETE":
            if not cluster["metadata"].get("deletionTimestamp"):
                cluster["metadata"]["deletionTimestamp"] = stamp(self.clock.now())
                cluster["metadata"]["finalizers"] = [f"{GROUP}/pairing"]
                cluster["status"]["phase"] = "Deleting"
                slot.touch(cluster)
                slot.run(slot.delete())
            return 200, self.view(cluster), {}
        if cluster["metadata"].get("deletionTimestamp"):
            raise Refusal(409, "Conflict", "the cluster is being deleted")
        match method, rest:
            case "PUT", ["clusters", "local", "stack"]:
                rows = web.rows(web.table(request.json(), "spec"), "profiles")
                profiles = web.stack(rows, "spec.profiles")
                if not profiles:
                    raise invalid("spec.profiles", "is empty")
                cluster["spec"]["stack"] = profiles
            case "PUT", ["clusters", "local", "settings"]:
                spec = web.table(request.json(), "spec")
                new = dict(cluster["spec"]["settings"])
                for name in ("ntpServers", "sshKeys"):
                    given = new[name] if spec.get(name) is None else spec[name]
                    if not isinstance(given, list) or not all(isinstance(x, str) for x in given):
                        raise invalid(f"spec.{name}", "is no list of strings")
                    new[name] = given
                cluster["spec"]["settings"] = new
            case "PUT" | "PATCH", ["clusters", name]:
                if name not in (cluster["spec"]["displayName"], cluster["metadata"]["uid"]):
                    raise Refusal(404, "NotFound", "there is no cluster of this name")
                if method == "PUT":
                    labels = web.labels(web.table(request.json(), "metadata").get("labels"))
                else:
                    labels = self.patched(cluster["metadata"]["labels"], body)
                cluster["metadata"]["labels"] = labels
            case _, ["machinepools", *_]:
                self.pools(slot, cluster, method, rest[1:], body)
            case _:
                raise nowhere()
        slot.touch(cluster)
        return 200, self.view(cluster), {}

    @staticmethod
    def patches(body: Any) -> list[Json]:
        if not isinstance(body, list) or not body or not all(isinstance(one, dict) for one in body):
            raise invalid("patch", "is no list of operations")
        return body

    def patched(self, old: dict[str, str], body: Any) -> dict[str, str]:
        new: dict[str, Any] = dict(old)
        for one in self.patches(body):
            steps = str(one.get("path")).split("/")
            steps = [step.replace("~1", "/").replace("~0", "~") for step in steps]
            known = one.get("op") in ("add", "replace", "remove")
            if not known or steps[:3] != ["", "metadata", "labels"]:
                raise invalid("patch", "only labels are added, replaced and removed")
            if len(steps) == 3 and one["op"] != "remove":
                new = web.labels(one.get("value"))
            elif len(steps) == 4 and one["op"] == "remove":
                new.pop(steps[3], None)
            elif len(steps) == 4:
                new[steps[3]] = one.get("value")
            else:
                raise invalid("patch", "its path is no label")
        return web.labels(new)

    # --- pools

    def hosts(self, slot: Slot, pools: list[Json], value: list[Json], own: str = "") -> list[Json]:
        taken = {host["uid"]: (pool["name"], host) for pool in pools for host in pool["hosts"]}
        found: dict[str, Json] = {}
        for host in value:
            uid = web.text(host, "uid", required=True, where="hosts") or ""
            if uid not in slot.hosts or uid in found:
                raise invalid("hosts", "is no host of this place, or stands there twice")
            new = {"uid": uid, "name": web.text(host, "name", where="hosts") or uid}
            where, found[uid] = taken.get(uid, (own, new | {"health": "True"}))
            if where != own:
                raise Refusal(409, "Conflict", "the host runs another node")
        if not found:
            raise invalid("hosts", "is empty")
        return list(found.values())

    def pools(self, slot: Slot, cluster: Json, method: str, rest: list[str], body: Any) -> None:
        pools = cluster["spec"]["pools"]
        if method == "POST" and not rest:
            spec = web.table(body, "spec")
            name = web.text(spec, "name", required=True)
            if any(pool["name"] == name for pool in pools):
                raise Refusal(409, "AlreadyExists", "there is such a pool already")
            hosts = self.hosts(slot, pools, web.rows(spec, "hosts"))
            leads = spec.get("controlPlane") is True
            pools.append({"name": name, "controlPlane": leads, "hosts": hosts})
            return
        pool = next((p for p in pools if rest and p["name"] == rest[0]), None)
        if pool is None:
            raise Refusal(404, "NotFound", "there is no such pool")
        masters = [h for p in pools if p["controlPlane"] for h in p["hosts"]]
        match method, rest[1:]:
            case "PUT", []:
                rows = web.rows(web.table(body, "spec"), "hosts")
                pool["hosts"] = self.hosts(slot, pools, rows, pool["name"])
            case "PATCH", []:
                for one in self.patches(body):
                    if one.get("op") not in ("replace", "add") or one.get("path") != "/hosts":
                        raise invalid("patch", "only /hosts is replaced")
                    rows = [self.host_words(host) for host in one.get("value") or []]
                    pool["hosts"] = self.hosts(slot, pools, rows, pool["name"])
            case "DELETE", []:
                if pool["controlPlane"]:
                    raise Refusal(409, "Conflict", "the control plane is not removed")
                pools.remove(pool)
            case "DELETE", ["nodes", node]:
                host = next((h for h in pool["hosts"] if h["name"] == node), None)
                if host is None:
                    raise Refusal(404, "NotFound", "there is no such node")
                if pool["controlPlane"] and len(masters) == 1:
                    why = "the last node of the control plane is not removed"
                    raise Refusal(409, "Conflict", why)
                pool["hosts"].remove(host)
                if not pool["hosts"]:
                    pools.remove(pool)
            case _:
                raise wrong_method("PUT, PATCH and DELETE")

    @staticmethod
    def host_words(host: Any) -> Json:
        """The value of a JSON patch is data, which may bear the published names."""
        if not isinstance(host, dict):
            raise invalid("hosts", "is no list of objects")
        name = host.get("name") or host.get("hostName")
        return {"uid": host.get("uid") or host.get("hostUid"), "name": name}

    def create_cluster(self, slot: Slot, body: Json) -> Answer:
        if slot.given_away:
            slot.need_local()
        if slot.cluster is not None:
            raise Refusal(409, "AlreadyExists", "these hosts have a cluster already")
        spec = web.table(body, "spec")
        tags = web.labels(web.table(body, "metadata").get("labels") or {})
        made = {"displayName": web.text(spec, "displayName", required=True), "description": ""}
        pools: list[Json] = []
        for pool in web.rows(spec, "pools"):
            hosts = self.hosts(slot, pools, web.rows(pool, "hosts"))
            leads = pool.get("controlPlane") is True
            named = {"name": web.text(pool, "name", required=True), "controlPlane": leads}
            pools.append(named | {"hosts": hosts})
        if not pools:
            host = {"uid": slot.hosts[0], "name": slot.hosts[0], "health": "True"}
            pools = [{"name": "control-plane", "controlPlane": True, "hosts": [host]}]
        made |= {"pools": pools, "stack": [copy.deepcopy(BASE)]}
        if isinstance(settings := spec.get("settings"), dict):
            kept = {name: settings.get(name) or [] for name in ("ntpServers", "sshKeys")}
            made["settings"] = kept
        cluster = slot.installed({"labels": tags}, made, "Provisioning", settling=True)
        slot.run(slot.provision(cluster["metadata"]["uid"]))
        return 202, self.view(cluster), {}
