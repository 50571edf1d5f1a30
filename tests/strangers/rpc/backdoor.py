"""What the makers of the product let their own lab do to it, at an address of its own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from tests.strangers.rpc.annex import Annexes, Pier
from tests.strangers.rpc.office import Member, Office, Voucher
from tests.strangers.rpc.transport import NO_SUCH_METHOD, Call, Fault, Table
from tests.strangers.rpc.words import FILED, FILING, GRANTED, NO_SUCH_THING

Answer = Callable[[Call], Awaitable[Any]]


class Backdoor:
    """Answers `lab.something` by its method `something`, which gets the members of params."""

    async def answer(self, call: Call) -> Any:
        name = call.method.removeprefix("lab.")
        asked = None if name.startswith("_") or name == "answer" else getattr(self, name, None)
        if asked is None:
            raise Fault(NO_SUCH_METHOD, f"the lab cannot do {call.method} here")
        return asked(**call.params) or {}


class OfficeBackdoor(Backdoor):
    """To the office."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def make_zone(self, name: str) -> Table:
        zone = f"Z-{secrets.token_hex(4)}"
        self._office.zones[zone] = name
        return {"zone": zone}

    def forget_zone(self, zone: str) -> None:
        office = self._office
        office.zones.pop(zone, None)
        office.applications = {k: a for k, a in office.applications.items() if a.zone != zone}
        office.sites = {k: s for k, s in office.sites.items() if s.zone != zone}
        office.vouchers = {k: v for k, v in office.vouchers.items() if v.zone != zone}
        office.bundles = {k: b for k, b in office.bundles.items() if b["zone"] != zone}

    def put_member(
        self, mail: str, passphrase: str, roles: list[list[str]], steward: bool
    ) -> Table:
        """One of this mail is replaced, and keeps key and sessions."""
        held = {(role, zone) for role, zone in roles}
        before = self._office.members.get(mail)
        key = before.key if before else secrets.token_urlsafe(20)
        self._office.members[mail] = Member(mail, passphrase, key, held, steward)
        return {"key": key}

    def drop_member(self, mail: str) -> None:
        self._office.members.pop(mail, None)
        kept = {k: v for k, v in self._office.sessions.items() if v[0] != mail}
        self._office.sessions = kept
        self._office.let = {k: v for k, v in self._office.let.items() if k[0] != mail}

    def put_voucher(
        self, voucher: str, name: str, zone: str, until: float | None, blocked: bool
    ) -> Table:
        """One of this id is changed; a new one gets an id and a secret of the office's."""
        made = self._office.vouchers.get(voucher)
        if made is None:
            made = Voucher(secrets.token_hex(5), name, secrets.token_urlsafe(18), zone, until)
            self._office.vouchers[made.id] = made
        made.zone, made.until, made.blocked = zone, until, blocked
        return {"voucher": made.id, "secret": made.secret}

    def drop_voucher(self, voucher: str) -> None:
        self._office.vouchers.pop(voucher, None)

    def put_bundle(self, bundle: str, **described: Any) -> None:
        self._office.bundles[bundle] = described

    def drop_bundle(self, bundle: str) -> None:
        self._office.bundles.pop(bundle, None)

    def refuse_calls(self, calls: int, wait_s: int) -> None:
        self._office.refusing, self._office.refusing_s = calls, wait_s

    def set_clock_ahead(self, by_s: float) -> None:
        self._office.ahead_s = self._office.ahead_s + by_s if by_s else 0.0

    def restart(self) -> None:
        """What the office keeps is on disk; what it does by itself is done anew at each look."""
        office = self._office
        office.let.clear()
        office.fitted.clear()
        if "restart-undoes-the-unconfirmed" in office.planted:
            for a in office.applications.values():
                if a.phase == GRANTED:
                    office.sites.pop(a.runs_as, None)
                    a.phase, a.granted, a.runs_as = FILED, 0.0, ""

    def reset(self) -> None:
        self._office.clear()


class AnnexesBackdoor(Backdoor):
    """To the annexes."""

    def __init__(self, annexes: Annexes) -> None:
        self._annexes = annexes

    def put_site(self, pier: str, site: Table | None) -> Table:
        fresh = self._emptied(pier)
        if site is None:
            return {}
        units = [u["host"] for rack in site["racks"] for u in rack["units"]]
        if not set(units) <= set(fresh.hosts):
            raise Fault(NO_SUCH_THING, f"{pier} has no such hosts")
        made = {"site": secrets.token_hex(8), "settings": {"clocks": [], "keys": []}, **site}
        fresh.site = made
        return {"site": made["site"]}

    def _emptied(self, pier: str) -> Pier:
        annexes = self._annexes
        for host in annexes.piers[pier].hosts:
            annexes.cut.discard(host)
            annexes.late.pop(host, None)
            self._spoil_nothing(host)
        fresh = annexes.piers[pier] = Pier(pier, annexes.piers[pier].hosts)
        return fresh

    def renew_site(self, pier: str) -> None:
        site = self._annexes.piers[pier].site
        self._emptied(pier).site = site

    def install_run_by(self, pier: str, who: str) -> None:
        self._annexes.piers[pier].run_by = who

    def set_condition(self, pier: str, condition: str) -> None:
        self._site(pier)["condition"] = condition

    def set_health(self, pier: str, unit: str, health: str) -> None:
        units = [u for r in self._site(pier)["racks"] for u in r["units"] if u["unit"] == unit]
        if not units:
            raise Fault(NO_SUCH_THING, f"{pier} has no unit {unit}")
        units[0]["health"] = health
        self._annexes.piers[pier].alarm = health != "fit"

    def _site(self, pier: str) -> Table:
        site = self._annexes.piers[pier].site
        if site is None:
            raise Fault(NO_SUCH_THING, f"no site is on {pier}")
        return site

    def link(self, host: str, up: bool) -> None:
        (self._annexes.cut.discard if up else self._annexes.cut.add)(host)
        if up:
            self._spoil_nothing(host)
        for once in self._annexes.late.pop(host, []) if up else []:
            arriving = asyncio.ensure_future(once())
            self._annexes.arriving.add(arriving)
            arriving.add_done_callback(self._annexes.arriving.discard)

    def _spoil_nothing(self, host: str) -> None:
        for key in [key for key in self._annexes.spoiled if key[0] == host]:
            del self._annexes.spoiled[key]

    def spoil_next(self, host: str, kind: str, how: str, for_s: float, times: int) -> None:
        self._annexes.spoiled[host, kind].extend([{"how": how, "for_s": for_s}] * times)

    def set_clock_ahead(self, by_s: float) -> None:
        self._annexes.ahead_s = self._annexes.ahead_s + by_s if by_s else 0.0

    def restart(self) -> None:
        """What an annex keeps is on disk, its sessions too."""
        if "forgets-when-it-restarts" in self._annexes.planted:
            for pier in self._annexes.piers.values():
                if pier.filing is not None and pier.filing.phase == FILED:
                    pier.filing = None
        if "restart-ends-what-was-begun" in self._annexes.planted:
            for pier in self._annexes.piers.values():
                if pier.filing is not None and pier.filing.phase == FILING:
                    self._annexes.drop(pier, pier.filing, untold=True)
        for pier in self._annexes.piers.values():
            pier.shown = None
            if pier.filing is not None:
                pier.filing.missed = 0
            if pier.reclaims:
                pier.filing, pier.run_by, pier.reclaims = None, "self", False
        for pier in self._annexes.piers.values():
            pier.due = 0.0
            missed = [f for f in pier.untold if f.phase == FILED]
            back = "restart-brings-back-the-recalled" in self._annexes.planted
            if back and missed and pier.filing is None:
                pier.filing = missed[-1]
                pier.untold.remove(missed[-1])

    def reset(self) -> None:
        for pier in self._annexes.piers:
            self._emptied(pier)
        self._annexes.spoiled.clear()
        self._annexes.ahead_s = 0.0
