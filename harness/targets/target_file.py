"""Target files: what a run is about, and how it is reached (TOML, `pairproof/target/1`).

The keys are declared in `target_keys`; `docs/target-file.md` explains them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Feature, Role
from harness.configuration import toml_lines
from harness.domain.arrangements import Side
from harness.domain.endpoint import base_url
from harness.domain.errors import Refusal
from harness.domain.operations import RARELY_OFFERED, LocalOperation
from harness.files import parse_toml, read_text
from harness.targets.arranging.reading import read_arranging
from harness.targets.key_kinds import Table
from harness.targets.ledger import LedgerKind
from harness.targets.links.reading import read_links
from harness.targets.peer_table import Peer, read_peer
from harness.targets.port import LocalUser, TargetInfo
from harness.targets.reading import (
    TARGET_FILE,
    TargetFileReader,
    TargetProblem,
    env_file_of,
    read_env_file,
)
from harness.targets.target import Control, Host, RateLimit, Target, TargetSlot, Timeouts
from harness.targets.target_keys import FILE, SCHEMA
from harness.targets.trust import Trust, read_trust
from harness.targets.wire_reading import read_wire
from harness.wire.routes import ROUTES


def load_target(path: Path, environment: Mapping[str, str]) -> Target:
    """The target that a file describes. Credentials come from `environment`, otherwise from
    the `.env` file beside it.

    Raises:
        TargetFileError: a file cannot be read or is wrong; says where, and what to do.
    """
    text = read_text(path, TARGET_FILE)
    beside = read_env_file(env_file_of(path))
    return read_target(text, str(path), path.parent, {**beside, **environment})


def read_target(text: str, file: str, folder: Path, environment: Mapping[str, str]) -> Target:
    """The target that a text describes. `file` is what messages call it; relative paths in it
    start at `folder`.

    Raises:
        TargetFileError: the text is wrong; says where, and what to do.
    """
    data = parse_toml(text, file, TARGET_FILE)
    reader = _Reader(text, file, folder, environment)
    reader.check_version(data)
    reader.check_structure(data, FILE)
    return reader.target(data)


class _Reader(TargetFileReader):
    """Reads a text whose structure is right, and checks that it makes sense."""

    def check_version(self, data: Table) -> None:
        """The schema comes before everything else: another one has other keys."""
        found = data.get("schema")
        if found != SCHEMA:
            told = "it is missing" if found is None else f"{found!r} stands there"
            remedy = f'write schema = "{SCHEMA}", or use the pairproof that knows it'
            self.refuse(("schema",), TargetProblem(told, f'"{SCHEMA}"', remedy))

    def target(self, data: Table) -> Target:
        """The target that the text describes."""
        sides, limits = self.sides(data), data.get("limits", {})
        operation_of = {route.operation.__name__: route.operation for route in ROUTES.values()}
        edge, central = data.get("edge", {}), data.get("central", {})
        proxy = data.get("network", {}).get("proxy", "")
        places = self.places(edge.get("clusters", []))
        peer = read_peer(self, data.get("peer", {}), sides)
        return Target(
            info=self.info(data, places, peer),
            places=places,
            local_user=self.local_user(edge) if edge else LocalUser("", ""),
            central_url=self.address(central["url"], ("central", "url")) if central else "",
            endpoint=self.endpoint(central, sides),
            endpoint_forms=central.get("endpoint_forms", {}),
            trust=read_trust(self, data.get("tls", {}), ("tls",)),
            trusts={
                side: read_trust(self, data[side.value]["tls"], (side.value, "tls"))
                for side in Side
                if "tls" in data.get(side.value, {})
            },
            controls=self.controls(data, sides),
            limits=Limits.from_mapping({k: v for k, v in limits.items() if k != "operations"}),
            operation_limits={
                operation_of[name]: float(s) for name, s in limits.get("operations", {}).items()
            },
            timeouts=Timeouts(**data.get("timeouts", {})),
            rate_limit=RateLimit(**data.get("rate_limit", {})),
            wire=read_wire(self, data),
            peer=peer,
            proxy=self.address(proxy, ("network", "proxy")) if proxy else "",
            allow_writes=data.get("allow_writes", False),
            keeps=frozenset(map(LedgerKind, data.get("keeps", []))),
            arranging=read_arranging(self, data),
            links=read_links(self, data),
        )

    def sides(self, data: Table) -> frozenset[Side]:
        """The sides that the text describes: at least those that are judged."""
        for role in data["roles"]:
            if role not in data:
                problem = TargetProblem(
                    f"it is missing, and roles names {role}",
                    f"[{role}], which says where that side is reached",
                    f"add [{role}], or take {role} out of roles: the harness plays the side that"
                    " is not described",
                )
                self.refuse(("roles",), problem)
        return frozenset(side for side in Side if side.value in data)

    def endpoint(self, central: Table, sides: frozenset[Side]) -> str:
        """The Palette endpoint. Edge hosts that the harness plays have to make sense of it."""
        endpoint = str(central.get("endpoint", central.get("url", "")))
        if Side.EDGE not in sides:
            try:
                base_url(endpoint)
            except Refusal as refusal:
                allowed = "a host name or a URL, at which the harness's edge hosts ask"
                problem = TargetProblem(refusal.refused.message, allowed, "correct it")
                self.refuse(("central", "endpoint"), problem)
        return endpoint

    def local_user(self, edge: Table) -> LocalUser:
        """The user who may log in to each Local UI."""
        login, at = edge["login"], ("edge", "login")
        username, password = (self.credential(login, at, n) for n in ("username", "password"))
        return LocalUser(username, password)

    def info(self, data: Table, places: tuple[TargetSlot, ...], peer: Peer) -> TargetInfo:
        """Who made it and what it claims; a claim has to be possible."""
        features = frozenset(map(Feature, data.get("features", [])))
        spans = max((len(place.hosts) for place in places), default=peer.hosts)
        if Feature.MULTI_NODE in features and spans < 2:
            table = "edge.clusters" if places else "peer"
            self.refuse(
                ("features",),
                TargetProblem(
                    f"{Feature.MULTI_NODE.value} is claimed, and no place has two hosts",
                    "the claim, where a cluster can span several hosts",
                    f"add hosts to {table}, or drop the claim",
                ),
            )
        roles = frozenset(map(Role, data["roles"]))
        played = LocalOperation if not places else ()  # an edge of ours has whatever there is
        offers = {k.__name__: k not in RARELY_OFFERED or issubclass(k, played) for k in ROUTES}
        offers |= data.get("offers", {})
        not_offered = frozenset(kind for kind in ROUTES if not offers[kind.__name__])
        return TargetInfo(
            **data["implementation"],
            roles=roles,
            features=features,
            not_offered=not_offered,
            words={trouble: tuple(words) for trouble, words in data.get("words", {}).items()},
        )

    def places(self, tables: list[Table]) -> tuple[TargetSlot, ...]:
        """The places; no slot, host or address occurs twice."""
        seen: dict[str, str] = {}
        places = []
        for n, table in enumerate(tables):
            at: toml_lines.Path = ("edge", "clusters", n)
            self.once(seen, "slot", table["slot"], (*at, "slot"))
            hosts = []
            for m, entry in enumerate(table["hosts"]):
                here = (*at, "hosts", m)
                self.once(seen, "uid", entry["uid"], (*here, "uid"))
                url = self.address(entry["url"], (*here, "url"))
                self.once(seen, "address", url, (*here, "url"))
                hosts.append(Host(entry["uid"], url))
            places.append(TargetSlot(table["slot"], tuple(hosts)))
        return tuple(places)

    def controls(self, data: Table, sides: frozenset[Side]) -> dict[Side, Control]:
        """The control port of each side that has one: its own, or the one for all described."""
        found: dict[Side, Control] = {}
        if "control" in data:
            # It stands beside [tls], and goes by it, whatever its sides go by.
            trust = read_trust(self, data.get("tls", {}), ("tls",))
            shared = self.control(data["control"], ("control",), trust)
            found = dict.fromkeys((side for side in Side if side in sides), shared)
        for side in found.keys() | sides:
            own = data[side.value].get("control")
            path = (side.value, "control")
            if own is not None and "control" in data:
                told = "[control] names one for both sides already"
                self.refuse(
                    path, TargetProblem(told, "one control port a side", "remove one of the two")
                )
            if own is not None:
                found[side] = self.control(own, path)
        return found

    def control(self, table: Table, path: toml_lines.Path, trust: Trust | None = None) -> Control:
        """One control port."""
        url = self.address(table["url"], (*path, "url"))
        return Control(url, self.credential(table, path, "secret"), trust)
