"""What people ask at the Harbour: they turn petitions away, or moor berths by drafts."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from tests.strangers.quay.fits import fit, latest, loosely
from tests.strangers.quay.harbour import HANDOVER_S, Harbour
from tests.strangers.quay.store import digest, moment, optional_text, rows, text, texts
from tests.strangers.quay.wharf import Problem, Reply, Request, Router, Table, data, invalid
from tests.strangers.quay.words import BOARDING, MOORED, TURNED_AWAY, WAITING

PAGE = 7
ACCESS_S = 1800
DRAFTS_MAX = 5000
LAUNCH_S, AUDIT_S = 0.03, 0.2
STEPS = ("pledge", "particulars", "profiles", "review")


class Bridge:
    """The Harbour as people see it."""

    def __init__(self, harbour: Harbour) -> None:
        self.harbour, self.store, self.clock = harbour, harbour.store, harbour.clock
        self.plants = harbour.plants
        by_text = "newest-by-text" in self.plants
        self.latest = partial(latest, order=str) if by_text else latest
        self.router = Router()
        harbour.serve_berths(self.router)
        space = "/api/v3/spaces/{space}"
        for route, handler in (
            ("POST /api/v3/session", self.log_in),
            ("POST /api/v3/session/refresh", self.refresh),
            ("GET /api/v3/spaces", self.list_spaces),
            (f"GET {space}/petitions", self.list_petitions),
            (f"GET {space}/petitions/{{number}}", self.view_petition),
            (f"POST {space}/petitions/{{number}}/fit", self.try_fit),
            (f"PUT {space}/petitions/{{number}}/verdict", self.verdict),
            (f"POST {space}/petitions/{{number}}/drafts", self.open_draft),
            (f"PUT {space}/drafts/{{draft}}/pledge", self.pledge),
            (f"PATCH {space}/drafts/{{draft}}", self.particulars),
            (f"PUT {space}/drafts/{{draft}}/profiles", self.choose),
            (f"PUT {space}/drafts/{{draft}}/review", self.review),
            (f"POST {space}/drafts/{{draft}}/launch", self.launch),
            (f"GET {space}/jobs/{{job}}", self.view_job),
            (f"GET {space}/berths", self.list_berths),
            (f"GET {space}/berths/{{number}}", self.view_berth),
            (f"PATCH {space}/berths/{{number}}", self.change_berth),
            (f"PUT {space}/berths/{{number}}/profiles", self.change_profiles),
            (f"GET {space}/profiles", self.list_profiles),
            (f"GET {space}/profiles/{{number}}", self.view_profile),
            (f"GET {space}/profiles/{{number}}/versions/{{version}}", self.view_version),
            ("GET /api/v3/vouchers", self.list_vouchers),
            ("POST /api/v3/vouchers", self.create_voucher),
            ("GET /api/v3/vouchers/{number}", self.view_voucher),
            ("PATCH /api/v3/vouchers/{number}", self.change_voucher),
            ("DELETE /api/v3/vouchers/{number}", self.delete_voucher),
        ):
            self.router.add(route, handler)

    def handle(self, request: Request) -> Any:
        handler, parts = self.router.find(request)
        return handler(request, **parts)

    # --- who asks -----------------------------------------------------------------------------

    def log_in(self, request: Request) -> Reply:
        body = request.table
        user = self.store.get("users", str(body.get("email", "")).lower())
        password = str(body.get("password") or "")
        if user is None or not password or user["password"] != digest(password):
            raise Problem(401, "who-are-you", "no user has this name and password")
        return self.session(user)

    def session(self, user: Table) -> Reply:
        access, again = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        held = {"email": user["email"], "born": user["born"]}
        until = self.clock.now() + ACCESS_S
        self.store.put("sessions", digest(access), {**held, "until": until})
        self.store.put("refreshers", digest(again), held)
        ends = {"expires_at": self.clock.iso(until)}
        return data({"access": access, "refresh": again, **ends}, 201)

    def refresh(self, request: Request) -> Reply:
        key = digest(str(request.table.get("refresh", "")))
        user = self.user_of(self.store.get("refreshers", key))
        if user is None:
            raise Problem(401, "who-are-you", "this cannot be refreshed")
        self.store.drop("refreshers", key)
        return self.session(user)

    def user_of(self, held: Table | None) -> Table | None:
        """Whose it is, unless they are others by now."""
        user = self.store.get("users", held["email"]) if held else None
        return user if user and held and user["born"] == held["born"] else None

    def caller(self, request: Request) -> Table:
        kind, _, word = request.headers.get("authorization", "").partition(" ")
        hashed = digest(word)
        if kind == "Bearer":
            session = self.store.get("sessions", hashed)
            user = self.user_of(session)
            if user and session and self.clock.now() < session["until"]:
                return user
        elif kind == "Key" and word:
            cached = self.harbour.by_key if "key-cache-outlives-grant" in self.plants else {}
            for user in (*cached.values(), *self.store.all("users").values()):
                if user["key"] == hashed:
                    return cached.setdefault(hashed, user)
        raise Problem(401, "who-are-you", "log in first", headers=[("WWW-Authenticate", "Bearer")])

    def roles_in(self, user: Table, space: str) -> set[str]:
        """A role in the tenant lets one look into its spaces, and not decide there."""
        here = {grant["role"] for grant in user["roles"] if grant["space"] == space}
        above = {grant["role"] for grant in user["roles"] if grant["space"] == ""}
        return here | (above & {"lookout"})

    def enter(self, request: Request, space: str, need: str = "") -> tuple[Table, str]:
        """Whoever asks, in a space, with the role that is needed there.

        `~` is the space that a header names, or the tenant.
        """
        user = self.caller(request)
        space = request.headers.get("x-quay-space", "") if space == "~" else space
        inside = any(grant["space"] in ("", space) for grant in user["roles"])
        is_there = not space or self.store.get("spaces", space) is not None
        if not is_there or not (inside or (user["keeper"] and not space)):
            raise Problem(404, "no-such-space", "there is no such space, or none for you")
        roles = self.roles_in(user, space)
        if need == "warden" and "warden-anywhere" in self.plants:
            roles |= {grant["role"] for grant in user["roles"]}
        if need and need not in roles:
            raise Problem(403, "not-your-role", f"this takes the role {need} here")
        return user, space

    # --- looking ------------------------------------------------------------------------------

    def page(
        self,
        request: Request,
        listed: Iterable[Table],
        key: Callable[[Table], Any],
        wanted: Callable[[Table], bool] = bool,
    ) -> Reply:
        """So many of those that are wanted at a time, newest first, from a cursor on."""
        late = "filter-after-page" in self.plants
        listed = listed if late else filter(wanted, listed)
        if "in-no-order" in self.plants:
            newest, key = key, lambda row: digest(str(newest(row)))
        ordered = sorted(listed, key=key, reverse=True)
        after = request.query.get("after", "")
        if not after and ordered and "empty-first-page" in self.plants:
            return data([], next="-")
        if after not in ("", "-"):
            try:
                mark = type(key(ordered[0]) if ordered else "")(bytes.fromhex(after).decode())
            except ValueError:
                raise invalid("?after", "there is no such cursor") from None
            ordered = [row for row in ordered if key(row) < mark]
        if late:
            ordered = [row for row in ordered[: PAGE + 1] if wanted(row)]
        shown = ordered[:PAGE]
        enough = PAGE
        if wanted is not bool and "last-off-the-page" in self.plants:
            enough += 1
        more = str(key(shown[-1])).encode().hex() if len(ordered) > enough else None
        return data(shown, next=more)

    def list_spaces(self, request: Request) -> Reply:
        user = self.caller(request)
        mine = {grant["space"] for grant in user["roles"]}
        everywhere, title = user["keeper"] or "" in mine, request.query.get("title")
        spaces = [
            space
            for space in self.store.all("spaces").values()
            if (everywhere or space["slug"] in mine) and title in (None, space["title"])
        ]
        return self.page(request, spaces, lambda space: space["slug"])

    def list_petitions(self, request: Request, space: str) -> Reply:
        _, space = self.enter(request, space, "lookout")
        phase, home = request.query.get("phase"), request.query.get("home")
        everywhere = not space or (home and "home-filter-crosses-spaces" in self.plants)
        if request.query.get("after") and "cursor-forgets-space" in self.plants:
            everywhere = True
        listed = [
            row
            for number, petition in self.store.all("petitions").items()
            if (everywhere or petition["space"] == space) and (row := self.harbour.listed(number))
        ]

        def wanted(row: Table) -> bool:
            phases = (row["phase"], WAITING) if row["phase"] == "drafted" else (row["phase"],)
            return phase in (None, *phases) and home in (None, row["home"])

        return self.page(request, listed, lambda row: row["number"], wanted)

    def view_petition(self, request: Request, space: str, number: str) -> Reply:
        user, space = self.enter(request, space)
        if "lookout" not in self.roles_in(user, space):
            raise Problem(404, "no-such-petition", "there is no such petition here")
        petition = self.harbour.petition(number, space)
        more = {n: petition[n] for n in ("summary", "pools", "stack", "agent", "settings")}
        if "sheet-kept-by-title" in self.plants:
            title = (petition["space"], petition["title"])
            more = self.harbour.sheets.setdefault(title, more | {"tags": petition["tags"]})
        return data({**self.harbour.row(petition), **more})

    def try_fit(self, request: Request, space: str, number: str) -> Reply:
        _, space = self.enter(request, space, "lookout")
        petition = self.harbour.petition(number, space)
        need_waiting(petition)
        pairs, misfits = self.fit(petition, choice_of(request))
        return data({"fits": not misfits, "pairs": pairs, "misfits": misfits})

    def fit(self, petition: Table, choice: list[Table]) -> tuple[list[Table], list[Table]]:
        profiles = [self.profile_at(str(one["profile"]), petition["space"]) for one in choice]
        versions = [one["version"] for one in choice]
        alike = loosely if "loose-version-equality" in self.plants else str
        chosen = zip(profiles, versions, strict=True)
        return fit(petition["stack"], chosen, alike, self.latest, self.plants)

    def must_fit(self, petition: Table, choice: list[Table]) -> None:
        _, misfits = self.fit(petition, choice)
        if misfits:
            why = "; ".join(misfit["text"] for misfit in misfits)
            raise Problem(422, "no-fit", why, misfits=misfits)

    # --- deciding -----------------------------------------------------------------------------

    def petition_to_decide(self, number: str, space: str) -> Table:
        petition = self.harbour.petition(number, space)
        if petition["space"] != space:
            raise Problem(403, "not-your-role", "a petition is decided in its own space")
        need_waiting(petition)
        return petition

    async def verdict(self, request: Request, space: str, number: str) -> Reply:
        user, space = self.enter(request, space, "warden")
        body, petition = request.table, self.petition_to_decide(number, space)
        if body.get("verdict") != TURNED_AWAY:
            raise invalid("/verdict", TURNED_AWAY)
        reason = optional_text(body, "reason") or "no reason was given"
        decided = {"phase": TURNED_AWAY, "reason": reason, "decided_by": user["email"]}
        if "verdict-writes-late" in self.plants:
            await asyncio.sleep(AUDIT_S)
        self.harbour.keep({**petition, **decided})
        if "reject-sweeps-cluster" in self.plants:
            for other in list(self.store.all("petitions").values()):
                alike = all(other[name] == petition[name] for name in ("space", "home", "phase"))
                if alike:
                    self.harbour.keep({**other, **decided})
        return data({"number": petition["number"], "phase": TURNED_AWAY})

    def open_draft(self, request: Request, space: str, number: str) -> Reply:
        user, space = self.enter(request, space, "pilot")
        petition = self.petition_to_decide(number, space)
        draft = f"d{secrets.token_hex(8)}"
        mine = {"number": petition["number"], "space": space, "email": user["email"]}
        mine |= {"done": [], "changes": {}, "choice": []}
        if "draft-shared-by-pilots" in self.plants:
            mine["changes"] = self.harbour.particulars.setdefault(mine["number"], {})
        if "understood-remembered" in self.plants and user["email"] in self.harbour.pledged:
            mine["done"] = ["pledge"]
        self.harbour.drafts[draft] = mine
        if len(self.harbour.drafts) > DRAFTS_MAX:
            self.harbour.drafts.pop(next(iter(self.harbour.drafts)))
        self.harbour.keep({**petition, "drafted": True})
        at = f"/api/v3/spaces/{space or '~'}/drafts/{draft}"
        return data({"draft": draft}, 201, [("Location", at)])

    def step(self, request: Request, space: str, draft: str, name: str) -> tuple[Table, Table]:
        """The draft and its petition, where this step is next, or is taken once more."""
        user, space = self.enter(request, space, "pilot")
        mine = self.harbour.drafts.get(draft)
        if mine is None or (mine["space"], mine["email"]) != (space, user["email"]):
            raise Problem(404, "no-such-draft", "there is no such draft of yours")
        before = STEPS[: STEPS.index(name)] if name in STEPS else STEPS
        missing = [step for step in before if step not in mine["done"]]
        if missing:
            errors = [{"pointer": f"/{step}", "why": "not done"} for step in missing]
            raise Problem(409, "step-missing", f"first comes {missing[0]}", errors=errors)
        petition = self.petition_to_decide(str(mine["number"]), space)
        mine["done"] = [*before]
        return mine, petition

    def step_done(self, draft: str, mine: Table, name: str) -> Reply:
        mine["done"].append(name)
        return data({"draft": draft, "done": mine["done"]})

    def pledge(self, request: Request, space: str, draft: str) -> Reply:
        mine, _ = self.step(request, space, draft, "pledge")
        if request.table.get("understood") is not True:
            raise invalid("/understood", "it has to be understood")
        self.harbour.pledged.add(mine["email"])
        return self.step_done(draft, mine, "pledge")

    def particulars(self, request: Request, space: str, draft: str) -> Reply:
        mine, petition = self.step(request, space, draft, "particulars")
        changes = self.changes_of(request.table)
        if not changes.get("title", "a title").strip():
            raise invalid("/title", "a berth needs a title")
        mine["changes"].clear()
        mine["changes"].update(changes)
        if "particulars-at-once" in self.plants:
            self.harbour.keep({**petition, **changes})
        return self.step_done(draft, mine, "particulars")

    def changes_of(self, body: Table) -> Table:
        """What a body would have otherwise of a berth."""
        changes: Table = {name: optional_text(body, name) for name in ("title", "summary")}
        changes["tags"] = texts(body, "tags")
        if "emptied-is-untouched" in self.plants:
            return {name: value for name, value in changes.items() if value}
        return {name: value for name, value in changes.items() if value is not None}

    def choose(self, request: Request, space: str, draft: str) -> Reply:
        mine, petition = self.step(request, space, draft, "profiles")
        choice = choice_of(request)
        self.must_fit(petition, choice)
        mine["choice"] = choice
        return self.step_done(draft, mine, "profiles")

    def review(self, request: Request, space: str, draft: str) -> Reply:
        mine, petition = self.step(request, space, draft, "review")
        self.must_fit(petition, mine["choice"])
        return self.step_done(draft, mine, "review")

    def launch(self, request: Request, space: str, draft: str) -> Reply:
        mine, petition = self.step(request, space, draft, "launch")
        key, where = f"j{secrets.token_hex(8)}", mine["space"]
        job = {"job": key, "space": where, "phase": "working", "berth": None, "failure": None}
        self.store.put("jobs", key, job)
        self.harbour.drafts.pop(draft, None)
        start = self.harbour.starts
        late = LAUNCH_S
        if "launch-as-it-was" in self.plants:
            mine, late = {**mine, "petition": petition}, AUDIT_S
        asyncio.get_running_loop().call_later(late, self.run_job, key, mine, start)
        at = f"/api/v3/spaces/{where or '~'}/jobs/{key}"
        return data({"job": key}, 202, [("Location", at)])

    def run_job(self, key: str, draft: Table, start: int) -> None:
        job = self.store.get("jobs", key)
        if job is None or start != self.harbour.starts:
            return
        try:
            user = self.store.get("users", draft["email"])
            if user is None or "pilot" not in self.roles_in(user, draft["space"]):
                raise Problem(403, "not-your-role", "this takes the role pilot here")
            petition = draft.get("petition")
            petition = petition or self.petition_to_decide(str(draft["number"]), draft["space"])
            self.must_fit(petition, draft["choice"])
        except Problem as problem:
            failed = {"phase": "failed", "failure": problem.failure}
            if "job-swallows-refusal" in self.plants:
                failed = {"phase": "done"}
            self.store.put("jobs", key, {**job, **failed})
            return
        self.store.put("jobs", key, {**job, "phase": "done", "berth": self.moor(petition, draft)})

    def moor(self, petition: Table, draft: Table) -> int:
        """The number of the berth that waits for its oath from now on."""
        number, space = self.store.number("berths"), petition["space"]
        now = {n: petition[n] for n in ("title", "summary", "tags")} | draft["changes"]
        berth = {"number": number, "space": space, "petition": petition["number"], "notes": {}}
        berth |= {"home": petition["home"], "phase": "awaited", "revision": 1, **now}
        decided = {"phase": BOARDING, "berth": number, "decided_by": draft["email"]}
        decided |= {"berth_title": now["title"], "berth_tags": now["tags"]}
        with self.store.together():
            profiles = self.chosen(draft["choice"], space)
            self.store.put("berths", number, {**berth, "profiles": profiles})
            self.harbour.keep({**petition, **decided})
        self.harbour.deadlines[str(petition["number"])] = time.monotonic() + HANDOVER_S
        return number

    def chosen(self, choice: list[Table], space: str) -> list[Table]:
        """The profiles of a choice, each as it is at its latest."""
        chosen = []
        for one in choice:
            profile = self.profile(str(one["profile"]), space)
            edition = self.latest(profile)
            if edition is None or one["version"] not in ("", edition["version"]):
                why = "only the latest published version can be chosen"
                raise Problem(422, "no-fit", why)
            of = {name: profile[name] for name in ("number", "name", "sort")}
            chosen.append({**of, "version": edition["version"], "layers": edition["layers"]})
        return chosen

    def view_job(self, request: Request, space: str, job: str) -> Reply:
        _, space = self.enter(request, space)
        found = self.store.get("jobs", job)
        if found is None or found["space"] != space:
            raise Problem(404, "no-such-job", "there is no such job")
        return data(found)

    # --- berths that are moored here ----------------------------------------------------------

    def list_berths(self, request: Request, space: str) -> Reply:
        _, space = self.enter(request, space)
        berths = self.store.all("berths").values()
        moored = [b for b in berths if (b["space"], b["phase"]) == (space, MOORED)]
        return self.page(request, moored, lambda berth: berth["number"])

    def berth(self, request: Request, space: str, number: str) -> Table:
        _, space = self.enter(request, space)
        found = self.store.get("berths", number)
        if found is None or found["space"] != space:
            raise Problem(404, "no-such-berth", "there is no such berth here")
        return found

    def view_berth(self, request: Request, space: str, number: str) -> Reply:
        return with_tag(self.berth(request, space, number))

    def moored(self, request: Request, space: str, number: str) -> Table:
        berth = self.berth(request, space, number)
        if berth["phase"] != MOORED:
            raise Problem(409, "not-moored", "its host has not sworn the oath yet")
        return berth

    def changed(self, berth: Table, **changes: Any) -> Reply:
        berth = {**berth, **changes, "revision": berth["revision"] + 1}
        self.store.put("berths", berth["number"], berth)
        return with_tag(berth)

    def change_berth(self, request: Request, space: str, number: str) -> Reply:
        berth = self.moored(request, space, number)
        if "if-match" not in request.headers:
            raise Problem(428, "if-match-needed", "say which revision is changed, in If-Match")
        if request.headers["if-match"] != tag_of(berth):
            raise Problem(412, "changed-meanwhile", "it was changed meanwhile")
        notes = berth["notes"] | (texts(request.table, "notes") or {})
        return self.changed(berth, **self.changes_of(request.table), notes=notes)

    def change_profiles(self, request: Request, space: str, number: str) -> Reply:
        early = "profiles-before-oath" in self.plants
        berth = (self.berth if early else self.moored)(request, space, number)
        return self.changed(berth, profiles=self.chosen(choice_of(request), berth["space"]))

    # --- profiles -----------------------------------------------------------------------------

    def profile_at(self, number: str, space: str) -> Table | None:
        profile = self.store.get("profiles", number)
        return profile if profile and profile["space"] in ("", space) else None

    def profile(self, number: str, space: str) -> Table:
        profile = self.profile_at(number, space)
        if profile is None:
            raise Problem(404, "no-such-profile", "there is no such profile here")
        return profile

    def list_profiles(self, request: Request, space: str) -> Reply:
        _, space = self.enter(request, space)
        editions = [
            {
                **{name: profile[name] for name in ("number", "name", "sort")},
                **{name: edition[name] for name in ("version", "published")},
                "key": f"{profile['number']:09d}/{place:04d}",
            }
            for profile in self.store.all("profiles").values()
            if profile["space"] in ("", space)
            for place, edition in enumerate(profile["editions"])
        ]
        return self.page(request, editions, lambda edition: edition["key"])

    def view_profile(self, request: Request, space: str, number: str) -> Reply:
        _, space = self.enter(request, space)
        profile = self.profile(number, space)
        newest = self.latest(profile)
        of = {name: profile[name] for name in ("number", "name", "sort")}
        versions = [{n: e[n] for n in ("version", "published")} for e in profile["editions"]]
        return data({**of, "latest": newest and newest["version"], "versions": versions})

    def view_version(self, request: Request, space: str, number: str, version: str) -> Reply:
        _, space = self.enter(request, space)
        profile = self.profile(number, space)
        for edition in profile["editions"]:
            if edition["version"] == version:
                of = {"profile": profile["number"], "name": profile["name"]}
                return data({**of, "sort": profile["sort"], **edition})
        raise Problem(404, "no-such-version", "there is no such version")

    # --- vouchers -----------------------------------------------------------------------------

    def need_keeper(self, request: Request) -> None:
        if not self.caller(request)["keeper"]:
            raise Problem(403, "not-your-role", "this takes the keeper of the tenant")

    def voucher(self, request: Request, number: str) -> Table:
        self.need_keeper(request)
        found = self.store.get("vouchers", number)
        if found is None:
            raise Problem(404, "no-such-voucher", "there is no such voucher")
        return found

    def list_vouchers(self, request: Request) -> Reply:
        self.need_keeper(request)
        names = ("number", "label", "space", "expires_at", "usable")
        vouchers = [{n: v[n] for n in names} for v in self.store.all("vouchers").values()]
        return self.page(request, vouchers, lambda voucher: voucher["number"])

    def create_voucher(self, request: Request) -> Reply:
        self.need_keeper(request)
        text(request.table, "label")
        fields = {"space": "", "expires_at": None, "usable": True, **self.fields(request.table)}
        number, value = self.store.number("vouchers"), f"v-{secrets.token_urlsafe(24)}"
        self.store.put("vouchers", number, {**fields, "number": number, "value": value})
        return data({"number": number}, 201)

    def fields(self, body: Table) -> Table:
        """What a body says of a voucher."""
        fields: Table = {"label": text(body, "label")} if "label" in body else {}
        if space := optional_text(body, "space"):
            if self.store.get("spaces", space) is None:
                raise invalid("/space", "there is no such space")
            fields["space"] = space
        if ends := optional_text(body, "expires_at"):
            try:
                moment(ends)
            except ValueError:
                raise invalid("/expires_at", "a moment is needed, as ISO 8601 writes it") from None
            fields["expires_at"] = ends
        if "usable" in body:
            if not isinstance(body["usable"], bool):
                raise invalid("/usable", "a flag is needed")
            fields["usable"] = body["usable"]
        return fields

    def view_voucher(self, request: Request, number: str) -> Reply:
        return data(self.voucher(request, number))

    def change_voucher(self, request: Request, number: str) -> Reply:
        voucher = self.voucher(request, number)
        if "voucher-edit-reactivates" in self.plants:
            voucher = {**voucher, "usable": True}
        voucher = {**voucher, **self.fields(request.table)}
        self.store.put("vouchers", number, voucher)
        return data(voucher)

    def delete_voucher(self, request: Request, number: str) -> Reply:
        self.store.drop("vouchers", self.voucher(request, number)["number"])
        return Reply(204)


def need_waiting(petition: Table) -> None:
    if petition["phase"] != WAITING:
        raise Problem(409, "decided", f"this petition waits no longer: {petition['phase']}")


def choice_of(request: Request) -> list[Table]:
    choice = rows(request.table, "choice")
    errors = [
        {"pointer": f"/choice/{place}/profile", "why": "a number is needed"}
        for place, one in enumerate(choice)
        if not isinstance(one.get("profile"), int)
    ]
    if errors:
        raise Problem(422, "invalid", "the choice cannot be read", errors=errors)
    return [{"profile": one["profile"], "version": one.get("version") or ""} for one in choice]


def tag_of(berth: Table) -> str:
    return f'"r{berth["revision"]}"'


def with_tag(berth: Table) -> Reply:
    return data(berth, headers=[("ETag", tag_of(berth))])
