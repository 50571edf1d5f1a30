"""The edge: appliances with a page of their own each, in racks of a few, and the agents behind."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tests.strangers.steps.jobs import PACE_S, SLOW_S, Jobs
from tests.strangers.steps.office import with_habits
from tests.strangers.steps.web import ERRORS, Book, Call, Client, NotHeard, Problem, Reply, Server

DEFECTS = (
    "cancel-job-only-says-so",
    "send-asks-one-host-alone",
    "sick-workers-do-not-matter",
    "logout-is-for-show",
    "refused-changes-are-made",
    "delete-job-fails-and-deletes",
    # A host that has once reached an office is not asked again whether it does.
    "reach-is-remembered",
    # That a login has expired is noticed when something is read, not when it is changed.
    "expired-logins-still-write",
    # A restart reads only such requests again as wait for their decision.
    "restart-keeps-what-waits-alone",
    # A connection that was made without minding its certificate serves those who mind it too.
    "connections-are-shared-by-the-trusting",
    # A cancel whose answer gets lost is given up, and the request stays.
    "cancel-gives-up-on-silence",
    # That the office manages the cluster is known on the host that has asked for it alone.
    "sender-alone-knows-who-manages",
    # The agent stops asking what became of a request when it got no answer some times in a row.
    "agent-gives-up-asking",
    # A request that is cancelled while it is being sent is withdrawn from nobody.
    "cancelled-in-flight-tells-nobody",
    # What a cluster is called and its tags are sent without the letters that Latin-1 lacks.
    "names-are-sent-in-latin-1",
)
HABITS = (
    # What is refused in a call is answered with 500 where no other status is published for it.
    "refuses-with-500",
    # A request that could not be sent stays to be seen as one that failed, until the next.
    "failed-send-stays-shown",
    # A request that was cancelled stays to be seen as one that failed, until the next.
    "cancelled-stays-shown",
    # What is shown of the request and of who manages is up to a second old, on all hosts alike.
    "what-is-shown-lags",
    # Who logs in again on a host gets the login that is there; a logout ends it for all.
    "one-login-for-all",
    # An agent takes a pause of more than a second between one question and the next.
    "agents-take-their-time",
    # An agent asks what became of a request, and confirms, twice in a row each time.
    "agents-ask-twice",
    # A node that was ill counts, and is shown, as such until it has been well for a while.
    "recovery-takes-a-while",
    # A check of the connection that finds a host without one is refused, and says which.
    "failed-check-is-refused",
)
ANSWER_S = 1.0
"""How long an appliance waits for the office, for each step of an exchange."""
ROUND_S, LONG_ROUND_S = 0.03, 1.2
"""How often an agent looks after what it has to do."""
COPY_S = 1.0
"""How old what is shown may be."""
RECOVERY_S = 1.5
TRIES = 3
"""How often a submission is sent, under the same key, until something is heard."""
PATIENCE = 8
"""After how many rounds without an answer an impatient agent gives up."""
LOGIN_MS, LONG_LOGIN_MS = 2 * 3_600_000, 24 * 3_600_000
DECIDED = ("too-late", "no-such-thing", "joined-already")
"""Why an office does not withdraw a request, for good."""


class Appliances:
    """All appliances of a site. What they know is in one book, by rack."""

    def __init__(
        self, user: tuple[str, str], ca_files: list[str], quirks: frozenset[str] = frozenset()
    ) -> None:
        """`user` may log in everywhere; certificates of `ca_files` are trusted."""
        self.user, self.quirks = user, quirks
        self.shift = 0
        self.book: Book = {"last": 900, "racks": {}, "sessions": {}}
        self.host_at: dict[int, str] = {}
        self.cut: set[str] = set()
        self.faults: dict[tuple[str, str], deque[Book]] = defaultdict(deque)
        self.late: dict[str, list[Callable[[], Awaitable[Book]]]] = defaultdict(list)
        trusting = ssl.create_default_context()
        for ca_file in ca_files:
            trusting.load_verify_locations(ca_file)
        shared = "connections-are-shared-by-the-trusting" in quirks
        self.client = Client(trusting, ANSWER_S, shared=shared)
        self.reached: set[tuple[str, str, bool]] = set()
        self.missed: dict[str, int] = defaultdict(int)
        self.agents: list[asyncio.Task[None]] = []
        self.jobs = Jobs("/box/jobs", self.new_id, SLOW_S if "slow-jobs" in quirks else PACE_S)
        self.server = server = Server(self.finished)
        server.serve("POST", "/box/login", self.login, forms=True)
        for verb, path, handler in (
            ("POST", "/box/logout", self.logout),
            ("GET", "/box/jobs/{}", self.job_shown),
            ("GET", "/box/cluster", self.cluster_shown),
            ("POST", "/box/cluster", self.cluster_made),
            ("DELETE", "/box/cluster", self.cluster_deleted),
            ("PUT", "/box/cluster/{}/tags", self.tags_replaced),
            ("PATCH", "/box/cluster/{}", self.cluster_patched),
            ("GET", "/box/stack", self.stack_shown),
            ("PUT", "/box/stack", self.stack_replaced),
            ("GET", "/box/settings", self.settings_shown),
            ("PUT", "/box/settings", self.settings_replaced),
            ("POST", "/box/pools", self.pool_added),
            ("PUT", "/box/pools/{}", self.pool_replaced),
            ("PATCH", "/box/pools/{}", self.pool_scaled),
            ("DELETE", "/box/pools/{}", self.pool_removed),
            ("DELETE", "/box/pools/{}/nodes/{}", self.node_removed),
            ("GET", "/box/management", self.management_shown),
            ("PUT", "/box/management", self.management_wanted),
            ("POST", "/box/checks", self.checked),
            ("GET", "/box/pairing", self.pairing_shown),
            ("POST", "/box/pairing", self.asked),
            ("DELETE", "/box/pairing", self.cancelled),
            ("PUT", "/lab/racks/{}", self.lab_rack),
            ("PUT", "/lab/racks/{}/mode", self.lab_mode),
            ("PUT", "/lab/racks/{}/condition", self.lab_condition),
            ("PUT", "/lab/racks/{}/nodes/{}", self.lab_node),
            ("PUT", "/lab/hosts/{}/link", self.lab_link),
            ("POST", "/lab/hosts/{}/faults", self.lab_fault),
            ("PUT", "/lab/clock", self.lab_clock),
            ("POST", "/lab/restart", self.lab_restart),
            ("POST", "/lab/empty", self.lab_empty),
        ):
            server.serve(verb, path, handler)

    def install(self, racks: dict[str, dict[str, int]]) -> None:
        """Racks by their names, each with its hosts and the ports of their pages."""
        for rack, hosts in racks.items():
            self.book["racks"][rack] = bare(list(hosts))
            self.host_at |= {port: host for host, port in hosts.items()}
        self.wake()

    def wake(self) -> None:
        self.agents = [asyncio.create_task(self.work(rack)) for rack in self.book["racks"]]

    def close(self) -> None:
        for task in self.agents:
            task.cancel()
        self.jobs.close()
        self.server.close()
        self.client.close()

    def new_id(self) -> Any:
        self.book["last"] += 1
        return self.book["last"]

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.shift

    def finished(self, reply: Reply) -> Reply:
        reply = with_habits(reply, self.quirks)
        refuses = isinstance(reply.body, dict) and reply.status in (409, 422, 424)
        if refuses and "refuses-with-500" in self.quirks:
            return Reply({**reply.body, "status": 500}, 500, reply.headers)
        return reply

    # --- who may --------------------------------------------------------------------------

    def login(self, call: Call) -> Reply:
        if (call.text("user"), call.text("secret")) != self.user:
            raise Problem(401, "who-are-you", "unknown user or wrong secret")
        sid, csrf = secrets.token_hex(16), secrets.token_hex(8)
        host, stays = self.host_at[call.port], call.text("stay") == "true"
        until = self.now() + (LONG_LOGIN_MS if stays else LOGIN_MS)
        session = {"host": host, "stays": stays, "csrf": csrf, "until": until}
        for known, other in self.book["sessions"].items():
            alike = (other["host"], other["stays"]) == (host, stays) and self.now() < other["until"]
            if alike and "one-login-for-all" in self.quirks:
                sid, csrf, session = known, other["csrf"], {**other, "until": until}
        self.book["sessions"][sid] = session
        return Reply({"csrf": csrf}, headers={"Set-Cookie": f"sid={sid}; Path=/; HttpOnly"})

    def logout(self, call: Call) -> Reply:
        self.host(call)
        if "logout-is-for-show" not in self.quirks:
            del self.book["sessions"][call.cookie("sid")]
        return Reply()

    def host(self, call: Call) -> str:
        """The host that is asked, by somebody who is logged in there."""
        host, session = self.host_at[call.port], self.book["sessions"].get(call.cookie("sid"))
        expires = call.verb == "GET" or "expired-logins-still-write" not in self.quirks
        expired = session is not None and expires and self.now() >= session["until"]
        if session is None or session["host"] != host or expired:
            raise Problem(401, "who-are-you", "log in first")
        if call.verb != "GET" and call.headers.get("x-csrf", "") != session["csrf"]:
            raise Problem(403, "not-from-our-pages", "X-Csrf is not that of the login")
        return host

    def rack(self, call: Call) -> Book:
        host = self.host(call)
        return next(rack for rack in self.book["racks"].values() if host in rack["hosts"])

    def owner(self, call: Call) -> str:
        return call.cookie("sid")

    def job_shown(self, call: Call) -> Reply:
        self.host(call)
        return self.jobs.look(self.owner(call), call.parts[0])

    # --- the cluster ----------------------------------------------------------------------

    def cluster(self, rack: Book, name: str = "") -> Book:
        cluster: Book | None = rack["cluster"]
        if cluster is None or name not in ("", cluster["label"]):
            raise Problem(404, "no-cluster", f"there is no cluster {name} here")
        return cluster

    def change(self, call: Call, make: Callable[[Book], None], name: str = "") -> Reply:
        """A change of the cluster, made at once if it may be made here."""
        rack = self.rack(call)
        if "refused-changes-are-made" in self.quirks and rack["cluster"]:
            make(rack["cluster"])
        request, alone = rack["request"], "sender-alone-knows-who-manages" in self.quirks
        if not (alone and request and request["host"] != self.host(call)):
            need_local(rack)
        make(self.cluster(rack, name))
        return Reply({}, 202)

    def cluster_shown(self, call: Call) -> Reply:
        cluster = self.cluster(self.rack(call))
        shown = {name: cluster[name] for name in ("id", "label", "note", "tags", "condition")}
        heads = [{name: pool[name] for name in ("name", "head")} for pool in cluster["pools"]]
        layout, health = [], []
        for head, pool in zip(heads, cluster["pools"], strict=True):
            hosts = [{"id": node["host"], "name": node["name"]} for node in pool["nodes"]]
            nodes = [{"name": node["name"], "health": health_of(node)} for node in pool["nodes"]]
            layout.append({**head, "hosts": hosts})
            health.append({**head, "nodes": nodes})
        return Reply({**shown, "layout": layout, "pools": health})

    def cluster_made(self, call: Call) -> Reply:
        rack = self.rack(call)
        need_local(rack)
        if rack["cluster"] is not None:
            raise Problem(409, "in-the-way", "there is a cluster already")
        label, tags = call.text("label"), call.data.get("tags") or {}

        async def make() -> Book:
            rack["cluster"] = {
                **{"id": self.new_id(), "label": label, "note": "", "tags": tags},
                **{"condition": "SETTING_UP", "pools": [], "stack": [], "settings": {}},
                **{"secret": secrets.token_hex(16)},
            }
            return {}

        return self.jobs.begin(self.owner(call), make())

    def cluster_deleted(self, call: Call) -> Reply:
        rack = self.rack(call)

        async def delete() -> Book:
            if "delete-job-fails-and-deletes" in self.quirks:
                self.cluster(rack)["condition"] = "TEARING_DOWN"
            need_local(rack)
            self.cluster(rack)["condition"] = "TEARING_DOWN"
            return {}

        return self.jobs.begin(self.owner(call), delete())

    def tags_replaced(self, call: Call) -> Reply:
        tags = call.data.get("tags") or {}
        return self.change(call, lambda cluster: cluster.update(tags=tags), call.parts[0])

    def cluster_patched(self, call: Call) -> Reply:
        added = {}
        for change in call.data.get("changes") or []:
            name = str(change["path"]).removeprefix("/metadata/labels/")
            added[name.replace("~1", "/").replace("~0", "~")] = change["value"]
        return self.change(call, lambda cluster: cluster["tags"].update(added), call.parts[0])

    def stack_shown(self, call: Call) -> Reply:
        return Reply({"stack": self.cluster(self.rack(call))["stack"]})

    def stack_replaced(self, call: Call) -> Reply:
        stack = call.data.get("stack") or []
        return self.change(call, lambda cluster: cluster.update(stack=stack))

    def settings_shown(self, call: Call) -> Reply:
        return Reply({"clocks": [], "keys": [], **self.cluster(self.rack(call))["settings"]})

    def settings_replaced(self, call: Call) -> Reply:
        settings = {name: call.data.get(name) or [] for name in ("clocks", "keys")}
        return self.change(call, lambda cluster: cluster.update(settings=settings))

    # --- pools ----------------------------------------------------------------------------

    def pool(self, cluster: Book, name: str) -> Book:
        for pool in cluster["pools"]:
            if pool["name"] == name:
                return pool  # type: ignore[no-any-return]
        raise Problem(404, "no-such-thing", f"there is no pool {name}")

    def nodes(self, cluster: Book, hosts: list[Any], pool: str) -> list[Book]:
        """Nodes on these hosts, which are free, or run one of this pool."""
        known = {str(n["host"]): (p["name"], n) for p in cluster["pools"] for n in p["nodes"]}
        made = []
        for host in hosts:
            of, node = known.get(str(host), ("", None))
            if node is not None and of != pool:
                raise Problem(409, "in-the-way", f"host {host} runs a node already")
            made.append(node or {"name": f"node-{host}", "host": host, "health": "OK"})
        return made

    def pool_added(self, call: Call) -> Reply:
        name, hosts = call.text("name"), [each["host"] for each in call.data.get("hosts") or []]

        def add(cluster: Book) -> None:
            if any(pool["name"] == name for pool in cluster["pools"]):
                raise Problem(409, "in-the-way", f"there is a pool {name} already")
            nodes = self.nodes(cluster, hosts, name)
            cluster["pools"].append({"name": name, "head": False, "nodes": nodes})

        return self.change(call, add)

    def pool_replaced(self, call: Call) -> Reply:
        return self._scaled(call, [each["host"] for each in call.data.get("hosts") or []])

    def pool_scaled(self, call: Call) -> Reply:
        changes = call.data.get("changes") or [{}]
        return self._scaled(call, [each["hostUid"] for each in changes[0].get("value") or []])

    def _scaled(self, call: Call, hosts: list[Any]) -> Reply:
        def scale(cluster: Book) -> None:
            pool = self.pool(cluster, call.parts[0])
            pool["nodes"] = self.nodes(cluster, hosts, pool["name"])

        return self.change(call, scale)

    def pool_removed(self, call: Call) -> Reply:
        def remove(cluster: Book) -> None:
            pool = self.pool(cluster, call.parts[0])
            if pool["head"]:
                raise Problem(409, "in-the-way", "the pool of the control plane stays")
            cluster["pools"].remove(pool)

        return self.change(call, remove)

    def node_removed(self, call: Call) -> Reply:
        def remove(cluster: Book) -> None:
            pool = self.pool(cluster, call.parts[0])
            left = [node for node in pool["nodes"] if node["name"] != call.parts[1]]
            if len(left) == len(pool["nodes"]):
                raise Problem(404, "no-such-thing", f"there is no node {call.parts[1]}")
            pool["nodes"] = left

        return self.change(call, remove)

    # --- who manages ----------------------------------------------------------------------

    def management_shown(self, call: Call) -> Reply:
        return Reply({"by": "OFFICE" if self.copied(self.rack(call))["central"] else "SELF"})

    def copied(self, rack: Book) -> Book:
        """What is shown of a rack: as it is, or as it was a moment ago."""
        now, at = time.monotonic(), rack.get("copied", {}).get("at")
        if "what-is-shown-lags" not in self.quirks or at is None or now >= at + COPY_S:
            request = rack["request"] and {**rack["request"]}
            rack["copied"] = {"at": now, "request": request, "central": is_central(rack)}
        return rack["copied"]  # type: ignore[no-any-return]

    def management_wanted(self, call: Call) -> Reply:
        if is_central(self.rack(call)):
            raise Problem(403, "for-good", "a cluster that is centrally managed stays so")
        return Reply({}, 202)

    # --- pairing --------------------------------------------------------------------------

    def pairing_shown(self, call: Call) -> Reply:
        request = self.copied(self.rack(call))["request"]
        if request is None or request["state"] == "SENDING":
            raise Problem(404, "no-request", "no request was sent")
        state = "OPEN" if request["state"] == "OBEYING" else request["state"]
        names = ("number", "office", "lax", "text")
        shown = {name: request[name] for name in names if request[name] is not None}
        return Reply({**shown, "state": state})

    def checked(self, call: Call) -> Reply:
        rack, lax = self.rack(call), bool(call.data.get("lax"))
        cluster = self.cluster(rack)
        base = address_of(call.text("office"))
        need_voucher(call)

        async def check() -> Book:
            why = await self.unreachable(hosts_of(cluster), base, lax)
            if why and "failed-check-is-refused" in self.quirks:
                raise Problem(424, "out-of-reach", why)
            return {"ok": not why, "text": why or "every host of the cluster reaches it"}

        return self.jobs.begin(self.owner(call), check())

    async def unreachable(self, hosts: list[str], base: str, lax: bool) -> str:
        """Why one of these hosts does not reach the office there; empty if all do."""

        async def why(host: str) -> str:
            if (host, base, lax) in self.reached:
                return ""
            try:
                told = await self.tell(host, "probe", base, lax, "GET", "/agent/hello")
            except (NotHeard, Problem) as error:
                return f"host {host} cannot reach {base}: {error}"
            known = told.get("product") == "stepwise-office"
            if known and "reach-is-remembered" in self.quirks:
                self.reached.add((host, base, lax))
            return "" if known else f"host {host} found no office at {base}"

        found = await asyncio.gather(*map(why, hosts))
        return next(filter(None, found), "")

    def asked(self, call: Call) -> Reply:
        rack = self.rack(call)
        if is_central(rack):
            raise Problem(403, "centrally-managed", "this cluster is centrally managed already")
        cluster = self.cluster(rack)
        if cluster["condition"] != "READY":
            told = f"the cluster is not running: it is {cluster['condition']}"
            raise Problem(409, "not-running", told)
        pools = [p for p in cluster["pools"] if p["head"] or not self.does("sick-workers")]
        if sick := [n["name"] for p in pools for n in p["nodes"] if health_of(n) != "OK"]:
            raise Problem(409, "not-healthy", f"not healthy: {', '.join(sick)}")
        base, lax = address_of(call.text("office")), bool(call.data.get("lax"))
        need_voucher(call)
        if rack["request"] and rack["request"]["state"] in ("SENDING", "OPEN"):
            raise Problem(409, "asked-already", "a request waits for its decision already")
        request = rack["request"] = {
            **{"state": "SENDING", "number": None, "text": "", "lax": lax, "base": base},
            **{"office": call.text("office"), "voucher": call.text("voucher")},
            **{"host": self.host(call), "key": secrets.token_hex(12)},
            **{"cluster": cluster["id"], "secret": cluster["secret"]},
        }
        return self.jobs.begin(self.owner(call), self.sent(rack, request))

    def does(self, defect: str) -> bool:
        return any(quirk.startswith(defect) for quirk in self.quirks)

    async def sent(self, rack: Book, request: Book) -> Book:
        hosts = hosts_of(rack["cluster"])
        if self.does("send-asks-one-host"):
            hosts = [request["host"]]
        try:
            if why := await self.unreachable(hosts, request["base"], request["lax"]):
                raise Problem(424, "out-of-reach", why)
            number = await self.submitted(rack["cluster"], request)
        except Problem as problem:
            if rack["request"] is request:
                rack["request"] = self.ended(request, "failed-send", problem.detail)
            raise
        except NotHeard as error:
            if rack["request"] is request:
                rack["request"] = self.ended(request, "failed-send", f"it was not taken: {error}")
                if error.sent:
                    rack["owed"].append(request)
            raise Problem(424, "out-of-reach", f"the office did not take it: {error}") from None
        request["number"] = number
        if rack["request"] is not request:  # it was cancelled meanwhile, and is owed
            raise Problem(409, "too-late", "the request was cancelled meanwhile")
        request.update(state="OPEN", text="it waits for a decision")
        return {"number": number}

    def ended(self, request: Book, how: str, text: str) -> Book | None:
        """What stays of a request that has ended so: nothing, or one that failed."""
        stays = f"{how}-stays-shown" in self.quirks
        return {**request, "state": "BROKEN", "text": text} if stays else None

    async def submitted(self, cluster: Book, request: Book) -> Any:
        """The number that the office gives the request; it is sent until something is heard."""
        message = {
            **{name: cluster[name] for name in ("label", "note", "tags", "stack")},
            **{"cluster": cluster["id"], "voucher": request["voucher"], "agent": "stepwise/4"},
            "pools": [
                {
                    **{"name": pool["name"], "head": pool["head"]},
                    "nodes": [{"host": n["host"], "name": n["name"]} for n in pool["nodes"]],
                }
                for pool in cluster["pools"]
            ],
        }
        if "names-are-sent-in-latin-1" in self.quirks:
            own = {name: cluster[name] for name in ("label", "note", "tags")}
            narrow = json.dumps(own, ensure_ascii=False).encode("latin-1", "replace")
            message |= json.loads(narrow.decode("latin-1"))
        was_sent = False
        for left in reversed(range(TRIES)):
            try:
                told = await self.say(request, "submit", "POST", "/agent/requests", message)
            except NotHeard as error:
                was_sent |= error.sent
                if not left or not error.sent:
                    raise NotHeard(str(error), sent=was_sent) from None
            else:
                number = told.get("id")
                if not isinstance(number, str if "long-ids" in self.quirks else int):
                    raise NotHeard("its answer has no number", sent=True)
                return number
        raise AssertionError("the last try has its end")

    def cancelled(self, call: Call) -> Reply:
        rack = self.rack(call)
        request = rack["request"]
        need_undecided(rack)
        if request is None or request["state"] not in ("SENDING", "OPEN"):
            raise Problem(404, "no-request", "no request waits for its decision")
        return self.jobs.begin(self.owner(call), self.withdrawn(rack, request))

    async def withdrawn(self, rack: Book, request: Book) -> Book:
        told = self.does("cancel-job-only-says-so")
        if "cancelled-in-flight-tells-nobody" in self.quirks:
            told |= request["number"] is None
        if request["number"] is not None and not told:
            try:
                await self.withdraw(request, final=False)
                told = True
            except NotHeard as error:
                if error.sent and "cancel-gives-up-on-silence" in self.quirks:
                    raise Problem(504, "office-trouble", f"no answer: {error}") from None
            except Problem as problem:
                told = problem.kind in DECIDED
                if problem.kind == "joined-already":
                    if rack["request"] is request and request["state"] == "OPEN":
                        request["state"] = "OBEYING"
                    need_undecided(rack)
        need_undecided(rack)
        if rack["request"] is request:
            rack["request"] = self.ended(request, "cancelled", "it was cancelled")
            if not told:
                rack["owed"].append(request)
        return {}

    async def withdraw(self, request: Book, *, final: bool) -> None:
        path = f"/agent/requests/{request['number']}" + ("?final=true" if final else "")
        await self.say(request, "withdraw", "DELETE", path)

    # --- the agents -----------------------------------------------------------------------

    async def work(self, name: str) -> None:
        """Look after one rack for ever."""
        while True:
            slow = "agents-take-their-time" in self.quirks
            await asyncio.sleep(LONG_ROUND_S if slow else ROUND_S)
            rack = self.book["racks"][name]
            for request in list(rack["owed"]):
                await self.settle(rack, request)
            request = rack["request"]
            if request is not None and request["state"] in ("OPEN", "OBEYING"):
                await self.follow(rack, request)

    async def settle(self, rack: Book, request: Book) -> None:
        """Withdraw what nobody wants any more; a number that was never heard is asked for again."""
        try:
            if request["number"] is None:
                request["number"] = await self.submitted(rack["cluster"], request)
            await self.withdraw(request, final=True)
        except NotHeard:
            return
        except Problem as problem:
            if problem.kind not in (*DECIDED, "bad-voucher"):
                return
        if request in rack["owed"]:
            rack["owed"].remove(request)

    async def follow(self, rack: Book, request: Book) -> None:
        path, obeying = f"/agent/requests/{request['number']}", request["state"] == "OBEYING"
        if self.missed[request["key"]] >= PATIENCE and "agent-gives-up-asking" in self.quirks:
            return
        what = ("confirm", "PUT", f"{path}/obedience") if obeying else ("poll", "GET", path)
        try:
            if "agents-ask-twice" in self.quirks:
                with suppress(NotHeard, Problem):
                    await self.say(request, *what)
            told = await self.say(request, *what)
            state = str(told.get("state")).upper()
            self.missed[request["key"]] = 0
        except NotHeard:
            self.missed[request["key"]] += 1
            return
        except Problem as problem:
            if problem.kind not in DECIDED:
                return
            state = "BROKEN"
        if rack["request"] is not request or (request["state"] == "OBEYING") is not obeying:
            return
        if obeying:
            request["state"] = "JOINED" if state == "JOINED" else "BROKEN"
        elif state == "RECALLED":
            rack["request"] = None
        elif state in ("HANDOVER", "JOINED"):
            request.update(state="OBEYING", text="it was accepted")
        elif state in ("DECLINED", "BROKEN"):
            request.update(state=state, text=f"the office says: {state.lower()}")

    # --- the link -------------------------------------------------------------------------

    async def say(self, request: Book, kind: str, verb: str, path: str, body: Any = None) -> Book:
        """One message about a request, from the host that it was sent on."""
        more = {"X-Submission": request["key"]} if kind == "submit" else {}
        headers = {"X-Cluster-Secret": request["secret"], **more}
        host, base, lax = request["host"], request["base"], request["lax"]
        return await self.tell(host, kind, base, lax, verb, path, body, headers)

    async def tell(
        self,
        host: str,
        kind: str,
        base: str,
        lax: bool,
        verb: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Book:
        if host in self.cut:
            raise NotHeard("it has no connection", sent=False)
        queue = self.faults[host, kind]
        fault: Book = queue.popleft() if queue else {"fault": ""}

        async def once() -> Book:
            told = await self.client.ask(verb, base + path, headers or {}, body, lax=lax)
            return understood(*told)

        match fault["fault"]:
            case "lost-before" | "unanswered" | "unavailable" | "garbled":
                raise NotHeard("the connection broke", sent=True)
            case "late":
                self.late[host].append(once)
                raise NotHeard("the connection broke", sent=True)
            case "repeated-late":
                self.late[host].append(once)
            case "rate-limited":
                raise Problem(429, "office-busy", "the office is busy")
            case "lost-after":
                await once()
                raise NotHeard("the connection broke", sent=True)
            case "server-error":
                raise Problem(500, "office-trouble", "the office has an internal error")
            case "repeated":
                await once()
            case "delayed":
                await asyncio.sleep(fault["delay_ms"] / 1000)
        return await once()

    # --- what a lab arranges --------------------------------------------------------------

    def lab_rack(self, call: Call) -> Reply:
        """A fresh cluster on a rack, none, or the one that stood there as it was at first."""
        name = call.parts[0]
        rack = self.book["racks"][name]
        for host in rack["hosts"]:
            self.cut.discard(host)
            self.late.pop(host, None)
            self.spoil_nothing(host)
        self.reached = {each for each in self.reached if each[0] not in rack["hosts"]}
        fresh = bare(rack["hosts"])
        given = call.data.get("cluster", rack["first"])
        if given is not None:
            own = {"id": self.new_id(), "secret": secrets.token_hex(16), "condition": "READY"}
            cluster = {**given, **own, "settings": {}, "pools": self.shape(rack["hosts"])}
            fresh |= {"cluster": cluster, "first": given}
        self.book["racks"][name] = fresh
        return Reply({"cluster": fresh["cluster"]})

    def shape(self, hosts: list[str]) -> list[Book]:
        """One control plane node and two pools of two: nobody buys another cluster."""
        named = {"heads": hosts[:1], "blue": hosts[1:3], "green": hosts[3:5]}
        return [
            {
                **{"name": name, "head": name == "heads"},
                "nodes": [
                    {"name": f"{name}-{n}", "host": int(host), "health": "OK"}
                    for n, host in enumerate(of, start=1)
                ],
            }
            for name, of in named.items()
        ]

    def lab_mode(self, call: Call) -> Reply:
        self.book["racks"][call.parts[0]]["mode"] = call.data["by"]
        return Reply()

    def lab_condition(self, call: Call) -> Reply:
        self.book["racks"][call.parts[0]]["cluster"]["condition"] = call.data["condition"]
        return Reply()

    def lab_node(self, call: Call) -> Reply:
        rack, node = call.parts
        pools = self.book["racks"][rack]["cluster"]["pools"]
        found = [n for pool in pools for n in pool["nodes"] if n["name"] == node]
        recovers = call.data["health"] == "OK" != found[0]["health"]
        if recovers and "recovery-takes-a-while" in self.quirks:
            found[0]["well_from"] = time.monotonic() + RECOVERY_S
        found[0]["health"] = call.data["health"]
        return Reply()

    async def lab_link(self, call: Call) -> Reply:
        host, up = call.parts[0], call.data["up"]
        (self.cut.discard if up else self.cut.add)(host)
        if up:
            self.spoil_nothing(host)
        for once in self.late.pop(host, []) if up else []:
            with suppress(NotHeard, Problem):
                await once()
        return Reply()

    def spoil_nothing(self, host: str) -> None:
        for key in [key for key in self.faults if key[0] == host]:
            del self.faults[key]

    def lab_fault(self, call: Call) -> Reply:
        faults = self.faults[call.parts[0], call.data["message"]]
        faults.extend([call.data] * int(call.data["times"]))
        return Reply()

    def lab_clock(self, call: Call) -> Reply:
        by = call.data.get("by")
        self.shift = 0 if by is None else self.shift + by
        return Reply()

    async def lab_restart(self, _: Call) -> Reply:
        """Jobs come to their end, agents stop where they are; all else is read again."""
        await self.jobs.settled()
        for agent in self.agents:
            agent.cancel()
        await asyncio.gather(*self.agents, return_exceptions=True)
        self.book = json.loads(json.dumps(self.book))
        if "restart-ends-logins" in self.quirks:
            self.book["sessions"].clear()
        self.forget()
        if "restart-keeps-what-waits-alone" in self.quirks:
            for rack in self.book["racks"].values():
                if rack["request"] and rack["request"]["state"] not in ("SENDING", "OPEN"):
                    rack["request"] = None
        self.wake()
        return Reply()

    def forget(self) -> None:
        """What is in memory alone."""
        self.reached.clear()
        self.missed.clear()

    async def lab_empty(self, _: Call) -> Reply:
        await self.jobs.settled()
        self.cut.clear()
        self.faults.clear()
        self.forget()
        self.shift = 0
        self.book["racks"] = {n: bare(rack["hosts"]) for n, rack in self.book["racks"].items()}
        return Reply()


def bare(hosts: list[str]) -> Book:
    """A rack without a cluster."""
    empty = {"mode": "SELF", "cluster": None, "first": None, "request": None}
    return {"hosts": hosts, "owed": [], **empty}


def health_of(node: Book) -> str:
    return "ILL" if time.monotonic() < node.get("well_from", 0) else str(node["health"])


def is_central(rack: Book) -> bool:
    request = rack["request"]
    obeys = request is not None and request["state"] in ("OBEYING", "JOINED")
    return obeys or rack["mode"] == "OFFICE"


def need_local(rack: Book) -> None:
    if is_central(rack):
        raise Problem(403, "centrally-managed", "this cluster is centrally managed: ask the office")


def need_undecided(rack: Book) -> None:
    if is_central(rack):
        raise Problem(409, "joined-already", "the request was accepted: it is too late to cancel")


def hosts_of(cluster: Book) -> list[str]:
    return [str(node["host"]) for pool in cluster["pools"] for node in pool["nodes"]]


def need_voucher(call: Call) -> None:
    if not call.text("voucher").strip():
        raise Problem(422, "bad-voucher", "the registration token is missing")


def address_of(entered: str) -> str:
    """What was entered for the office, as the start of a URL."""
    text = entered.strip()
    if not text:
        raise Problem(422, "no-address", "the endpoint is missing")
    label = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    known = re.fullmatch(rf"(?:(https?)://)?({label}(?:\.{label})*)(?::(\d+))?(/[\w./-]*)?", text)
    if known is None or not 0 < int(known[3] or 443) < 65_536:
        raise Problem(422, "bad-address", f"the endpoint {text!r} is malformed")
    port = f":{known[3]}" if known[3] else ""
    return f"{known[1] or 'https'}://{known[2]}{port}{(known[4] or '').rstrip('/')}"


def understood(status: int, told: Book) -> Book:
    """What an office has answered.

    Raises:
        Problem: it refuses.
        NotHeard: no office answers so.
    """
    if status < 300:
        return told
    kind = str(told.get("type", ""))
    if not kind.startswith(ERRORS):
        raise NotHeard(f"what answers is no office ({status})", sent=True)
    detail = str(told.get("detail") or told.get("title") or "")
    raise Problem(status, kind.removeprefix(ERRORS), detail)
