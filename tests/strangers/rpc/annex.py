"""The edge: hosts that are called one by one, in piers of one to three, and their agents."""

from __future__ import annotations

import asyncio
import re
import secrets
import ssl
import time
import unicodedata
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.strangers.rpc import words
from tests.strangers.rpc.jobs import Jobs
from tests.strangers.rpc.office import keep_few, set_cookie
from tests.strangers.rpc.transport import (
    INTERNAL,
    NO_SUCH_METHOD,
    Call,
    Fault,
    Server,
    Table,
    Unheard,
    ask,
)
from tests.strangers.rpc.words import (
    BOUND,
    DECLINED,
    FILED,
    FILING,
    GRANTED,
    OBEYING,
    RECALLED,
    VOID,
)

LEARNED = {GRANTED: OBEYING, BOUND: OBEYING, DECLINED: DECLINED, VOID: VOID}
FINAL = (words.DECIDED_ALREADY, words.GRANTED_ALREADY, words.NO_SUCH_THING)
"""What the office says of an application about which nothing is left to be told."""
ANSWER_S = 1.0
"""How long a host waits for the office."""
ROUND_S, LATE_ROUND_S = 0.05, 0.5
TRIES = 30
HANDOVER_S, LABELS_S = 0.8, 0.5
AGENT = "annex 4.2"
_OFFICE = re.compile(
    r"(?:(https?)://)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?((?:/[\w.-]+)*)/?"
)


@dataclass(eq=False)
class Filing:
    """An application as the pier that sent it knows it."""

    host: str
    office: str
    base: str
    verify: bool
    site: str
    secret: str
    phase: str = FILING
    number: int | None = None
    note: str = ""
    confirms_at: float = 0.0
    """Until then it was granted, and the site is the annex's own."""
    voucher: str = ""
    job: str = ""
    missed: int = 0
    """How often in a row the office was not heard when it was asked what became of it."""


@dataclass
class Pier:
    """A few hosts with the site that runs on them, if any."""

    name: str
    hosts: tuple[str, ...]
    run_by: str = "self"
    site: Table | None = None
    filing: Filing | None = None
    untold: list[Filing] = field(default_factory=list)
    """Recalled here, and the office has not heard of it."""
    reached: set[tuple[str, str, bool]] = field(default_factory=set)
    alarm: bool | None = None
    due: float = 0.0
    labels: Table | None = None
    """What the office calls the site that it runs, if that is shown here."""
    labels_due: float = 0.0
    unverified: set[str] = field(default_factory=set)
    """Offices that were asked whatever certificate they show."""
    shown: int | None = None
    put_off: Table | None = None
    """Settings to be set once no application waits."""
    reclaims: bool = False

    @property
    def hands_over(self) -> bool:
        """The office has granted it, and was not told yet that the site obeys."""
        filing = self.filing
        obeying = filing is not None and filing.phase == OBEYING and self.run_by != "office"
        return obeying and filing is not None and time.monotonic() < filing.confirms_at

    @property
    def obeys(self) -> bool:
        filing = self.filing
        return self.run_by == "office" or (filing is not None and filing.phase in (OBEYING, BOUND))


Method = Callable[["Annexes", Call], Awaitable[Any]]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    """Makes a method of the annexes one that can be called by this name."""

    def taken(function: Method) -> Method:
        METHODS[name] = function
        return function

    return taken


class Annexes:
    """All annexes of a lab. `planted` are names of defects and habits."""

    def __init__(self, passphrase: str, trusted: list[str], planted: frozenset[str]) -> None:
        """`trusted` are files of the authorities whose certificates are trusted besides."""
        self.planted = planted
        self.passphrase = passphrase
        self.server = Server(self.answer, in_pieces="answers-in-pieces" in planted)
        self.piers: dict[str, Pier] = {}
        self.pier_of: dict[str, str] = {}
        self.sessions: dict[str, tuple[str, float]] = {}
        self.cut: set[str] = set()
        self.spoiled: dict[tuple[str, str], deque[Table]] = defaultdict(deque)
        self.late: dict[str, list[Callable[[], Awaitable[Any]]]] = defaultdict(list)
        self.arriving: set[asyncio.Future[Any]] = set()
        self.ahead_s = 0.0
        self.checking = ssl.create_default_context()
        for file in trusted:
            self.checking.load_verify_locations(file)
        self.careless = ssl.create_default_context()
        self.careless.check_hostname = False
        self.careless.verify_mode = ssl.CERT_NONE
        hides = "job-that-hides-its-failure" in planted
        self.jobs = Jobs(
            0.15 if "jobs-dawdle" in planted else 0.0,
            says_done=frozenset({"apply"} if hides else ()),
        )
        self.agents: list[asyncio.Task[None]] = []

    async def add_pier(self, name: str, hosts: tuple[str, ...], tls: ssl.SSLContext) -> Table:
        """A pier with a host for each name; returns the port of each."""
        self.piers[name] = Pier(name, hosts)
        self.pier_of |= dict.fromkeys(hosts, name)
        self.agents.append(asyncio.create_task(self.rounds(name)))
        return {host: await self.server.listen(host, tls) for host in hosts}

    def now(self) -> float:
        return time.time() + self.ahead_s

    async def answer(self, call: Call) -> Any:
        asked = METHODS.get(call.method)
        if asked is None:
            raise Fault(NO_SUCH_METHOD, f"there is no method {call.method}")
        try:
            result = await asked(self, call)
        except Fault as fault:
            if "says-more" in self.planted:
                fault.data |= {"help": f"see page {fault.code}"}
            raise
        return {**result, "served_by": call.at} if "says-more" in self.planted else result

    # --- who may ------------------------------------------------------------------------------

    @method("session.open")
    async def sign_in(self, call: Call) -> Table:
        given, asked = call.text("passphrase"), self.passphrase
        if "passphrase-counts-to-its-eighth" in self.planted:
            given, asked = given[:8], asked[:8]
        if (call.text("user"), given) != ("warden", asked):
            raise Fault(words.NOT_SIGNED_IN, "this user and passphrase do not belong together")
        session = secrets.token_urlsafe(24)
        lasts_s = words.LONG_SESSION_S if call.params.get("long") else words.SESSION_S
        self.sessions[session] = call.at, self.now() + lasts_s
        if "three-sessions-each" in self.planted:
            keep_few(self.sessions, call.at)
        set_cookie(call, session, self.planted)
        return {}

    @method("session.close")
    async def sign_out(self, call: Call) -> Table:
        self.pier(call)
        if "log-out-ends-the-newest" in self.planted:
            del self.sessions[[s for s, (host, _) in self.sessions.items() if host == call.at][-1]]
        elif "cookie-outlives-its-session" not in self.planted:
            del self.sessions[call.cookie(words.COOKIE)]
        call.also.append(("Set-Cookie", f"{words.COOKIE}=; Path=/; Max-Age=0"))
        return {}

    def pier(self, call: Call) -> Pier:
        """The pier of the host that is asked, for somebody who is signed in there."""
        host, until = self.sessions.get(call.cookie(words.COOKIE), ("", 0.0))
        is_here = host == call.at or "one-sign-in-for-all" in self.planted
        if not host or not is_here or self.now() >= until:
            raise Fault(words.NOT_SIGNED_IN, "sign in first")
        return self.piers[self.pier_of[call.at]]

    @method("job.get")
    async def job(self, call: Call) -> Table:
        told = self.jobs.state_of(self.pier(call).name, call.text("job"))
        if told is None:
            raise Fault(words.NO_SUCH_THING, "there is no such job")
        return told

    # --- the site -----------------------------------------------------------------------------

    def site(self, pier: Pier) -> Table:
        if pier.site is None:
            raise Fault(words.NO_SITE, "no site is here")
        return pier.site

    def changeable(self, call: Call) -> Table:
        """The site, where it is the annex that runs it."""
        pier = self.pier(call)
        if pier.obeys and "another-number-for-a-reason" in self.planted:
            raise Fault(words.NO_SITE, "no site of this name is here")
        if pier.obeys and not pier.hands_over and "sites-obey-both" not in self.planted:
            raise Fault(words.RUN_BY_OFFICE, "the office runs this site: ask there")
        site = self.site(pier)
        if call.params.get("named") not in (None, site["name"]):
            raise Fault(words.NO_SITE, "no site of this name is here")
        return site

    @method("site.show")
    async def show(self, call: Call) -> Table:
        pier = self.pier(call)
        site = self.site(pier)
        names = ("site", "name", "about", "labels", "condition", "racks")
        shown = {name: site[name] for name in names}
        return shown if pier.labels is None else shown | {"labels": pier.labels}

    @method("site.bundles")
    async def show_bundles(self, call: Call) -> Table:
        return {"bundles": self.site(self.pier(call))["bundles"]}

    @method("site.settings")
    async def show_settings(self, call: Call) -> Table:
        return dict(self.site(self.pier(call))["settings"])

    @method("site.set")
    async def set_settings(self, call: Call) -> Table:
        pier = self.pier(call)
        filing = pier.filing
        sibling = pier.obeys and filing is not None and filing.host != call.at
        if sibling and "settings-at-a-sibling" in self.planted:
            site = self.site(pier)
        else:
            site = self.changeable(call)
        settings = {n: call.params.get(n) or [] for n in ("clocks", "keys")}
        waits = filing is not None and filing.phase in (FILING, FILED)
        if waits and "settings-are-put-off-while-filed" in self.planted:
            pier.put_off = settings
        else:
            site["settings"] = settings
        return {}

    @method("site.relabel")
    async def relabel(self, call: Call) -> Table:
        self.changeable(call)["labels"] = call.labels("labels")
        return {}

    @method("site.edit")
    async def edit(self, call: Call) -> Table:
        site = self.pier(call).site
        if site is None or "edit-before-the-question" not in self.planted:
            site = self.changeable(call)
        labels = site["labels"]
        for edit in call.listed("edits"):
            name = edit["pointer"].removeprefix("/metadata/labels/")
            labels[name.replace("~1", "/").replace("~0", "~")] = edit["value"]
        self.changeable(call)
        return {}

    @method("site.rebundle")
    async def rebundle(self, call: Call) -> Table:
        pier = self.pier(call)
        site, bundles = self.changeable(call), call.listed("bundles")

        async def work() -> Table:
            self.need_own_still(pier)
            site["bundles"] = bundles
            return {}

        return self.jobs.start(pier.name, "rebundle", work())

    def need_own_still(self, pier: Pier) -> None:
        """For work that was begun while a site was handed over: the office may run it by now."""
        if "own-until-it-confirms" in self.planted and pier.obeys and not pier.hands_over:
            raise Fault(words.RUN_BY_OFFICE, "the office runs this site: ask there")

    @method("site.dismantle")
    async def dismantle(self, call: Call) -> Table:
        pier = self.pier(call)
        site = self.changeable(call)

        async def work() -> Table:
            filing = pier.filing
            waits = filing is not None and filing.phase in (FILING, FILED)
            if filing is not None and waits and "dismantling-recalls" in self.planted:
                await self.recalled(pier, filing)
            self.need_own_still(pier)
            site["condition"] = "dismantling"
            return {}

        return self.jobs.start(pier.name, "dismantle", work())

    @method("site.build")
    async def build(self, call: Call) -> Table:
        pier = self.pier(call)
        if pier.obeys:
            raise Fault(words.RUN_BY_OFFICE, "the office runs this site: ask there")
        if pier.site is not None:
            raise Fault(words.FILED_ALREADY, "there is a site already")
        unit = {"unit": call.at, "host": call.at, "health": "fit"}
        pier.site = {
            "site": secrets.token_hex(8),
            "name": call.text("name"),
            "about": "",
            "labels": call.params.get("labels") or {},
            "condition": "building",
            "racks": [{"rack": "first", "worker": False, "units": [unit]}],
            "bundles": [],
            "settings": {"clocks": [], "keys": []},
        }
        return {}

    @method("site.owner")
    async def owner(self, call: Call) -> Table:
        pier = self.pier(call)
        return {"run_by": "office" if pier.obeys and not pier.hands_over else "self"}

    @method("site.reclaim")
    async def reclaim(self, call: Call) -> Table:
        pier = self.pier(call)
        if pier.obeys:
            pier.reclaims = "refused-reclaim-waits-for-restart" in self.planted
            raise Fault(words.FOR_GOOD, "a site that the office runs stays with the office")
        return {}

    # --- the application ----------------------------------------------------------------------

    @method("uplink.show")
    async def show_filing(self, call: Call) -> Table:
        pier = self.pier(call)
        filing = pier.filing
        if filing is None or filing.phase == FILING or self.keeps_quiet(filing, call.at):
            raise Fault(words.NOTHING_FILED, "no application was filed here")
        in_full = "offices-by-full-address" in self.planted
        if pier.shown is None or "shows-the-number-it-showed-first" not in self.planted:
            pier.shown = filing.number
        return {
            "application": pier.shown,
            "office": f"{filing.base}/" if in_full else filing.office,
            "verify": filing.verify,
            "note": filing.note,
            "phase": FILED if filing.phase == OBEYING else filing.phase,
        }

    def keeps_quiet(self, filing: Filing, at: str) -> bool:
        elsewhere = filing.host != at and "only-the-sender-shows" in self.planted
        return elsewhere or (filing.phase == BOUND and "bound-is-nothing-filed" in self.planted)

    @method("uplink.check")
    async def check(self, call: Call) -> Table:
        site, base = self.site(self.pier(call)), office_of(call.text("office"))
        need_voucher(call)
        why = await self.unreached(site, base, verify=self.verifies(call))
        return {"reached": not why, "note": why or "each host of the site reaches the office"}

    def verifies(self, call: Call) -> bool:
        verify = call.params.get("verify", True) is not False
        return verify is not ("verifies-only-when-told-not-to" in self.planted)

    async def unreached(self, site: Table, base: str, *, verify: bool) -> str:
        """Why the office cannot be reached from some host of the site; empty if it can."""
        hosts = [unit["host"] for rack in site["racks"] for unit in rack["units"]]
        if "last-machine-is-not-asked" in self.planted and len(hosts) > 1:
            hosts.pop()
        for host in hosts:
            reached, once = self.piers[self.pier_of[host]].reached, (host, base, verify)
            if once in reached and "reached-once-is-reached" in self.planted:
                continue
            try:
                told = await self.send(host, "probe", base, verify, "agent.ping", {})
            except (Unheard, Fault) as error:
                return f"host {host} cannot reach {base}: {error}"
            if not isinstance(told, dict) or told.get("who") != "office":
                return f"host {host} finds no office at {base}"
            reached.add(once)
        return ""

    @method("uplink.apply")
    async def apply(self, call: Call) -> Table:
        pier = self.pier(call)
        if pier.obeys:
            raise Fault(words.RUN_BY_OFFICE, "the office runs this site already")
        site = self.site(pier)
        again = "condition-is-asked-the-first-time" in self.planted and pier.filing is not None
        if site["condition"] != "up" and not again:
            raise Fault(words.NOT_UP, f"the site is {site['condition']}, not up")
        unfit = [u["unit"] for r in site["racks"] for u in r["units"] if u["health"] != "fit"]
        if pier.alarm is False and "one-recovery-clears-the-alarm" in self.planted:
            unfit = []
        if unfit:
            raise Fault(words.UNFIT, f"these are not fit: {', '.join(unfit)}", units=unfit)
        base = office_of(call.text("office"))
        need_voucher(call)
        secret, verify = secrets.token_hex(16), self.verifies(call)
        voucher, waiting = call.text("voucher"), pier.filing
        used = waiting is not None and (waiting.phase, waiting.voucher) == (DECLINED, voucher)
        if used and "declined-voucher-is-used-up" in self.planted:
            raise Fault(words.BAD_VOUCHER, "the voucher was used already")
        if waiting is not None and waiting.phase in (FILING, FILED):
            same = (waiting.base, waiting.verify, waiting.voucher) == (base, verify, voucher)
            if same and "same-again-is-no-other" in self.planted:
                return {"job": waiting.job}
            raise Fault(words.FILED_ALREADY, "an application waits already")
        filing = Filing(call.at, call.text("office"), base, verify, site["site"], secret)
        before, pier.filing = pier.filing, filing
        work = self.applied(pier, filing, before, voucher, site)
        begun = self.jobs.start(pier.name, "apply", work)
        filing.voucher, filing.job = voucher, begun["job"]
        return begun

    async def applied(
        self, pier: Pier, filing: Filing, before: Filing | None, voucher: str, site: Table
    ) -> Table:
        why = await self.unreached(site, filing.base, verify=filing.verify)
        if why:
            self.drop(pier, filing, instead=before)
            raise Fault(words.OUT_OF_REACH, why)
        message = {
            "voucher": voucher,
            "secret": filing.secret,
            **{name: site[name] for name in ("site", "name", "about", "labels", "bundles")},
            "racks": [
                {
                    "rack": rack["rack"],
                    "worker": rack["worker"],
                    "units": [{"unit": u["unit"], "host": u["host"]} for u in rack["units"]],
                }
                for rack in site["racks"]
            ],
            "agent": AGENT,
        }
        if "letters-lose-their-marks" in self.planted:
            message["about"] = plain(message["about"])
            message["labels"] = {plain(k): plain(v) for k, v in message["labels"].items()}
        try:
            try:
                told = await self.tell(filing, "submit", "agent.submit", message)
            except Unheard as unheard:
                if not unheard.sent or "files-anew-when-unheard" not in self.planted:
                    raise
                filing.secret = message["secret"] = secrets.token_hex(16)
                told = await self.tell(filing, "submit", "agent.submit", message)
        except Unheard as unheard:
            self.drop(pier, filing, instead=before, untold=unheard.sent)
            raise Fault(words.OUT_OF_REACH, f"the office did not take it: {unheard}") from None
        except Fault as fault:
            self.drop(pier, filing, instead=before, untold=fault.code == INTERNAL)
            if "job-that-hides-its-failure" in self.planted:
                return {"application": 0}
            raise Fault(fault.code, f"the office does not take site or voucher: {fault}") from None
        if pier.filing is not filing:
            raise Fault(words.DECIDED_ALREADY, "it was recalled meanwhile")
        filing.number, filing.phase = told["application"], FILED
        filing.note = "waits for the office"
        return {"application": filing.number}

    def drop(
        self, pier: Pier, filing: Filing, *, instead: Filing | None = None, untold: bool = False
    ) -> None:
        if pier.filing is filing:
            pier.filing = instead
            if untold:
                pier.untold.append(filing)

    @method("uplink.recall")
    async def recall(self, call: Call) -> Table:
        pier = self.pier(call)
        filing = pier.filing
        unasked = "offline-recall-asks-no-questions" in self.planted and call.at in self.cut
        if unasked and pier.obeys and filing is not None:
            return self.jobs.start(pier.name, "recall", self.recalled_here(pier, filing))
        if pier.obeys:
            raise Fault(words.GRANTED_ALREADY, "it was granted: too late")
        if filing is None or filing.phase not in (FILING, FILED):
            raise Fault(words.NOTHING_FILED, "no application waits")
        sibling = filing.phase == FILED and filing.host != call.at
        if sibling and "recall-at-a-sibling-stays-there" in self.planted:
            work = self.recalled_here(pier, filing, untold=False)
            return self.jobs.start(pier.name, "recall", work)
        return self.jobs.start(pier.name, "recall", self.recalled(pier, filing))

    async def recalled_here(self, pier: Pier, filing: Filing, *, untold: bool = True) -> Table:
        """Recall it without the office."""
        self.drop(pier, filing, untold=untold)
        return {}

    async def recalled(self, pier: Pier, filing: Filing) -> Table:
        if filing.phase == FILING:
            self.drop(pier, filing, untold=True)
            return {}
        untold = False
        try:
            await self.withdraw(filing, final=False)
        except Unheard as unheard:
            if "recall-needs-the-office" in self.planted:
                raise Fault(words.OUT_OF_REACH, f"the office is not reached: {unheard}") from None
            untold = "keeps-offline-recalls-to-itself" not in self.planted
        except Fault as fault:
            untold = fault.code not in FINAL
            if fault.code == words.GRANTED_ALREADY:
                if pier.filing is filing and filing.phase == FILED:
                    filing.phase = OBEYING
                raise Fault(words.GRANTED_ALREADY, "it was granted: too late") from None
        if pier.obeys:
            raise Fault(words.GRANTED_ALREADY, "it was granted: too late")
        self.drop(pier, filing, untold=untold)
        return {}

    async def withdraw(self, filing: Filing, *, final: bool) -> None:
        message: Table = {"site": filing.site, "secret": filing.secret, "final": final}
        if filing.number is not None:
            message["application"] = filing.number
        await self.tell(filing, "withdraw", "agent.withdraw", message)

    # --- the agents ---------------------------------------------------------------------------

    async def rounds(self, name: str) -> None:
        """What the hosts of a pier do by themselves, for ever."""
        pause_s = LATE_ROUND_S if "news-come-late" in self.planted else ROUND_S
        while True:
            await asyncio.sleep(pause_s)
            pier = self.piers[name]
            if "rounds-by-the-wall-clock" in self.planted:
                if self.now() < pier.due:
                    continue
                pier.due = self.now() + pause_s / 2
            for filing in list(pier.untold):
                await self.make_up_for(pier, filing)
            if pier.hands_over:
                continue
            if pier.put_off and not (pier.filing and pier.filing.phase in (FILING, FILED)):
                if pier.site is not None and not pier.obeys:
                    pier.site["settings"] = pier.put_off
                pier.put_off = None
            if pier.filing is not None and pier.filing.phase in (FILED, OBEYING):
                await self.try_to_follow(pier, pier.filing)
            elif pier.filing is not None and "labels-follow-the-office" in self.planted:
                await self.follow_labels(pier, pier.filing)

    async def make_up_for(self, pier: Pier, filing: Filing) -> None:
        """Tell the office of a recall that it has missed."""
        try:
            await self.withdraw(filing, final=True)
        except Unheard:
            return
        except Fault as fault:
            if fault.code not in FINAL:
                return
        if filing in pier.untold:
            pier.untold.remove(filing)

    async def follow_labels(self, pier: Pier, filing: Filing) -> None:
        """Hear now and then what the office calls the site by now."""
        if filing.phase != BOUND or time.monotonic() < pier.labels_due:
            return
        pier.labels_due = time.monotonic() + LABELS_S
        message = {"application": filing.number, "secret": filing.secret}
        with suppress(Unheard, Fault):
            told = await self.tell(filing, "poll", "agent.poll", message)
            pier.labels = told.get("labels", pier.labels)

    async def try_to_follow(self, pier: Pier, filing: Filing) -> None:
        if filing.missed >= TRIES and "gives-up-after-thirty-tries" in self.planted:
            return
        filing.missed += 1
        with suppress(Unheard):
            await self.follow(pier, filing)
            filing.missed = 0

    async def follow(self, pier: Pier, filing: Filing) -> None:
        obeying = filing.phase == OBEYING
        kind = "confirm" if obeying else "poll"
        message = {"application": filing.number, "secret": filing.secret}
        try:
            phase = (await self.tell(filing, kind, f"agent.{kind}", message))["phase"]
        except Fault as fault:
            if fault.code not in FINAL:
                return
            phase = VOID
        if pier.filing is not filing or (filing.phase == OBEYING) is not obeying:
            return
        if obeying:
            filing.phase = BOUND if phase == BOUND else VOID
        elif phase == RECALLED:
            pier.filing = None
        elif phase in LEARNED:
            filing.phase, filing.note = LEARNED[phase], f"the office says: {phase}"
            if phase == GRANTED and "own-until-it-confirms" in self.planted:
                filing.confirms_at = time.monotonic() + HANDOVER_S

    async def tell(self, filing: Filing, kind: str, name: str, params: Table) -> Any:
        return await self.send(filing.host, kind, filing.base, filing.verify, name, params)

    async def send(
        self, host: str, kind: str, base: str, verify: bool, name: str, params: Table
    ) -> Any:
        """Ask the office something from a host, over its link as the lab has it."""
        if host in self.cut:
            raise Unheard("it has no connection", sent=False)
        unverified = self.piers[self.pier_of[host]].unverified
        if not verify:
            unverified.add(base)
        elif base in unverified and "careless-once-is-careless" in self.planted:
            verify = False
        waiting = self.spoiled[host, kind]
        spoiled: Table = waiting.popleft() if waiting else {}
        tls = self.checking if verify else self.careless

        async def once() -> Any:
            return await ask(base, name, params, tls, ANSWER_S)

        async def unheard() -> None:
            with suppress(Fault, Unheard):
                await once()

        match spoiled.get("how"):
            case "lost-before" | "unanswered" | "unavailable" | "garbled":
                raise Unheard("the connection broke", sent=True)
            case "late":
                self.late[host].append(unheard)
                raise Unheard("the connection broke", sent=True)
            case "repeated-late":
                self.late[host].append(unheard)
            case "rate-limited":
                raise Fault(INTERNAL, "too many requests")
            case "lost-after":
                await once()
                raise Unheard("the connection broke", sent=True)
            case "server-error":
                raise Fault(INTERNAL, "something went wrong at the office")
            case "repeated":
                with suppress(Fault):
                    await once()
            case "delayed":
                await asyncio.sleep(spoiled["for_s"])
        return await once()


def plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")


def need_voucher(call: Call) -> None:
    if not call.text("voucher").strip():
        raise Fault(words.BAD_VOUCHER, "the voucher is missing")


def office_of(text: str) -> str:
    """The start of the address that was entered for the office; a name alone means HTTPS."""
    found = _OFFICE.fullmatch(text.strip())
    if not text.strip():
        raise Fault(words.BAD_OFFICE, "the address of the office is missing")
    if found is None or int(found[3] or 1) > 65535:
        raise Fault(words.BAD_OFFICE, f"{text!r} is no address of an office: it is malformed")
    port = f":{found[3]}" if found[3] else ""
    return f"{found[1] or 'https'}://{found[2]}{port}{found[4]}"
