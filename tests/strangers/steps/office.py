"""The central side: an office that keeps requests, vouchers, profiles and clusters."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tests.strangers.steps.jobs import PACE_S, SLOW_S, Jobs
from tests.strangers.steps.web import Book, Call, Problem, Reply, Server

OPEN, HANDOVER, JOINED, DECLINED, RECALLED, BROKEN = (
    *("OPEN", "HANDOVER", "JOINED", "DECLINED", "RECALLED", "BROKEN"),
)
DEFECTS = (
    "wizard-forgets-profiles",
    "wizard-forgets-details",
    "wizard-goes-on-without-the-warning",
    "accept-job-only-says-so",
    "wizard-opens-for-what-is-decided",
    "withdraw-takes-the-newest",
    "list-loses-its-second-page",
    "any-version-will-do",
    "reading-lets-one-decide",
    # What somebody may do is looked up once for each login or key, and kept.
    "rights-are-kept-for-the-login",
    # A voucher that has admitted one cluster is not looked at again for the next.
    "voucher-once-good-stays-good",
    # The list is cut into pages before those of another state are left out; an empty page ends it.
    "list-filters-what-it-has-paged",
    # After a restart numbers go on from the greatest of what is still alive.
    "restart-forgets-the-last-number",
    # The latest release of a profile is the greatest as text.
    "latest-is-the-greatest-text",
    # Packs whose releases differ in what follows the plus are taken for the same.
    "releases-without-their-build",
    # A remark or tags that were emptied in the wizard are those of the request again.
    "emptied-details-come-back",
    # Pair cluster looks whether the request is open, and writes a moment later.
    "accept-looks-before-it-waits",
    # Who may turn requests away in one project may do so with those of all others.
    "turned-away-from-any-project",
    # A host that repeats its confirmation, as it heard no answer, is told that it is too late.
    "confirmation-counts-once",
)
HABITS = (
    "slow-jobs",
    "newest-first",
    "extra-fields",
    "long-ids",
    "no-bodies",
    "terse-problems",
    "small-letters",
    "nulls",
    # Answers leave out what is empty, no or not there, as the encoders of some languages do; an
    # appliance's as well.
    "empty-is-left-out",
    # Who is logged in is kept in memory: a restart, of either side, ends all logins.
    "restart-ends-logins",
    # The list of requests is made from an index, which is up to one and a half seconds old.
    "list-lags",
    # The list is cut into pages before it is filtered: a page may be short or empty, and others
    # come after it as long as it says so.
    "pages-may-be-empty",
    # A match that is refused ends its wizard: one begins anew.
    "refused-match-ends-the-wizard",
    # A cluster that was accepted is not there before its host has said that it obeys.
    "cluster-comes-with-its-host",
)
PAGE, LONG_PAGE = 2, 4
INDEX_S = 1.5
"""How old an index may be."""
COMMIT_S = 0.03
"""How long it takes to write where it is not done at once."""
LOGIN_MS = 2 * 3_600_000
HANDOVER_MS = 10 * 60_000
"""How long an acceptance waits for its host."""
STEPS = ("understood", "details", "profiles")


class Office:
    """All of it in one book, changed by one call at a time."""

    def __init__(self, quirks: frozenset[str] = frozenset()) -> None:
        """`quirks` are of `DEFECTS` and `HABITS`."""
        self.quirks = quirks
        self.shift = 0
        self.limited = (0, 1)
        self.open_book()
        self.jobs = Jobs("/api/jobs", self.new_id, SLOW_S if "slow-jobs" in quirks else PACE_S)
        self.server = server = Server(self.finished)
        server.serve("POST", "/api/login", self.by_people(self.login), forms=True)
        for verb, path, handler in (
            ("GET", "/api/requests", self.requests_listed),
            ("GET", "/api/requests/{}", self.request_shown),
            ("POST", "/api/requests/{}/comparison", self.compared),
            ("DELETE", "/api/requests/{}", self.declined),
            ("POST", "/api/wizards", self.wizard_opened),
            ("POST", "/api/wizards/{}/understood", self.wizard_understood),
            ("PUT", "/api/wizards/{}/details", self.wizard_details),
            ("PUT", "/api/wizards/{}/profiles", self.wizard_profiles),
            ("POST", "/api/wizards/{}/finish", self.wizard_finished),
            ("GET", "/api/jobs/{}", self.job_shown),
            ("GET", "/api/clusters/{}", self.cluster_shown),
            ("PUT", "/api/clusters/{}/details", self.cluster_detailed),
            ("PUT", "/api/clusters/{}/profiles", self.cluster_profiled),
            ("DELETE", "/api/clusters/{}/management", self.cluster_released),
            ("GET", "/api/vouchers", self.vouchers_listed),
            ("POST", "/api/vouchers", self.voucher_made),
            ("GET", "/api/vouchers/{}", self.voucher_shown),
            ("PUT", "/api/vouchers/{}", self.voucher_changed),
            ("PUT", "/api/vouchers/{}/state", self.voucher_switched),
            ("DELETE", "/api/vouchers/{}", self.voucher_deleted),
        ):
            server.serve(verb, path, self.by_people(handler))
        for verb, path, asked in (
            ("GET", "/agent/hello", self.hello),
            ("POST", "/agent/requests", self.submitted),
            ("GET", "/agent/requests/{}", self.followed),
            ("PUT", "/agent/requests/{}/obedience", self.obeyed),
            ("DELETE", "/agent/requests/{}", self.recalled),
            ("PUT", "/lab/projects", self.lab_project),
            ("DELETE", "/lab/projects/{}", self.lab_project_gone),
            ("PUT", "/lab/people", self.lab_person),
            ("PUT", "/lab/vouchers", self.lab_voucher),
            ("DELETE", "/lab/vouchers/{}", self.lab_voucher_gone),
            ("PUT", "/lab/profiles", self.lab_profile),
            ("DELETE", "/lab/profiles/{}", self.lab_profile_gone),
            ("POST", "/lab/profiles/{}/releases", self.lab_releases),
            ("PUT", "/lab/clock", self.lab_clock),
            ("PUT", "/lab/limit", self.lab_limit),
            ("POST", "/lab/restart", self.lab_restart),
            ("POST", "/lab/empty", self.lab_empty),
        ):
            server.serve(verb, path, asked)

    def open_book(self) -> None:
        names = "projects people sessions vouchers profiles requests submissions clusters wizards"
        self.book: Book = {"last": 4100, **{name: {} for name in names.split()}}
        self.forget()

    def forget(self) -> None:
        """What is in memory alone."""
        self.rights: dict[tuple[str, str], set[str]] = {}
        self.good: dict[str, Book] = {}
        self.index: tuple[float, list[Book]] = (0.0, [])

    def close(self) -> None:
        self.jobs.close()
        self.server.close()

    def new_id(self) -> Any:
        self.book["last"] += 1
        number: int = self.book["last"]
        return f"id-{number:032d}-of-the-office" if "long-ids" in self.quirks else number

    def now(self) -> int:
        return time.time_ns() // 1_000_000 + self.shift

    def finished(self, reply: Reply) -> Reply:
        return with_habits(reply, self.quirks)

    # --- who may --------------------------------------------------------------------------

    def by_people(
        self, handler: Callable[[Call], Reply | Awaitable[Reply]]
    ) -> Callable[[Call], Reply | Awaitable[Reply]]:
        def limited(call: Call) -> Reply | Awaitable[Reply]:
            left, after = self.limited
            if left:
                self.limited = (left - 1, after)
                raise Problem(429, "slow-down", "too many calls", retry_after=after)
            return handler(call)

        return limited

    def login(self, call: Call) -> Reply:
        person = self.book["people"].get(call.text("mail").lower())
        if person is None or not person["password"] or person["password"] != call.text("pass"):
            raise Problem(401, "who-are-you", "unknown mail or wrong password")
        sid, csrf = secrets.token_hex(16), secrets.token_hex(8)
        until = self.now() + LOGIN_MS
        self.book["sessions"][sid] = {"mail": person["mail"], "csrf": csrf, "until": until}
        return Reply({"csrf": csrf}, headers={"Set-Cookie": f"sid={sid}; Path=/; HttpOnly"})

    def person(self, call: Call) -> Book:
        people: dict[str, Book] = self.book["people"]
        if key := call.headers.get("x-office-key", ""):
            for person in people.values():
                if person["key"] == key:
                    return person
        session = self.book["sessions"].get(call.cookie("sid"))
        if session is None or self.now() >= session["until"]:
            raise Problem(401, "who-are-you", "log in first")
        if call.verb != "GET" and call.headers.get("x-csrf", "") != session["csrf"]:
            raise Problem(403, "not-from-our-pages", "X-Csrf is not that of the login")
        return people[session["mail"]]

    def project(self, call: Call) -> str:
        project = call.headers.get("x-office-project", "")
        if project and project not in self.book["projects"]:
            raise Problem(403, "not-yours", f"there is no project {project} for you")
        return project

    def may(self, call: Call, *verbs: str) -> str:
        grants, project = self.person(call)["grants"], self.project(call)
        held = {grant["permission"] for grant in grants if grant["scope"] == project}
        if "rights-are-kept-for-the-login" in self.quirks:
            by = call.headers.get("x-office-key", "") or call.cookie("sid")
            held = self.rights.setdefault((by, project), held)
        if "reading-lets-one-decide" in self.quirks and "get" in held:
            held |= {"update", "delete"}
        if missing := set(verbs) - held:
            raise Problem(403, "not-yours", f"you lack {', '.join(sorted(missing))} here")
        return project

    def owner(self, call: Call) -> str:
        return str(self.person(call)["mail"])

    # --- requests -------------------------------------------------------------------------

    def seen(self, call: Call, number: str, *verbs: str) -> Book:
        project = self.may(call, *verbs)
        request = self.current(number)
        if "turned-away-from-any-project" in self.quirks and "delete" in verbs:
            project = ""
        if request is None or project not in ("", request["project"]):
            raise Problem(404, "no-such-thing", f"there is no request {number}")
        return request

    def current(self, number: str) -> Book | None:
        request: Book | None = self.book["requests"].get(number)
        in_handover = request is not None and request["state"] == HANDOVER
        if request and in_handover and self.now() > request["handed"] + HANDOVER_MS:
            self.break_off(request)
        return request

    def break_off(self, request: Book) -> None:
        request["state"] = BROKEN
        self.book["clusters"].pop(str(request["paired"]), None)

    def need_open(self, request: Book) -> None:
        if request["state"] != OPEN:
            told = f"request {request['id']} was decided: it is {request['state']}"
            raise Problem(409, "too-late", told)

    def requests_listed(self, call: Call) -> Reply:
        project, state = self.may(call, "list"), call.query.get("state", OPEN)
        cluster = call.query.get("cluster", "")
        names = ("id", "label", "cluster", "state", "created")
        later = {"list-filters-what-it-has-paged", "pages-may-be-empty"} & self.quirks
        rows = [
            {name: request[name] for name in names}
            for request in self.indexed()
            if project in ("", request["project"])
            and (request["state"] == state or later)
            and cluster in ("", str(request["cluster"]))
        ]
        reply = self.page(call, rows, LONG_PAGE if "pages-may-be-empty" in self.quirks else PAGE)
        if "pages-may-be-empty" in self.quirks:
            found = [row for row in reply.body["rows"] if row["state"] == state]
            return Reply({**reply.body, "rows": found})
        if "list-filters-what-it-has-paged" in self.quirks:
            found = [row for row in reply.body["rows"] if row["state"] == state]
            reply.body = {"rows": found, "next": reply.body["next"] if found else None}
        return reply

    def indexed(self) -> list[Book]:
        """The requests, for lists: as they are, or as they were lately."""
        made, now = self.index[0], time.monotonic()
        if "list-lags" not in self.quirks or not made or now >= made + INDEX_S:
            self.index = (now, [{**request} for request in self.book["requests"].values()])
        return self.index[1]

    def page(self, call: Call, rows: list[Book], size: int = PAGE) -> Reply:
        if "newest-first" in self.quirks:
            rows = rows[::-1]
        after = call.query.get("cursor", "")
        ids = [str(row["id"]) for row in rows]
        first = ids.index(after) + 1 if after in ids else 0
        more = len(rows) > first + size and "list-loses-its-second-page" not in self.quirks
        next_ = ids[first + size - 1] if more else None
        return Reply({"rows": rows[first : first + size], "next": next_})

    def request_shown(self, call: Call) -> Reply:
        request = self.seen(call, call.parts[0], "get")
        names = "id label note tags cluster stack pools agent state created paired"
        return Reply({name: request[name] for name in names.split()})

    def compared(self, call: Call) -> Reply:
        request = self.seen(call, call.parts[0], "get")
        faults = self.faults(request, call.data.get("choice") or [])
        lines = [{"pack": name, "release": r} for _, name, r in self.packs(request["stack"])]
        return Reply({"fits": not faults, "lines": [] if faults else lines, "faults": faults})

    def faults(self, request: Book, choice: list[Book]) -> list[Book]:
        """Why a choice of profiles is not the stack of a request: all that is too much or too
        little of anything.
        """
        offered: Counter[tuple[str, str, str]] = Counter()
        faults, bases = [], 0
        for chosen in choice:
            profile = self.book["profiles"].get(str(chosen.get("profile")))
            if profile is None or profile["project"] not in ("", request["project"]):
                raise Problem(404, "no-such-thing", f"no profile {chosen.get('profile')}")
            bases += profile["kind"] in ("cluster", "infra")
            latest = self.latest(profile)
            wanted = chosen.get("release") or (latest or {}).get("release")
            if latest is None or (wanted != latest["release"] and not self.lax_about_versions()):
                faults.append(fault("not-the-latest", f"{profile['label']} is not the latest"))
                continue
            offered.update(
                self.told_apart([next(r for r in profile["releases"] if r["release"] == wanted)])
            )
        needed = Counter(self.told_apart(request["stack"]))
        if bases != 1:
            faults.append(fault("bases", f"{bases} profiles of a base, and one is needed"))
        for (_, name, release), _ in sorted((needed - offered).items()):
            faults.append(fault("lacking", f"{name} {release} is in no profile", name))
        for (_, name, release), _ in sorted((offered - needed).items()):
            faults.append(fault("besides", f"{name} {release} is not in the cluster", name))
        return faults

    def latest(self, profile: Book) -> Book | None:
        """The release that counts, of those that are published."""
        published = [each for each in profile["releases"] if each["published"]]
        order = str if "latest-is-the-greatest-text" in self.quirks else precedence
        return max(published, key=lambda each: order(each["release"]), default=None)

    def lax_about_versions(self) -> bool:
        return "any-version-will-do" in self.quirks

    def packs(self, profiles: Iterable[Book]) -> Iterable[tuple[str, str, str]]:
        for profile in profiles:
            for pack in profile["packs"]:
                yield pack["layer"], pack["name"], pack["release"]

    def told_apart(self, profiles: Iterable[Book]) -> Iterable[tuple[str, str, str]]:
        for layer, name, release in self.packs(profiles):
            if "releases-without-their-build" in self.quirks:
                yield layer, name, release.partition("+")[0]
            else:
                yield layer, name, release

    def declined(self, call: Call) -> Reply:
        request = self.seen(call, call.parts[0], "delete")
        self.need_open(request)
        request["state"] = DECLINED
        return Reply()

    # --- the wizard -----------------------------------------------------------------------

    def wizard_opened(self, call: Call) -> Reply:
        request = self.seen(call, str(call.data.get("request")), "update")
        self.need_decidable(request)
        number = self.new_id()
        of = {"request": str(request["id"]), "owner": self.owner(call), "done": []}
        self.book["wizards"][str(number)] = {**of, "details": {}, "choice": []}
        return Reply({"wizard": number}, 201)

    def need_decidable(self, request: Book) -> None:
        if "wizard-opens-for-what-is-decided" not in self.quirks:
            self.need_open(request)

    def wizard(self, call: Call, step: str) -> tuple[Book, Book]:
        """The caller's wizard, if it has come to this step, and its request."""
        wizard = self.book["wizards"].get(call.parts[0])
        if wizard is None or wizard["owner"] != self.owner(call):
            raise Problem(404, "no-such-thing", f"there is no wizard {call.parts[0]}")
        request = self.seen(call, wizard["request"], "update")
        self.need_decidable(request)
        before = STEPS[: STEPS.index(step)] if step in STEPS else STEPS
        if "wizard-goes-on-without-the-warning" in self.quirks:
            before = before[1:]
        if missing := [each for each in before if each not in wizard["done"]]:
            raise Problem(409, "step-left-out", f"the step {missing[0]} comes first")
        wizard["done"].append(step)
        return wizard, request

    def wizard_understood(self, call: Call) -> Reply:
        self.wizard(call, "understood")
        return Reply()

    def wizard_details(self, call: Call) -> Reply:
        wizard, _ = self.wizard(call, "details")
        if "wizard-forgets-details" not in self.quirks:
            given = {name: call.data.get(name) for name in ("label", "note", "tags")}
            wizard["details"] = {name: v for name, v in given.items() if v is not None}
        if "emptied-details-come-back" in self.quirks:
            wizard["details"] = {name: v for name, v in wizard["details"].items() if v}
        return Reply()

    def wizard_profiles(self, call: Call) -> Reply:
        wizard, request = self.wizard(call, "profiles")
        wizard["choice"] = call.data.get("choice") or []
        if "wizard-forgets-profiles" not in self.quirks:
            try:
                self.need_fit(request, wizard["choice"])
            except Problem:
                if "refused-match-ends-the-wizard" in self.quirks:
                    del self.book["wizards"][call.parts[0]]
                raise
        return Reply()

    def need_fit(self, request: Book, choice: list[Book]) -> None:
        if faults := self.faults(request, choice):
            why = "; ".join(each["text"] for each in faults)
            raise Problem(422, "does-not-fit", f"the profiles do not fit: {why}")

    def wizard_finished(self, call: Call) -> Reply:
        wizard, request = self.wizard(call, "finish")
        return self.jobs.begin(wizard["owner"], self.paired(wizard, request))

    async def paired(self, wizard: Book, request: Book) -> Book:
        """Pair cluster: what has changed since the wizard's steps is looked at again."""
        self.need_decidable(request)
        if "wizard-forgets-profiles" not in self.quirks:
            self.need_fit(request, wizard["choice"])
        if "accept-looks-before-it-waits" in self.quirks:
            await asyncio.sleep(COMMIT_S)
        number = self.new_id()
        if "accept-job-only-says-so" in self.quirks:
            return {"cluster": number}
        request.update(state=HANDOVER, paired=number, handed=self.now())
        own = {name: request[name] for name in ("label", "note", "tags", "project")}
        profiles = [each["profile"] for each in wizard["choice"]]
        cluster = {**own, **wizard["details"], "id": number, "profiles": profiles}
        self.book["clusters"][str(number)] = {**cluster, "obeys": False}
        return {"cluster": number}

    def job_shown(self, call: Call) -> Reply:
        return self.jobs.look(self.owner(call), call.parts[0])

    # --- clusters -------------------------------------------------------------------------

    def cluster(self, call: Call) -> Book:
        person, project = self.person(call), self.project(call)
        cluster: Book | None = self.book["clusters"].get(call.parts[0])
        works_here = any(grant["scope"] == project for grant in person["grants"])
        if cluster and not cluster["obeys"] and "cluster-comes-with-its-host" in self.quirks:
            cluster = None
        if cluster is None or not works_here or project not in ("", cluster["project"]):
            raise Problem(404, "no-such-thing", f"there is no cluster {call.parts[0]}")
        return cluster

    def obeying(self, call: Call) -> Book:
        cluster = self.cluster(call)
        if not cluster["obeys"]:
            raise Problem(409, "not-yet", "its host has not said yet that it obeys")
        return cluster

    def cluster_shown(self, call: Call) -> Reply:
        cluster = self.cluster(call)
        shown = {name: cluster[name] for name in ("id", "label", "note", "tags")}
        profiles = [{"profile": number} for number in cluster["profiles"]]
        state = "READY" if cluster["obeys"] else "SETTING_UP"
        return Reply({**shown, "condition": state, "profiles": profiles})

    def cluster_detailed(self, call: Call) -> Reply:
        cluster = self.obeying(call)
        given = {name: call.data.get(name) for name in ("label", "note", "tags")}
        cluster.update({name: value for name, value in given.items() if value is not None})
        return Reply()

    def cluster_profiled(self, call: Call) -> Reply:
        cluster = self.obeying(call)
        chosen = [each.get("profile") for each in call.data.get("choice") or []]
        for number in chosen:
            profile = self.book["profiles"].get(str(number))
            if profile is None or profile["project"] not in ("", cluster["project"]):
                raise Problem(404, "no-such-thing", f"no profile {number}")
        cluster["profiles"] = chosen
        return Reply()

    def cluster_released(self, call: Call) -> Reply:
        self.cluster(call)
        raise Problem(403, "for-good", "a cluster that has joined stays centrally managed")

    # --- vouchers -------------------------------------------------------------------------

    def vouchers_listed(self, call: Call) -> Reply:
        self.person(call)
        project = self.project(call)
        rows = [v for v in self.book["vouchers"].values() if project in ("", v["project"])]
        return self.page(call, rows)

    def tenant(self, call: Call) -> str:
        if not self.person(call)["tenant"]:
            raise Problem(403, "not-yours", "vouchers are for administrators of the tenant")
        return self.project(call)

    def voucher(self, call: Call) -> Book:
        project = self.tenant(call)
        voucher: Book | None = self.book["vouchers"].get(call.parts[0])
        if voucher is None or project not in ("", voucher["project"]):
            raise Problem(404, "no-such-thing", f"there is no voucher {call.parts[0]}")
        return voucher

    def voucher_made(self, call: Call) -> Reply:
        if self.tenant(call):
            raise Problem(403, "not-yours", "vouchers are made in the tenant")
        number, project = self.new_id(), str(call.data.get("project") or "")
        if project and project not in self.book["projects"]:
            raise Problem(404, "no-such-thing", f"there is no project {project}")
        made = {"id": number, "label": call.text("label"), "secret": secrets.token_hex(16)}
        more = {"project": project, "ends": call.data.get("ends"), "usable": True}
        self.book["vouchers"][str(number)] = {**made, **more}
        return Reply({"id": number}, 201)

    def voucher_shown(self, call: Call) -> Reply:
        return Reply(self.voucher(call))

    def voucher_changed(self, call: Call) -> Reply:
        voucher = self.voucher(call)
        voucher.update({n: v for n in ("label", "ends") if (v := call.data.get(n)) is not None})
        return Reply()

    def voucher_switched(self, call: Call) -> Reply:
        self.voucher(call)["usable"] = bool(call.data.get("usable"))
        return Reply()

    def voucher_deleted(self, call: Call) -> Reply:
        del self.book["vouchers"][str(self.voucher(call)["id"])]
        return Reply()

    # --- what appliances ask --------------------------------------------------------------

    def hello(self, _: Call) -> Reply:
        return Reply({"product": "stepwise-office"})

    def submitted(self, call: Call) -> Reply:
        key, secret = (call.headers.get(n, "") for n in ("x-submission", "x-cluster-secret"))
        data = call.data
        if not (key and secret and data.get("cluster") and data.get("label")):
            raise Problem(400, "not-understood", "X-Submission, X-Cluster-Secret, cluster, label")
        if key in self.book["submissions"]:
            return Reply({"id": self.book["submissions"][key]}, 201)
        told = data.get("voucher") or ""
        voucher = self.good.get(told) or next(
            (v for v in self.book["vouchers"].values() if v["secret"] == told), None
        )
        if not told or voucher is None:
            raise Problem(422, "bad-voucher", "the registration token is not known here")
        ends = voucher["ends"]
        if not voucher["usable"] or (ends is not None and self.now() >= ends):
            raise Problem(422, "bad-voucher", "the registration token is not valid any more")
        if "voucher-once-good-stays-good" in self.quirks:
            self.good[told] = {**voucher}
        number = self.new_id()
        names = ("cluster", "label", "agent")
        self.book["requests"][str(number)] = {
            **{name: data.get(name) for name in names},
            **{"note": data.get("note") or "", "tags": data.get("tags") or {}},
            **{name: data.get(name) or [] for name in ("stack", "pools")},
            **{"id": number, "project": voucher["project"], "secret": secret, "state": OPEN},
            **{"created": self.now(), "paired": None},
        }
        self.book["submissions"][key] = number
        return Reply({"id": number}, 201)

    def own(self, call: Call) -> Book:
        request = self.current(call.parts[0])
        if request is None or request["secret"] != call.headers.get("x-cluster-secret", ""):
            raise Problem(404, "no-such-thing", f"you have no request {call.parts[0]}")
        return request

    def described(self, request: Book) -> Reply:
        cluster = self.book["clusters"].get(str(request["paired"]))
        told = {"state": request["state"], "paired": cluster and cluster["id"]}
        names = ("label", "tags")
        return Reply({**told, **({name: cluster[name] for name in names} if cluster else {})})

    def followed(self, call: Call) -> Reply:
        return self.described(self.own(call))

    def obeyed(self, call: Call) -> Reply:
        request = self.own(call)
        once = "confirmation-counts-once" in self.quirks
        if request["state"] not in ((HANDOVER,) if once else (HANDOVER, JOINED)):
            raise Problem(409, "too-late", f"request {request['id']} is {request['state']}")
        request["state"] = JOINED
        self.book["clusters"][str(request["paired"])]["obeys"] = True
        return self.described(request)

    def recalled(self, call: Call) -> Reply:
        request = self.own(call)
        if "withdraw-takes-the-newest" in self.quirks:
            request = list(self.book["requests"].values())[-1]
        if request["state"] == HANDOVER and call.query.get("final") == "true":
            self.break_off(request)
        elif request["state"] in (HANDOVER, JOINED):
            raise Problem(409, "joined-already", f"request {request['id']} was accepted")
        else:
            self.need_open(request)
            request["state"] = RECALLED
        return Reply()

    # --- what a lab arranges --------------------------------------------------------------

    def lab_project(self, call: Call) -> Reply:
        number = self.new_id()
        self.book["projects"][str(number)] = call.data["label"]
        return Reply({"id": number})

    def lab_project_gone(self, call: Call) -> Reply:
        gone = call.parts[0]
        self.book["projects"].pop(gone, None)
        for name in ("requests", "clusters", "vouchers", "profiles"):
            kept = {n: v for n, v in self.book[name].items() if v["project"] != gone}
            self.book[name] = kept
        return Reply()

    def lab_person(self, call: Call) -> Reply:
        person = {**call.data, "mail": call.data["mail"].lower()}
        self.book["people"][person["mail"]] = person
        return Reply()

    def lab_voucher(self, call: Call) -> Reply:
        return self.lab_put("vouchers", call.data)

    def lab_profile(self, call: Call) -> Reply:
        return self.lab_put("profiles", call.data)

    def lab_put(self, name: str, given: Book) -> Reply:
        """Puts it in the place of the one of the same id, or makes a new one."""
        known = self.book[name].get(str(given["id"]))
        number = known["id"] if known else self.new_id()
        self.book[name][str(number)] = {**given, "id": number}
        return Reply({"id": number})

    def lab_voucher_gone(self, call: Call) -> Reply:
        self.book["vouchers"].pop(call.parts[0], None)
        return Reply()

    def lab_profile_gone(self, call: Call) -> Reply:
        self.book["profiles"].pop(call.parts[0], None)
        return Reply()

    def lab_releases(self, call: Call) -> Reply:
        """The release of a profile that counts, and all that are published."""
        profile = self.book["profiles"][call.parts[0]]
        published = [each["release"] for each in profile["releases"] if each["published"]]
        latest = (self.latest(profile) or {}).get("release", "")
        return Reply({"latest": latest, "versions": published})

    def lab_clock(self, call: Call) -> Reply:
        by = call.data.get("by")
        self.shift = 0 if by is None else self.shift + by
        return Reply()

    def lab_limit(self, call: Call) -> Reply:
        self.limited = (call.data["calls"], call.data["after"])
        return Reply()

    async def lab_restart(self, _: Call) -> Reply:
        """What is under way comes to its end; all else is read from the book again."""
        await self.jobs.settled()
        self.book = json.loads(json.dumps(self.book))
        if "restart-ends-logins" in self.quirks:
            self.book["sessions"].clear()
        self.forget()
        if "restart-forgets-the-last-number" in self.quirks:
            alive = [n for n, r in self.book["requests"].items() if r["state"] in (OPEN, HANDOVER)]
            alive += [n for name in ("projects", "vouchers", "profiles", "clusters")
                      for n in self.book[name]]  # fmt: skip
            self.book["last"] = max((int(re.sub(r"\D", "", n)) for n in alive), default=4100)
        return Reply()

    async def lab_empty(self, _: Call) -> Reply:
        await self.jobs.settled()
        self.open_book()
        self.shift, self.limited = 0, (0, 1)
        return Reply()


def with_habits(reply: Reply, quirks: frozenset[str]) -> Reply:
    """An answer as somebody with these habits gives it."""
    body, status, headers = reply.body, reply.status, reply.headers
    if status >= 400:
        if "terse-problems" in quirks and isinstance(body, dict):
            body = {k: v for k, v in body.items() if k != "detail"}
    elif isinstance(body, dict):
        if "small-letters" in quirks:
            words = ("state", "condition", "by", "health")
            body = _changed(body, lambda k, v: v.lower() if k in words and _is_text(v) else v)
        if "empty-is-left-out" in quirks:
            body = _without_empty(body)
        if "extra-fields" in quirks:
            body = _changed({**body, "links": {"self": "/"}}, _with_more)
        if "nulls" in quirks:
            body = _changed(body, lambda _, v: None if v == "" else v)
    elif body is None and status == 200 and "no-bodies" not in quirks:
        body = {}
    return Reply(body, status, headers)


def _changed(value: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, list):
        return [_changed(each, change) for each in value]
    if isinstance(value, dict):
        return {k: _changed(change(k, v), change) for k, v in value.items()}
    return value


def _without_empty(value: Any, name: str = "") -> Any:
    """Tags are data, a list has rows though there be none, and a match says yes or no."""
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    if isinstance(value, dict) and name != "tags":
        told = {k: _without_empty(v, k) for k, v in value.items()}
        return {k: v for k, v in told.items() if v or k in ("rows", "fits")}
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _with_more(name: str, value: Any) -> Any:
    if isinstance(value, list) and name != "tags":
        return [{**v, "etag": "0a"} if isinstance(v, dict) else v for v in value]
    return value


def fault(kind: str, text: str, pack: str = "") -> Book:
    return {"kind": kind, "text": text, "pack": pack}


def precedence(release: str) -> tuple[Any, ...]:
    """Orders releases as Semantic Versioning does."""
    core, _, pre = release.partition("+")[0].partition("-")
    numbers = [int(number) for number in re.findall(r"\d+", core)]
    numbers += [0] * (4 - len(numbers))
    words = [(0, int(w), "") if w.isdigit() else (1, 0, w) for w in pre.split(".")] if pre else []
    return (numbers, not pre, words)
