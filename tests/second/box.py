"""The edge of the second implementation: boxes with a Local UI each, in bays of a few."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from tests.second.web import Ask, No, Table, Web

LEARNED = {"handing": "obeying", "joined": "obeying", "declined": "declined", "broken": "broken"}
FINAL = ("too_late", "no_such_thing", "joined_already")
ANSWER_S = 1.0
"""How long a box waits for the depot."""
AGENT_S = 0.02
DEFECTS = ("keeps-its-hands-on",)
"""What can be planted here: local operations go on working on a paired cluster."""


class Gone(Exception):
    """No answer. `sent` says whether the message may have arrived."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class Refused(Exception):
    """The depot said no."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Boxes:
    """All boxes of a site, with the agents behind them."""

    def __init__(self, *ca_files: str, defect: str = "") -> None:
        """Trusts these authorities. `defect` is one of `DEFECTS`, for tests that look for it."""
        self.defect = defect
        self.lock = threading.RLock()
        self.user, self.secret = "keeper", ""
        self.bays: dict[str, Table] = {}
        self.bay_of: dict[str, str] = {}
        self.host_at: dict[int, str] = {}
        self.passes: dict[str, tuple[str, float]] = {}
        self.shift = 0.0
        self.cut: set[str] = set()
        self.spoiled: dict[tuple[str, str], deque[Table]] = defaultdict(deque)
        self.late: dict[str, list[Callable[[], Any]]] = defaultdict(list)
        self.trusting = ssl.create_default_context()
        for ca_file in ca_files:
            self.trusting.load_verify_locations(ca_file)
        self.lax = ssl.create_default_context()
        self.lax.check_hostname = False
        self.lax.verify_mode = ssl.CERT_NONE
        self.stopped = threading.Event()
        self.web = web = Web()
        for method, path, handler in (
            ("POST", "/b/enter", self.enter),
            ("POST", "/b/leave", self.leave),
            ("GET", "/b/cluster", self.cluster_shown),
            ("POST", "/b/cluster", self.cluster_made),
            ("PATCH", "/b/cluster", self.cluster_patched),
            ("DELETE", "/b/cluster", self.cluster_deleted),
            ("PUT", "/b/cluster/{}", self.cluster_replaced),
            ("PATCH", "/b/cluster/{}", self.cluster_changed),
            ("GET", "/b/stack", self.stack_shown),
            ("PUT", "/b/stack", self.stack_replaced),
            ("GET", "/b/manager", self.manager_shown),
            ("PUT", "/b/manager", self.manager_wanted),
            ("POST", "/b/pairing/test", self.tested),
            ("POST", "/b/pairing", self.asked),
            ("GET", "/b/pairing", self.pairing_shown),
            ("DELETE", "/b/pairing", self.cancelled),
        ):
            web.on(method, path, handler)
        for name in (
            "install_cluster",
            "renew_cluster",
            "set_host_mode",
            "set_cluster_state",
            "set_node_health",
            "set_link",
            "fault_next_message",
            "advance_clock",
            "set_clock_right",
            "restart",
            "reset",
        ):
            web.on("POST", f"/lab/{name}", getattr(self, f"lab_{name}"))
        threading.Thread(target=self.work, daemon=True).start()

    def add_bay(self, slot: str, hosts: dict[str, int]) -> None:
        """A bay of boxes, each on its port."""
        self.bays[slot] = fresh(slot, tuple(hosts))
        for host, port in hosts.items():
            self.bay_of[host], self.host_at[port] = slot, host

    def close(self) -> None:
        self.stopped.set()
        self.web.close()

    def now(self) -> float:
        return time.time() + self.shift

    # --- who may ----------------------------------------------------------------------

    def enter(self, ask: Ask) -> tuple[int, Any]:
        if not self.secret or (ask.get("user"), ask.get("secret")) != (self.user, self.secret):
            raise No(401, "who_are_you", "unknown user or wrong secret")
        key = uuid.uuid4().hex
        hours = 24 if "extendedSession=true" in ask.query else 2
        with self.lock:
            self.passes[key] = (self.host_at[ask.port], self.now() + hours * 3600)
        return 200, {"pass": key}

    def leave(self, ask: Ask) -> tuple[int, Any]:
        self.bay(ask)
        self.passes.pop(ask.head("X-Pass"), None)
        return 200, {}

    def bay(self, ask: Ask) -> Table:
        """The bay of the box that was asked, for somebody who has entered there."""
        host, until = self.passes.get(ask.head("X-Pass"), ("", 0.0))
        if host != self.host_at[ask.port] or self.now() >= until:
            raise No(401, "who_are_you", "enter first")
        return self.bays[self.bay_of[host]]

    # --- the cluster ------------------------------------------------------------------

    def cluster_shown(self, ask: Ask) -> tuple[int, Any]:
        c = self.bay(ask)["cluster"]
        if c is None:
            raise No(404, "no_cluster", "there is no cluster here")
        heads = [{"name": p["name"], "isControlPlane": p["control_plane"]} for p in c["pools"]]
        hosts = [
            [{"hostID": n["host_uid"], "hostName": n["name"]} for n in p["nodes"]]
            for p in c["pools"]
        ]
        nodes = [
            [{"nodeName": n["name"], "health": {"status": n["health"]}} for n in p["nodes"]]
            for p in c["pools"]
        ]
        return 200, {
            "id": c["uid"],
            "label": c["name"],
            "marks": c["tags"],
            "notes": {"description": c["description"]},
            "condition": c["state"],
            "hosts": [{"pool": h, "hosts": rows} for h, rows in zip(heads, hosts, strict=True)],
            "pools": [{"pool": h, "nodes": rows} for h, rows in zip(heads, nodes, strict=True)],
        }

    def own(self, ask: Ask) -> Table:
        """The bay, if its boxes still manage it."""
        bay = self.bay(ask)
        if is_central(bay) and self.defect != "keeps-its-hands-on":
            raise No(403, "not_here", "this cluster is centrally managed: change it in the depot")
        return bay

    def cluster_of(self, bay: Table, name: str = "") -> Table:
        c: Table | None = bay["cluster"]
        if c is None or name not in ("", c["name"]):
            raise No(404, "no_cluster", "there is no such cluster here")
        return c

    def cluster_made(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            bay = self.own(ask)
            if bay["cluster"] is not None:
                raise No(409, "in_the_way", "there is a cluster already")
            bay["cluster"] = {
                "uid": str(uuid.uuid4()),
                "name": ask.get("label", ""),
                "description": "",
                "tags": ask.get("marks", {}),
                "state": "Provisioning",
                "pools": [],
                "stack": [],
            }
        return 200, {}

    def cluster_patched(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            self.cluster_of(self.own(ask))["tags"].update(ask.get("marks", {}))
        return 200, {}

    def cluster_changed(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            cluster = self.cluster_of(self.own(ask), ask.parts[0])
            for change in ask.get("changes", []):
                name = change["path"].removeprefix("/metadata/labels/")
                cluster["tags"][name.replace("~1", "/").replace("~0", "~")] = change["value"]
        return 200, {}

    def cluster_replaced(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            self.cluster_of(self.own(ask), ask.parts[0])["tags"] = ask.get("marks", {})
        return 200, {}

    def cluster_deleted(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            self.cluster_of(self.own(ask))["state"] = "Deleting"
        return 200, {}

    def stack_shown(self, ask: Ask) -> tuple[int, Any]:
        return 200, {"stack": in_parts(self.cluster_of(self.bay(ask))["stack"])}

    def stack_replaced(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            cluster = self.cluster_of(self.own(ask))
            cluster["stack"] = [
                {
                    **{name: profile.get(name, "") for name in ("name", "type", "uid")},
                    "version": profile["edition"],
                    "packs": [{**part, "version": part["exact"]} for part in profile["parts"]],
                }
                for profile in ask.get("stack", [])
            ]
        return 200, {}

    def manager_shown(self, ask: Ask) -> tuple[int, Any]:
        return 200, {"by": "central" if is_central(self.bay(ask)) else "local"}

    def manager_wanted(self, ask: Ask) -> tuple[int, Any]:
        if is_central(self.bay(ask)):
            raise No(403, "for_good", "a centrally managed cluster stays so")
        return 200, {}

    # --- pairing ----------------------------------------------------------------------

    def pairing_shown(self, ask: Ask) -> tuple[int, Any]:
        request = self.bay(ask)["request"]
        if request is None or request["phase"] == "submitting":
            raise No(404, "nothing_asked", "nothing was asked")
        phase = "waiting" if request["phase"] == "obeying" else request["phase"]
        names = ("number", "address", "lax", "text")
        return 200, {**{n: request[n] for n in names}, "phase": phase}

    def tested(self, ask: Ask) -> tuple[int, Any]:
        bay = self.bay(ask)
        if bay["cluster"] is None:
            raise No(404, "no_cluster", "there is no cluster here")
        base = address_of(ask.get("address", ""))
        need_ticket(ask)
        why = self.unreachable(bay, base, bool(ask.get("lax")))
        return 200, {"ok": not why, "text": why or "all boxes of the cluster reach it"}

    def unreachable(self, bay: Table, base: str, lax: bool) -> str:
        for pool in bay["cluster"]["pools"]:
            for node in pool["nodes"]:
                host = node["host_uid"]
                try:
                    out = self.call(host, "probe", base, lax, "GET", "/d/hello")
                except (Gone, Refused) as error:
                    return f"host {host} cannot reach {base}: {error}"
                if out.get("who") != "palette":
                    return f"host {host} found no Palette at {base}"
        return ""

    def asked(self, ask: Ask) -> tuple[int, Any]:
        bay = self.bay(ask)
        if is_central(bay):
            raise No(403, "not_here", "this cluster is centrally managed already")
        cluster = self.cluster_of(bay)
        if cluster["state"] != "Running":
            raise No(409, "not_running", f"the cluster is {cluster['state']}, not Running")
        ill = [n["name"] for p in cluster["pools"] for n in p["nodes"] if n["health"] != "Healthy"]
        if ill:
            raise No(409, "not_healthy", f"not healthy: {', '.join(ill)}")
        base, lax = address_of(ask.get("address", "")), bool(ask.get("lax"))
        need_ticket(ask)
        need_nothing_asked(bay)
        if why := self.unreachable(bay, base, lax):
            raise No(424, "out_of_reach", why)
        host = self.host_at[ask.port]
        with self.lock:
            need_nothing_asked(bay)
            request = bay["request"] = {
                "phase": "submitting",
                "number": "",
                "address": ask.get("address"),
                "base": base,
                "lax": lax,
                "text": "",
                "host": host,
                "site": cluster["uid"],
                "proof": uuid.uuid4().hex,
            }
        return self.submitted(bay, request, ask.get("ticket"))

    def submitted(self, bay: Table, request: Table, ticket: str) -> tuple[int, Any]:
        cluster = bay["cluster"]
        message = {
            "ticket": ticket,
            "proof": request["proof"],
            "site": cluster["uid"],
            "label": cluster["name"],
            "notes": {"description": cluster["description"]},
            "marks": cluster["tags"],
            "stack": in_parts(cluster["stack"]),
            "pools": [
                {
                    "poolConfig": {
                        "name": p["name"],
                        "isControlPlane": p["control_plane"],
                        "labels": [],
                        "size": len(p["nodes"]),
                    },
                    "cloudConfig": {
                        "edgeHosts": [
                            {"hostUid": n["host_uid"], "hostName": n["name"]} for n in p["nodes"]
                        ]
                    },
                }
                for p in cluster["pools"]
            ],
            "agent": "box 1",
        }
        try:
            out = self.tell(request, "submit", "POST", "/d/requests", message)
        except Gone as gone:
            with self.lock:
                self.drop(bay, request, owes=gone.sent)
            raise No(424, "out_of_reach", f"the depot did not take it: {gone}") from None
        except Refused as refused:
            with self.lock:
                self.drop(bay, request, owes=refused.kind == "")
            raise No(406, refused.kind or "out_of_reach", str(refused)) from None
        with self.lock:
            if bay["request"] is not request:
                raise No(410, "too_late", "it was cancelled meanwhile")
            request.update(phase="waiting", number=out["number"], text="waits for a decision")
        return 202, {"number": out["number"]}

    def drop(self, bay: Table, request: Table, *, owes: bool) -> None:
        if bay["request"] is request:
            bay["request"] = None
            if owes:
                bay["debts"].append(request)

    def cancelled(self, ask: Ask) -> tuple[int, Any]:
        bay = self.bay(ask)
        with self.lock:
            request = bay["request"]
            if is_central(bay):
                raise No(409, "joined_already", "it was accepted: too late to cancel")
            if request is None or request["phase"] not in ("waiting", "submitting"):
                raise No(404, "nothing_asked", "nothing waits for a decision")
            if request["phase"] == "submitting":
                self.drop(bay, request, owes=True)
                return 200, {}
        told = True
        try:
            self.recall(request, over=False)
        except Gone:
            told = False
        except Refused as refused:
            told = refused.kind in FINAL
            if refused.kind == "joined_already":
                with self.lock:
                    if bay["request"] is request and request["phase"] == "waiting":
                        request["phase"] = "obeying"
                raise No(409, "joined_already", "it was accepted: too late to cancel") from None
        with self.lock:
            if is_central(bay):
                raise No(409, "joined_already", "it was accepted: too late to cancel")
            self.drop(bay, request, owes=not told)
        return 200, {}

    def recall(self, request: Table, *, over: bool) -> None:
        message = {
            "number": request["number"],
            "site": request["site"],
            "proof": request["proof"],
            "over": over,
        }
        self.tell(request, "withdraw", "POST", "/d/recalls", message)

    # --- the agents -------------------------------------------------------------------

    def work(self) -> None:
        while not self.stopped.wait(AGENT_S):
            for bay in list(self.bays.values()):
                for debt in list(bay["debts"]):
                    self.settle(bay, debt)
                request = bay["request"]
                if request is not None and request["phase"] in ("waiting", "obeying"):
                    with suppress(Gone):
                        self.follow(bay, request)

    def settle(self, bay: Table, debt: Table) -> None:
        try:
            self.recall(debt, over=True)
        except Gone:
            return
        except Refused as refused:
            if refused.kind not in FINAL:
                return
        with self.lock:
            if debt in bay["debts"]:
                bay["debts"].remove(debt)

    def follow(self, bay: Table, request: Table) -> None:
        obeying = request["phase"] == "obeying"
        verb, method, path = ("confirm", "PUT", "obey") if obeying else ("poll", "GET", "fate")
        try:
            path = f"/d/requests/{request['number']}/{path}"
            phase = self.tell(request, verb, method, path)["phase"]
        except Refused as refused:
            if refused.kind not in FINAL:
                return
            phase = "broken"
        with self.lock:
            if bay["request"] is not request or (request["phase"] == "obeying") is not obeying:
                return
            if phase == "recalled" and not obeying:
                bay["request"] = None
            elif obeying:
                request["phase"] = "joined" if phase == "joined" else "broken"
            elif phase in LEARNED:
                request.update(phase=LEARNED[phase], text=f"the depot says: {phase}")

    # --- the link ---------------------------------------------------------------------

    def tell(self, request: Table, kind: str, method: str, path: str, body: Any = None) -> Any:
        return self.call(
            request["host"],
            kind,
            request["base"],
            request["lax"],
            method,
            path,
            body,
            {"X-Depot-Proof": request["proof"]},
        )

    def call(
        self,
        host: str,
        kind: str,
        base: str,
        lax: bool,
        method: str,
        path: str,
        body: Any = None,
        headers: Table | None = None,
    ) -> Any:
        with self.lock:
            if host in self.cut:
                raise Gone("it has no connection", sent=False)
            queue = self.spoiled[host, kind]
            fault: Table = queue.popleft() if queue else {"fault": ""}

        def once() -> Any:
            return self.exchange(base, lax, method, path, body, headers or {})

        match fault["fault"]:
            case "lost-before" | "unavailable" | "garbled":
                raise Gone("the connection broke", sent=True)
            case "late":
                self.late[host].append(once)
                raise Gone("the connection broke", sent=True)
            case "repeated-late":
                self.late[host].append(once)
            case "rate-limited":
                raise Refused("", "the depot is busy")
            case "lost-after":
                once()
                raise Gone("the connection broke", sent=True)
            case "server-error":
                raise Refused("", "the depot has an internal error")
            case "repeated":
                once()
            case "delayed":
                self.stopped.wait(fault["delay"] / 1e6)
        return once()

    def exchange(
        self, base: str, lax: bool, method: str, path: str, body: Any, headers: Table
    ) -> Any:
        parts = urlsplit(base)
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = self.lax if lax else self.trusting
            connection = http.client.HTTPSConnection(host, port, timeout=ANSWER_S, context=context)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=ANSWER_S)
        sent = False
        try:
            connection.connect()
            sent = True
            raw = None if body is None else json.dumps(body)
            typed = {"Content-Type": "application/json"} if raw else {}
            connection.request(method, parts.path + path, raw, {**typed, **headers})
            answer = connection.getresponse()
            out = json.loads(answer.read(1 << 20))
        except socket.gaierror:
            raise Gone("its name cannot be resolved", sent=False) from None
        except ssl.SSLCertVerificationError as error:
            raise Gone(f"its certificate is not trusted ({error.reason})", sent=False) from None
        except TimeoutError:
            raise Gone("it does not answer", sent=sent) from None
        except ConnectionRefusedError:
            raise Gone("it refuses connections", sent=False) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Gone(f"it answers, and is no Palette ({error})", sent=sent) from None
        finally:
            connection.close()
        return understood(answer.status, out)

    # --- what a lab arranges ----------------------------------------------------------

    def lab_install_cluster(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            bay = self.bays[ask.body["slot"]]
            for host in bay["hosts"]:
                self.heal(host)
            self.bays[bay["slot"]] = {
                **fresh(bay["slot"], bay["hosts"]),
                "cluster": ask.body["cluster"],
            }
        return 200, {}

    def lab_renew_cluster(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            bay = self.bays[ask.body["slot"]]
            for host in bay["hosts"]:
                self.heal(host)
            self.bays[bay["slot"]] = {
                **fresh(bay["slot"], bay["hosts"]),
                "cluster": bay["cluster"],
            }
        return 200, {}

    def heal(self, host: str) -> None:
        self.cut.discard(host)
        self.late.pop(host, None)
        self.forget_faults(host)

    def forget_faults(self, host: str) -> None:
        for key in [key for key in self.spoiled if key[0] == host]:
            del self.spoiled[key]

    def lab_set_host_mode(self, ask: Ask) -> tuple[int, Any]:
        self.bays[ask.body["slot"]]["mode"] = ask.body["mode"]
        return 200, {}

    def lab_set_cluster_state(self, ask: Ask) -> tuple[int, Any]:
        self.bays[ask.body["slot"]]["cluster"]["state"] = ask.body["state"]
        return 200, {}

    def lab_set_node_health(self, ask: Ask) -> tuple[int, Any]:
        for pool in self.bays[ask.body["slot"]]["cluster"]["pools"]:
            for node in pool["nodes"]:
                if node["name"] == ask.body["node"]:
                    node["health"] = ask.body["health"]
        return 200, {}

    def lab_set_link(self, ask: Ask) -> tuple[int, Any]:
        host, up = ask.body["host_uid"], ask.body["up"]
        with self.lock:
            if up and host not in self.cut:
                self.forget_faults(host)
            (self.cut.discard if up else self.cut.add)(host)
            late = self.late.pop(host, []) if up else []
        for once in late:
            with suppress(Gone, Refused):
                once()
        return 200, {}

    def lab_fault_next_message(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            spoiled = self.spoiled[ask.body["host_uid"], ask.body["message"]]
            spoiled.extend([ask.body] * ask.body["times"])
        return 200, {}

    def lab_set_clock_right(self, ask: Ask) -> tuple[int, Any]:
        self.shift = 0.0
        return 200, {}

    def lab_advance_clock(self, ask: Ask) -> tuple[int, Any]:
        self.shift += ask.body["by"] / 1e6
        return 200, {}

    def lab_restart(self, ask: Ask) -> tuple[int, Any]:
        return 200, {}  # all that it has is what a real one would have on disk

    def lab_reset(self, ask: Ask) -> tuple[int, Any]:
        with self.lock:
            self.cut.clear()
            self.spoiled.clear()
            self.shift = 0.0
            self.bays = {slot: fresh(slot, bay["hosts"]) for slot, bay in self.bays.items()}
        return 200, {}


def fresh(slot: str, hosts: tuple[str, ...]) -> Table:
    return {
        "slot": slot,
        "hosts": hosts,
        "mode": "local",
        "cluster": None,
        "request": None,
        "debts": [],
    }


def is_central(bay: Table) -> bool:
    request = bay["request"]
    joined = request is not None and request["phase"] in ("obeying", "joined")
    return joined or bay["mode"] == "central"


def in_parts(stack: list[Table]) -> list[Table]:
    return [
        {
            "name": profile["name"],
            "type": profile["type"],
            "edition": profile["version"],
            "parts": [
                {"layer": pack["layer"], "name": pack["name"], "exact": pack["version"]}
                for pack in profile["packs"]
            ],
        }
        for profile in stack
    ]


def need_ticket(ask: Ask) -> None:
    if not str(ask.get("ticket", "")).strip():
        raise No(406, "bad_ticket", "the registration token is missing")


def need_nothing_asked(bay: Table) -> None:
    if bay["request"] is not None and bay["request"]["phase"] in ("submitting", "waiting"):
        raise No(409, "in_the_way", "a request waits for a decision already")


def address_of(text: str) -> str:
    """What was entered as the address of the depot, as the start of a URL."""
    found = re.fullmatch(
        r"(?:(https?)://)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\d{1,5}))?((?:/[\w.-]+)*)/?",
        text.strip(),
    )
    if not text.strip():
        raise No(424, "bad_address", "the endpoint is missing")
    if found is None or int(found[3] or 1) > 65535:
        raise No(424, "bad_address", f"the endpoint {text!r} is malformed")
    port = f":{found[3]}" if found[3] else ""
    return f"{found[1] or 'https'}://{found[2]}{port}{found[4]}"


def understood(status: int, out: Any) -> Any:
    """The data of an answer."""
    if isinstance(out, dict) and status < 300 and isinstance(out.get("data"), dict):
        return out["data"]
    error = out.get("error") if isinstance(out, dict) else None
    if not isinstance(error, dict) or "type" not in error:
        raise Gone(f"it answers, and is no Palette ({status})", sent=True)
    raise Refused(error["type"] if status < 500 else "", error.get("text", ""))
