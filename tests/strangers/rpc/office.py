"""The central side: who may do what, applications, and the sites that the office runs."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.strangers.rpc import words
from tests.strangers.rpc.jobs import Jobs
from tests.strangers.rpc.transport import INVALID_PARAMS, NO_SUCH_METHOD, Call, Fault, Server, Table
from tests.strangers.rpc.versions import order_of
from tests.strangers.rpc.words import BOUND, DECLINED, FILED, GRANTED, RECALLED, VOID

TENANCY = ""
"""The zone that is all of them."""
READER, APPROVER, DECLINER = "reader", "approver", "decliner"
GRANT_LASTS_S = 4.0
"""How long the office waits for a host to obey."""
ROWS_MAX, ROWS_OF_SHORT_PAGES = 100, 2
YES_LASTS_S, PREPARING_S = 300.0, 0.25


@dataclass
class Member:
    """Somebody who works at the office; `roles` are held in zones. Stewards hand out vouchers."""

    mail: str
    passphrase: str
    key: str
    roles: set[tuple[str, str]]
    steward: bool


@dataclass
class Voucher:
    """What admits a host. `until` is in seconds since the epoch; without, it never ends."""

    id: str
    name: str
    secret: str
    zone: str
    until: float | None
    blocked: bool = False


@dataclass
class Application:
    """A site that asks to be run by the office."""

    number: int
    zone: str
    voucher: str
    secret: str
    filed: float
    site: str
    name: str
    about: str
    labels: Table
    racks: list[Table]
    bundles: list[Table]
    agent: str
    phase: str = FILED
    granted: float = 0.0
    runs_as: str = ""


@dataclass
class OfficeSite:
    """A site that the office runs, once it obeys."""

    id: str
    zone: str
    name: str
    about: str
    labels: Table
    notes: Table = field(default_factory=dict)
    obeys: bool = False


Method = Callable[["Office", Call], Awaitable[Any]]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Makes a method of the office one that can be called by this name."""

    def taken(function: Method) -> Method:
        METHODS[name] = function
        return function

    return taken


class Office:
    """All that the office knows. `planted` are names of defects and habits."""

    def __init__(self, planted: frozenset[str] = frozenset()) -> None:
        self.planted = planted
        self.server = Server(self.answer, in_pieces="answers-in-pieces" in planted)
        self.last_number = 40_000 + secrets.randbelow(1000)
        self.clear()

    def clear(self) -> None:
        """A clean slate; the numbers of applications go on."""
        self.zones: dict[str, str] = {}
        self.members: dict[str, Member] = {}
        self.sessions: dict[str, tuple[str, float]] = {}
        self.vouchers: dict[str, Voucher] = {}
        self.bundles: dict[str, Table] = {}
        self.applications: dict[int, Application] = {}
        self.sites: dict[str, OfficeSite] = {}
        self.void_before_they_came: set[tuple[str, str]] = set()
        self.let: dict[tuple[str, str, str], float] = {}
        self.fitted: set[tuple[int, str]] = set()
        self.have_admitted: set[str] = set()
        self.kept_lists: dict[tuple[str, str], tuple[Any, Table]] = {}
        self.journal: list[str] = []
        self.ahead_s = 0.0
        self.refusing, self.refusing_s = 0, 1
        self.decided_last: Application | None = None
        pause_s = 0.15 if "jobs-dawdle" in self.planted else 0.0
        did_nothing = "job-that-did-nothing" in self.planted
        self.jobs = Jobs(pause_s, says_done=frozenset({"decline"} if did_nothing else ()))

    def now(self) -> float:
        return time.time() + self.ahead_s

    async def answer(self, call: Call) -> Any:
        asked = METHODS.get(call.method)
        if asked is None:
            raise Fault(NO_SUCH_METHOD, f"there is no method {call.method}")
        if self.refusing and not call.method.startswith("agent."):
            self.refusing -= 1
            call.also.append(("Retry-After", str(self.refusing_s)))
            raise Fault(words.TOO_MANY, "too many calls", wait_s=self.refusing_s)
        result = await asked(self, call)
        return {**result, "served_by": "office-1"} if "says-more" in self.planted else result

    # --- who may ------------------------------------------------------------------------------

    @method("session.open")
    async def sign_in(self, call: Call) -> Table:
        member = self.members.get(call.text("mail"))
        given = call.text("passphrase")
        if member is None or not given or member.passphrase != given:
            raise Fault(words.NOT_SIGNED_IN, "this mail and passphrase do not belong together")
        session = secrets.token_urlsafe(24)
        self.sessions[session] = member.mail, self.now() + words.SESSION_S
        if "three-sessions-each" in self.planted:
            keep_few(self.sessions, member.mail)
        set_cookie(call, session, self.planted)
        return {}

    def member(self, call: Call) -> Member:
        key = call.headers.get("x-office-key", "")
        with_key = [m for m in self.members.values() if key and m.key == key]
        if with_key:
            return with_key[0]
        mail, until = self.sessions.get(call.cookie(words.COOKIE), ("", 0.0))
        if mail not in self.members or self.now() >= until:
            raise Fault(words.NOT_SIGNED_IN, "sign in first")
        return self.members[mail]

    def zone(self, call: Call) -> str:
        zone = call.text("zone")
        if zone and zone not in self.zones:
            raise self.not_permitted(f"there is no zone {zone} for you")
        return zone

    def not_permitted(self, why: str) -> Fault:
        hides = "hides-what-one-may-not-see" in self.planted
        return Fault(words.NO_SUCH_THING if hides else words.NOT_PERMITTED, why)

    def holds(self, member: Member, role: str, zone: str) -> bool:
        zones = {zone}
        if "whole-tenancy-rules-its-zones" in self.planted:
            zones.add(TENANCY)
        held_now = any((role, held) in member.roles for held in zones)
        if "remembers-a-yes" in self.planted:
            asked = member.mail, role, zone
            if held_now:
                self.let[asked] = self.now() + YES_LASTS_S
            return self.now() < self.let.get(asked, 0.0)
        if "roles-are-gathered-from-all-zones" in self.planted and zone != TENANCY:
            works_here = any(held == zone for _, held in member.roles)
            held_now |= works_here and any(r == role and held for r, held in member.roles)
        return held_now

    def permitted(self, call: Call, role: str) -> str:
        """The zone of the call, for somebody who holds the role there."""
        member, zone = self.member(call), self.zone(call)
        if "looks-before-it-asks-who" in self.planted and "application" in call.params:
            self.known(call, zone)
        if not self.holds(member, role, zone):
            raise self.not_permitted(f"that takes the role of a {role} there")
        return zone

    @method("job.get")
    async def job(self, call: Call) -> Table:
        told = self.jobs.state_of(self.member(call).mail, call.text("job"))
        if told is None:
            raise Fault(words.NO_SUCH_THING, "there is no such job")
        return told

    # --- applications -------------------------------------------------------------------------

    def current(self, number: Any) -> Application | None:
        """An application as it is now: one that nobody has obeyed for too long is void."""
        found = self.applications.get(number) if isinstance(number, int) else None
        if found and found.phase == GRANTED and self.now() > found.granted + GRANT_LASTS_S:
            self.make_void(found)
        if found and found.phase == FILED and "voucher-takes-its-own-along" in self.planted:
            voucher = self.vouchers.get(found.voucher)
            if voucher is None or not self.is_good(voucher):
                self.make_void(found)
        return found

    def make_void(self, application: Application) -> None:
        application.phase = VOID
        self.sites.pop(application.runs_as, None)

    def known(self, call: Call, zone: str) -> Application:
        found = self.current(call.params.get("application"))
        if found is None or zone not in (TENANCY, found.zone):
            raise Fault(words.NO_SUCH_THING, "there is no such application")
        return found

    @method("application.list")
    async def list_applications(self, call: Call) -> Table:
        zone = self.permitted(call, READER)
        where = call.params.get("where") or {}
        after = call.params.get("after") or 0
        if "every-zone-is-shown" in self.planted:
            zone = TENANCY
        grain_s = 60 if "moments-by-the-minute" in self.planted else 1
        state, asked = self.state_of_all(), (zone, repr((where, after)))
        if "decline-refreshes-its-own-list" in self.planted and asked in self.kept_lists:
            then, kept = self.kept_lists[asked]
            if then == state:
                return kept
        rows = [
            {
                "application": a.number,
                "name": a.name,
                "site": a.site,
                "phase": a.phase,
                "filed": int(a.filed) // grain_s * grain_s,
            }
            for a in map(self.current, sorted(self.applications))
            if a is not None
            and a.phase == FILED
            and a.number > int(after)
            and zone in (TENANCY, a.zone)
            and where.get("site") in (None, "", a.site)
            and where.get("phase") in (None, "", a.phase)
        ]
        most = ROWS_OF_SHORT_PAGES if "short-pages" in self.planted else ROWS_MAX
        last = most - 1
        if "row-at-the-page-break-is-lost" in self.planted:
            last = most = 10
        more = {"after": str(rows[last]["application"])} if len(rows) > most else {}
        told = {"rows": rows[:most], **more}
        self.kept_lists[asked] = state, told
        return told

    def state_of_all(self) -> list[tuple[int, str]]:
        """What lists depend on; who declines sees to the lists."""
        known = [a for a in map(self.current, sorted(self.applications)) if a is not None]
        return [(a.number, FILED if a.phase == DECLINED else a.phase) for a in known]

    @method("application.show")
    async def show(self, call: Call) -> Table:
        a = self.known(call, self.permitted(call, READER))
        if "forgets-the-decided" in self.planted and a.phase not in (FILED, GRANTED):
            raise Fault(words.NO_SUCH_THING, "there is no such application")
        shown = {
            "application": a.number,
            "site": a.site,
            "name": a.name,
            "about": a.about,
            "labels": a.labels,
            "racks": a.racks,
            "bundles": a.bundles,
            "agent": a.agent,
            "phase": a.phase,
        }
        return shown | ({"runs_as": a.runs_as} if a.runs_as else {})

    @method("application.compare")
    async def compare(self, call: Call) -> Table:
        zone = self.permitted(call, READER)
        a = self.known(call, TENANCY if "compare-across-zones" in self.planted else zone)
        faults = list(self.misfits(a, call.listed("choice")))
        if not faults:
            self.fitted.add((a.number, wording_of(call.listed("choice"))))
        return {"fits": not faults, "misfits": faults}

    def misfits(self, a: Application, choice: list[Table]) -> Iterator[Table]:
        """Why a choice of bundles does not fit: compares the items one by one."""
        offered: list[Table] = []
        grounds = 0
        for chosen in choice:
            bundle = self.bundles.get(str(chosen.get("bundle")))
            if bundle is None or bundle["zone"] not in (TENANCY, a.zone):
                raise Fault(words.NO_SUCH_THING, f"there is no bundle {chosen.get('bundle')}")
            grounds += bundle["kind"] in ("whole", "ground")
            drafts = "latest-may-be-a-draft" in self.planted
            editions = [e for e in bundle["editions"] if e["released"] or drafts]
            if not editions:
                yield misfit("unreleased", f"nothing of {bundle['name']} is released")
                continue
            as_text = "previews-sort-as-text" in self.planted
            named = chosen.get("edition")
            if named and "latest-within-its-own-line" in self.planted:
                line = str(named).partition(".")[0]
                own = [e for e in editions if e["edition"].partition(".")[0] == line]
                editions = own or editions
            latest = max(editions, key=lambda e: order_of(e["edition"], previews_as_text=as_text))
            if "edition-named-is-not-read" in self.planted:
                named = None
            if named not in (None, "", latest["edition"]):
                yield misfit("outdated", f"{bundle['name']} has a later edition")
            offered += latest["items"]
        if grounds != 1:
            yield misfit("grounds", f"{grounds} of the bundles are whole or a ground, not one")
        wanted = [item for bundle in a.bundles for item in bundle["items"]]
        left = Counter(self.key(item) for item in offered)
        for item in wanted:
            if left[self.key(item)]:
                left[self.key(item)] -= 1
                continue
            others = [o["exact"] for o in offered if o["item"] == item["item"]]
            alone = item["tier"] not in [o["tier"] for o in offered]
            if alone and "tier-nobody-offers-is-not-missed" in self.planted:
                continue
            kind = "other-edition" if others else "absent"
            instead = f", only {others[0]}" if others else ""
            text = f"{item['item']} {item['exact']} is not among the bundles{instead}"
            yield misfit(kind, text, item["item"])
        for key in left.elements():
            yield misfit("surplus", f"{key[1]} {key[2]} is not on the site", key[1])

    def key(self, item: Table) -> tuple[str, str, str]:
        exact = "any" if "editions-are-not-compared" in self.planted else item["exact"]
        return item["tier"], item["item"], exact

    @method("application.grant")
    async def grant(self, call: Call) -> Table:
        a = self.known(call, self.permitted(call, APPROVER))
        if "grants-what-took-its-place" in self.planted and a.phase == RECALLED:
            since = [o for o in self.applications.values() if (o.site, o.zone) == (a.site, a.zone)]
            a = next((o for o in since if o.phase == FILED), a)
        if "granting-the-bound-rewrites-it" in self.planted and a.phase == BOUND:
            return self.jobs.start(self.member(call).mail, "grant", self.rewritten(a, call))
        need_filed(a)
        choice = call.listed("choice")
        name = call.text("name") if "name" in call.params else a.name
        about = call.text("about") if "about" in call.params else a.about
        labels = call.labels("labels") if "labels" in call.params else a.labels
        if "emptied-fields-are-filled-again" in self.planted:
            about, labels = about or a.about, labels or a.labels

        async def work() -> Table:
            if "refused-grant-leaves-its-draft" in self.planted:
                a.name, a.about, a.labels = name, about, labels
            faults = list(self.misfits(a, choice))
            fitted = (a.number, wording_of(choice)) in self.fitted
            if fitted and "fit-is-not-judged-again" in self.planted:
                faults = []
            if faults:
                why = "; ".join(fault["text"] for fault in faults)
                raise Fault(words.DOES_NOT_FIT, f"the bundles do not fit: {why}")
            need_filed(a)
            if "grant-writes-over-what-came-meanwhile" in self.planted:
                await asyncio.sleep(PREPARING_S)
            runs_as = f"S-{secrets.token_hex(6)}"
            self.sites[runs_as] = OfficeSite(runs_as, a.zone, name, about, labels)
            a.phase, a.granted, a.runs_as = GRANTED, self.now(), runs_as
            self.decided_last = a
            if "namesakes-are-cleared-away" in self.planted:
                for other in list(self.applications.values()):
                    if (other.name, other.zone, other.phase) == (a.name, a.zone, FILED):
                        del self.applications[other.number]
            return {"site": runs_as}

        return self.jobs.start(self.member(call).mail, "grant", work())

    async def rewritten(self, a: Application, call: Call) -> Table:
        """The site of an application, with what is wanted of it now."""
        site = self.sites[a.runs_as]
        site.name = call.text("name") or site.name
        site.about = call.text("about") or site.about
        if "labels" in call.params:
            site.labels = call.labels("labels")
        return {"site": site.id}

    @method("application.decline")
    async def decline(self, call: Call) -> Table:
        zone = self.permitted(call, DECLINER)
        a = self.known(call, zone)
        need_filed(a)

        async def work() -> Table:
            need_filed(a)
            if "job-that-did-nothing" not in self.planted:
                a.phase = DECLINED
                self.decided_last = a
                for asked in [asked for asked in self.kept_lists if asked[0] == zone]:
                    del self.kept_lists[asked]
            if "decline-trips-over-a-gone-voucher" in self.planted:
                self.journal.append(f"{a.name}, by {self.vouchers[a.voucher].name}: declined")
            return {}

        return self.jobs.start(self.member(call).mail, "decline", work())

    # --- sites that the office runs -----------------------------------------------------------

    def site(self, call: Call) -> OfficeSite:
        member, zone = self.member(call), self.zone(call)
        found = self.sites.get(call.text("site"))
        roles = (READER, APPROVER, DECLINER)
        works_there = any(self.holds(member, role, zone) for role in roles)
        if found is None or not works_there or zone not in (TENANCY, found.zone):
            raise Fault(words.NO_SUCH_THING, "there is no such site")
        if not found.obeys and "sites-appear-once-bound" in self.planted:
            raise Fault(words.NO_SUCH_THING, "there is no such site yet")
        return found

    @method("site.show")
    async def show_site(self, call: Call) -> Table:
        site = self.site(call)
        return {
            "site": site.id,
            "name": site.name,
            "about": site.about,
            "labels": site.labels,
            "notes": site.notes,
            "condition": "up" if site.obeys else "building",
        }

    @method("site.relabel")
    async def relabel(self, call: Call) -> Table:
        site = self.site(call)
        if not site.obeys:
            raise Fault(words.NOT_BOUND_YET, "its host has not said yet that it obeys")
        if "labels" in call.params:
            site.labels = call.labels("labels")
        site.name = call.text("name") or site.name
        site.about = call.text("about") or site.about
        return {}

    @method("site.release")
    async def release(self, call: Call) -> Table:
        self.site(call)
        raise Fault(words.FOR_GOOD, "a site that the office runs stays with the office")

    # --- vouchers -----------------------------------------------------------------------------

    def steward(self, call: Call) -> str:
        member, zone = self.member(call), self.zone(call)
        if not member.steward:
            raise Fault(words.NOT_PERMITTED, "vouchers are a matter of the stewards")
        return zone

    def voucher(self, call: Call) -> Voucher:
        zone = self.steward(call)
        found = self.vouchers.get(call.text("voucher"))
        if found is None or zone not in (TENANCY, found.zone):
            raise Fault(words.NO_SUCH_THING, "there is no such voucher")
        return found

    @method("voucher.list")
    async def list_vouchers(self, call: Call) -> Table:
        zone = self.steward(call)
        found = [v for v in self.vouchers.values() if zone in (TENANCY, v.zone)]
        return {"rows": [shown_voucher(v) for v in found]}

    @method("voucher.show")
    async def show_voucher(self, call: Call) -> Table:
        return shown_voucher(self.voucher(call))

    @method("voucher.make")
    async def make_voucher(self, call: Call) -> Table:
        if self.steward(call):
            raise Fault(words.NOT_PERMITTED, "vouchers are made in the tenancy, not in a zone")
        made = Voucher(
            secrets.token_hex(5),
            call.text("name"),
            secrets.token_urlsafe(18),
            call.text("for_zone"),
            call.params.get("until"),
        )
        self.vouchers[made.id] = made
        return {"voucher": made.id}

    @method("voucher.block")
    async def block_voucher(self, call: Call) -> Table:
        self.voucher(call).blocked = bool(call.params["blocked"])
        return {}

    @method("voucher.drop")
    async def drop_voucher(self, call: Call) -> Table:
        del self.vouchers[self.voucher(call).id]
        return {}

    def is_good(self, voucher: Voucher) -> bool:
        factor = 1000 if "moments-in-milliseconds" in self.planted else 1
        over = voucher.until is not None and self.now() >= voucher.until * factor
        if "voucher-that-admitted-stays-open" in self.planted:
            over = over and voucher.secret not in self.have_admitted
        if "endless-vouchers-are-never-blocked" in self.planted and voucher.until is None:
            return True
        return not voucher.blocked and not over

    # --- what hosts ask -----------------------------------------------------------------------

    @method("agent.ping")
    async def ping(self, call: Call) -> Table:
        return {"who": "office"}

    @method("agent.submit")
    async def submit(self, call: Call) -> Table:
        site, secret, name = (call.text(n) for n in ("site", "secret", "name"))
        if not (site and secret and name):
            raise Fault(INVALID_PARAMS, "site, secret and name are needed")
        for known in self.applications.values():
            only_open = "only-open-copies-are-known" in self.planted
            if only_open and known.phase != FILED:
                continue
            if (known.site, known.secret) == (site, secret):
                return {"application": known.number}
        if (site, secret) in self.void_before_they_came:
            raise Fault(words.DECIDED_ALREADY, "it was recalled before it came")
        given = call.text("voucher")
        found = [v for v in self.vouchers.values() if given and v.secret == given]
        if not found or not self.is_good(found[0]):
            raise Fault(words.BAD_VOUCHER, "the voucher is unknown, blocked or over")
        self.have_admitted.add(given)
        number = self.next_number()
        self.applications[number] = Application(
            number,
            found[0].zone,
            found[0].id,
            secret,
            self.now(),
            site,
            name,
            call.text("about"),
            call.params.get("labels") or {},
            call.params.get("racks") or [],
            call.listed("bundles"),
            call.text("agent"),
        )
        return {"application": number}

    def next_number(self) -> int:
        if "numbers-come-again" in self.planted:
            over = [n for n, a in self.applications.items() if a.phase in (DECLINED, RECALLED)]
            if over:
                return over[0]
        self.last_number += 1
        return self.last_number

    def own(self, call: Call) -> Application:
        found = self.current(call.params.get("application"))
        if found is None or found.secret != call.text("secret"):
            raise Fault(words.NO_SUCH_THING, "there is no such application")
        return found

    def fate(self, a: Application) -> Table:
        told: Table = {"phase": a.phase}
        site = self.sites.get(a.runs_as)
        return told | ({"site": site.id, "name": site.name, "labels": site.labels} if site else {})

    @method("agent.poll")
    async def poll(self, call: Call) -> Table:
        a = self.own(call)
        other = self.decided_last
        if "poll-of-another" in self.planted and other and (other.zone, FILED) == (a.zone, a.phase):
            return self.fate(other)
        return self.fate(a)

    @method("agent.confirm")
    async def confirm(self, call: Call) -> Table:
        a = self.own(call)
        if a.phase not in (GRANTED, BOUND):
            raise Fault(words.DECIDED_ALREADY, f"the application is {a.phase}")
        if a.phase == BOUND and "confirming-again-is-refused" in self.planted:
            raise Fault(words.DECIDED_ALREADY, "the application is bound already")
        if a.phase == GRANTED and "asks-for-the-voucher-again" in self.planted:
            voucher = self.vouchers.get(a.voucher)
            if voucher is None or not self.is_good(voucher):
                self.make_void(a)
                raise Fault(words.DECIDED_ALREADY, "the voucher is not good any more")
        a.phase = BOUND
        self.sites[a.runs_as].obeys = True
        return self.fate(a)

    @method("agent.withdraw")
    async def withdraw(self, call: Call) -> Table:
        site, secret, number = (
            call.text("site"),
            call.text("secret"),
            call.params.get("application"),
        )
        for a in self.applications.values():
            if (a.site, a.secret) == (site, secret) and number in (None, a.number):
                return self.withdrawn(a, final=bool(call.params.get("final")))
        if number is not None:
            raise Fault(words.NO_SUCH_THING, "there is no such application")
        self.void_before_they_came.add((site, secret))
        return {}

    def withdrawn(self, a: Application, *, final: bool) -> Table:
        self.current(a.number)
        if a.phase == GRANTED and final:
            self.make_void(a)
        elif a.phase in (GRANTED, BOUND):
            raise Fault(words.GRANTED_ALREADY, "the application was granted")
        elif a.phase != RECALLED:
            need_filed(a)
            if "recall-is-kept-quiet" not in self.planted:
                a.phase = RECALLED
        return {}


def set_cookie(call: Call, session: str, planted: frozenset[str], name: str = words.COOKIE) -> None:
    """Hand out a session, which no script of a page can read."""
    around = "more-cookies" in planted
    cookies = [f"{name}={session}; Path=/; HttpOnly; SameSite=Strict"]
    if around:
        cookies = ["seen=1; Path=/", *cookies, "tongue=en; Path=/; Max-Age=31536000"]
    call.also += [("Set-Cookie", cookie) for cookie in cookies]


def keep_few(sessions: dict[str, tuple[str, float]], whose: str) -> None:
    """End all but the three latest sessions of somebody."""
    for session in [s for s, (owner, _) in sessions.items() if owner == whose][:-3]:
        del sessions[session]


def need_filed(a: Application) -> None:
    if a.phase != FILED:
        raise Fault(words.DECIDED_ALREADY, f"application {a.number} is {a.phase}", phase=a.phase)


def wording_of(choice: list[Table]) -> str:
    return repr(sorted((str(c.get("bundle")), str(c.get("edition") or "")) for c in choice))


def shown_voucher(voucher: Voucher) -> Table:
    return {
        "voucher": voucher.id,
        "name": voucher.name,
        "secret": voucher.secret,
        "zone": voucher.zone,
        "until": None if voucher.until is None else int(voucher.until),
        "blocked": voucher.blocked,
    }


def misfit(kind: str, text: str, item: str = "") -> Table:
    return {"kind": kind, "text": text, "item": item}
