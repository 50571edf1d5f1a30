"""The central side: requests that wait for a decision, and clusters that have joined."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.strangers.mirrors.web import Answer, Call, Handler, Problem, Server, Table

DEFECTS = {
    "poll-tells-of-before": "a question that was held is answered with the state before the news",
    "withdraw-takes-others-along": "a withdrawal ends all requests that came by the same token",
    "withdraw-is-only-acknowledged": "a withdrawn request goes on waiting",
    "any-version-fits": "a pack fits whatever its version",
    "refused-may-be-approved": "a request that was refused can still be approved",
    "rights-lose-their-scope": "what somebody may in one scope is kept, and then holds in each",
    "token-once-good-stays-good": "a token that was used once is not looked up again",
    "latest-is-by-letter": "the latest version of a profile is the last one by the alphabet",
    "two-versions-of-a-pack-fit": "a surplus pack passes if the cluster has one of its name",
    "approval-decides-later": "an approval looks whether a request is open, and then takes a while",
    "numbers-are-recounted": "after a restart numbers go on from the last request that waits",
    "labels-are-merged": "a label that was removed on approval is there all the same",
    "refused-change-is-kept": "a change that comes before the host obeys is refused, and made",
    "mismatch-leaves-a-name": "an approval that matches nothing renames the request that waits",
    "list-ends-with-its-page": "of the requests that wait only the first twenty are listed",
}
HABITS = {
    "no-news-is-204": "a question about a request that waits on is answered with nothing",
    "hides-the-forbidden": "who may not is told that there is no such thing",
    "forgets-the-decided": "a request cannot be read once it was decided",
    "asks-for-the-token-again": "a cluster joins only while its token is still good",
    "whole-tenant-rules": "who may something in the tenant may it in each project",
    "numbers-are-urns": "a request's id is long, in either case, with colons, a plus and an equals",
    "list-is-a-moment-old": "the list of requests is a copy, which is made anew at times",
    "nothing-is-null": "what is empty in an answer to people is null there",
    "deciding-takes-reading": "who may not list and read requests may not decide them",
    "twenty-calls-a-second": "more calls than that are sent away for a second",
    "requests-go-with-their-token": "a request is void once its token has been deleted",
    "approval-waits-for-its-host": "an approval is answered when the host obeys, or after a while",
    "changes-come-later": "a change of a cluster that has joined takes effect after its answer",
}
OPEN, APPROVED, MEMBER, REFUSED, WITHDRAWN, VOID = (
    "open",
    "approved",
    "member",
    "refused",
    "withdrawn",
    "void",
)
TENANT = ""
PAGE = 20
HOLD_S = 1.0
"""How long a host's question is held while its request waits."""
HANDOVER_S = 4.0
"""How long an approval waits for its host."""
SESSION_S = 7200.0
COPY_S, OBEDIENCE_S, CHANGE_S = 1.5, 1.0, 1.0
"""What habits take: how old a list may be, and how long an approval, or a change, may take."""
CALLS, CALLS_S = 20, 1.0
ZONE = timezone(timedelta(hours=2))


@dataclass(eq=False)
class Petition:
    """A request. `hosted` is what its host said of the cluster."""

    id: str
    project: str
    token: str
    secret: str
    cluster: str
    hosted: Table
    received: float
    state: str = OPEN
    approved: float = 0.0
    member: str = ""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def become(self, state: str) -> None:
        self.state = state
        self.news.set()


class Hub:
    """All that the hub knows. `plants` are names of defects and habits."""

    def __init__(self, plants: frozenset[str] = frozenset()) -> None:
        self.plants = plants
        self.number = 1000
        self.recent: list[float] = []
        self.clear()
        hides = "hides-the-forbidden" in plants

        def as_table(problem: Problem) -> Table:
            if problem.kind == "forbidden" and hides:
                problem.status, problem.kind = 404, "not-found"
            return {"error": {"kind": problem.kind, "text": str(problem)}}

        self.server = Server(as_table)
        for route, handler in (
            ("POST /v2/sessions", self.log_in),
            ("GET /v2/requests", self.requests),
            ("GET /v2/requests/{}", self.request),
            ("POST /v2/requests/{}/comparison", self.compare),
            ("POST /v2/requests/{}/approval", self.approve),
            ("POST /v2/requests/{}/refusal", self.refuse),
            ("GET /v2/clusters/{}", self.member),
            ("PATCH /v2/clusters/{}", self.change),
            ("GET /v2/tokens", self.token_list),
            ("POST /v2/tokens", self.token_made),
            ("GET /v2/tokens/{}", self.token_shown),
            ("DELETE /v2/tokens/{}", self.token_gone),
        ):
            self.server.serve(route, self.spared(handler))
        for route, handler in (
            ("GET /agent/hello", self.hello),
            ("POST /agent/requests", self.submit),
            ("GET /agent/requests/{}", self.follow),
            ("PUT /agent/requests/{}/obedience", self.obey),
            ("DELETE /requests/{}", self.withdraw),
            ("POST /lab/{}", self.lab),
        ):
            self.server.serve(route, handler)

    def clear(self) -> None:
        self.projects: dict[str, str] = {}
        self.people: dict[str, Table] = {}
        self.sessions: dict[str, tuple[str, float]] = {}
        self.tokens: dict[str, Table] = {}
        self.profiles: dict[str, Table] = {}
        self.petitions: dict[str, Petition] = {}
        self.members: dict[str, Table] = {}
        self.ahead = 0.0
        self.limit: Table = {"calls": 0, "after": 1}
        self.rights: dict[str, set[str]] = {}
        self.used: dict[str, Table] = {}
        self.copied: tuple[float, list[Petition]] = 0.0, []

    def now(self) -> float:
        return time.time() + self.ahead

    def spared(self, handler: Handler) -> Handler:
        async def spared(call: Call) -> Answer:
            if self.limit["calls"]:
                self.limit["calls"] -= 1
                raise Problem(429, "slow-down", "wait", Retry_After=str(self.limit["after"]))
            if "twenty-calls-a-second" in self.plants:
                now = time.monotonic()
                self.recent = [t for t in self.recent if now - t < CALLS_S]
                if len(self.recent) >= CALLS:
                    raise Problem(429, "slow-down", "wait", Retry_After="1")
                self.recent.append(now)
            answer = await handler(call)
            if "nothing-is-null" in self.plants:
                answer = replace(answer, body=sparse(answer.body))
            return answer

        return spared

    # --- who may ------------------------------------------------------------------------------

    async def log_in(self, call: Call) -> Answer:
        person = self.people.get(call.text("email"))
        if person is None or not person["password"] or person["password"] != call.text("password"):
            raise Problem(401, "unauthenticated", "unknown e-mail or wrong password")
        token = secrets.token_urlsafe(24)
        self.sessions[token] = person["email"], self.now() + SESSION_S
        return Answer({"access_token": token}, 201)

    def allowed(self, call: Call, *what: str) -> str:
        """The project of the call, for somebody who may do any of this there."""
        key = call.headers.get("x-api-key", "")
        people = [p for p in self.people.values() if key and p["key"] == key]
        if not people:
            bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
            email, until = self.sessions.get(bearer, ("", 0.0))
            if self.now() < until and email in self.people:
                people = [self.people[email]]
        if not people:
            raise Problem(401, "unauthenticated", "a key or a session is needed")
        project = call.headers.get("x-project", TENANT)
        where = {project, TENANT} if "whole-tenant-rules" in self.plants else {project}
        held = {grant["permission"] for grant in people[0]["grants"] if grant["scope"] in where}
        if "rights-lose-their-scope" in self.plants:
            held |= self.rights.get(people[0]["email"], set())
            self.rights[people[0]["email"]] = set(held)
        if people[0]["tenant"]:
            held.add("tokens")
        if (project and project not in self.projects) or held.isdisjoint(what):
            raise Problem(403, "forbidden", f"that takes the permission to {' or '.join(what)}")
        return project

    # --- requests -----------------------------------------------------------------------------

    def current(self, known: str) -> Petition | None:
        """A request as it is now: an approval that no host has obeyed in time is void."""
        found = self.petitions.get(known)
        if found and found.state == APPROVED and self.now() > found.approved + HANDOVER_S:
            self.break_off(found)
        dies = "requests-go-with-their-token" in self.plants
        if dies and found and found.state == OPEN and found.token not in self.tokens:
            found.become(VOID)
        return found

    def break_off(self, petition: Petition) -> None:
        self.members.pop(petition.member, None)
        petition.become(VOID)

    def known(self, call: Call, *what: str) -> Petition:
        if "deciding-takes-reading" in self.plants and what[0] in ("update", "delete"):
            for reading in ("list", "get"):
                self.allowed(call, reading)
        project, found = self.allowed(call, *what), self.current(call.parts[0])
        if found is None or project not in (TENANT, found.project):
            raise Problem(404, "not-found", "there is no such request")
        return found

    def to_list(self) -> list[Petition]:
        """All requests, as a list of them knows them."""
        found = [p for p in map(self.current, list(self.petitions)) if p]
        if "list-is-a-moment-old" not in self.plants:
            return found
        if time.monotonic() - self.copied[0] > COPY_S:
            self.copied = time.monotonic(), [replace(p) for p in found]
        return self.copied[1]

    async def requests(self, call: Call) -> Answer:
        project, asked = self.allowed(call, "list"), call.query
        found = [
            {
                "request_id": p.id,
                "cluster_name": p.hosted.get("cluster_name"),
                "cluster_id": p.cluster,
                "state": p.state,
                "received_at": datetime.fromtimestamp(p.received, ZONE).isoformat(),
            }
            for p in self.to_list()
            if p.state == asked.get("state", OPEN)
            and project in (TENANT, p.project)
            and asked.get("cluster_id", p.cluster) == p.cluster
        ]
        return Answer(found[:PAGE] if "list-ends-with-its-page" in self.plants else found)

    async def request(self, call: Call) -> Answer:
        petition = self.known(call, "get")
        if "forgets-the-decided" in self.plants and petition.state not in (OPEN, APPROVED):
            raise Problem(404, "not-found", "there is no such request")
        shown = {"request_id": petition.id, "state": petition.state, **petition.hosted}
        return Answer(shown | ({"member_id": petition.member} if petition.member else {}))

    async def compare(self, call: Call) -> Answer:
        found = list(self.differences(self.known(call, "get"), call.rows("profiles")))
        return Answer({"same": not found, "differences": found})

    def differences(self, petition: Petition, chosen: list[Table]) -> Iterator[Table]:
        offered: list[Table] = []
        bases = 0
        for choice in chosen:
            profile = self.profiles.get(str(choice.get("profile_id")))
            if profile is None or profile["project"] not in (TENANT, petition.project):
                raise Problem(404, "not-found", f"no profile is {choice.get('profile_id')}")
            bases += profile["kind"] in ("full", "base")
            released = [v for v in profile["versions"] if v["published"]]
            if not released:
                yield {"kind": "unreleased", "text": f"no version of {profile['name']} is out"}
                continue
            by_letter = "latest-is-by-letter" in self.plants
            latest = max(released, key=lambda v: v["version"] if by_letter else age(v["version"]))
            if choice.get("version") not in (None, "", latest["version"]):
                yield {"kind": "outdated", "text": f"{profile['name']} has a later version"}
            offered += latest["packs"]
        if bases != 1:
            yield {"kind": "bases", "text": f"one full or base profile is needed, not {bases}"}
        left = Counter(map(self.pack, offered))
        for pack in (p for profile in petition.hosted["profiles"] for p in profile["packs"]):
            if left[self.pack(pack)]:
                left[self.pack(pack)] -= 1
                continue
            others = [o["version"] for o in offered if o["name"] == pack["name"]]
            text = f"{pack['name']} {pack['version']} is missing"
            text += f", there is {others[0]}" if others else ""
            kind = "other_version" if others else "absent"
            yield {"kind": kind, "text": text, "pack": pack["name"]}
        names = {p["name"] for profile in petition.hosted["profiles"] for p in profile["packs"]}
        for _, name, version in left.elements():
            if name in names and "two-versions-of-a-pack-fit" in self.plants:
                continue
            yield {"kind": "surplus", "text": f"{name} {version} is too much", "pack": name}

    def pack(self, pack: Table) -> tuple[str, str, str]:
        version = "" if "any-version-fits" in self.plants else pack["version"]
        return pack["layer"], pack["name"], version

    async def approve(self, call: Call) -> Answer:
        petition = self.known(call, "update")
        again = petition.state == REFUSED and "refused-may-be-approved" in self.plants
        if not again:
            need_open(petition)
        if "mismatch-leaves-a-name" in self.plants and call.text("cluster_name"):
            petition.hosted["cluster_name"] = call.text("cluster_name")
        why = "; ".join(d["text"] for d in self.differences(petition, call.rows("profiles")))
        if why:
            raise Problem(422, "no-match", why)
        if "approval-decides-later" in self.plants:
            await asyncio.sleep(0.03)
        petition.member = f"m-{secrets.token_hex(6)}"
        hosted, given = petition.hosted, call.body
        if "labels-are-merged" in self.plants:
            given["labels"] = (hosted.get("labels") or {}) | (given.get("labels") or {})
        self.members[petition.member] = {
            "project": petition.project,
            "cluster_name": given.get("cluster_name") or hosted.get("cluster_name"),
            "description": given.get("description", hosted.get("description")),
            "labels": given.get("labels", hosted.get("labels")) or {},
            "status": "joining",
        }
        petition.approved = self.now()
        petition.become(APPROVED)
        ends = time.monotonic() + OBEDIENCE_S * ("approval-waits-for-its-host" in self.plants)
        while petition.state == APPROVED and time.monotonic() < ends:
            await asyncio.sleep(0.02)
        return Answer({"member_id": petition.member}, 201)

    async def refuse(self, call: Call) -> Answer:
        petition = self.known(call, "delete")
        need_open(petition)
        petition.become(REFUSED)
        return Answer(status=204)

    # --- clusters that have joined ------------------------------------------------------------

    def joined(self, call: Call) -> Table:
        project = self.allowed(call, "list", "get", "update", "delete")
        found = self.members.get(call.parts[0])
        if found is None or project not in (TENANT, found["project"]):
            raise Problem(404, "not-found", "there is no such cluster")
        return found

    async def member(self, call: Call) -> Answer:
        return Answer({"member_id": call.parts[0], **self.joined(call)})

    async def change(self, call: Call) -> Answer:
        member = self.joined(call)
        joining = member["status"] != "running"
        names = ("cluster_name", "description", "labels")
        given = {n: call.body[n] for n in names if call.body.get(n) is not None}
        if not joining and "changes-come-later" in self.plants:
            asyncio.get_running_loop().call_later(CHANGE_S, member.update, given)
            return Answer(status=202)
        if not joining or "refused-change-is-kept" in self.plants:
            member |= given
        if joining:
            raise Problem(409, "not-yet", "its host has not said yet that it obeys")
        return Answer(status=204)

    # --- tokens -------------------------------------------------------------------------------

    def token(self, call: Call) -> Table:
        project, found = self.allowed(call, "tokens"), self.tokens.get(call.parts[0])
        if found is None or project not in (TENANT, found["project"]):
            raise Problem(404, "not-found", "there is no such token")
        return found

    async def token_list(self, call: Call) -> Answer:
        project = self.allowed(call, "tokens")
        return Answer([t for t in self.tokens.values() if project in (TENANT, t["project"])])

    async def token_made(self, call: Call) -> Answer:
        if self.allowed(call, "tokens"):
            raise Problem(403, "forbidden", "tokens are made in the tenant")
        return Answer({"token_id": self.put_token(call.body)["token_id"]}, 201)

    async def token_shown(self, call: Call) -> Answer:
        return Answer(self.token(call))

    async def token_gone(self, call: Call) -> Answer:
        del self.tokens[self.token(call)["token_id"]]
        return Answer(status=204)

    def put_token(self, said: Table) -> Table:
        uid = str(said.get("token_id") or secrets.token_hex(5))
        fresh = {"value": secrets.token_urlsafe(18), "active": True, "expires_at": None}
        self.tokens[uid] = {"project": "", **fresh, **self.tokens.get(uid, {}), **said}
        self.tokens[uid] |= {"token_id": uid}
        return self.tokens[uid]

    def is_good(self, token: Table | None) -> bool:
        if token is None or not token["active"]:
            return False
        until = token["expires_at"]
        return until is None or self.now() < datetime.fromisoformat(until).timestamp()

    # --- what hosts ask -----------------------------------------------------------------------

    async def hello(self, call: Call) -> Answer:
        return Answer({"product": "mirrors_hub"})

    async def submit(self, call: Call) -> Answer:
        secret, cluster = call.headers.get("x-cluster-secret", ""), call.text("cluster_id")
        if not secret or not cluster:
            raise Problem(400, "bad-input", "the cluster's id and secret are needed")
        for known in list(self.petitions):
            p = self.current(known)
            if p and (p.cluster, p.secret) == (cluster, secret) and p.state in (OPEN, APPROVED):
                return Answer({"request_id": p.id}, 201)
        given = call.text("token")
        token = next((t for t in self.tokens.values() if given and t["value"] == given), None)
        if "token-once-good-stays-good" in self.plants:
            token = self.used.get(given, token)
        if token is None or not self.is_good(token):
            raise Problem(422, "bad-token", "the token is unknown, ended or switched off")
        self.used[given] = token
        self.number += 1
        uid = f"r-{self.number}"
        if "numbers-are-urns" in self.plants:
            uid = f"URN:pairing:Hub+{self.number}:{secrets.token_hex(48)}="
        hosted = {n: v for n, v in call.body.items() if n not in ("token", "cluster_id")}
        hosted = {"cluster_id": cluster, "profiles": call.rows("profiles"), **hosted}
        origin = token["project"], token["token_id"], secret, cluster
        self.petitions[uid] = Petition(uid, *origin, hosted, self.now())
        return Answer({"request_id": uid}, 201)

    def own(self, call: Call) -> Petition:
        found = self.current(call.parts[0])
        secret = call.headers.get("x-cluster-secret", "")
        if found is None or found.secret != secret:
            raise Problem(404, "not-found", "there is no such request")
        return found

    def fate(self, petition: Petition, state: str = "") -> Answer:
        member = self.members.get(petition.member)
        names = ("cluster_name", "labels")
        of_it = {n: member[n] for n in names} | {"member_id": petition.member} if member else {}
        return Answer({"state": state or petition.state, **of_it})

    async def follow(self, call: Call) -> Answer:
        petition = self.own(call)
        if petition.state == OPEN:
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_S):
                    await petition.news.wait()
            self.own(call)
            if petition.state == OPEN and "no-news-is-204" in self.plants:
                return Answer(status=204)
        late = "poll-tells-of-before" in self.plants and petition.state in (APPROVED, REFUSED)
        return self.fate(petition, OPEN if late else "")

    async def obey(self, call: Call) -> Answer:
        petition = self.own(call)
        if petition.state not in (APPROVED, MEMBER):
            raise Problem(409, "decided", f"the request is {petition.state}")
        strict = "asks-for-the-token-again" in self.plants and petition.state == APPROVED
        if strict and not self.is_good(self.tokens.get(petition.token)):
            self.break_off(petition)
            raise Problem(409, "decided", "the token is not good any more")
        petition.become(MEMBER)
        self.members[petition.member]["status"] = "running"
        return self.fate(petition)

    async def withdraw(self, call: Call) -> Answer:
        petition = self.own(call)
        if petition.state == APPROVED and call.query.get("final") == "true":
            self.break_off(petition)
        elif petition.state in (APPROVED, MEMBER):
            raise Problem(409, "approved", "the request was approved")
        elif petition.state != WITHDRAWN:
            need_open(petition)
            ended = [petition]
            if "withdraw-takes-others-along" in self.plants:
                ended = [p for p in self.petitions.values() if p.token == petition.token]
            for each in ended if "withdraw-is-only-acknowledged" not in self.plants else ():
                each.become(WITHDRAWN)
        return Answer(status=204)

    # --- what its makers' lab does ------------------------------------------------------------

    async def lab(self, call: Call) -> Answer:
        return Answer(getattr(self, f"lab_{call.parts[0]}")(**call.body) or {})

    def lab_project(self, name: str) -> Table:
        uid = f"p-{secrets.token_hex(4)}"
        self.projects[uid] = name
        return {"uid": uid}

    def lab_no_project(self, uid: str) -> None:
        self.projects.pop(uid, None)
        for petition in [p for p in self.petitions.values() if p.project == uid]:
            self.petitions.pop(petition.id).news.set()
        for kept in (self.members, self.tokens, self.profiles):
            for name in [name for name, each in kept.items() if each["project"] == uid]:
                del kept[name]

    def lab_person(self, **said: Any) -> None:
        self.people[said["email"]] = said
        self.rights.pop(said["email"], None)

    def lab_no_person(self, email: str) -> None:
        self.people.pop(email, None)
        self.sessions = {k: v for k, v in self.sessions.items() if v[0] != email}

    def lab_token(self, **said: Any) -> Table:
        made = self.put_token(said)
        return {"uid": made["token_id"], "value": made["value"]}

    def lab_no_token(self, uid: str) -> None:
        self.tokens.pop(uid, None)

    def lab_profile(self, uid: str, **said: Any) -> None:
        self.profiles[uid] = said

    def lab_no_profile(self, uid: str) -> None:
        self.profiles.pop(uid, None)

    def lab_limit(self, calls: int, after: int) -> None:
        self.limit = {"calls": calls, "after": after}

    def lab_clock(self, by: float) -> None:
        self.ahead = self.ahead + by if by else 0.0

    def lab_now(self) -> Table:
        return {"now": self.now()}

    def lab_restart(self) -> None:
        if "numbers-are-recounted" in self.plants:
            decided = {k for k, p in self.petitions.items() if p.state not in (OPEN, APPROVED)}
            while f"r-{self.number}" in decided:
                self.number -= 1
        for petition in self.petitions.values():
            petition.news.set()
            petition.news = asyncio.Event()

    def lab_reset(self) -> None:
        self.clear()


def sparse(value: Any) -> Any:
    """The same, in which null stands for members that are empty."""
    if isinstance(value, dict):
        return {n: None if v in ("", [], {}) else sparse(v) for n, v in value.items()}
    return [sparse(v) for v in value] if isinstance(value, list) else value


def need_open(petition: Petition) -> None:
    if petition.state != OPEN:
        raise Problem(409, "decided", f"request {petition.id} is {petition.state}")


def age(version: str) -> tuple[Any, ...]:
    """A key by which versions sort; what leads up to a release comes before it."""
    numbers, _, before = version.partition("+")[0].partition("-")
    parts = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in before.split(".") if p]
    return [int(n) for n in numbers.split(".")], not before, parts
