"""The edge: sites, their hosts, and the Local UI of each host."""

from __future__ import annotations

import asyncio
import pickle
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.strangers.graph.calling import NO_PLANE, Caller, PlaneError, endpoint_url
from tests.strangers.graph.schema import Call, Schema
from tests.strangers.graph.words import (
    ACCEPTED,
    DECLINED,
    FAILED,
    PAIRED,
    PENDING,
    WITHDRAWN,
    Clock,
    DocumentError,
    Json,
    Refusal,
    Sessions,
    flag_of,
    global_id,
    iso,
    list_of,
    profile_of,
    tag_fields,
    tags_of,
    text_of,
)

ROUND_S = 0.1
SESSION_S, LONG_SESSION_S = 2 * 3600, 24 * 3600


@dataclass
class Pairing:
    """The pairing request of a site, or what became of it."""

    id: str
    endpoint: str
    insecure: bool
    secret: str
    host: str
    sent: int
    entered: str
    state: str = PENDING
    note: str = "waits for a decision"
    handing: bool = False
    unanswered: int = 0

    def proof(self) -> Json:
        return {"requestId": self.id, "siteSecret": self.secret}


@dataclass
class Untold:
    """A request that is over here, of which the plane has not been told."""

    host: str
    endpoint: str
    insecure: bool
    variables: Json


@dataclass
class Installed:
    """A local cluster."""

    id: str
    name: str
    description: str
    tags: dict[str, str]
    state: str
    pools: list[Json]
    stack: list[Json]
    ntp: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    coming_up: bool = False

    def nodes(self) -> list[Json]:
        return [node for pool in self.pools for node in pool["nodes"]]

    def named(self) -> Json:
        named = {"id": self.id, "name": self.name, "description": self.description}
        return {**named, **tag_fields(self.tags)}

    def submitted(self) -> Json:
        """A site as its request carries it."""
        pools = [
            {
                "name": pool["name"],
                "controlPlane": pool["controlPlane"],
                "size": len(pool["nodes"]),
                "hosts": [{"id": one["hostId"], "name": one["name"]} for one in pool["nodes"]],
            }
            for pool in self.pools
        ]
        settings = {"ntpServers": self.ntp, "sshKeys": self.keys, "agentVersion": "graph-1.0"}
        return {**self.named(), **settings, "pools": pools, "stack": self.stack}

    def node(self) -> Json:
        """A site in Local UI."""
        pools = [
            {
                "name": pool["name"],
                "controlPlane": pool["controlPlane"],
                "nodes": [
                    {"name": one["name"], "host": {"id": one["hostId"]}, "health": health(one)}
                    for one in pool["nodes"]
                ],
            }
            for pool in self.pools
        ]
        worst = max((one["health"] for one in self.nodes()), default="HEALTHY")
        settings = {"ntpServers": self.ntp, "sshKeys": self.keys}
        told = {"state": self.state, "health": {"status": worst}, "settings": settings}
        return {**self.named(), **told, "pools": pools}


def health(node: Json) -> Json:
    is_well = node["health"] == "HEALTHY"
    return {"status": node["health"], "reason": None if is_well else "no beat"}


@dataclass
class Lot:
    """Hosts that a site can span, and the site there."""

    slot: str
    hosts: list[str]
    site: Installed | None = None
    pairing: Pairing | None = None
    untold: list[Untold] = field(default_factory=list)
    central: bool = False
    modes: dict[str, str] = field(default_factory=dict)

    def clear(self) -> None:
        """As if nothing had ever been installed."""
        self.site, self.pairing, self.central = None, None, False
        self.untold, self.modes = [], {}

    def local(self) -> Installed:
        """The site, if Local UI may change it."""
        self.managed_here()
        if self.site is None:
            raise Refusal("NO_SITE", "there is no cluster on this host")
        return self.site

    def managed_here(self) -> None:
        if self.central or "central" in self.modes.values():
            raise Refusal("MANAGED_CENTRALLY", "this cluster is centrally managed")
        if self.pairing and self.pairing.handing:
            raise Refusal("HANDOVER_UNDER_WAY", "the handover to central management is under way")

    def must_be_fit(self, site: Installed) -> None:
        """The site runs, and its nodes are healthy."""
        if site.state != "RUNNING":
            raise Refusal("SITE_NOT_RUNNING", f"the cluster is {site.state}, not RUNNING")
        for node in site.nodes():
            if node["health"] != "HEALTHY":
                raise Refusal("NODE_UNHEALTHY", f"node {node['name']} is unhealthy")

    def tell_later(self) -> None:
        """The plane is told of an end when the link is there again."""
        one = self.pairing
        if one:
            ended = {**one.proof(), "siteId": self.site.id if self.site else None, "ended": True}
            self.untold.append(Untold(one.host, one.endpoint, one.insecure, {"input": ended}))


class Edge:
    """All lots of a lab, and the agents on their hosts."""

    def __init__(
        self,
        lots: list[Lot],
        callers: dict[str, Caller],
        login: tuple[str, str],
        plants: frozenset[str],
    ) -> None:
        self.lots = {one.slot: one for one in lots}
        self.callers, self.login, self.plants = callers, login, plants
        self.clock = Clock()
        self.starts = 1
        self.begin()

    def begin(self) -> None:
        """Starts from the store: nobody is logged in."""
        self.slot_of = {host: lot.slot for lot in self.lots.values() for host in lot.hosts}
        self.sessions = {host: Sessions(self.clock) for host in self.slot_of}
        self.locks = {slot: asyncio.Lock() for slot in self.lots}
        self.schemas = {host: host_schema(self, host) for host in self.slot_of}

    async def restart(self) -> None:
        """Stops all hosts, and starts them again from their store."""
        await self.stop()
        self.lots = pickle.loads(pickle.dumps(self.lots))
        self.begin()
        self.starts += 1
        self.start()

    def start(self) -> None:
        """The agents begin their rounds."""
        self.agent = asyncio.create_task(self.rounds())

    async def stop(self) -> None:
        self.agent.cancel()
        await asyncio.gather(self.agent, return_exceptions=True)

    def lot(self, host: str) -> Lot:
        return self.lots[self.slot_of[host]]

    async def ask(self, one: Pairing | Untold, name: str, variables: Json) -> Json:
        """Asks where a request was sent, from the host that sent it."""
        return await self.callers[one.host].ask(one.endpoint, one.insecure, name, variables)

    # --- rounds of the agents ---

    async def rounds(self) -> None:
        """Follows up what is under way, until the edge stops."""
        running: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                for slot, lot in self.lots.items():
                    busy = (lot.pairing and lot.pairing.state == PENDING) or lot.untold
                    if busy and (slot not in running or running[slot].done()):
                        running[slot] = asyncio.create_task(self.round(lot))
                    if lot.site and lot.site.coming_up:
                        lot.site.state, lot.site.coming_up = "RUNNING", False
                await asyncio.sleep(ROUND_S)
        finally:
            for one in running.values():
                one.cancel()
            await asyncio.gather(*running.values(), return_exceptions=True)

    async def round(self, lot: Lot) -> None:
        """One round for one site."""
        for one in list(lot.untold):
            try:
                await self.ask(one, "WithdrawPairing", one.variables)
            except PlaneError as error:
                if not error.code:
                    continue
            if one in lot.untold:
                lot.untold.remove(one)
        pairing = lot.pairing
        if not pairing or pairing.state != PENDING:
            return
        if "poll-stops" in self.plants and pairing.unanswered > 2:
            return
        try:
            seen = await self.ask(pairing, "PairingOfSite", pairing.proof())
            pairing.unanswered = 0
        except PlaneError as error:
            seen = {"state": FAILED} if error.code == "NOT_FOUND" else {}
            pairing.unanswered += 1
        async with self.locks[lot.slot]:
            if lot.pairing is pairing and pairing.state == PENDING:
                await self.follow(lot, pairing, seen.get("state"))

    async def follow(self, lot: Lot, pairing: Pairing, state: str | None) -> None:
        """Does what the plane has told; the site is locked."""
        if "enum-falls-back" in self.plants and state not in (ACCEPTED, PAIRED, WITHDRAWN, FAILED):
            state = PENDING
        if state == ACCEPTED:
            pairing.handing = True
            try:
                await self.ask(pairing, "ConfirmPairing", {"input": pairing.proof()})
            except PlaneError as error:
                if error.code:
                    pairing.handing, pairing.state = False, FAILED
                    pairing.note = f"the handover failed: {error}"
                return
            state = PAIRED
        if state == PAIRED:
            pairing.state, pairing.handing, lot.central = PAIRED, False, True
            pairing.note = "the site is managed centrally"
        elif state == DECLINED:
            pairing.state, pairing.note = DECLINED, "the request was declined"
        elif state == WITHDRAWN:
            lot.pairing = None
        elif state == FAILED:
            pairing.handing, pairing.state = False, FAILED
            pairing.note = "the plane does not know it any more"

    # --- what operators do ---

    async def reach(self, lot: Lot, endpoint: str, insecure: bool) -> list[Json]:
        """Asks for the plane from every host of the site."""

        async def one(host: str) -> Json:
            why = ""
            for _ in range(2):
                try:
                    told = await self.callers[host].ask(endpoint, insecure, "Plane", {}, 2.0)
                    if told.get("product") == "GRAPH_CENTRAL":
                        return {"hostId": host, "reachable": True, "reason": None}
                    why = NO_PLANE
                except PlaneError as error:
                    why = str(error)
                    if not error.arrived or why == "it stays silent":
                        break
            return {"hostId": host, "reachable": False, "reason": why}

        hosts = dict.fromkeys(node["hostId"] for node in lot.site.nodes()) if lot.site else {}
        return list(await asyncio.gather(*(one(host) for host in hosts)))

    async def send(self, host: str, given: Json) -> str:
        """Sends a pairing request; the same once more where one is pending."""
        lot = self.lot(host)
        async with self.locks[lot.slot]:
            site = lot.local()
            entered = text_of(given, "endpoint", needed=False)
            token = text_of(given, "registrationToken", needed=False)
            endpoint, insecure = endpoint_url(entered), flag_of(given, "trustAnyCertificate")
            if not endpoint:
                why = "the endpoint is missing or malformed"
                raise Refusal("ENDPOINT_UNUSABLE", why, "endpoint")
            if not token.strip():
                why = "the registration token is missing"
                raise Refusal("REGISTRATION_TOKEN_REJECTED", why, "registrationToken")
            if lot.pairing and lot.pairing.state == PENDING:
                return lot.pairing.id
            lot.must_be_fit(site)
            await self.must_reach(lot, endpoint, insecure)
            sent = Untold(host, endpoint, insecure, {"registrationToken": token})
            return await self.submit(lot, site, sent, entered)

    async def must_reach(self, lot: Lot, endpoint: str, insecure: bool) -> None:
        """Every host of the site reaches the plane."""
        seen = await self.reach(lot, endpoint, insecure)
        cut = [one for one in seen if not one["reachable"]]
        if cut and len(cut) == len(seen):
            reason = f"the endpoint cannot be used: {cut[0]['reason']}"
            raise Refusal("ENDPOINT_UNUSABLE", reason, "endpoint")
        if cut:
            named = ", ".join(f"{one['hostId']} ({one['reason']})" for one in cut)
            raise Refusal(
                "HOST_CUT_OFF", f"not every host reaches the endpoint: {named}", "endpoint"
            )

    async def submit(self, lot: Lot, site: Installed, sent: Untold, entered: str) -> str:
        """Submits it, under one key however often it takes."""
        secret, why = secrets.token_hex(16), ""
        key = {"siteSecret": secret, "clientMutationId": secrets.token_hex(8)}
        given = {**sent.variables, **key, "site": site.submitted()}
        for _ in range(3):
            try:
                told = await self.ask(sent, "SubmitPairing", {"input": given})
                uid = (told.get("request") or {}).get("id")
                if not isinstance(uid, str) or not uid:
                    raise PlaneError("it told no id")
                at = (sent.endpoint, sent.insecure, secret, sent.host)
                lot.pairing = Pairing(uid, *at, self.clock.now(), entered)
                return uid
            except PlaneError as error:
                why = str(error)
                if "TOKEN" in error.code:
                    why = "the registration token cannot be used"
                    raise Refusal(
                        "REGISTRATION_TOKEN_REJECTED", why, "registrationToken"
                    ) from error
                if error.code:
                    raise Refusal("PLANE_REFUSED", f"the plane refused: {why}") from error
                await asyncio.sleep(0.1)
        sent.variables = {"input": {"siteId": site.id, "siteSecret": secret, "ended": True}}
        lot.untold.append(sent)
        raise Refusal("HOST_CUT_OFF", f"the request did not get through: {why}")

    async def cancel(self, host: str) -> None:
        """Withdraws the pending request, with a link or without."""
        lot = self.lot(host)
        async with self.locks[lot.slot]:
            pairing = lot.pairing
            if lot.central or (pairing and pairing.handing):
                raise Refusal("PAIRING_ALREADY_ACCEPTED", "the pairing has been accepted")
            if not pairing or pairing.state != PENDING:
                raise Refusal("NO_PAIRING", "no pairing request is pending")
            site = lot.site.id if lot.site else None
            given = {**pairing.proof(), "siteId": site, "ended": False}
            try:
                await self.ask(pairing, "WithdrawPairing", {"input": given})
            except PlaneError as error:
                if error.code == "PAIRING_ALREADY_ACCEPTED":
                    await self.follow(lot, pairing, ACCEPTED)
                    raise Refusal("PAIRING_ALREADY_ACCEPTED", "it was just accepted") from error
                if error.code == "PAIRING_ALREADY_DECIDED" and await self.declined(pairing):
                    await self.follow(lot, pairing, DECLINED)
                    raise Refusal("NO_PAIRING", "it has been decided already") from error
                if not error.code:
                    lot.tell_later()
            lot.pairing = None

    async def declined(self, pairing: Pairing) -> bool:
        """Whether the plane declined it; a withdrawal that arrived twice was decided by itself."""
        try:
            seen = await self.ask(pairing, "PairingOfSite", pairing.proof())
        except PlaneError:
            return False
        return bool(seen.get("state") == DECLINED)


def pool_of(given: Json, lot: Lot, taken: set[str]) -> Json:
    """A new pool on hosts that have no node."""
    nodes = []
    for one in list_of(given, "hosts"):
        host = text_of(one, "hostId")
        if host not in lot.hosts or host in taken:
            raise Refusal("BAD_USER_INPUT", f"host {host} is not free", "hosts")
        taken.add(host)
        name = text_of(one, "name", needed=False) or host
        nodes.append({"name": name, "hostId": host, "health": "HEALTHY"})
    if not nodes:
        raise Refusal("BAD_USER_INPUT", "a pool has a host at least", "hosts")
    is_first = flag_of(given, "controlPlane")
    return {"name": text_of(given, "name"), "controlPlane": is_first, "nodes": nodes}


def host_schema(edge: Edge, host: str) -> Schema:
    """What the Local UI of one host answers."""
    schema = Schema(edge.plants)
    logins(edge, host, schema)
    views(edge, host, schema)
    pairings(edge, host, schema)
    changes(edge, host, schema)
    return schema


def logged_in(edge: Edge, host: str, call: Call) -> Lot:
    """The lot of the host, for somebody who has logged in."""
    if edge.sessions[host].who(call.bearer) is None:
        raise DocumentError("UNAUTHENTICATED", "sign in first")
    return edge.lot(host)


def logins(edge: Edge, host: str, schema: Schema) -> None:
    @schema.mutation("signIn", "accessToken", "expiresAt")
    async def sign_in(call: Call) -> Json:
        given = (text_of(call.input, "account"), text_of(call.input, "password"))
        if given != edge.login:
            raise Refusal("INVALID_CREDENTIALS", "account or password is wrong", "password")
        long = flag_of(call.input, "staySignedIn")
        return edge.sessions[host].begin(given[0], LONG_SESSION_S if long else SESSION_S)

    @schema.mutation("signOut")
    async def sign_out(call: Call) -> None:
        logged_in(edge, host, call)
        if "bearer-outlives-sign-out" not in edge.plants:
            del edge.sessions[host].held[call.bearer]


def views(edge: Edge, host: str, schema: Schema) -> None:
    """What is looked at; what is not there is null."""

    @schema.query("site")
    async def site(call: Call) -> Json | None:
        found = logged_in(edge, host, call).site
        return found.node() if found else None

    @schema.query("stack")
    async def stack(call: Call) -> Json | None:
        found = logged_in(edge, host, call).site
        return {"profiles": found.stack} if found else None

    @schema.query("management")
    async def management(call: Call) -> Json:
        lot = logged_in(edge, host, call)
        installed = "CENTRAL" if lot.modes.get(host) == "central" else "LOCAL"
        return {"manager": "CENTRAL" if lot.central else installed, "installedAs": installed}

    @schema.query("pairing")
    async def pairing(call: Call) -> Json | None:
        found = logged_in(edge, host, call).pairing
        if found is None:
            return None
        at = {"endpoint": found.entered, "trustAnyCertificate": found.insecure}
        told = {"id": found.id, "state": found.state, "note": found.note}
        return {**told, **at, "sentAt": iso(found.sent)}


def pairings(edge: Edge, host: str, schema: Schema) -> None:
    """The pairing request."""

    @schema.mutation("checkUplink", "reachable", "message", "hosts")
    async def check_uplink(call: Call) -> Json:
        lot = logged_in(edge, host, call)
        lot.local()
        endpoint = endpoint_url(text_of(call.input, "endpoint", needed=False))
        if not endpoint:
            raise Refusal("ENDPOINT_UNUSABLE", "the endpoint is missing or malformed", "endpoint")
        seen = await edge.reach(lot, endpoint, flag_of(call.input, "trustAnyCertificate"))
        cut = [f"{one['hostId']} ({one['reason']})" for one in seen if not one["reachable"]]
        message = f"not reached by: {', '.join(cut)}" if cut else "every host reaches it"
        return {"reachable": not cut, "message": message, "hosts": seen}

    @schema.mutation("requestPairing", "pairing")
    async def request_pairing(call: Call) -> Json:
        logged_in(edge, host, call)
        return {"pairing": {"id": await edge.send(host, call.input)}}

    @schema.mutation("cancelPairing")
    async def cancel_pairing(call: Call) -> None:
        logged_in(edge, host, call)
        await edge.cancel(host)

    @schema.mutation("chooseManager", "manager")
    async def choose_manager(call: Call) -> Json:
        lot = logged_in(edge, host, call)
        if text_of(call.input, "manager") != "LOCAL":
            raise Refusal("BAD_USER_INPUT", "pairing is how a site becomes central", "manager")
        if lot.central:
            raise Refusal("TRANSFER_IS_FINAL", "the cluster stays centrally managed", "manager")
        return {"manager": "LOCAL"}


def changes(edge: Edge, host: str, schema: Schema) -> None:
    """Operations on the local cluster."""

    def change(name: str) -> Callable[[Callable[[Lot, Installed, Json], Any]], None]:
        def register(act: Callable[[Lot, Installed, Json], Any]) -> None:
            async def resolve(call: Call) -> Json:
                lot = logged_in(edge, host, call)
                async with edge.locks[lot.slot]:
                    act(lot, lot.local(), call.input)
                return {"site": lot.site.node() if lot.site else None}

            schema.mutation(name, "site")(resolve)

        return register

    def pool(site: Installed, given: Json) -> Json:
        wanted = text_of(given, "poolName")
        for one in site.pools:
            if one["name"] == wanted:
                return one
        raise Refusal("NOT_FOUND", "there is no such pool", "poolName")

    @change("replaceSiteTags")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        if text_of(given, "siteName") != site.name:
            raise Refusal("NOT_FOUND", "no cluster has this name", "siteName")
        site.tags = tags_of(given) or {}

    @change("applyStack")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        profiles = [profile_of(one) for one in list_of(given, "profiles")]
        if not profiles:
            raise Refusal("BAD_USER_INPUT", "a stack has a profile at least", "profiles")
        site.stack = profiles

    @change("deleteSite")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        if lot.pairing and lot.pairing.state == PENDING:
            lot.tell_later()
        lot.site, lot.pairing = None, None

    @change("addPool")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        made = pool_of(given, lot, {node["hostId"] for node in site.nodes()})
        if any(one["name"] == made["name"] for one in site.pools):
            raise Refusal("CONFLICT", "there is a pool of this name", "name")
        site.pools.append(made)

    @change("replacePool")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        old = pool(site, given)
        kept = {node["hostId"]: node for node in old["nodes"]}
        taken = {node["hostId"] for node in site.nodes()} - set(kept)
        made = pool_of({**given, "name": old["name"]}, lot, taken)
        old["nodes"] = [kept.get(node["hostId"], node) for node in made["nodes"]]

    @change("removePool")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        found = pool(site, given)
        if found["controlPlane"]:
            raise Refusal("CONFLICT", "the control plane cannot be removed", "poolName")
        site.pools.remove(found)

    @change("removeNode")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        found, wanted = pool(site, given), text_of(given, "nodeName")
        left = [node for node in found["nodes"] if node["name"] != wanted]
        if len(left) == len(found["nodes"]):
            raise Refusal("NOT_FOUND", "there is no such node", "nodeName")
        if not left and found["controlPlane"]:
            raise Refusal("CONFLICT", "the last node cannot be removed", "nodeName")
        found["nodes"] = left
        site.pools = [one for one in site.pools if one["nodes"]]

    @change("editSettings")
    def _(lot: Lot, site: Installed, given: Json) -> None:
        keys = list_of(given, "sshKeys", str)
        site.ntp, site.keys = list_of(given, "ntpServers", str), keys

    @schema.mutation("createSite", "site")
    async def create_site(call: Call) -> Json:
        lot, given = logged_in(edge, host, call), call.input
        async with edge.locks[lot.slot]:
            lot.managed_here()
            if lot.site:
                raise Refusal("CONFLICT", "there is a cluster already")
            taken: set[str] = set()
            pools = [pool_of(one, lot, taken) for one in list_of(given, "pools")]
            if not pools:
                raise Refusal("BAD_USER_INPUT", "a cluster has a pool at least", "pools")
            about = ("", tags_of(given) or {}, "PROVISIONING")
            site = Installed(global_id("Site"), text_of(given, "name"), *about, pools, [])
            site.coming_up, lot.site = True, site
            return {"site": site.node()}
