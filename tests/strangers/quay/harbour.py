"""The central side: petitions, and what berths ask about them."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

from tests.strangers.quay.store import (
    Clock,
    Store,
    digest,
    moment,
    optional_text,
    rows,
    stack_of,
    text,
    texts,
)
from tests.strangers.quay.wharf import Problem, Reply, Request, Router, Table, data, invalid
from tests.strangers.quay.words import (
    BOARDING,
    CALLED_BACK,
    MOORED,
    WAITING,
    WRECKED,
)

HOLD_S = 2.0
"""How long a berth's question is held while its petition waits."""
HANDOVER_S = 6.0
"""How long an acceptance waits for its berth."""
LIST_LAG_S, LONG_LAG_S = 0.1, 0.25
WATCH_S = 0.1


class Harbour:
    """All that the central side knows. `plants` are names of defects and habits."""

    def __init__(self, folder: Path, plants: frozenset[str] = frozenset()) -> None:
        self.plants = plants
        down = "numbers-go-down" in plants
        numbers = (2_000_000, -1) if down else (1001, 1)
        self.store = Store(folder / "harbour.db", *numbers)
        self.clock = Clock(plants)
        self.lag_s = LONG_LAG_S if "lists-are-late" in plants else LIST_LAG_S
        self.starts = 1
        self.wake()

    # --- life ---------------------------------------------------------------------------------

    def wake(self) -> None:
        self.drafts: dict[str, Table] = {}
        self.listings: dict[str, list[tuple[float, Table]]] = {}
        self.deadlines: dict[str, float] = {}
        self.by_key: dict[str, Table] = {}
        self.pledged: set[str] = set()
        self.in_time: set[int] = set()
        self.sheets: dict[tuple[str, str], Table] = {}
        self.particulars: dict[int, Table] = {}
        self.changed = asyncio.Event()
        for number, petition in self.store.all("petitions").items():
            self.listings[number] = [(0.0, self.row(petition))]
            if petition["phase"] == BOARDING:
                self.deadlines[number] = time.monotonic() + HANDOVER_S
        interrupted = Problem(500, "interrupted", "the Harbour was restarted before it began")
        for key, job in list(self.store.all("jobs").items()):
            if job["phase"] == "working":
                failed = {"phase": "failed", "failure": interrupted.failure}
                self.store.put("jobs", key, {**job, **failed})

    def restart(self) -> None:
        self.changed.set()
        self.store.load()
        self.starts += 1
        self.wake()

    async def watch(self) -> None:
        """An acceptance whose berth does not swear in time comes to nothing."""
        while True:
            await asyncio.sleep(WATCH_S)
            for number, due in list(self.deadlines.items()):
                if time.monotonic() >= due:
                    self.wreck(number, "its berth has not sworn the oath in time")

    # --- petitions ----------------------------------------------------------------------------

    def row(self, petition: Table) -> Table:
        names = ("number", "title", "home", "received_at", "space", "tags", "phase")
        more = {name: petition.get(name) for name in ("berth", "reason")}
        is_drafted = petition["phase"] == WAITING and petition.get("drafted")
        phase = {"phase": "drafted"} if is_drafted and "drafts-show" in self.plants else {}
        return {name: petition[name] for name in names} | more | phase

    def keep(self, petition: Table, *, written: bool = True) -> None:
        number = str(petition["number"])
        if written:
            self.store.put("petitions", number, petition)
        else:
            self.store.all("petitions")[number] = petition
        listing = self.listings.setdefault(number, [])
        listing.append((time.monotonic(), self.row(petition)))
        self.announce()

    def announce(self) -> None:
        """Whoever holds a question looks again."""
        self.changed.set()
        self.changed = asyncio.Event()

    def listed(self, number: str) -> Table | None:
        """What a list shows of a petition: what was true a moment ago."""
        listing, until = self.listings.get(number, []), time.monotonic() - self.lag_s
        past = [row for at, row in listing if at <= until]
        del listing[: len(past) - 1]
        return past[-1] if past else None

    def wreck(self, number: object, why: str) -> None:
        self.deadlines.pop(str(number), None)
        petition = self.store.get("petitions", number)
        if petition and petition["phase"] == BOARDING:
            self.store.drop("berths", petition["berth"])
            self.keep({**petition, "phase": WRECKED, "reason": why, "berth": None})

    def forget(self, number: int) -> None:
        self.store.drop("petitions", number)
        self.listings.pop(str(number), None)
        self.store.give_back("petitions", number)

    def petition(self, number: str, space: str) -> Table:
        found = self.store.get("petitions", number) if re.fullmatch(r"\d{1,12}", number) else None
        if found is None or space not in ("", found["space"]):
            raise Problem(404, "no-such-petition", "there is no such petition here")
        return found

    # --- what berths ask ----------------------------------------------------------------------

    def serve_berths(self, router: Router) -> None:
        router.add("GET /agents/v3/hello", lambda _: data({"product": "harbour", "api": 3}))
        router.add("POST /agents/v3/tickets", self.reserve)
        router.add("PUT /agents/v3/tickets/{ticket}", self.submit)
        router.add("GET /agents/v3/petitions/{number}", self.follow)
        router.add("PUT /agents/v3/petitions/{number}/oath", self.oath)
        router.add("POST /agents/v3/withdrawals", self.withdraw)

    def good_voucher(self, value: object) -> Table:
        given = value.encode() if isinstance(value, str) else b""
        for voucher in self.store.all("vouchers").values():
            if secrets.compare_digest(voucher["value"].encode(), given):
                ends = voucher["expires_at"]
                in_time = not ends or self.clock.now() < moment(ends)
                if "end-looked-at-once" in self.plants:
                    in_time |= voucher["number"] in self.in_time
                if voucher["usable"] and in_time and self.store.get("spaces", voucher["space"]):
                    self.in_time.add(voucher["number"])
                    return voucher
        raise Problem(422, "voucher-bad", "the voucher is not usable")

    def reserve(self, request: Request) -> Reply:
        voucher = request.table.get("voucher")
        self.good_voucher(voucher)
        ticket = f"t{secrets.token_hex(10)}"
        self.store.put("tickets", ticket, {"at": self.clock.now(), "number": None})
        return data({"ticket": ticket}, 201)

    def submit(self, request: Request, ticket: str) -> Reply:
        body, held = request.table, self.store.get("tickets", ticket)
        if held is None:
            raise Problem(404, "no-such-ticket", "there is no such ticket")
        secret = digest(text(body, "secret"))
        for petition in self.store.all("petitions").values():  # the same submission once more
            if (petition["secret"], petition["home"]) == (secret, body.get("home")):
                number = held["number"] or petition["number"]
                self.store.put("tickets", ticket, {**held, "number": number})
                return data({"number": petition["number"]})
        if held["number"]:
            raise Problem(409, "ticket-used", "this ticket was used for another petition")
        if self.store.get("called-back", secret):
            raise Problem(409, "called-back", "this petition was called back before it came")
        petition = self.petition_of(body, self.good_voucher(body.get("voucher")), secret)
        number = petition["number"]
        with self.store.together():
            self.keep(petition)
            self.store.put("tickets", ticket, {**held, "number": number})
        return data({"number": number}, 201, [("Location", f"/agents/v3/petitions/{number}")])

    def petition_of(self, body: Table, voucher: Table, secret: str) -> Table:
        stack, pools = stack_of(body), rows(body, "pools")
        if not all(isinstance(pool.get("control", False), bool) for pool in pools):
            raise invalid("/pools", "control is a flag")
        hosted = {name: optional_text(body, name) or "" for name in ("title", "summary", "agent")}
        return {
            "space": voucher["space"],
            "secret": secret,
            "home": text(body, "home"),
            **hosted,
            "tags": texts(body, "tags") or {},
            "pools": pools,
            "stack": stack,
            "settings": body.get("settings") or {},
            "phase": WAITING,
            "received_at": self.clock.iso(),
            "number": self.store.number("petitions"),
        }

    def own(self, request: Request, number: str) -> Table:
        petition = self.store.get("petitions", number)
        secret = digest(request.headers.get("x-quay-secret", ""))
        if petition is None or petition["secret"] != secret:
            raise Problem(404, "no-such-petition", "there is no such petition of yours")
        return petition

    def news(self, petition: Table) -> Reply:
        berth = {name: petition.get(name) for name in ("berth", "berth_title", "reason")}
        tags = petition.get("berth_tags", petition["tags"])
        return data(
            {"number": petition["number"], "phase": petition["phase"], "tags": tags, **berth}
        )

    async def follow(self, request: Request, number: str) -> Reply:
        """What became of a petition, as soon as something has."""
        until, start = time.monotonic() + HOLD_S, self.starts
        while True:
            petition = self.own(request, number)
            if petition["phase"] != WAITING:
                return self.news(petition)
            left = until - time.monotonic()
            if left <= 0 or start != self.starts:
                return Reply(204)
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.changed.wait()

    def oath(self, request: Request, number: str) -> Reply:
        petition = self.own(request, number)
        if petition["phase"] == BOARDING:
            self.deadlines.pop(number, None)
            berth = self.store.all("berths")[str(petition["berth"])]
            moored = {"phase": MOORED, "revision": berth["revision"] + 1}
            petition = {**petition, "phase": MOORED}
            with self.store.together():
                self.store.put("berths", petition["berth"], {**berth, **moored})
                self.keep(petition)
        if petition["phase"] == WAITING:
            raise Problem(409, "not-decided", "this petition still waits")
        if petition["phase"] != MOORED:
            raise Problem(409, "decided", f"this petition is {petition['phase']}")
        return self.news(petition)

    def withdraw(self, request: Request) -> Reply:
        """By the secret alone, if its berth has never heard of a number."""
        body = request.table
        secret = digest(text(body, "secret"))
        for petition in self.store.all("petitions").values():
            if petition["secret"] == secret and body.get("number") in (None, petition["number"]):
                break
        else:
            self.store.put("called-back", secret, {"at": self.clock.now()})  # should it come late
            raise Problem(404, "no-such-petition", "there is no such petition of yours")
        match petition["phase"]:
            case "waiting":
                written = "call-back-unwritten" not in self.plants
                self.keep({**petition, "phase": CALLED_BACK}, written=written)
                if "number-from-newest" in self.plants:
                    self.forget(petition["number"])
            case "boarding" if body.get("final") is True:
                self.wreck(petition["number"], "its host had ended it")
            case "boarding" | "moored":
                raise Problem(409, "too-late", "this petition has been accepted")
            case "turned-away":
                raise Problem(409, "decided", "this petition has been turned away")
        return data({"number": petition["number"], "phase": CALLED_BACK})
