"""The lab port: brings about what no user can, on both sides."""

from __future__ import annotations

import re
import secrets
from typing import Any

from tests.strangers.kube import web
from tests.strangers.kube.central import GROUP, WORKSPACE, Central, digest
from tests.strangers.kube.edge import Edge
from tests.strangers.kube.slot import fresh
from tests.strangers.kube.web import Json

TYPES = {"cluster": "Full", "infra": "Infrastructure", "add-on": "AddOn", "system": "System"}
LAYERS = {"k8s": "kubernetes", "addon": "extension"}
HEALTH = {"Healthy": "True", "Unhealthy": "False"}
MODES = {"local": "Standalone", "central": "Fleet"}
VERBS = {"list": ["list"], "get": ["get"], "update": ["approve", "get"], "delete": ["deny"]}
"""An approval is waited for by reading the request."""
NAMESPACED = ("pairingrequests", "managedclusters", "clusterprofiles", "profileversions")


class Cannot(Exception):
    """What this lab has no way to bring about."""


class Workbench:
    """Each method `do_…` is an arrangement."""

    def __init__(self, central: Central, edge: Edge) -> None:
        self.central, self.edge = central, edge

    async def handle(self, request: web.Request) -> web.Answer:
        asked = request.json()
        name = str(asked.pop("arrangement", ""))
        try:
            if name == "WhatCanBe":
                known = [n[3:].title().replace("_", "") for n in dir(self) if n.startswith("do_")]
                return 200, {"can": [*known, "SeeEffect"]}, {}
            if name == "SeeEffect":
                return 200, self.see(asked["of"]), {}
            work = getattr(self, "do" + re.sub("[A-Z]", r"_\g<0>", name).lower(), None)
            if work is None:
                raise Cannot(f"{name} is nothing that this lab can do")
            return 200, work(**asked) or {}, {}
        except Cannot as why:
            return 200, {"cannot": str(why)}, {}

    def see(self, of: Json) -> Json:
        network = self.edge.network
        match of:
            case {"arrangement": "AdvanceClock", "side": side}:
                return {"now": self.side(side).clock.now()}
            case {"arrangement": "Restart", "side": side}:
                return {"starts": self.side(side).starts}
            case {"arrangement": "SetLink", "host_uid": host}:
                return {"passed": network.down.get(host, 0)}
            case {"arrangement": "FaultNextMessage", "host_uid": host, "message": message}:
                # of all faults of such messages together
                seen = [f for f in network.seen if (f["host"], f["message"]) == (host, message)]
                waits = [f["left"] for f in seen if any(f is one for one in network.faults)]
                if seen:
                    return {"met": [m for f in seen for m in f["met"]], "left": sum(waits)}
            case {"arrangement": "SetRateLimit"}:
                return {"met": self.central.rate_met, "left": self.central.rate_left}
            case {"arrangement": "PutUser", "email": email}:
                return {"grants": self.grants(email)}
            case {"arrangement": "PutProfile", "profile": {"uid": uid}}:
                latest = self.central.latest(uid)
                return {"latest": latest["spec"]["version"] if latest else None}
        raise Cannot("nobody knows what came of it")

    def side(self, side: str) -> Any:
        return self.central if side == "central" else self.edge

    # --- both sides

    def do_advance_clock(self, side: str, by: int) -> None:
        self.side(side).clock.offset += by
        self.central.sweep()

    def do_set_clock_right(self, side: str) -> None:
        self.side(side).clock.offset = 0

    def do_restart(self, side: str) -> None:
        self.side(side).start()

    # --- edge

    def slot(self, name: str) -> Any:
        if name not in self.edge.slots:
            raise Cannot(f"there is no place {name}")
        return self.edge.slots[name]

    def do_install_cluster(
        self, slot: str, cluster: Json | None, matters: list[str] | None = None
    ) -> None:
        place = self.slot(slot)
        if cluster is not None:
            used = [n["host_uid"] for p in cluster["pools"] for n in p["nodes"]]
            if len(set(used)) != len(used) or not set(used) <= set(place.hosts):
                raise Cannot(f"{slot} has the hosts {', '.join(place.hosts)} alone")
        place.kept |= {"cluster": None, "installed": "Standalone", "mode": "Standalone", **fresh()}
        self.edge.network.clear(set(place.hosts))
        place.save()
        if cluster is not None:
            spec = {"displayName": cluster["name"], "description": cluster["description"]}
            spec["pools"] = [self.pool(p) for p in cluster["pools"]]
            spec["stack"] = [
                {"name": p["name"], "type": TYPES[p["type"]], "version": p["version"]}
                | {"packs": [self.pack(k) for k in p["packs"]]}
                for p in cluster["stack"]
            ]
            named = {"uid": cluster["uid"], "labels": dict(cluster["tags"])}
            place.installed(named, spec, cluster["state"])

    @staticmethod
    def pool(pool: Json) -> Json:
        hosts = [
            {"uid": n["host_uid"], "name": n["name"], "health": HEALTH[n["health"]]}
            for n in pool["nodes"]
        ]
        return {"name": pool["name"], "controlPlane": pool["control_plane"], "hosts": hosts}

    @staticmethod
    def pack(pack: Json) -> Json:
        named = {"layer": LAYERS.get(pack["layer"], pack["layer"]), "name": pack["name"]}
        named["version"] = pack["version"]
        return named | {key: pack.get(key) or "" for key in ("registry", "values")}

    def do_set_host_mode(self, slot: str, mode: str) -> None:
        place = self.slot(slot)
        place.kept["installed"] = MODES[mode]
        place.save()

    def cluster(self, slot: str) -> tuple[Any, Json]:
        place = self.slot(slot)
        if place.cluster is None:
            raise Cannot(f"there is no cluster at {slot}")
        return place, place.cluster

    def do_set_cluster_state(self, slot: str, state: str) -> None:
        place, cluster = self.cluster(slot)
        cluster["status"]["phase"] = state
        cluster["metadata"].pop("deletionTimestamp", None)
        place.touch(cluster)

    def do_set_node_health(self, slot: str, node: str, health: str) -> None:
        place, cluster = self.cluster(slot)
        found = [h for p in cluster["spec"]["pools"] for h in p["hosts"] if h["name"] == node]
        if not found:
            raise Cannot(f"there is no node {node} at {slot}")
        found[0]["health"] = HEALTH[health]
        place.touch(cluster)

    def host(self, uid: str) -> str:
        if uid not in self.edge.urls:
            raise Cannot(f"there is no host {uid}")
        return uid

    def do_set_link(self, host_uid: str, up: bool) -> None:
        if up:
            self.edge.network.up(self.host(host_uid))
        else:
            self.edge.network.down[self.host(host_uid)] = 0

    def do_fault_next_message(
        self, host_uid: str, message: str, fault: str, delay: int = 0, times: int = 1
    ) -> None:
        one = {"host": self.host(host_uid), "message": message, "fault": fault, "delay": delay}
        one |= {"left": times, "met": []}
        self.edge.network.faults.append(one)
        self.edge.network.seen.append(one)

    # --- central

    def do_set_rate_limit(self, calls: int, retry_after: float) -> None:
        self.central.rate_left, self.central.rate_after = calls, int(retry_after)
        self.central.rate_met = []

    def do_create_project(self, uid: str, name: str) -> Json:
        made = self.central.store.of("namespaces").get(uid) or self.central.make(
            "namespaces", f"ns-{uid}"[:63].rstrip("-"), "", spec={}, status={"phase": "Active"}
        )
        made["spec"]["displayName"] = name
        self.central.save("namespaces", made)
        return {"uid": made["metadata"]["name"]}

    def do_forget_project(self, uid: str) -> None:
        store = self.central.store
        for kind in (*NAMESPACED, "rolebindings"):
            store.drop(kind, lambda one: one["metadata"].get("namespace") == uid)
        store.drop("bootstraptokens", lambda one: one["spec"].get("namespace") == uid)
        store.drop("namespaces", lambda one: one["metadata"]["name"] == uid)

    def do_remove_user(self, email: str) -> None:
        store = self.central.store
        store.drop("accesstokens", lambda one: one["user"] == email)
        for kind in ("rolebindings", "roles"):
            store.drop(kind, lambda one: one["owner"] == email)
        store.drop("users", lambda one: one["metadata"]["name"] == email)

    def do_put_user(
        self,
        email: str,
        password: str,
        api_key: str,
        grants: list[Json],
        tenant_admin: bool,
        named: list[Json],
    ) -> Json:
        central, store = self.central, self.central.store
        key = store.of("accesstokens").get(digest(api_key))
        known = key is not None and key["user"] == email and "new-keys" not in central.plants
        self.do_remove_user(email)
        spec = {"email": email, "admin": tenant_admin}
        central.make("users", email, "", secret=digest(password), spec=spec)
        for scope in dict.fromkeys(g["scope"] for g in named):
            verbs = [g["name"] for g in named if g["scope"] == scope]
            name = "role-" + secrets.token_hex(6)
            meta = {"name": name, **({"namespace": scope} if scope else {})}
            rule = {"apiGroups": [GROUP], "resources": ["pairingrequests"], "verbs": verbs}
            role = {"metadata": meta, "owner": email, "rules": [rule, *WORKSPACE]}
            store.put("roles", name, role)
            bound = {"subjects": [{"kind": "User", "name": email}]}
            bound["roleRef"] = {"kind": "Role" if scope else "ClusterRole", "name": name}
            store.put("rolebindings", name, {"metadata": meta, "owner": email, **bound})
        if known:  # somebody who is put again keeps the key
            store.put("accesstokens", digest(api_key), {"user": email, "expires": None})
            return {}
        return {"api_key": central.issue(email, None)[0]}

    def grants(self, email: str) -> list[Json]:
        store, verbs = self.central.store, dict[str, set[str]]()
        for binding in store.of("rolebindings").values():
            if not any(subject["name"] == email for subject in binding["subjects"]):
                continue
            there = verbs.setdefault(binding["metadata"].get("namespace", ""), set())
            for rule in store.of("roles")[binding["roleRef"]["name"]]["rules"]:
                there.update(rule["verbs"] if rule["resources"] == ["pairingrequests"] else ())
        return [
            {"permission": ours, "scope": scope}
            for scope, held in verbs.items()
            for ours, needed in VERBS.items()
            if held.issuperset(needed)
        ]

    def do_put_token(self, token: Json) -> Json:
        spec = {"displayName": token["name"], "active": token["active"], "token": token["value"]}
        spec["expirationTimestamp"] = web.stamp(token["expiry"])
        if token["project_uid"]:
            spec["namespace"] = token["project_uid"]
        kept = self.central.store.of("bootstraptokens").get(token["uid"]) or self.central.make(
            "bootstraptokens", "token-" + secrets.token_hex(6), "", spec=spec
        )
        if (
            "tokens-renewed" in self.central.plants
            and spec["active"]
            and not kept["spec"]["active"]
        ):
            spec["token"] = secrets.token_hex(16)
        kept["spec"] = spec
        self.central.save("bootstraptokens", kept)
        return {"uid": kept["metadata"]["name"], "value": spec["token"]}

    def do_remove_token(self, uid: str) -> None:
        self.central.finish_deletion("bootstraptokens", uid)

    def do_put_profile(self, profile: Json) -> Json:
        central, uid = self.central, profile["uid"]
        if uid in central.store.of("clusterprofiles"):
            self.do_remove_profile(uid)
        else:
            uid = "profile-" + secrets.token_hex(6)
        namespace = profile.get("project_uid") or ""
        named = {"displayName": profile["name"], "type": TYPES[profile["type"]]}
        central.make("clusterprofiles", uid, namespace, spec=named)
        for number, edition in enumerate(profile["editions"]):
            spec = named | {"profileRef": {"name": uid}, "version": edition["version"]}
            spec |= {"published": edition["published"]}
            spec["packs"] = [self.pack(k) for k in edition["packs"]]
            variables = edition.get("variables") or []
            spec["variables"] = [{"name": n, "default": v} for n, v in variables]
            central.make("profileversions", f"{uid}-{number}", namespace, spec=spec)
        return {"uid": uid}

    def do_remove_profile(self, uid: str, project_uid: str = "") -> None:
        for edition in self.central.editions(uid):
            self.central.remove("profileversions", edition["metadata"]["name"])
        self.central.finish_deletion("clusterprofiles", uid)
