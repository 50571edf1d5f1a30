"""Target files: what a run is about, and how it is reached (TOML, `pairproof/target/1`).

The keys are declared in `target_keys`; `docs/target-file.md` explains them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from harness.catalogue.limits import Limits
from harness.catalogue.requirement import Feature, Role
from harness.configuration import toml_lines
from harness.configuration.errors import Flaw
from harness.configuration.toml_lines import assignments
from harness.domain import operations as ops
from harness.domain.arrangements import RenewCluster, Side
from harness.domain.endpoint import base_url
from harness.domain.errors import Refusal
from harness.domain.permission import PUBLISHED, PermissionNames
from harness.files import read_text, read_toml
from harness.targets import target_keys
from harness.targets.arranging.commands import known_fields
from harness.targets.arranging.reading import (
    ArrangingSettings,
    read_command,
    read_commands,
    read_given,
    read_proof,
)
from harness.targets.ledger import LedgerKind
from harness.targets.links.reading import read_links
from harness.targets.peer_table import Peer, one_side, read_peer
from harness.targets.port import LocalUser, TargetInfo
from harness.targets.reading import (
    TARGET_FILE,
    TargetFileError,
    TargetFileReader,
    env_file_of,
    read_env_file,
)
from harness.targets.target import Control, Target, TargetSlot
from harness.targets.trust import Trust, read_trust
from harness.wire.codec.played import why_not_played
from harness.wire.losses import losses
from harness.wire.mapping import PLAIN, MappingError, WireMap
from harness.wire.mapping.keys import STEPS, OperationMap, WireKeys
from harness.wire.routes import ROUTES


def load_target(path: Path, environment: Mapping[str, str], role: Role = Role.BOTH) -> Target:
    """The target that a file describes. Credentials come from `environment`, otherwise from
    the `.env` file beside it. Where it describes both sides and `[peer]`, `role` says which of
    them is the target, and the harness plays the other one.

    Raises:
        TargetFileError: a file cannot be read or is wrong; says where, and what to do.
    """
    text = read_text(path, TARGET_FILE)
    beside = read_env_file(env_file_of(path))
    return read_target(text, str(path), path.parent, {**beside, **environment}, role)


def read_target(
    text: str, file: str, folder: Path, environment: Mapping[str, str], role: Role = Role.BOTH
) -> Target:
    """The target that a text describes. `file` is what messages call it; relative paths in it
    start at `folder`; `role` is as in `load_target`.

    Raises:
        TargetFileError: the text is wrong; says where, and what to do.
    """
    data = one_side(target_keys.TARGETS.parse(text, file), role)
    target, flaws = judge_target(data, folder, environment)
    if target is None or flaws:
        raise TargetFileError.of(file, text, flaws)
    return target


def judge_target(
    data: Mapping[str, Any], folder: Path, environment: Mapping[str, str]
) -> tuple[Target | None, list[Flaw]]:
    """The target that data describes, and all that is wrong with it, as in `read_target`."""
    said, flaws = target_keys.TARGETS.judge(data)
    reader = _Reader(folder, environment, data, flaws)
    return None if said is None or flaws else reader.target(said), flaws


def _steps_of(said: target_keys.TargetTables) -> set[type[ops.Operation]]:
    """The steps that calls of an acceptance are."""
    accept = said.paths.get(ops.AcceptPairingRequest, OperationMap())
    return {STEPS[call.step] for call in accept.calls if call.step}


_SURFACES = {Side.EDGE: ops.Surface.LOCAL_UI, Side.CENTRAL: ops.Surface.PALETTE}


class _Reader(TargetFileReader):
    """Reads a file whose keys are right, and notes what makes no sense."""

    def target(self, said: target_keys.TargetTables) -> Target:
        """The target that the file describes."""
        described = {Side.EDGE: said.edge, Side.CENTRAL: said.central}
        sides = frozenset(side for side, table in described.items() if table is not None)
        for role in said.roles:
            if role in sides:
                continue
            self.flaw(
                ("roles",),
                f"it names {role}, and [{role}] is missing",
                f"add [{role}], which says where that side is reached, or take {role} out of"
                " roles: the harness plays the side that is not described",
            )
        edge, central = said.edge, said.central
        slots = edge.clusters if edge else ()
        places = self.places(slots)
        peer = read_peer(self, said.peer, sides)
        trust = read_trust(self, said.tls, ("tls",))
        hosts = [host.uid for place in places for host in place.hosts]
        limits = asdict(said.limits)
        operation_limits = limits.pop(target_keys.OPERATION_LIMITS)
        info = self.info(said, places, peer)
        at, names = ("edge", "login"), ("username", "password")
        logins = [self.credential(edge.login, at, name) if edge else "" for name in names]
        is_served = Side.CENTRAL not in sides
        spoken = {ops.Surface.AGENT, *(s for side, s in _SURFACES.items() if side in sides)}
        used = [k for k in ROUTES if k.surface in spoken and k not in info.not_offered]
        served = [k for k in used if is_served and k.surface is ops.Surface.AGENT]
        wire = read_wire(self, said, used, served)
        for kind in served:
            name = kind.__name__
            if why := why_not_played(wire.calls(kind)):
                told = f"the harness plays Palette, and cannot answer {name} in these calls: {why}"
                remedy = f"say so in [paths.{name}], or add [central], where your Palette is"
                self.flaw(("paths", name, "calls"), told, remedy)
        tells = not wire.agents.secret_stays  # a withdrawal names no key
        return Target(
            info=replace(
                info,
                tells_submissions=tells,
                hold_s=wire.agents.hold_s,
                handover_s=wire.agents.handover_s,
            ),
            places=places,
            local_user=LocalUser(*logins),
            central_url=central.url if central else "",
            endpoint=self.endpoint(central, sides) if central else "",
            endpoint_forms=central.endpoint_forms if central else {},
            trust=trust,
            trusts={
                side: read_trust(self, table.tls, (side.value, "tls"))
                for side, table in described.items()
                if table is not None and table.tls is not None
            },
            controls=self.controls(said, trust),
            limits=Limits.from_mapping(limits),
            operation_limits={
                kind: operation_limits[kind.__name__]
                for kind in ROUTES
                if kind.__name__ in operation_limits
            },
            timeouts=said.timeouts,
            rate_limit=said.rate_limit,
            wire=wire,
            peer=peer,
            proxy=said.network.proxy,
            allow_writes=said.allow_writes,
            arranging=self.arranging(said, slots),
            links=read_links(self, said.links, hosts),
        )

    def endpoint(self, central: target_keys.CentralTable, sides: frozenset[Side]) -> str:
        """The Palette endpoint as written; the hosts that are played have to understand it."""
        endpoint = central.endpoint
        if endpoint is None:
            endpoint = str(self.data["central"]["url"])
        if Side.EDGE not in sides:
            try:
                base_url(endpoint)
            except Refusal as refusal:
                remedy = "write a host name or a URL, at which the harness's edge hosts ask"
                self.flaw(("central", "endpoint"), refusal.refused.message, remedy)
        return endpoint

    def info(
        self, said: target_keys.TargetTables, places: tuple[TargetSlot, ...], peer: Peer
    ) -> TargetInfo:
        """Who made it and what it claims; a claim has to be possible."""
        features = frozenset(map(Feature, said.features))
        spans = max((len(place.hosts) for place in places), default=peer.hosts)
        if Feature.MULTI_NODE in features and spans < 2:
            table = "edge.clusters" if places else "peer"
            told = f"{Feature.MULTI_NODE.value} is claimed, and no place has two hosts"
            self.flaw(("features",), told, f"add hosts to {table}, or drop the claim")
        largest = asdict(said.edge.largest) if said.edge else {}
        login = said.paths.get(ops.LogIn, OperationMap())
        filled = [text for call in login.calls or (login,) for text in call.filled.values()]
        return TargetInfo(
            **asdict(said.implementation),
            roles=frozenset(map(Role, said.roles)),
            features=features,
            goes_through_steps=bool(_steps_of(said)),
            not_offered=self.not_offered(said),
            permissions=PermissionNames.said(said.permissions),
            words=said.words,
            largest={name: most for name, most in largest.items() if most is not None},
            archives=tuple(each.change() for each in said.edge.archives) if said.edge else (),
            has_api_keys=said.has_api_keys,
            has_sessions=not any("{basic}" in text for text in filled),
            sizes=said.sizes,
            pages=said.pages,
            keeps=frozenset(map(LedgerKind, said.keeps)),
        )

    def not_offered(self, said: target_keys.TargetTables) -> dict[type[ops.Operation], str]:
        """Which operations it does not have, and why."""
        missing: dict[type[ops.Operation], str] = {}
        steps = _steps_of(said)
        for kind in ROUTES:
            name = kind.__name__
            is_of_edge = issubclass(kind, ops.LocalOperation)
            # An edge of ours has whatever there is.
            has_archives = kind is ops.UpdateStack and said.edge and said.edge.archives
            is_plain = has_archives or (is_of_edge and not said.edge)
            usual = None if is_plain else ops.RARELY_OFFERED.get(kind)
            why = said.paths[kind].not_offered if kind in said.paths else ""
            is_described = bool(said.edge if is_of_edge else said.central)
            if why and (is_described or issubclass(kind, ops.AgentOperation)):
                missing[kind] = why
                self.check_missing(said, kind)
            elif steps and issubclass(kind, ops.AcceptanceStep) and kind not in steps:
                missing[kind] = "no call of AcceptPairingRequest is this step"
            elif not said.offers.get(name, usual is None):
                missing[kind] = usual or ""
        if said.central and not said.has_api_keys:
            missing.setdefault(ops.AddApiKey, "it has no API keys, as [headers] ApiKey says")
            if ops.LogInToPalette in missing:
                told = "nobody proves anything: there is neither a header ApiKey nor LogInToPalette"
                self.flaw(("headers", "ApiKey"), told, "describe one of the two")
        return missing

    def check_missing(self, said: target_keys.TargetTables, kind: type[ops.Operation]) -> None:
        """An operation can only be missing if no side asks it that the harness plays."""
        name = kind.__name__
        told = remedy = ""
        if said.offers.get(name):
            told, remedy = f"offers.{name} = true contradicts it", "remove one of the two"
        elif issubclass(kind, ops.AgentOperation) and not said.edge:
            told = f"the edge hosts that the harness plays ask {name}"
            remedy = f"say in [paths.{name}] what they ask in its place"
        if told:
            self.flaw(("paths", name, "not_offered"), told, remedy)

    def places(self, slots: tuple[target_keys.SlotTable, ...]) -> tuple[TargetSlot, ...]:
        """The places; no slot, host or address occurs twice."""
        seen: dict[str, str] = {}
        for n, said in enumerate(slots):
            at: toml_lines.Path = ("edge", "clusters", n)
            self.once(seen, "slot", said.slot, (*at, "slot"))
            for m, host in enumerate(said.hosts):
                self.once(seen, "uid", host.uid, (*at, "hosts", m, "uid"))
                self.once(seen, "address", host.url, (*at, "hosts", m, "url"))
        return tuple(TargetSlot(said.slot, said.hosts) for said in slots)

    def arranging(
        self, said: target_keys.TargetTables, slots: tuple[target_keys.SlotTable, ...]
    ) -> ArrangingSettings:
        """How preconditions are arranged."""
        admin = said.central.admin if said.central else None
        at = ("central", "admin")
        has_keys = said.has_api_keys
        names = PermissionNames.said(said.permissions) or PUBLISHED
        key, password = read_proof(self, admin, at, has_keys) if admin else ("", "")
        resets = {
            slot.slot: read_command(
                self, slot.reset, ("edge", "clusters", n, "reset"), known_fields(RenewCluster)
            )
            for n, slot in enumerate(slots)
            if slot.reset
        }
        is_disposable = {
            s.slot: bool(s.reset) if s.disposable is None else s.disposable for s in slots
        }
        return ArrangingSettings(
            ways=said.arrange.ways,
            commands=read_commands(self, said.arrange.commands),
            resets=resets,
            disposable=frozenset(slot for slot, yes in is_disposable.items() if yes),
            admin=ops.Credentials(api_key=key, project_uid=admin.project_uid) if admin else None,
            admin_login=ops.LogInToPalette(admin.email, password) if admin and password else None,
            given=read_given(self, said.given, names, has_keys),
        )

    def controls(self, said: target_keys.TargetTables, trust: Trust) -> dict[Side, Control]:
        """Each side's control port: its own, or the one for all, which goes by `[tls]` alone."""
        sides = {side: t for side in Side if (t := getattr(said, side.value)) is not None}
        shared = said.control and self.control(said.control, ("control",), trust)
        found = dict.fromkeys(sides, shared) if shared else {}
        for side, table in sides.items():
            path = (side.value, "control")
            if table.control and shared:
                told = "[control] names one for both sides already"
                self.flaw(path, told, "remove one of the two")
            if table.control:
                found[side] = self.control(table.control, path)
        return found

    def control(
        self, said: target_keys.ControlTable, path: toml_lines.Path, trust: Trust | None = None
    ) -> Control:
        """One control port."""
        return Control(said.url, self.credential(said, path, "secret"), trust)


# --- the wire -------------------------------------------------------------------------------------

_Kinds = Collection[type[ops.Operation]]


def read_wire(
    reading: TargetFileReader, said: WireKeys, asked: _Kinds = ROUTES, served: _Kinds = ROUTES
) -> WireMap:
    """The mapping that the tables of a target file make, with the variables that it names. It has
    to do for the operations that are asked, and for those that the harness serves.
    """
    wire = _wire(reading, said, asked, served)
    variables = wire.tables.variables.items()
    values = {name: reading.variable(name, at) for name, at in variables}
    return replace(wire, environment=values) if values else wire


def _wire(reading: TargetFileReader, said: WireKeys, asked: _Kinds, served: _Kinds) -> WireMap:
    wrong: Iterable[MappingError]
    try:
        wire = WireMap(**{each.name: getattr(said, each.name) for each in fields(WireKeys)})
        wrong = losses(wire, asked, served)
    except MappingError as error:
        wire, wrong = PLAIN, [error]
    for each in wrong:
        reading.flaw(each.place, each.found, f"{each.remedy}; it takes {each.allowed}")
    return wire


def load_wire(path: Path) -> WireMap:
    """The mapping of a file with just its tables, or of a target file. Raises `TargetFileError`."""
    text, data = read_toml(path, TARGET_FILE)
    is_target = data.get("schema") == target_keys.SCHEMA
    if is_target:
        del data["schema"]
    said, flaws = (target_keys.TARGETS if is_target else target_keys.WIRES).judge(data)
    reading = TargetFileReader(path.parent, {}, flaws=flaws)
    wire = PLAIN if said is None else _wire(reading, said, ROUTES, ROUTES)
    if flaws:
        raise TargetFileError.of(str(path), text, flaws)
    return wire


def wire_text(wire: WireMap) -> str:
    """The tables (TOML) that `read_wire` makes this mapping of; empty for the published wire."""
    return "\n".join([*_tables(target_keys.WIRES.write(wire), ""), ""])


def _tables(data: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, part in data.items():
        if isinstance(part, Mapping):
            entries = {n: value for n, value in part.items() if not isinstance(value, Mapping)}
            yield from ("", f"[{above}{name}]", *assignments(entries))
            yield from _tables(part, f"{above}{name}.")
