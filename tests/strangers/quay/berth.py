"""The edge side: each host has a Local UI, and that of the lead takes what changes its cluster."""

from __future__ import annotations

import inspect
import secrets
import ssl
from dataclasses import replace
from pathlib import Path

from tests.strangers.quay.pairing import address_of, pools_of
from tests.strangers.quay.pier import Pier
from tests.strangers.quay.store import Clock, Store, digest, rows, stack_of, text, texts
from tests.strangers.quay.wharf import Problem, Reply, Request, Router, Table, data, invalid
from tests.strangers.quay.words import LEARNED, SWEARING, WAITING

PIERS = 4
SESSION_S, LONG_SESSION_S = 7200, 86400
COOKIE = "berth_sid"
FLAGS = "HttpOnly; SameSite=Strict; Path=/ui"


class Berth:
    """All piers. `plants` are names of defects and habits."""

    def __init__(
        self,
        folder: Path,
        user: tuple[str, str],
        ca_file: Path,
        plants: frozenset[str] = frozenset(),
    ) -> None:
        self.plants, self.user = plants, user
        self.store, self.clock, self.starts = Store(folder / "berth.db"), Clock(plants), 1
        self.strict = ssl.create_default_context(cafile=str(ca_file))
        self.lax = ssl.create_default_context()
        self.lax.check_hostname, self.lax.verify_mode = False, ssl.CERT_NONE
        self.unverified: set[str] = set()
        """Addresses where no certificate has ever been checked."""
        self.seen: dict[tuple[str, str], Table] = {}
        """Sessions as each host has seen them."""
        self.piers = [Pier(self, number) for number in range(1, PIERS + 1)]

    def restart(self) -> None:
        for pier in self.piers:
            pier.sleep()
        self.unverified.clear()
        self.seen.clear()
        self.store.load()
        interrupted = Problem(500, "interrupted", "the host was restarted before it was done")
        for key, job in list(self.store.all("jobs").items()):
            if job["phase"] == "queued":
                failed = {"phase": "failed", "failure": interrupted.failure}
                self.store.put("jobs", key, {**job, **failed})
        self.starts += 1
        for pier in self.piers:
            pier.wake()


class LocalUi:
    """The Local UI of one host."""

    def __init__(self, berth: Berth, pier: Pier, host: str) -> None:
        self.berth, self.store, self.pier, self.host = berth, berth.store, pier, host
        self.router = Router()
        for route, handler in (
            ("POST /ui/session", self.log_in),
            ("DELETE /ui/session", self.log_out),
            ("GET /ui/cluster", self.view_cluster),
            ("GET /ui/cluster/stack", lambda _: data(pier.cluster["stack"])),
            ("PUT /ui/cluster/stack", self.put_stack),
            ("GET /ui/cluster/settings", self.view_settings),
            ("PUT /ui/cluster/settings", self.put_settings),
            ("DELETE /ui/cluster", lambda _: pier.queue(pier.raze)),
            ("PUT /ui/clusters/{name}/tags", self.put_tags),
            ("POST /ui/cluster/pools", self.add_pool),
            ("PUT /ui/cluster/pools/{label}", self.set_pool),
            (
                "DELETE /ui/cluster/pools/{label}",
                lambda _, label: pier.queue(pier.drop_pool, label),
            ),
            ("DELETE /ui/cluster/pools/{label}/nodes/{node}", self.drop_node),
            ("GET /ui/governance", self.governance),
            ("PUT /ui/governance", self.take_back),
            ("GET /ui/pairing", self.view_pairing),
            ("POST /ui/pairing", self.send),
            ("DELETE /ui/pairing", lambda _: pier.begin(pier.pairing.cancel)),
            ("POST /ui/pairing/check", self.check),
            ("GET /ui/jobs/{job}", self.view_job),
        ):
            self.router.add(route, handler)

    async def handle(self, request: Request) -> Reply:
        handler, parts = self.router.find(request)
        session = ""
        if handler != self.log_in:
            session = self.session(request)
            lead = self.pier.lead()
            if request.method != "GET" and handler != self.log_out and lead not in ("", self.host):
                why = f"{lead} leads this cluster: ask there"
                raise Problem(421, "not-the-lead", why, ask=lead)
        reply = handler(request, **parts)
        reply = await reply if inspect.isawaitable(reply) else reply
        if session and handler != self.log_out and "renews-its-cookie" in self.berth.plants:
            return replace(reply, headers=[*reply.headers, cookie(session)])
        return reply

    # --- sessions -----------------------------------------------------------------------------

    def log_in(self, request: Request) -> Reply:
        body = request.table
        if (body.get("user"), body.get("passphrase")) != self.berth.user:
            raise Problem(401, "who-are-you", "no user of this host has this name and password")
        session, csrf = secrets.token_urlsafe(24), secrets.token_urlsafe(12)
        lasts = LONG_SESSION_S if body.get("long") is True else SESSION_S
        until = self.berth.clock.now() + lasts
        held = {"pier": self.pier.name, "csrf": csrf, "until": until}
        self.store.put("sessions", digest(session), held)
        ends = self.berth.clock.iso(until)
        return data({"csrf": csrf, "until": ends}, 201, [cookie(session)])

    def session(self, request: Request) -> str:
        """Where it is good, and a change says the word that came with it."""
        session = request.cookies.get(COOKIE, "")
        held = self.store.get("sessions", digest(session))
        if "logout-on-one-host" in self.berth.plants:
            at = (self.host, session)
            held = self.berth.seen.setdefault(at, held) if held else self.berth.seen.get(at)
        good = held and held["pier"] == self.pier.name and self.berth.clock.now() < held["until"]
        if held is None or not good:
            raise Problem(401, "who-are-you", "log in first")
        given = request.headers.get("x-berth-csrf", "")
        if request.method != "GET" and not secrets.compare_digest(given, held["csrf"]):
            raise Problem(401, "who-are-you", "the header X-Berth-CSRF is missing or wrong")
        return session

    def log_out(self, request: Request) -> Reply:
        if "logout-unwritten" in self.berth.plants:
            self.store.all("sessions").pop(digest(request.cookies[COOKIE]), None)
        else:
            self.store.drop("sessions", digest(request.cookies[COOKIE]))
        self.berth.seen.pop((self.host, request.cookies[COOKIE]), None)
        return Reply(204)

    # --- looking ------------------------------------------------------------------------------

    def view_cluster(self, _: Request) -> Reply:
        cluster, members = self.pier.cluster, self.pier.members()
        fit = all(member["condition"] == "fit" for member in members)
        names = ("uid", "name", "summary", "tags", "state", "pools")
        more = {"condition": "fit" if fit else "sick", "hosts": [m["host"] for m in members]}
        return data({**{name: cluster[name] for name in names}, **more})

    def view_settings(self, _: Request) -> Reply:
        cluster = self.pier.cluster
        return data({**cluster["settings"], "pools": pools_of(cluster)})

    def governance(self, _: Request) -> Reply:
        doc = self.pier.doc
        by = "afar" if "afar" in (doc["mode"], doc["manager"]) else "here"
        return data({"governed_by": by, "sealed": doc["manager"] == "sealed"})

    def take_back(self, request: Request) -> Reply:
        if request.table.get("governed_by") != "here":
            raise invalid("/governed_by", "one can choose here alone")
        if self.pier.doc["mode"] == "afar" or self.pier.doc["manager"] != "here":
            raise Problem(409, "for-good", "the transfer to central management is for good")
        return data({"governed_by": "here"})

    def view_pairing(self, _: Request) -> Reply:
        petition, history = self.pier.pairing.petition, self.pier.doc["history"]
        if petition is None:
            return data({"standing": "none", "current": None, "history": history})
        phase = petition["phase"]
        current = {
            **{name: petition[name] for name in ("number", "note", "sent_at")},
            "phase": WAITING if phase in (LEARNED, SWEARING) else phase,
            "harbour": petition["entered"],
            "strict": not petition["lax"],
        }
        return data({"standing": "one", "current": current, "history": history})

    def view_job(self, _: Request, job: str) -> Reply:
        found = self.store.get("jobs", job)
        if found is None or found["pier"] != self.pier.name:
            raise Problem(404, "no-such-job", "there is no such job")
        return data(found)

    # --- pairing ------------------------------------------------------------------------------

    def send(self, request: Request) -> Reply:
        body, pairing = request.table, self.pier.pairing
        return self.pier.begin(lambda: pairing.send(self.host, body))

    async def check(self, request: Request) -> Reply:
        body, pairing = request.table, self.pier.pairing
        pairing.need_petitionable()
        try:
            await pairing.reach(self.host, address_of(body.get("harbour")), pairing.is_lax(body))
        except Problem as problem:
            return data({"reachable": False, "remark": str(problem)})
        return data({"reachable": True, "remark": "every host reaches the Harbour"})

    # --- local operations ---------------------------------------------------------------------

    def put_tags(self, request: Request, name: str) -> Reply:
        self.pier.need_local()
        if self.pier.cluster["name"] != name:
            raise Problem(404, "no-cluster", "no cluster here has this name")
        tags = texts(request.table, "tags")
        if tags is None:
            raise invalid("/tags", "tags are needed")
        return self.pier.queue(lambda: self.pier.change(tags=tags))

    def put_stack(self, request: Request) -> Reply:
        self.pier.need_local()
        stack = stack_of(request.table)
        return self.pier.queue(lambda: self.pier.change(stack=stack))

    def put_settings(self, request: Request) -> Reply:
        body = request.table
        if "settings-merged-early" in self.berth.plants:
            held = self.pier.cluster["settings"]
            held.update({name: body[name] for name in held if name in body})
        self.pier.need_local()
        if not all(isinstance(body.get(name, []), list) for name in ("ntp", "ssh")):
            raise invalid("", "lists are needed")
        settings = {name: body[name] for name in ("ntp", "ssh") if name in body}
        return self.pier.queue(self.pier.set_settings, settings)

    def add_pool(self, request: Request) -> Reply:
        self.pier.need_local()
        body = request.table
        control = body.get("control") is True
        return self.pier.queue(self.pier.add_pool, text(body, "label"), control, hosts_of(body))

    def set_pool(self, request: Request, label: str) -> Reply:
        self.pier.need_local()
        return self.pier.queue(self.pier.set_pool, label, hosts_of(request.table))

    def drop_node(self, _: Request, label: str, node: str) -> Reply:
        return self.pier.queue(self.pier.drop_node, label, node)


def cookie(session: str) -> tuple[str, str]:
    return "Set-Cookie", f"{COOKIE}={session}; {FLAGS}"


def hosts_of(body: Table) -> list[str]:
    return [text(member, "host") for member in rows(body, "members")]
