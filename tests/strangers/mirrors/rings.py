"""The edge: rings of hosts, each with a leader that changes things and mirrors that show them."""

from __future__ import annotations

import asyncio
import copy
import re
import secrets
import ssl
import time
from base64 import b64encode
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.strangers.mirrors.web import Answer, Call, Problem, Server, Table, Unheard, ask

DEFECTS = {
    "mirrors-change-things": "a mirror makes a change by itself, whoever manages the cluster",
    "mirrors-show-long-ago": "a mirror goes on showing what it saw when the cluster was new",
    "new-leader-has-forgotten": "a request is unknown to the host that leads after a restart",
    "leader-asks-itself-alone": "the check of the connection leaves out the mirrors",
    "cancel-needs-the-hub": "a request cannot be cancelled while the hub is out of reach",
    "one-password-is-as-good": "whatever password is given with the user's name will do",
    "reached-once-is-reached": "a host that has reached a hub is not asked again whether it does",
    "careless-once-is-always": "an address that was asked with any certificate is always so",
    "resend-goes-unchecked": "who asks again after a refusal is not asked for a sound cluster",
    "slash-at-the-end-stays": "the address of a hub is taken with the slash that ends it",
    "cancel-passes-at-handover": "a request can be cancelled until the hub has heard of obedience",
    "restart-frees-the-joined": "after a restart the hub has to say again that it manages",
    "restart-wants-certificates": "after a restart it is forgotten that any certificate will do",
    "lock-outlives-handover": "a cluster whose handover was broken off goes on as the hub's",
    "polls-are-given-up": "a request is forgotten once the hub was silent for a while",
    "new-overtakes-cancelled": "a request is sent before the hub has heard that the last is over",
}
HABITS = {
    "sends-on-by-307": "a mirror sends whoever wants a change on, in place of refusing it",
    "leads-in-turn": "after each change another host of the ring leads",
    "mirrors-are-slower": "what a mirror shows is half a second old",
    "idle-callers-are-hung-up-on": "a connection ends unannounced once it was idle for a moment",
    "cancelled-shows-as-broken-off": "a request that was cancelled is shown on, as broken off",
    "polls-rest": "the leader pauses for more than a second before it asks the hub again",
    "leadership-wanders": "another host of the ring leads each second",
    "takes-the-hubs-name": "a cluster that has joined shows the name and labels that it has there",
    "the-sick-withdraw": "a request is withdrawn when its cluster is not sound any more",
    "leader-shows-a-copy": "the leader too shows how things were a moment ago",
}
SENDING, AWAITING, OBEYING, JOINED = "sending", "awaiting", "obeying", "joined"
TURNED_DOWN, BROKEN_OFF = "turned-down", "broken-off"
LEARNED = {"approved": OBEYING, "member": OBEYING, "refused": TURNED_DOWN, "void": BROKEN_OFF}
DECIDED = ("decided", "approved", "not-found")
"""Kinds of refusals after which the hub has nothing left to be told of a request."""
MIRROR_S, SLOW_MIRROR_S, COPY_S = 0.1, 0.5, 1.0
ROUND_S = 0.05
REST_S, LEADS_S, IDLE_S = 1.5, 1.0, 0.2
"""Habits: between polls, until another host leads, and until an idle connection ends."""
ANSWER_S, HELD_S = 1.0, 2.5
"""How long the leader waits for the hub: as a rule, and where that may hold the question."""
TRIES = 3
PATIENCE, LATER_S = 30, 2.0
UNHEARD = (
    *("lost-before", "lost-after", "late", "server-error", "unavailable", "rate-limited"),
    *("garbled", "unanswered"),
)
"""What the lab may do to a message so that its answer, if there is one, never comes."""
ZONE = timezone(timedelta(hours=-5))
PACK = ("pack-layer", "pack-name", "exact-version")
"""The members of a pack. The hub calls each by its last word."""
ADDRESS = re.compile(
    r"(?:(https?)://)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?((?:/[\w.-]+)*)/?"
)


class Denied(Exception):
    """The hub refuses; `kind` says why, for programs."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(eq=False)
class Wish:
    """A request to join, as its ring knows it."""

    address: str
    base: str
    careless: bool
    message: Table
    standing: str = SENDING
    id: str = ""
    remark: str = ""


@dataclass(eq=False)
class Ring:
    """Some hosts, and the cluster on them. `secret` proves to the hub who asks, for good."""

    name: str
    hosts: tuple[str, ...]
    manager: str = "itself"
    cluster: Table | None = None
    wish: Wish | None = None
    debts: list[Wish] = field(default_factory=list)
    """Requests that ended here, of which the hub does not know that yet."""
    turn: int = 0
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    mirrored: Table = field(default_factory=dict)
    held: asyncio.Task[Any] | None = None
    reached: set[tuple[str, str]] = field(default_factory=set)
    waived: set[str] = field(default_factory=set)
    missed: int = 0
    taken: Table = field(default_factory=dict)
    """What it bears instead of its own since it has joined."""

    def members(self) -> list[str]:
        groups = self.cluster["node-groups"] if self.cluster else []
        return [m["host-id"] for group in groups for m in group["members"]] or [*self.hosts]

    def leader(self) -> str:
        """The last one, to begin with."""
        members = self.members()
        return members[(len(members) - 1 - self.turn) % len(members)]

    def is_central(self) -> bool:
        joined = self.wish is not None and self.wish.standing in (OBEYING, JOINED)
        return joined or self.manager == "hub"


class Rings:
    """All rings of a site. `plants` are names of defects and habits."""

    def __init__(self, user: tuple[str, str], ca_files: list[str], plants: frozenset[str]) -> None:
        self.basic = "Basic " + b64encode(":".join(user).encode()).decode()
        self.user, self.plants = user[0], plants
        self.rings: dict[str, Ring] = {}
        self.urls: dict[str, str] = {}
        self.cut: set[str] = set()
        self.faults: dict[tuple[str, str], deque[Table]] = defaultdict(deque)
        self.late: dict[str, list[Callable[[], Awaitable[None]]]] = defaultdict(list)
        self.arriving: set[asyncio.Future[Table]] = set()
        self.ahead = 0.0
        self.checking = ssl.create_default_context()
        for file in ca_files:
            self.checking.load_verify_locations(file)
        self.trusting = ssl.create_default_context()
        self.trusting.check_hostname = False
        self.trusting.verify_mode = ssl.CERT_NONE
        self.tasks: list[asyncio.Task[None]] = []
        idle_s = IDLE_S if "idle-callers-are-hung-up-on" in plants else None
        self.server = Server(lambda p: {"error": {"kind": p.kind, "text": str(p)}}, idle_s)
        for route, handler in (
            ("POST /edge/sign-in", self.sign_in),
            ("GET /edge/cluster", self.show),
            ("GET /edge/profiles", self.show),
            ("GET /edge/manager", self.show),
            ("GET /edge/pairing", self.show),
            ("POST /edge/pairing", self.send_request),
            ("POST /edge/pairing-check", self.check),
            ("DELETE /edge/pairing", self.cancel),
            ("PATCH /edge/clusters/{}", self.patch),
            ("DELETE /edge/cluster", self.delete),
            ("POST /lab/{}", self.lab),
        ):
            self.server.serve(route, handler)

    async def add(self, name: str, hosts: tuple[str, ...], tls: ssl.SSLContext) -> dict[str, str]:
        """A ring of these hosts; returns their addresses."""
        self.rings[name] = Ring(name, hosts)
        for host in hosts:
            self.urls[host] = f"https://localhost:{await self.server.listen(host, tls)}"
        for work in (self.mirror, self.follow, self.pay, self.wander):
            self.tasks.append(asyncio.create_task(self.over_and_over(name, work)))
        return {host: self.urls[host] for host in hosts}

    async def over_and_over(self, name: str, work: Callable[[Ring], Awaitable[float]]) -> None:
        while True:
            await asyncio.sleep(await work(self.rings[name]))

    # --- who may, and who leads ---------------------------------------------------------------

    def ring(self, call: Call) -> Ring:
        given = call.headers.get("authorization", "")
        if "one-password-is-as-good" in self.plants:
            given = self.basic if given.startswith(self.basic[:12]) else given
        if given != self.basic:
            raise Problem(401, "unauthenticated", "sign in", WWW_Authenticate='Basic realm="edge"')
        return self.of(call.at)

    def of(self, host: str) -> Ring:
        return next(ring for ring in self.rings.values() if host in ring.hosts)

    def led(self, call: Call) -> Ring:
        """The ring, where the host that is asked leads it."""
        ring, at = self.ring(call), call.at
        if at == ring.leader() or at not in ring.members():
            return ring
        leader = self.urls[ring.leader()]
        if "sends-on-by-307" in self.plants:
            raise Problem(307, "elsewhere", "ask the leader", Location=leader + call.path)
        raise Problem(421, "mirror", f"{at} only mirrors its leader", Location=leader)

    def changeable(self, call: Call) -> tuple[Ring, Table]:
        if "mirrors-change-things" in self.plants and call.at != self.ring(call).leader():
            ring = self.ring(call)
        else:
            ring = self.led(call)
            need_local(ring)
        return ring, need_cluster(ring)

    def changed(self, ring: Ring) -> Answer:
        if "leads-in-turn" in self.plants:
            self.turn(ring)
        return Answer({}, 202)

    def turn(self, ring: Ring) -> None:
        """Another host leads; who has led so far shows nothing older from now on."""
        ring.turn += 1
        self.refresh(ring)

    async def wander(self, ring: Ring) -> float:
        if "leadership-wanders" in self.plants:
            self.turn(ring)
        return LEADS_S

    def refresh(self, ring: Ring) -> None:
        """Its mirrors show how things are."""
        if "mirrors-show-long-ago" not in self.plants:
            ring.mirrored = self.seen(ring)

    async def sign_in(self, call: Call) -> Answer:
        self.ring(call)
        return Answer({"signed-in-as": self.user})

    # --- what is shown ------------------------------------------------------------------------

    async def show(self, call: Call) -> Answer:
        ring = self.ring(call)
        leads = call.at == ring.leader() or call.at not in ring.members()
        leads = leads and "leader-shows-a-copy" not in self.plants
        shown = (self.seen(ring) if leads else ring.mirrored).get(call.path)
        if shown is None:
            kind = "no-request" if call.path.endswith("pairing") else "no-cluster"
            raise Problem(404, kind, "there is none here")
        return Answer(shown)

    def seen(self, ring: Ring) -> Table:
        """All that is to be seen of a ring, by the path where it is asked."""
        seen: Table = {"/edge/manager": {"managed-by": "hub" if ring.is_central() else "itself"}}
        if ring.cluster is not None:
            cluster = copy.deepcopy(ring.cluster) | ring.taken
            seen["/edge/profiles"] = {"profiles": cluster.pop("profiles")}
            as_of = datetime.fromtimestamp(time.time() + self.ahead, ZONE)
            seen["/edge/cluster"] = {**cluster, "as-of": as_of.isoformat()}
        wish = ring.wish
        if wish is not None and wish.standing != SENDING:
            seen["/edge/pairing"] = {
                "request-id": wish.id,
                "hub-address": wish.address,
                "any-certificate": wish.careless,
                "standing": AWAITING if wish.standing == OBEYING else wish.standing,
                "remark": wish.remark,
            }
        return seen

    async def mirror(self, ring: Ring) -> float:
        self.refresh(ring)
        if "leader-shows-a-copy" in self.plants:
            return COPY_S
        return SLOW_MIRROR_S if "mirrors-are-slower" in self.plants else MIRROR_S

    # --- changes ------------------------------------------------------------------------------

    async def patch(self, call: Call) -> Answer:
        ring, cluster = self.changeable(call)
        if call.parts[0] != cluster["display-name"]:
            raise Problem(404, "no-cluster", "no cluster of this name is here")
        for edit in call.rows("edits"):
            name = str(edit["at"]).removeprefix("/metadata/labels/")
            cluster["labels"][name.replace("~1", "/").replace("~0", "~")] = edit["to"]
        return self.changed(ring)

    async def delete(self, call: Call) -> Answer:
        ring, cluster = self.changeable(call)
        cluster["phase"] = "going"
        return self.changed(ring)

    # --- pairing ------------------------------------------------------------------------------

    async def check(self, call: Call) -> Answer:
        ring = self.led(call)
        need_cluster(ring)
        why = await self.out_of_reach(ring, self.address(call), careless=careless(call))
        return Answer({"reached": not why, "remark": why or "each host reaches the hub"})

    def address(self, call: Call) -> str:
        slash = call.text("hub-address").strip().endswith("/")
        return address_of(call) + "/" * (slash and "slash-at-the-end-stays" in self.plants)

    async def out_of_reach(self, ring: Ring, base: str, *, careless: bool) -> str:
        """Why some host does not reach the hub; empty if all do."""
        alone = "leader-asks-itself-alone" in self.plants
        for host in [ring.leader()] if alone else ring.members():
            if "reached-once-is-reached" in self.plants and (host, base) in ring.reached:
                continue
            try:
                told = await self.over_link(host, "probe", base, careless, "GET", "/agent/hello")
            except (Unheard, Denied) as error:
                return f"host {host} does not reach {base}: {error}"
            if told.get("product") != "mirrors_hub":
                return f"host {host} does not reach {base}: what is there is no hub"
            ring.reached.add((host, base))
        return ""

    async def send_request(self, call: Call) -> Answer:
        ring = self.led(call)
        need_local(ring)
        cluster = need_cluster(ring)
        again = ring.wish is not None and ring.wish.standing in (TURNED_DOWN, BROKEN_OFF)
        sound = again and "resend-goes-unchecked" in self.plants
        if cluster["phase"] != "running" and not sound:
            raise Problem(409, "not-running", f"the cluster is {cluster['phase']}, not running")
        members = [m for group in cluster["node-groups"] for m in group["members"]]
        ill = [m["node-name"] for m in members if m["condition"] != "good"]
        if ill and not sound:
            raise Problem(409, "node-ill", f"not in good condition: {', '.join(ill)}")
        base = self.address(call)
        if not call.text("token").strip():
            raise Problem(422, "bad-token", "the token is missing")
        if ring.wish is not None and ring.wish.standing in (SENDING, AWAITING):
            raise Problem(409, "request-waits", "a request waits already")
        message = message_of(cluster, call.text("token"))
        wish = Wish(call.text("hub-address"), base, careless(call), message)
        before, ring.wish = ring.wish, wish
        try:
            await self.submit(ring, wish)
        except Problem:
            if ring.wish is wish:
                ring.wish = before
            raise
        if ring.wish is not wish:
            ring.debts.append(wish)
            raise Problem(409, "request-decided", "it was cancelled meanwhile")
        wish.standing, wish.remark = AWAITING, "waits for the hub"
        self.changed(ring)
        return Answer({"request-id": wish.id}, 201)

    async def submit(self, ring: Ring, wish: Wish) -> None:
        why = await self.out_of_reach(ring, wish.base, careless=wish.careless)
        if why:
            raise Problem(424, "out-of-reach", why)
        if "new-overtakes-cancelled" not in self.plants:
            await self.pay(ring)
        for tries_left in reversed(range(TRIES)):
            try:
                await self.learn_id(ring, wish)
            except Unheard as unheard:
                if unheard.sent and tries_left:
                    continue
                if unheard.sent:
                    ring.debts.append(wish)
                raise Problem(424, "out-of-reach", f"the hub took nothing: {unheard}") from None
            except Denied as denied:
                raise Problem(422, denied.kind, f"the hub takes no request: {denied}") from None
            return

    async def learn_id(self, ring: Ring, wish: Wish) -> None:
        path = "/agent/requests"
        told = await self.tell(ring, wish, "submit", "POST", path, wish.message)
        wish.id = str(told["request_id"])

    async def cancel(self, call: Call) -> Answer:
        ring = self.led(call)
        wish = ring.wish
        early = "cancel-passes-at-handover" in self.plants and wish and wish.standing == OBEYING
        if ring.is_central() and not early:
            raise Problem(409, "request-approved", "the request was approved")
        if wish is None or (wish.standing not in (SENDING, AWAITING) and not early):
            raise Problem(404, "no-request", "no request waits")
        if wish.standing == AWAITING:
            await self.withdraw_now(ring, wish)
        if ring.wish is wish:
            ring.wish = self.ended(wish)
        return self.changed(ring)

    def ended(self, wish: Wish) -> Wish | None:
        """What is shown of a request that was withdrawn."""
        if "cancelled-shows-as-broken-off" in self.plants and wish.id:
            return replace(wish, standing=BROKEN_OFF, remark="was cancelled here")
        return None

    async def withdraw_now(self, ring: Ring, wish: Wish) -> None:
        try:
            await self.withdraw(ring, wish, final=False)
        except Unheard as unheard:
            if "cancel-needs-the-hub" in self.plants:
                raise Problem(424, "out-of-reach", f"the hub is not reached: {unheard}") from None
            if ring.wish is wish and not ring.is_central():
                ring.debts.append(wish)
        except Denied as denied:
            if denied.kind == "approved" and ring.wish is wish:
                wish.standing = OBEYING if wish.standing == AWAITING else wish.standing
            elif denied.kind not in DECIDED:
                ring.debts.append(wish)
        if ring.is_central():
            raise Problem(409, "request-approved", "the request was approved")

    async def withdraw(self, ring: Ring, wish: Wish, *, final: bool) -> None:
        path = f"/requests/{wish.id}" + ("?final=true" if final else "")
        await self.tell(ring, wish, "withdraw", "DELETE", path)

    # --- what the leader does by itself -------------------------------------------------------

    async def pay(self, ring: Ring) -> float:
        """Tell the hub what it has missed. It has to be told the id, so that is asked first."""
        for wish in list(ring.debts):
            with suppress(Unheard):
                try:
                    if not wish.id:
                        await self.learn_id(ring, wish)
                    await self.withdraw(ring, wish, final=True)
                except Denied as denied:
                    if wish.id and denied.kind not in DECIDED:
                        continue
                with suppress(ValueError):
                    ring.debts.remove(wish)
        return LATER_S if ring.debts and "new-overtakes-cancelled" in self.plants else ROUND_S

    async def follow(self, ring: Ring) -> float:
        """Learn what became of the request, and say that the ring obeys."""
        wish = ring.wish
        if wish is None or wish.standing not in (AWAITING, OBEYING):
            return ROUND_S
        obeying, path = wish.standing == OBEYING, f"/agent/requests/{wish.id}"
        pause = REST_S if "polls-rest" in self.plants and not obeying else ROUND_S
        if "the-sick-withdraw" in self.plants and not obeying and not is_sound(ring.cluster):
            with suppress(Unheard, Denied):
                await self.withdraw(ring, wish, final=False)
                ring.wish = self.ended(wish) if ring.wish is wish else ring.wish
                return ROUND_S
        asked = (
            self.tell(ring, wish, "confirm", "PUT", f"{path}/obedience")
            if obeying
            else self.tell(ring, wish, "poll", "GET", path)
        )
        ring.held = asyncio.create_task(asked)
        await asyncio.wait({ring.held})
        if ring.held.cancelled() or isinstance(ring.held.exception(), Unheard):
            ring.missed += 1
            if ring.missed >= PATIENCE and "polls-are-given-up" in self.plants and not obeying:
                ring.missed, ring.wish = 0, None if ring.wish is wish else ring.wish
            return pause
        ring.missed = 0
        denied = ring.held.exception()
        if isinstance(denied, Denied) and denied.kind not in DECIDED:
            return ROUND_S
        state = "void" if denied else ring.held.result().get("state")
        if ring.wish is not wish or (wish.standing == OBEYING) is not obeying:
            return ROUND_S
        if obeying:
            wish.standing = JOINED if state == "member" else BROKEN_OFF
            if state == "member" and "takes-the-hubs-name" in self.plants:
                borne = {"display-name": "cluster_name", "labels": "labels"}
                told = ring.held.result()
                ring.taken = {n: told[m] for n, m in borne.items() if told.get(m) is not None}
        elif state == "withdrawn":
            ring.wish = self.ended(wish)
        elif state in LEARNED:
            wish.standing, wish.remark = LEARNED[state], f"the hub says: {state}"
            if wish.standing == OBEYING and "lock-outlives-handover" in self.plants:
                ring.manager = "hub"
        return pause if wish.standing == AWAITING else 0

    # --- the link to the hub ------------------------------------------------------------------

    async def tell(
        self, ring: Ring, wish: Wish, kind: str, verb: str, path: str, body: Any = None
    ) -> Table:
        by = ring.leader(), kind, wish.base, wish.careless
        return await self.over_link(*by, verb, path, body, {"X-Cluster-Secret": ring.secret})

    async def over_link(
        self,
        host: str,
        kind: str,
        base: str,
        careless: bool,
        verb: str,
        path: str,
        body: Any = None,
        headers: Table | None = None,
    ) -> Table:
        """Ask the hub something, over the host's link as the lab has it."""
        if host in self.cut:
            raise Unheard("it has no connection", sent=False)
        waiting = self.faults[self.of(host).name, kind]
        fault = waiting.popleft() if waiting else {"how": ""}
        waived = self.of(host).waived
        if careless and "careless-once-is-always" in self.plants:
            waived.add(base)
        tls = self.trusting if careless or base in waived else self.checking
        within = HELD_S if kind == "poll" else ANSWER_S

        async def once() -> Table:
            status, told = await ask(verb, base + path, headers or {}, body, tls, within)
            told = told if isinstance(told, dict) else {}
            if status < 300:
                return told
            error = told.get("error")
            if status >= 500 or not isinstance(error, dict):
                raise Unheard(f"what is there answers {status}", sent=True)
            raise Denied(str(error.get("kind")), str(error.get("text")))

        async def unheard() -> None:
            with suppress(Denied, Unheard):
                await once()

        if fault["how"] in ("late", "repeated-late"):
            self.late[self.of(host).name].append(unheard)
        if fault["how"] == "lost-after":
            await once()
        if fault["how"] in UNHEARD:
            raise Unheard("the connection broke", sent=True)
        if fault["how"] == "repeated":
            with suppress(Denied):
                await once()
        if fault["how"] == "delayed":
            await asyncio.sleep(fault["for"])
        return await once()

    # --- what its makers' lab does ------------------------------------------------------------

    async def lab(self, call: Call) -> Answer:
        told = getattr(self, f"lab_{call.parts[0]}")(**call.body)
        for ring in self.rings.values():
            ring.mirrored = self.seen(ring)
        return Answer(told or {})

    def lab_hosts(self, ring: str) -> Table:
        return {"hosts": self.rings[ring].hosts}

    def lab_cluster(self, ring: str, cluster: Table | None) -> None:
        hosts = self.rings[ring].hosts
        self.rings[ring] = fresh = Ring(ring, hosts, cluster=cluster)
        self.cut -= {*hosts}
        self.mended(fresh)

    def lab_fresh(self, ring: str) -> None:
        self.lab_cluster(ring, self.rings[ring].cluster)

    def lab_manager(self, ring: str, who: str) -> None:
        self.rings[ring].manager = who

    def lab_phase(self, ring: str, phase: str) -> None:
        need_cluster(self.rings[ring])["phase"] = phase

    def lab_condition(self, ring: str, node: str, condition: str) -> None:
        groups = need_cluster(self.rings[ring])["node-groups"]
        for member in (m for group in groups for m in group["members"]):
            if member["node-name"] == node:
                member["condition"] = condition

    def mended(self, ring: Ring) -> None:
        for key in [key for key in self.faults if key[0] == ring.name]:
            del self.faults[key]

    def disturbed(self, host: str) -> Ring:
        """The ring of a host, whose question to the hub, if one is held, breaks off."""
        ring = self.of(host)
        if ring.held is not None:
            ring.held.cancel()
        return ring

    def lab_link(self, host: str, up: bool) -> None:
        (self.cut.discard if up else self.cut.add)(host)
        if up:
            ring = self.of(host)
            self.mended(ring)
            for once in self.late.pop(ring.name, []):
                arriving = asyncio.ensure_future(once())
                self.arriving.add(arriving)
                arriving.add_done_callback(self.arriving.discard)
        else:
            self.disturbed(host)

    def lab_fault(self, host: str, times: int, **fault: Any) -> None:
        """The leader speaks for all its ring, so it does not matter which of its hosts it is."""
        self.faults[self.disturbed(host).name, fault["message"]] += [fault] * times

    def lab_clock(self, by: float) -> None:
        self.ahead = self.ahead + by if by else 0.0

    def lab_restart(self) -> None:
        """Another host leads after it. All that a ring knows, each of its hosts has on disk."""
        for ring in self.rings.values():
            self.turn(ring)
            if "new-leader-has-forgotten" in self.plants and len(ring.members()) > 1:
                ring.wish = ring.wish if ring.is_central() else None
            if ring.wish and "restart-wants-certificates" in self.plants:
                ring.wish.careless = False
            if ring.wish and "restart-frees-the-joined" in self.plants:
                joined = ring.wish.standing == JOINED
                ring.wish.standing = AWAITING if joined else ring.wish.standing

    def lab_reset(self) -> None:
        for ring in self.rings:
            self.lab_cluster(ring, None)
        self.ahead = 0.0


def is_sound(cluster: Table | None) -> bool:
    if cluster is None or cluster["phase"] != "running":
        return False
    members = [m for group in cluster["node-groups"] for m in group["members"]]
    return all(m["condition"] == "good" for m in members)


def need_local(ring: Ring) -> None:
    if ring.is_central():
        raise Problem(403, "managed-by-hub", "the cluster is centrally managed, by the hub")


def need_cluster(ring: Ring) -> Table:
    if ring.cluster is None:
        raise Problem(404, "no-cluster", "there is no cluster here")
    return ring.cluster


def careless(call: Call) -> bool:
    return bool(call.body.get("any-certificate"))


def address_of(call: Call) -> str:
    """Where the hub's API is: the address that was entered; a name alone means HTTPS."""
    text = call.text("hub-address").strip()
    if not text:
        raise Problem(422, "bad-address", "the hub's address is missing")
    found = ADDRESS.fullmatch(text)
    if found is None or int(found[3] or 1) > 65535:
        raise Problem(422, "bad-address", f"the hub's address {text!r} is malformed")
    port = f":{found[3]}" if found[3] else ""
    return f"{found[1] or 'https'}://{found[2]}{port}{found[4]}"


def message_of(cluster: Table, token: str) -> Table:
    """What the hub is told of a cluster, in its own style."""
    return {
        "token": token,
        "cluster_id": cluster["cluster-id"],
        "cluster_name": cluster["display-name"],
        "description": cluster["notes"],
        "labels": dict(cluster["labels"]),
        "agent": "mirrors 2.3",
        "node_groups": [
            {
                "name": group["group-name"],
                "control_plane": group["steers"],
                "nodes": [
                    {"name": m["node-name"], "host_id": m["host-id"]} for m in group["members"]
                ],
            }
            for group in cluster["node-groups"]
        ],
        "profiles": [
            {
                "name": profile["profile-name"],
                "kind": profile["profile-kind"],
                "version": profile["profile-version"],
                "packs": [
                    {
                        "layer": p["pack-layer"],
                        "name": p["pack-name"],
                        "version": p["exact-version"],
                    }
                    for p in profile["packs"]
                ],
            }
            for profile in cluster["profiles"]
        ],
    }
