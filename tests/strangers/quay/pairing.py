"""How a pier petitions a Harbour, learns what became of that, and swears its oath."""

from __future__ import annotations

import asyncio
import re
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.strangers.quay.store import digest
from tests.strangers.quay.wharf import Answer, Problem, Table, Trouble, call
from tests.strangers.quay.words import (
    BOARDING,
    CALLED_BACK,
    LEARNED,
    MOORED,
    SWEARING,
    TURNED_AWAY,
    WAITING,
    WRECKED,
)

if TYPE_CHECKING:
    from tests.strangers.quay.pier import Pier

ANSWER_S, HELD_S = 1.5, 3.0
"""How long a berth waits for the Harbour: as a rule, and where that may hold the question."""
PAUSES_S = (0.1, 0.3, 0.6, 0.0)
"""After each try of a submission."""
ROUND_S, GHOST_ROUND_S, RETRY_S = 0.1, 0.5, 0.3
HISTORY = 20
UNHEARD = "the Harbour could not be told: it may have to reject it there"
HOST_NAME = re.compile(r"(?!-)(?!.*\.\.)[A-Za-z0-9._:-]+")
ENDED = (LEARNED, SWEARING, MOORED)
"""Phases in which the Harbour has accepted, as its berth knows."""


class Pairing:
    """The petition of one pier, and the ghosts of those of which nobody knows whether they came."""

    def __init__(self, pier: Pier) -> None:
        self.pier, self.store, self.berth = pier, pier.store, pier.berth
        self.plants = pier.berth.plants

    def wake(self) -> None:
        self.lock = asyncio.Lock()
        self.sending: set[str] = set()
        self.followed: set[str] = set()
        self.last_voucher = ""

    @property
    def petition(self) -> Table | None:
        petition: Table | None = self.pier.doc["petition"]
        return petition

    def become(self, petition: Table, phase: str, note: str = "", **of_pier: str) -> None:
        changes = {"phase": phase, "note": note or petition["note"]}
        self.pier.keep(petition={**petition, **changes}, **of_pier)

    # --- the Harbour --------------------------------------------------------------------------

    async def ask(
        self,
        petition: Table,
        route: str,
        body: Table | None = None,
        *,
        by_secret: bool = False,
        within_s: float = ANSWER_S,
    ) -> Answer:
        method, path = route.split(" ")
        lax = petition["lax"]
        if "lax-remembered" in self.plants:
            if lax:
                self.berth.unverified.add(petition["base"])
            lax = petition["base"] in self.berth.unverified
        return await call(
            petition["base"],
            method,
            path,
            body,
            headers=[("X-Quay-Secret", petition["secret"])] if by_secret else (),
            source=self.pier.source(petition["host"]),
            tls=self.berth.lax if lax else self.berth.strict,
            within_s=within_s,
        )

    async def probe(self, host: str, base: str, lax: bool) -> Trouble | None:
        asked = {"base": base, "host": host, "lax": lax}
        try:
            answer = await self.ask(asked, "GET /agents/v3/hello")
        except Trouble as trouble:
            return trouble
        if answer.is_busy:
            return Trouble("unwell", f"it answers with an error ({answer.status})")
        if answer.status != 200 or answer.data.get("product") != "harbour":
            return Trouble("garbled", "what answers there is no Harbour")
        return None

    async def reach(self, host: str, base: str, lax: bool) -> None:
        """Fails unless each host of the cluster reaches the Harbour."""
        members = [m["host"] for m in self.pier.members()]
        if "reach-by-first-layout" in self.plants:
            pools = self.pier.doc["installed"]["pools"]
            members = [node["host_uid"] for pool in pools for node in pool["nodes"]]
        hosts = list(dict.fromkeys([host, *members]))
        if "three-are-asked" in self.plants:
            hosts = hosts[:3]
        troubles = await asyncio.gather(*(self.probe(each, base, lax) for each in hosts))
        bad = {each: t for each, t in zip(hosts, troubles, strict=True) if t}
        if len(bad) == len(hosts):
            why = f"the endpoint cannot be used: {bad[host]}"
            raise Problem(422, "harbour-bad", why, reason=bad[host].sort)
        if bad:
            asker = host if "asker-is-blamed" in self.plants else ""
            why = ", ".join(f"{asker or each}: {trouble}" for each, trouble in bad.items())
            raise Problem(422, "host-cut-off", f"not every host reaches the Harbour: {why}")

    # --- sending ------------------------------------------------------------------------------

    def need_petitionable(self) -> None:
        doc = self.pier.doc
        if doc["mode"] == "afar":
            why = "this host was installed to be centrally managed"
            raise Problem(409, "governed-afar", why)
        if doc["cluster"] is None:
            raise Problem(409, "no-cluster", "there is no cluster here")
        if doc["manager"] != "here":
            raise Problem(409, "governed-afar", "this cluster is centrally managed already")

    def is_lax(self, body: Table) -> bool:
        """Whether no certificate is checked, which has to be asked for."""
        if "lax-unless-said" in self.plants:
            return body.get("strict") is not True
        return body.get("strict") is False

    async def send(self, host: str, body: Table) -> Table:
        entered, voucher, lax = body.get("harbour"), body.get("voucher"), self.is_lax(body)
        if "voucher-of-last-time" in self.plants:
            voucher = voucher or self.last_voucher
        async with self.lock:
            self.need_petitionable()
            state = self.pier.cluster["state"]
            if state != "up":
                raise Problem(409, "not-up", f"the cluster is {state}, and has to be up")
            sick = [m["node"] for m in self.pier.members() if m["condition"] != "fit"]
            if sick:
                raise Problem(409, "node-sick", f"these nodes are sick: {', '.join(sick)}")
            base = address_of(entered)
            if not isinstance(voucher, str) or not voucher.strip():
                raise Problem(422, "voucher-bad", "a registration token is needed")
            asked = {"base": base, "voucher": digest(voucher), "lax": lax}
            petition = self.petition
            if petition and petition["phase"] in (LEARNED, SWEARING):
                raise Problem(409, "governed-afar", "this cluster is being handed over already")
            same = petition and asked.items() <= petition.items()
            if petition and same and "same-send-remembered" in self.plants:
                return {"number": petition["number"]}
            if petition and petition["phase"] == WAITING:
                if same:
                    return {"number": petition["number"]}  # the same once more
                why = "another pairing request waits already; cancel it first"
                raise Problem(409, "waits-already", why)
            await self.reach(host, base, lax)
            fresh = {"secret": secrets.token_urlsafe(24), "host": host, "entered": entered}
            number = await self.submit({**asked, **fresh}, voucher)
            self.last_voucher = voucher
            return {"number": number}

    async def submit(self, petition: Table, voucher: str, tries: int = 4) -> int:
        """A number that never comes leaves a ghost."""
        route, body = "POST /agents/v3/tickets", {"voucher": voucher}
        if "wastes-a-ticket" in self.plants:
            await self.insist(petition, route, body)
        ticket = (await self.insist(petition, route, body))["ticket"]
        anew = "retry-as-new-request" in self.plants
        cluster, key = self.pier.cluster, digest(self.pier.name if anew else petition["secret"])
        ghost = {**petition, "home": cluster["uid"], "pier": self.pier.name}
        self.sending.add(key)
        self.store.put("ghosts", key, ghost)
        message = message_of(cluster) | {"voucher": voucher, "secret": petition["secret"]}
        try:
            route = f"PUT /agents/v3/tickets/{ticket}"
            came = await self.insist(petition, route, message, PAUSES_S[-1:] if anew else PAUSES_S)
        except Problem as problem:
            if problem.more.get("certain"):
                self.store.drop("ghosts", key)
            elif anew and tries > 1:
                fresh = {**petition, "secret": secrets.token_urlsafe(24)}
                return await self.submit(fresh, voucher, tries - 1)
            raise
        finally:
            self.sending.discard(key)
        number = came.get("number")
        if not isinstance(number, int):
            raise Problem(502, "harbour-bad", "the Harbour gave the request no number")
        petition |= {"number": number, "phase": WAITING, "note": ""}
        with self.store.together():
            self.store.drop("ghosts", key)
            self.archive()
            self.pier.keep(petition={**petition, "sent_at": self.berth.clock.iso()})
        self.followed.add(petition["secret"])
        return number

    async def insist(
        self, petition: Table, route: str, body: Table, pauses: tuple[float, ...] = PAUSES_S
    ) -> Table:
        """Ask several times; a refusal is passed on in other words, and certain."""
        last = Trouble("silent", "it does not answer")
        for pause in pauses:
            try:
                answer = await self.ask(petition, route, body)
            except Trouble as trouble:
                last = trouble
            else:
                if answer.is_good and answer.data:
                    return answer.data
                if answer.code == "voucher-bad":
                    why = "the Harbour does not take this registration token"
                    raise Problem(422, "voucher-bad", why, certain=True)
                if answer.is_busy:
                    last = Trouble("unwell", f"it answers with an error ({answer.status})")
                elif answer.status >= 400:
                    why = f"the Harbour refuses: {answer.code or answer.status}"
                    raise Problem(502, "turned-down", why, certain=True)
                else:
                    last = Trouble("garbled", "its answer cannot be read")
            await asyncio.sleep(pause)
        why = f"the endpoint cannot be used: {last}"
        raise Problem(502, "harbour-bad", why, reason=last.sort)

    def archive(self, phase: str = "") -> None:
        """The petition is history now."""
        petition = self.petition
        if petition:
            line = {name: petition[name] for name in ("number", "phase", "sent_at", "entered")}
            line |= {"phase": phase or petition["phase"]}
            history = [line, *self.pier.doc["history"]][:HISTORY]
            self.pier.keep(petition=None, history=history)

    # --- cancelling ---------------------------------------------------------------------------

    async def cancel(self) -> Table:
        self.need_undecided()
        async with self.lock:
            self.need_undecided()
            petition = self.petition
            if petition is None or petition["phase"] != WAITING:
                raise Problem(404, "none-waits", "no pairing request waits")
            body = {"number": petition["number"], "secret": petition["secret"], "final": False}
            body["home"] = self.pier.cluster["uid"]
            route, answer = "POST /agents/v3/withdrawals", None
            try:
                answer = await self.ask(petition, route, body)
            except Trouble as trouble:
                if trouble.sort == "silent" and "silent-cancel-swallowed" in self.plants:
                    return {"remark": UNHEARD}
            code = answer.code if answer else ""
            if code == "too-late":
                if "too-late-lets-go" in self.plants:
                    self.archive(CALLED_BACK)
                raise Problem(409, "accepted-already", "the pairing request has been accepted")
            if code == "decided":
                self.become(petition, TURNED_AWAY)
                why = "the pairing request has been turned away meanwhile"
                raise Problem(409, "decided", why)
            self.archive(CALLED_BACK)
            if answer and (answer.is_good or code == "no-such-petition"):
                return {"remark": "the Harbour was told"}
            return {"remark": UNHEARD}

    def need_undecided(self) -> None:
        petition = self.petition
        if petition and petition["phase"] in ENDED:
            why = "the pairing request has been accepted, and the cluster is centrally managed"
            raise Problem(409, "accepted-already", why)

    async def cancel_before_end(self) -> None:
        """What waits is called back, since its cluster goes."""
        petition = self.petition
        if petition and petition["phase"] == WAITING:
            try:
                await self.cancel()
            except Problem:
                self.need_undecided()

    # --- in the background --------------------------------------------------------------------

    async def follow(self) -> None:
        while True:
            petition = self.petition
            new = petition and petition["secret"] in self.followed
            if "follower-not-resumed" in self.plants and not new:
                petition = None
            try:
                if petition and petition["phase"] == WAITING:
                    await self.look(petition)
                elif petition and petition["phase"] in (LEARNED, SWEARING):
                    await self.swear(petition)
                else:
                    await asyncio.sleep(ROUND_S)
            except (Trouble, KeyError, TypeError, ValueError):
                await asyncio.sleep(RETRY_S)

    def is_current(self, petition: Table) -> bool:
        now = self.petition or {}
        names = ("secret", "phase")
        return [now.get(name) for name in names] == [petition[name] for name in names]

    async def look(self, petition: Table) -> None:
        """Ask what became of it, which is held; not for longer than anybody wants to know."""
        route = f"GET /agents/v3/petitions/{petition['number']}"
        asking = asyncio.create_task(self.ask(petition, route, by_secret=True, within_s=HELD_S))
        try:
            while not asking.done():
                await asyncio.wait({asking}, timeout=ROUND_S)
                if not self.is_current(petition):
                    return
        finally:
            asking.cancel()
        answer = asking.result()
        async with self.lock:
            if self.is_current(petition):
                self.learn(petition, answer)
        await asyncio.sleep(ROUND_S / 2)

    def learn(self, petition: Table, answer: Answer) -> None:
        if answer.code == "no-such-petition":
            note = "the Harbour does not know this request any more"
            self.become(petition, WRECKED, note)
        elif answer.status == 200:
            phase, reason = answer.data["phase"], answer.data.get("reason")
            if phase in (BOARDING, MOORED):
                self.become(petition, LEARNED, "accepted; the handover is under way")
            elif phase == TURNED_AWAY:
                self.become(petition, TURNED_AWAY, reason or "turned away")
            elif phase in (WRECKED, CALLED_BACK):
                self.become(petition, WRECKED, reason or "it came to nothing")
        elif answer.status not in (204, 304):
            raise Trouble("unwell", "no news")

    async def swear(self, petition: Table) -> None:
        """What was begun locally is finished first."""
        if petition["phase"] == LEARNED:
            late = "queue-outlives-handover" in self.plants
            async with asyncio.Lock() if late else self.pier.turn:
                if self.is_current(petition):
                    self.become(petition, SWEARING, manager="sealed")
            return
        route = f"PUT /agents/v3/petitions/{petition['number']}/oath"
        answer = await self.ask(petition, route, by_secret=True)
        if not self.is_current(petition):
            return
        if answer.status == 200 and answer.data["phase"] == MOORED:
            note = f"moored as {answer.data.get('berth_title') or ''}"
            self.become(petition, MOORED, note, manager="afar")
            if "swears-twice" in self.plants:
                with suppress(Trouble):
                    await self.ask(petition, route, by_secret=True)
        elif answer.code and not answer.is_busy:
            note = "the Harbour no longer waited for this cluster"
            sealed = "sealed-after-failed-handover" in self.plants
            self.become(petition, WRECKED, note, manager="sealed" if sealed else "here")
        else:
            raise Trouble("unwell", "no news")

    async def haunt(self) -> None:
        """What was given up without an answer is called back once the Harbour can be told."""
        while True:
            for key, ghost in list(self.store.all("ghosts").items()):
                if ghost["pier"] == self.pier.name and key not in self.sending:
                    await self.lay(key, ghost)
            await asyncio.sleep(GHOST_ROUND_S)

    async def lay(self, key: str, ghost: Table) -> None:
        body = {"number": None, "secret": ghost["secret"], "home": ghost["home"], "final": True}
        route = "POST /agents/v3/withdrawals"
        with suppress(Trouble):
            answer = await self.ask(ghost, route, body)
            if answer.is_good or (answer.code and answer.status < 500):
                self.store.drop("ghosts", key)

    def forget_ghosts(self) -> None:
        for key, ghost in list(self.store.all("ghosts").items()):
            if ghost["pier"] == self.pier.name:
                self.store.drop("ghosts", key)


def address_of(entered: object) -> str:
    """The base address of what was entered: a name, with or without a port, or a URL."""
    text = entered.strip() if isinstance(entered, str) else ""
    if not text:
        why = "the endpoint is missing: say which Harbour is meant"
        raise Problem(422, "harbour-bad", why, reason="missing")
    malformed = "the endpoint is malformed: it is neither a host name nor a URL"
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        raise Problem(422, "harbour-bad", malformed, reason="malformed") from None
    more = parts.username or parts.query or parts.fragment
    if parts.scheme not in ("http", "https") or more or not HOST_NAME.fullmatch(name):
        raise Problem(422, "harbour-bad", malformed, reason="malformed")
    if parts.scheme == "http":
        why = "the endpoint is asked over TLS alone: it begins with https://"
        raise Problem(422, "harbour-bad", why, reason="plain")
    name = f"[{name}]" if ":" in name else name
    return f"https://{name}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def message_of(cluster: Table) -> Table:
    """What the Harbour is told of a cluster."""
    return {
        **{name: cluster[name] for name in ("summary", "tags", "stack", "settings")},
        "home": cluster["uid"],
        "title": cluster["name"],
        "agent": "berth/4.1",
        "pools": pools_of(cluster),
    }


def pools_of(cluster: Table) -> list[Table]:
    return [
        {
            **{name: pool[name] for name in ("label", "control")},
            "size": len(pool["members"]),
            "members": [{"host": m["host"], "name": m["node"]} for m in pool["members"]],
        }
        for pool in cluster["pools"]
    ]
