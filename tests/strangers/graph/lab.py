"""The lab: a control port that brings about what no user can."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.strangers.graph.central import Central, Member, Offer, RegistrationToken
from tests.strangers.graph.edge import Edge, Installed, Lot
from tests.strangers.graph.words import HEALTH, KINDS, LAYERS, SITE_STATES, Json, global_id, pack_of

GRANTS = {
    **{"list": "PAIRING_VIEW", "get": "PAIRING_VIEW"},
    **{"update": "PAIRING_ACCEPT", "delete": "PAIRING_DECLINE"},
}


class Cannot(Exception):
    """Why something cannot be arranged."""


@dataclass
class Lab:
    """Both sides of one lab: `do_restart` is what `Restart` means."""

    central: Central
    edge: Edge

    async def arrange(self, name: str, of: Json) -> Json:
        """Brings one thing about, and tells what was chosen."""
        act = getattr(self, f"do_{re.sub('(?<!^)(?=[A-Z])', '_', name).lower()}", None)
        if act is None:
            raise Cannot(f"{name} is nothing that this lab can do")
        told = act(of)
        return (await told if asyncio.iscoroutine(told) else told) or {}

    def seen(self, name: str, of: Json) -> Json | None:
        """What has come of it."""
        store = self.central.store
        match name:
            case "AdvanceClock":
                return {"now": self.side(of).clock.now()}
            case "Restart":
                return {"starts": self.side(of).starts}
            case "SetRateLimit":
                return {"met": list(self.central.limited), "left": self.central.limit[0]}
            case "PutUser":
                user = store.users.get(of["email"])
                held = sorted(user.grants) if user else []
                ours = [(name, scope) for grant, scope in held for name in named(grant)]
                return {"grants": [{"permission": one, "scope": scope} for one, scope in ours]}
            case "PutProfile":
                found = store.profiles.get(of["profile"]["uid"])
                latest = found.latest(self.central.order) if found else None
                if found is None or latest is None:
                    return {}
                published = [one["version"] for one in found.versions if one["published"]]
                return {"latest": latest["version"], "versions": published}
        return None

    def side(self, of: Json) -> Central | Edge:
        return self.central if of["side"] == "central" else self.edge

    def lot(self, of: Json) -> Lot:
        if of["slot"] not in self.edge.lots:
            raise Cannot(f"there is no place {of['slot']}")
        return self.edge.lots[of["slot"]]

    # --- the edge ---

    def do_install_cluster(self, of: Json) -> Json:
        lot, given = self.lot(of), of["cluster"]
        lot.clear()
        if given is None:
            return {}
        pools = [
            {
                "name": pool["name"],
                "controlPlane": pool["control_plane"],
                "nodes": [
                    {"name": n["name"], "hostId": n["host_uid"], "health": HEALTH[n["health"]]}
                    for n in pool["nodes"]
                ],
            }
            for pool in given["pools"]
        ]
        state, tags = SITE_STATES[given["state"]], dict(given["tags"])
        about = (given["name"], given["description"], tags, state, pools)
        stack = [profile_in_our_words(one) for one in given["stack"]]
        lot.site = Installed(global_id("Site"), *about, stack)
        return {"uid": lot.site.id}

    def do_set_host_mode(self, of: Json) -> None:
        lot = self.lot(of)
        lot.modes = dict.fromkeys(lot.hosts, str(of["mode"]))

    def do_set_cluster_state(self, of: Json) -> None:
        site = self.lot(of).site
        if site is None:
            raise Cannot("there is no cluster")
        site.state = SITE_STATES[of["state"]]

    def do_set_node_health(self, of: Json) -> None:
        site = self.lot(of).site
        for node in site.nodes() if site else []:
            if node["name"] == of["node"]:
                node["health"] = HEALTH[of["health"]]
                return
        raise Cannot("there is no such node")

    # --- either ---

    def do_advance_clock(self, of: Json) -> None:
        self.side(of).clock.ahead += of["by"]

    def do_set_clock_right(self, of: Json) -> None:
        self.side(of).clock.ahead = 0

    async def do_restart(self, of: Json) -> None:
        if of["side"] == "central":
            self.central.restart()
        else:
            await self.edge.restart()

    def do_reset(self, of: Json) -> None:
        self.central.reset()
        self.edge.clock.ahead = 0
        for lot in self.edge.lots.values():
            lot.clear()

    # --- the plane ---

    def do_set_rate_limit(self, of: Json) -> None:
        self.central.limit, self.central.limited = (of["calls"], of["retry_after"]), []

    def do_create_project(self, of: Json) -> Json:
        projects = self.central.store.projects
        uid = of["uid"] if of["uid"] in projects else global_id("Project")
        projects[uid] = of["name"]
        return {"uid": uid}

    def do_forget_project(self, of: Json) -> None:
        store = self.central.store
        store.projects.pop(of["uid"], None)
        for held in (store.tokens, store.profiles, store.requests, store.clusters):
            for key in [key for key, one in held.items() if one.project == of["uid"]]:
                del held[key]

    def do_put_user(self, of: Json) -> Json:
        grants = {(GRANTS[one["permission"]], one["scope"]) for one in of["grants"]}
        if of.get("named"):
            grants = {(one["name"], one["scope"]) for one in of["named"]}
        key, email = f"gk_{of['api_key']}", of["email"]
        may = (grants, of["tenant_admin"])
        self.central.store.users[email] = Member(
            global_id("User"), email, of["password"], *may, {key: None}
        )
        return {"api_key": key}

    def do_remove_user(self, of: Json) -> None:
        self.central.store.users.pop(of["email"], None)

    def do_put_token(self, of: Json) -> Json:
        given, tokens = of["token"], self.central.store.tokens
        uid = given["uid"] if given["uid"] in tokens else global_id("Token")
        kept = [given[name] for name in ("name", "value", "project_uid", "expiry", "active")]
        tokens[uid] = RegistrationToken(uid, *kept)
        return {"uid": uid}

    def do_remove_token(self, of: Json) -> None:
        self.central.store.tokens.pop(of["uid"], None)

    def do_put_profile(self, of: Json) -> Json:
        given, profiles = of["profile"], self.central.store.profiles
        versions = [
            {
                "version": one["version"],
                "published": one["published"],
                "packs": [pack_of(pack_in_our_words(pack)) for pack in one["packs"]],
            }
            for one in given["editions"]
        ]
        uid = given["uid"] if given["uid"] in profiles else global_id("Profile")
        kind, project = KINDS[given["type"]], given["project_uid"]
        profiles[uid] = Offer(uid, given["name"], kind, project, versions)
        return {"uid": uid}

    def do_remove_profile(self, of: Json) -> None:
        self.central.store.profiles.pop(of["uid"], None)


def named(grant: str) -> list[str]:
    """What a grant is called by the harness."""
    return [ours for ours, theirs in GRANTS.items() if theirs == grant]


def pack_in_our_words(pack: Json) -> Json:
    return {**pack, "layer": LAYERS[pack["layer"]]}


def profile_in_our_words(profile: Json) -> Json:
    return {
        "name": profile["name"],
        "kind": KINDS[profile["type"]],
        "version": profile["version"],
        "originId": profile.get("uid") or "",
        "packs": [pack_in_our_words(one) for one in profile["packs"]],
    }


def control_port(lab: Lab, secret: str) -> Starlette:
    """The control port of a lab, for whoever knows its secret."""

    async def health(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def arrange(request: Request) -> Response:
        try:
            told = await lab.arrange(request.path_params["name"], await request.json())
        except Cannot as why:
            return JSONResponse({"code": "Conflict", "message": str(why)}, 409)
        return JSONResponse(told) if told else Response(status_code=204)

    async def seen(request: Request) -> Response:
        told = lab.seen(request.path_params["name"], await request.json())
        if told is None:
            return JSONResponse({"code": "NotFound", "message": "nobody can tell"}, 404)
        return JSONResponse(told)

    def guarded(act: Any) -> Any:
        async def checked(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {secret}":
                return Response(status_code=401)
            found: Response = await act(request)
            return found

        return checked

    return Starlette(
        routes=[
            Route("/control/health", guarded(health)),
            Route("/control/{name}", guarded(arrange), methods=["POST"]),
            Route("/control/{name}/seen", guarded(seen), methods=["POST"]),
        ]
    )
