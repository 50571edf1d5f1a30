"""The central side of the second implementation: a depot of requests, tickets and clusters."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tests.second.web import Ask, No, Table, Web

OPEN, HANDING, JOINED, DECLINED, RECALLED, BROKEN = (
    "waiting",
    "handing",
    "joined",
    "declined",
    "recalled",
    "broken",
)
DEFECTS = ("takes-any-version", "keeps-what-is-recalled")
"""What can be planted here: packs match whatever their version, a cancel is only acknowledged."""
HANDING_S = 2.0
"""How long an acceptance waits for its host."""


class Depot:
    """All of it in dictionaries, behind one lock."""

    def __init__(self, defect: str = "") -> None:
        """`defect` is one of `DEFECTS`, for tests that look for it."""
        self.defect = defect
        self.lock = threading.RLock()
        self.numbers = count(1)
        self.web = web = Web()
        self.clear()
        for method, path, handler in (
            ("POST", "/d/session", self.sign_in),
            ("POST", "/d/waiting", self.waiting),
            ("GET", "/d/requests/{}", self.show),
            ("POST", "/d/requests/{}/check", self.check),
            ("POST", "/d/requests/{}/join", self.join),
            ("DELETE", "/d/requests/{}", self.decline),
            ("GET", "/d/clusters/{}", self.cluster),
            ("PUT", "/d/clusters/{}/marks", self.mark),
            ("DELETE", "/d/clusters/{}/management", self.release),
            ("GET", "/d/tickets", self.tickets_shown),
            ("POST", "/d/tickets", self.ticket_made),
            ("GET", "/d/tickets/{}", self.ticket_shown),
            ("DELETE", "/d/tickets/{}", self.ticket_gone),
            ("PUT", "/d/tickets/{}/use", self.ticket_used),
            ("GET", "/d/hello", lambda ask: (200, {"who": "palette"})),
            ("POST", "/d/requests", self.submit),
            ("GET", "/d/requests/{}/fate", self.fate),
            ("PUT", "/d/requests/{}/obey", self.obey),
            ("POST", "/d/recalls", self.recall),
        ):
            web.on(method, path, self._locked(handler, is_of_people="/fate" not in path))
        for name in (
            "create_project",
            "forget_project",
            "put_user",
            "remove_user",
            "put_token",
            "remove_token",
            "put_profile",
            "remove_profile",
            "advance_clock",
            "set_clock_right",
            "set_rate_limit",
            "restart",
            "reset",
        ):
            web.on("POST", f"/lab/{name}", self._locked(getattr(self, f"lab_{name}"), False))

    def clear(self) -> None:
        self.spaces: dict[str, str] = {}
        self.people: dict[str, Table] = {}
        self.passes: dict[str, tuple[str, float]] = {}
        self.tickets: dict[str, Table] = {}
        self.profiles: dict[str, Table] = {}
        self.requests: dict[str, Table] = {}
        self.clusters: dict[str, Table] = {}
        self.overtaken: set[str] = set()
        self.shift = 0.0
        self.limited = (0, 1)

    def close(self) -> None:
        self.web.close()

    def _locked(self, handler: Any, is_of_people: bool) -> Any:
        agent = ("submit", "fate", "obey", "recall", "<lambda>")

        def locked(ask: Ask) -> tuple[int, Any]:
            with self.lock:
                left, after = self.limited
                if left and is_of_people and handler.__name__ not in agent:
                    self.limited = (left - 1, after)
                    raise No(429, "slow_down", "too many calls", after=str(after))
                return handler(ask)  # type: ignore[no-any-return]

        return locked

    def now(self) -> float:
        return time.time() + self.shift

    # --- who may ----------------------------------------------------------------------

    def sign_in(self, ask: Ask) -> tuple[int, Any]:
        person = self.people.get(str(ask.get("mail", "")))
        if person is None or not person["password"] or person["password"] != ask.get("secret"):
            raise No(401, "who_are_you", "unknown mail or wrong secret")
        key = uuid.uuid4().hex
        self.passes[key] = (person["email"], self.now() + 7200)
        return 201, {"pass": key}

    def person(self, ask: Ask) -> Table:
        if key := ask.head("X-Depot-Key"):
            for person in self.people.values():
                if person["api_key"] == key:
                    return person
        mail, until = self.passes.get(ask.head("X-Pass"), ("", 0.0))
        if mail in self.people and self.now() < until:
            return self.people[mail]
        raise No(401, "who_are_you", "sign in first")

    def space(self, ask: Ask) -> str:
        space = ask.head("X-Depot-Space")
        if space and space not in self.spaces:
            raise No(403, "not_yours", f"no space {space}")
        return space

    def may(self, ask: Ask, what: str) -> str:
        person, space = self.person(ask), self.space(ask)
        if not any(g["permission"] == what and g["scope"] == space for g in person["grants"]):
            raise No(403, "not_yours", f"{what} is not granted to you here")
        return space

    # --- requests ---------------------------------------------------------------------

    def current(self, number: str) -> Table | None:
        request = self.requests.get(number)
        if request and request["phase"] == HANDING and self.now() > request["handed"] + HANDING_S:
            self.break_off(request)
        return request

    def break_off(self, request: Table) -> None:
        request["phase"] = BROKEN
        self.clusters.pop(request["cluster"], None)

    def seen(self, number: str, space: str) -> Table:
        request = self.current(number)
        if request is None or space not in ("", request["space"]):
            raise No(404, "no_such_thing", f"no request {number}")
        return request

    def waiting(self, ask: Ask) -> tuple[int, Any]:
        space = self.may(ask, "list")
        site, phase = ask.get("where.site.is", ""), ask.get("where.phase.is", "")
        rows = [
            {
                "number": r["number"],
                "label": r["label"],
                "site": r["site"],
                "phase": r["phase"],
                "made": iso(r["made"]),
            }
            for r in self.requests.values()
            if r["phase"] == OPEN
            and space in ("", r["space"])
            and site in ("", r["site"])
            and phase in ("", OPEN)
        ]
        return 200, {"rows": rows}

    def show(self, ask: Ask) -> tuple[int, Any]:
        r = self.seen(ask.parts[0], self.may(ask, "get"))
        names = ("number", "label", "notes", "marks", "site", "stack", "phase", "cluster")
        return 200, {name: r[name] for name in names}

    def check(self, ask: Ask) -> tuple[int, Any]:
        request = self.seen(ask.parts[0], self.may(ask, "get"))
        faults = self.faults(request, ask.get("choice", []))
        return 200, {"fits": not faults, "lines": [], "faults": faults}

    def faults(self, request: Table, choice: list[Table]) -> list[Table]:
        """Why a choice of profiles does not fit; compares bags of packs."""
        faults: list[Table] = []
        offered: Counter[tuple[str, str, str]] = Counter()
        bases = 0
        for chosen in choice:
            profile = self.profiles.get(str(chosen.get("profile")))
            if profile is None or profile["project_uid"] not in ("", request["space"]):
                raise No(404, "no_such_thing", f"no profile {chosen.get('profile')}")
            bases += profile["type"] in ("cluster", "infra")
            editions = [e for e in profile["editions"] if e["published"]]
            if not editions:
                faults.append(fault("nothing-published", f"{profile['name']} has no version"))
                continue
            latest = max(editions, key=lambda e: by_version(e["version"]))
            if chosen.get("edition") not in (None, "", latest["version"]):
                faults.append(fault("not-latest", f"{profile['name']} is not the latest"))
            offered.update((p["layer"], p["name"], p["version"]) for p in latest["packs"])
        wanted = Counter(
            (part["layer"], part["name"], part["exact"])
            for profile in request["stack"]
            for part in profile["parts"]
        )
        if self.defect == "takes-any-version":
            offered, wanted = (
                Counter((layer, name, "any") for layer, name, _ in packs.elements())
                for packs in (offered, wanted)
            )
        if bases != 1:
            faults.append(fault("base-profiles", f"{bases} base profiles"))
        for _, name, version in sorted((wanted - offered).elements()):
            faults.append(fault("missing", f"{name} {version} is not offered", name))
        for _, name, version in sorted((offered - wanted).elements()):
            faults.append(fault("extra", f"{name} {version} is too many", name))
        return faults

    def join(self, ask: Ask) -> tuple[int, Any]:
        request = self.seen(ask.parts[0], self.may(ask, "update"))
        self.need_open(request)
        if faults := self.faults(request, ask.get("choice", [])):
            why = "; ".join(f["text"] for f in faults)
            raise No(412, "does_not_fit", f"the profiles do not fit: {why}")
        cluster = f"CL-{uuid.uuid4()}"
        request.update(phase=HANDING, cluster=cluster, handed=self.now())
        self.clusters[cluster] = {
            "id": cluster,
            "space": request["space"],
            "label": ask.get("label", request["label"]),
            "notes": ask.get("notes", request["notes"]),
            "marks": ask.get("marks", request["marks"]),
            "obeys": False,
        }
        return 202, {"cluster": cluster}

    def need_open(self, request: Table) -> None:
        if request["phase"] != OPEN:
            raise No(410, "too_late", f"request {request['number']} is {request['phase']}")

    def decline(self, ask: Ask) -> tuple[int, Any]:
        request = self.seen(ask.parts[0], self.may(ask, "delete"))
        self.need_open(request)
        request["phase"] = DECLINED
        return 200, {}

    # --- clusters ---------------------------------------------------------------------

    def known(self, ask: Ask) -> Table:
        person, space = self.person(ask), self.space(ask)
        cluster = self.clusters.get(ask.parts[0])
        member = any(g["scope"] == space for g in person["grants"])
        if cluster is None or not member or space not in ("", cluster["space"]):
            raise No(404, "no_such_thing", f"no cluster {ask.parts[0]}")
        return cluster

    def cluster(self, ask: Ask) -> tuple[int, Any]:
        c = self.known(ask)
        condition = "Running" if c["obeys"] else "Importing"
        return 200, {**{n: c[n] for n in ("id", "label", "notes", "marks")}, "condition": condition}

    def mark(self, ask: Ask) -> tuple[int, Any]:
        cluster = self.known(ask)
        if not cluster["obeys"]:
            raise No(409, "not_yet", "its host has not said yet that it obeys")
        cluster["marks"] = ask.get("marks", {})
        return 200, {}

    def release(self, ask: Ask) -> tuple[int, Any]:
        self.known(ask)
        raise No(403, "for_good", "a cluster that has joined stays")

    # --- tickets ----------------------------------------------------------------------

    def tickets_shown(self, ask: Ask) -> tuple[int, Any]:
        self.person(ask)
        space = self.space(ask)
        shown = [t for t in self.tickets.values() if space in ("", t["project_uid"])]
        return 200, {"rows": [self.ticket(t) for t in shown]}

    def ticket(self, t: Table) -> Table:
        return {
            "id": t["uid"],
            "label": t["name"],
            "ends": iso(t["expiry"] / 1e6),
            "ticket": t["value"],
            "space": t["project_uid"],
            "usable": t["active"],
        }

    def own_ticket(self, ask: Ask) -> Table:
        person, space = self.person(ask), self.space(ask)
        if not person["tenant_admin"]:
            raise No(403, "not_yours", "tickets are a matter of the tenant's administrators")
        found = self.tickets.get(ask.parts[0])
        if found is None or space not in ("", found["project_uid"]):
            raise No(404, "no_such_thing", "no such ticket")
        return found

    def ticket_made(self, ask: Ask) -> tuple[int, Any]:
        if not self.person(ask)["tenant_admin"] or self.space(ask):
            raise No(403, "not_yours", "tickets are a matter of the tenant's administrators")
        uid = str(uuid.uuid4())
        ends = datetime.fromisoformat(ask.get("ends", "9999-12-31T00:00:00Z")).timestamp()
        self.tickets[uid] = {
            "uid": uid,
            "name": ask.get("label", ""),
            "value": uuid.uuid4().hex,
            "project_uid": ask.get("space", ""),
            "expiry": int(ends * 1e6),
            "active": True,
        }
        return 200, {"id": uid}

    def ticket_shown(self, ask: Ask) -> tuple[int, Any]:
        return 200, self.ticket(self.own_ticket(ask))

    def ticket_used(self, ask: Ask) -> tuple[int, Any]:
        self.own_ticket(ask)["active"] = bool(ask.get("usable"))
        return 200, {}

    def ticket_gone(self, ask: Ask) -> tuple[int, Any]:
        del self.tickets[self.own_ticket(ask)["uid"]]
        return 200, {}

    # --- what hosts ask ---------------------------------------------------------------

    def submit(self, ask: Ask) -> tuple[int, Any]:
        proof, site = ask.get("proof", ""), ask.get("site", "")
        if not proof or not site or not ask.get("label"):
            raise No(400, "not_understood", "proof, site and label are needed")
        for request in self.requests.values():
            if (request["site"], request["proof"]) == (site, proof):
                return 201, {"number": request["number"]}
        if f"{site} {proof}" in self.overtaken:
            raise No(410, "too_late", "it was recalled before it came")
        found = [t for t in self.tickets.values() if t["value"] == ask.get("ticket", "")]
        if not found or not ask.get("ticket"):
            raise No(406, "bad_ticket", "the registration token is not known")
        ticket = found[0]
        if not ticket["active"] or self.now() * 1e6 >= ticket["expiry"]:
            raise No(406, "bad_ticket", "the registration token is not valid any more")
        number = f"PR-{next(self.numbers):06d}"
        self.requests[number] = {
            "number": number,
            "space": ticket["project_uid"],
            "phase": OPEN,
            "made": self.now(),
            "site": site,
            "proof": proof,
            "label": ask.get("label"),
            "notes": ask.get("notes", {}),
            "marks": ask.get("marks", {}),
            "stack": ask.get("stack", []),
            "cluster": "",
        }
        return 201, {"number": number}

    def own(self, ask: Ask) -> Table:
        request = self.current(ask.parts[0])
        if request is None or request["proof"] != ask.head("X-Depot-Proof"):
            raise No(404, "no_such_thing", f"no request {ask.parts[0]}")
        return request

    def described(self, request: Table) -> Table:
        cluster = self.clusters.get(request["cluster"], {})
        shown = {"phase": request["phase"], "cluster": cluster.get("id", "")}
        return {**shown, "label": cluster.get("label", ""), "marks": cluster.get("marks", {})}

    def fate(self, ask: Ask) -> tuple[int, Any]:
        return 200, self.described(self.own(ask))

    def obey(self, ask: Ask) -> tuple[int, Any]:
        request = self.own(ask)
        if request["phase"] not in (HANDING, JOINED):
            raise No(410, "too_late", f"request {request['number']} is {request['phase']}")
        request["phase"] = JOINED
        self.clusters[request["cluster"]]["obeys"] = True
        return 200, self.described(request)

    def recall(self, ask: Ask) -> tuple[int, Any]:
        site, proof, number = ask.get("site", ""), ask.get("proof", ""), ask.get("number", "")
        for request in self.requests.values():
            if (request["site"], request["proof"]) == (site, proof):
                return self.recalled(request, number, over=bool(ask.get("over")))
        if number:
            raise No(404, "no_such_thing", f"no request {number}")
        self.overtaken.add(f"{site} {proof}")
        return 200, {}

    def recalled(self, request: Table, number: str, *, over: bool) -> tuple[int, Any]:
        self.current(request["number"])
        if number not in ("", request["number"]):
            raise No(404, "no_such_thing", f"no request {number}")
        if request["phase"] == HANDING and over:
            self.break_off(request)
        elif request["phase"] in (HANDING, JOINED):
            raise No(409, "joined_already", "it was accepted")
        else:
            self.need_open(request)
            if self.defect != "keeps-what-is-recalled":
                request["phase"] = RECALLED
        return 200, {}

    # --- what a lab arranges: uids are the depot's own where a lab lets it choose ---------

    def lab_create_project(self, ask: Ask) -> tuple[int, Any]:
        uid = f"SP-{uuid.uuid4().hex[:10]}"
        self.spaces[uid] = ask.body["name"]
        return 200, {"uid": uid}

    def lab_forget_project(self, ask: Ask) -> tuple[int, Any]:
        uid = ask.body["uid"]
        self.spaces.pop(uid, None)
        self.requests = {k: v for k, v in self.requests.items() if v["space"] != uid}
        self.clusters = {k: v for k, v in self.clusters.items() if v["space"] != uid}
        self.tickets = {k: v for k, v in self.tickets.items() if v["project_uid"] != uid}
        self.profiles = {k: v for k, v in self.profiles.items() if v["project_uid"] != uid}
        return 200, {}

    def lab_put_user(self, ask: Ask) -> tuple[int, Any]:
        self.people[ask.body["email"]] = ask.body
        return 200, {}

    def lab_remove_user(self, ask: Ask) -> tuple[int, Any]:
        mail = ask.body["email"]
        self.people.pop(mail, None)
        self.passes = {k: v for k, v in self.passes.items() if v[0] != mail}
        return 200, {}

    def lab_put_token(self, ask: Ask) -> tuple[int, Any]:
        token = ask.body["token"]
        self.tickets[token["uid"]] = dict(token)
        return 200, {}

    def lab_remove_token(self, ask: Ask) -> tuple[int, Any]:
        self.tickets.pop(ask.body["uid"], None)
        return 200, {}

    def lab_put_profile(self, ask: Ask) -> tuple[int, Any]:
        profile = ask.body["profile"]
        self.profiles[profile["uid"]] = profile
        return 200, {}

    def lab_remove_profile(self, ask: Ask) -> tuple[int, Any]:
        self.profiles.pop(ask.body["uid"], None)
        return 200, {}

    def lab_set_clock_right(self, ask: Ask) -> tuple[int, Any]:
        self.shift = 0.0
        return 200, {}

    def lab_advance_clock(self, ask: Ask) -> tuple[int, Any]:
        self.shift += ask.body["by"] / 1e6
        return 200, {}

    def lab_set_rate_limit(self, ask: Ask) -> tuple[int, Any]:
        self.limited = (ask.body["calls"], ask.body["retry_after"])
        return 200, {}

    def lab_restart(self, ask: Ask) -> tuple[int, Any]:
        return 200, {}  # all that it has is what a real one would have on disk

    def lab_reset(self, ask: Ask) -> tuple[int, Any]:
        self.clear()
        return 200, {}


def fault(kind: str, text: str, pack: str = "") -> Table:
    return {"kind": kind, "text": text, "part": pack}


def iso(seconds: float) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):
        moment = datetime(9999, 12, 31, tzinfo=UTC)
    return moment.isoformat().replace("+00:00", "Z")


def by_version(text: str) -> tuple[Any, ...]:
    """Orders versions: numbers by size, a pre-release before its release."""
    core, _, pre = text.partition("+")[0].partition("-")
    numbers = [int(n) for n in core.split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    parts = [(0, int(p), "") if re.fullmatch(r"\d+", p) else (1, 0, p) for p in pre.split(".")]
    return (numbers, not pre, parts if pre else [])
