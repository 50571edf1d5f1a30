"""What the makers do to either side in their lab, by its own port."""

from __future__ import annotations

import os
import re
import secrets
from typing import TYPE_CHECKING, Any

from tests.strangers.quay.harbour import Harbour
from tests.strangers.quay.pier import Pier
from tests.strangers.quay.store import digest
from tests.strangers.quay.wharf import Problem, Reply, Request, Table
from tests.strangers.quay.words import WORDS, layer_of, profile_of

if TYPE_CHECKING:
    from tests.strangers.quay.berth import Berth

KINDS = (
    *("spaces", "users", "sessions", "refreshers", "vouchers", "profiles"),
    *("petitions", "berths", "jobs", "tickets", "names"),
)
OF_A_SPACE = ("petitions", "berths", "vouchers", "profiles", "jobs")
ROLES = {"list": "lookout", "get": "lookout", "update": "pilot", "delete": "warden"}


class Shipyard:
    """Does what its methods are called by: `CreateProject` is `do_create_project`."""

    def work(self, name: str) -> Any:
        """The method, or nothing."""
        return getattr(self, "do" + re.sub("([A-Z])", r"_\1", name).lower(), None)

    def can(self) -> list[str]:
        names = (name.removeprefix("do_").title() for name in dir(self) if name.startswith("do_"))
        return [name.replace("_", "") for name in names]


class HarbourYard(Shipyard):
    """The central side's."""

    def __init__(self, harbour: Harbour) -> None:
        self._harbour, self._store = harbour, harbour.store

    def handle(self, request: Request) -> Reply:
        name = request.path.rpartition("/")[2]
        if name == "WhatCanBe":
            return Reply(200, {"can": self.can()})
        work = self.work(name)
        if work is None:
            return Reply(404, {"cannot": f"{name} is nothing that this yard can do"})
        return Reply(200, work(**request.table) or {})

    def do_create_project(self, uid: str, name: str, **_: Any) -> None:
        self._store.put("spaces", uid, {"slug": uid, "title": name})

    def do_forget_project(self, uid: str, **_: Any) -> None:
        self._store.drop("spaces", uid)
        for kind in OF_A_SPACE:
            for key in [k for k, doc in self._store.all(kind).items() if doc["space"] == uid]:
                self._store.drop(kind, key)
        self._harbour.announce()

    def do_put_user(self, email: str, password: str, api_key: str, **more: Any) -> None:
        roles = [{"role": g["name"], "space": g["scope"]} for g in more["named"]]
        grants = [{"role": ROLES[g["permission"]], "space": g["scope"]} for g in more["grants"]]
        secret = {"password": digest(password), "key": digest(api_key)}
        more = {"keeper": more["tenant_admin"], "born": secrets.token_hex(6)}
        user = {"email": email.lower(), "roles": roles or grants, **secret, **more}
        self._store.put("users", email.lower(), user)

    def do_remove_user(self, email: str, **_: Any) -> None:
        self._store.drop("users", email.lower())
        cached = self._harbour.by_key
        for key in [key for key, user in cached.items() if user["email"] == email.lower()]:
            del cached[key]

    def number_of(self, kind: str, uid: str) -> int:
        """The number that stands for what a lab calls by a uid."""
        if uid.isdigit() and self._store.get(kind, uid):
            return int(uid)
        held = self._store.get("names", f"{kind}/{uid}") or {"number": self._store.number(kind)}
        self._store.put("names", f"{kind}/{uid}", held)
        return int(held["number"])

    def do_put_token(self, token: Table, **_: Any) -> Table:
        number, ends = self.number_of("vouchers", token["uid"]), token["expiry"]
        voucher = {"number": number, "label": token["name"], "value": token["value"]}
        voucher |= {"space": token["project_uid"], "usable": token["active"]}
        voucher["expires_at"] = None if ends is None else self._harbour.clock.iso(ends / 1e6)
        self._store.put("vouchers", number, voucher)
        return {"uid": str(number)}

    def do_remove_token(self, uid: str, **_: Any) -> None:
        self._store.drop("vouchers", uid)

    def do_put_profile(self, profile: Table, **_: Any) -> Table:
        number, sort = self.number_of("profiles", profile["uid"]), WORDS[profile["type"]]
        editions = [
            {
                **{name: edition[name] for name in ("version", "published")},
                "layers": [layer_of(pack) for pack in edition["packs"]],
                "variables": [{"name": n, "value": v} for n, v in edition["variables"]],
            }
            for edition in profile["editions"]
        ]
        made = {"number": number, "name": profile["name"], "sort": sort, "editions": editions}
        self._store.put("profiles", number, {**made, "space": profile["project_uid"]})
        return {"uid": str(number)}

    def do_remove_profile(self, uid: str, **_: Any) -> None:
        self._store.drop("profiles", uid)

    def do_restart(self, **_: Any) -> None:
        self._harbour.restart()

    def do_advance_clock(self, by: int, **_: Any) -> None:
        self._harbour.clock.ahead += by / 1e6

    def do_set_clock_right(self, **_: Any) -> None:
        self._harbour.clock.ahead = 0.0

    def do_see_effect(self, of: Table) -> Table:
        is_of_the_clock = of["arrangement"] == "AdvanceClock"
        return {"now": int(self._harbour.clock.now() * 1e6)} if is_of_the_clock else {}

    def do_reset(self, **_: Any) -> None:
        self._store.clear(*KINDS)
        self._harbour.wake()


class BerthYard(Shipyard):
    """The edge side's, which can be asked what came of it."""

    def __init__(self, berth: Berth) -> None:
        self._berth = berth

    def handle(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {os.environ['QUAY_CONTROL']}":
            raise Problem(401, "who-are-you", "the secret is wrong")
        match request.path.strip("/").split("/"):
            case ["control", "health"]:
                return Reply(200, {"status": "ok"})
            case ["control", "Restart", "seen"]:
                return Reply(200, {"starts": self._berth.starts})
            case ["control", "AdvanceClock", "seen"]:
                return Reply(200, {"now": int(self._berth.clock.now() * 1e6)})
            case [*_, "seen"]:
                return Reply(404, {"code": "unknown", "message": "nothing is known of it"})
            case ["control", name] if work := self.work(name):
                return Reply(200, work(**request.table) or {})
        return Reply(409, {"code": "cannot", "message": "that cannot be arranged here"})

    def pier(self, slot: str) -> Pier:
        return next(pier for pier in self._berth.piers if pier.name == slot)

    def do_install_cluster(self, slot: str, cluster: Table | None, **_: Any) -> None:
        pier = self.pier(slot)
        pier.sleep()
        pier.pairing.forget_ghosts()
        laid = {"cluster": cluster and cluster_of(cluster), "mode": "here", "manager": "here"}
        pier.keep(**laid, petition=None, history=[], installed=cluster)
        pier.wake()

    def do_renew_cluster(self, slot: str, **_: Any) -> None:
        self.do_install_cluster(slot, self.pier(slot).doc["installed"])

    def do_set_host_mode(self, slot: str, mode: str, **_: Any) -> None:
        self.pier(slot).keep(mode=WORDS[mode])

    def do_set_cluster_state(self, slot: str, state: str, **_: Any) -> None:
        self.pier(slot).change(state=WORDS[state])

    def do_set_node_health(self, slot: str, node: str, health: str, **_: Any) -> None:
        pier = self.pier(slot)
        for pool in pier.cluster["pools"]:
            named = [member for member in pool["members"] if member["node"] == node]
            for member in named:
                member["condition"] = WORDS[health]
        pier.change()

    def do_restart(self, **_: Any) -> None:
        self._berth.restart()

    def do_advance_clock(self, by: int, **_: Any) -> None:
        self._berth.clock.ahead += by / 1e6

    def do_set_clock_right(self, **_: Any) -> None:
        self._berth.clock.ahead = 0.0


def cluster_of(cluster: Table) -> Table:
    """A cluster of the lab's."""
    return {
        **{name: cluster[name] for name in ("uid", "name", "tags")},
        "summary": cluster["description"],
        "state": WORDS[cluster["state"]],
        "stack": [profile_of(profile) for profile in cluster["stack"]],
        "settings": {"ntp": [], "ssh": []},
        "pools": [
            {
                "label": pool["name"],
                "control": pool["control_plane"],
                "members": [
                    {
                        "node": node["name"],
                        "host": node["host_uid"],
                        "condition": WORDS[node["health"]],
                    }
                    for node in pool["nodes"]
                ],
            }
            for pool in cluster["pools"]
        ],
    }
