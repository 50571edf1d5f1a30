"""What of a scenario a target has a way to, told before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from harness.domain import arrangements
from harness.domain import operations as ops
from harness.fleet.scenario import FaultKind, FaultPlan, NetworkPlan, Scenario

BEGINNING: Final[tuple[type[arrangements.Arrangement], ...]] = (
    arrangements.CreateProject,
    arrangements.PutUser,
    arrangements.PutToken,
    arrangements.PutProfile,
)
"""Without these nobody can begin."""

ASKED: Final[tuple[type[ops.Operation], ...]] = (
    *(ops.LogIn, ops.ViewCluster, ops.VerifyConnection, ops.SendPairingRequest),
    *(ops.ViewPairing, ops.CancelPairingRequest),
    *(ops.ListPairingRequests, ops.ViewPairingRequest, ops.MatchProfiles),
    *(ops.AcceptPairingRequest, ops.RejectPairingRequest),
)
"""What a fleet's people ask of a target, whatever the scenario: of the side that it describes."""

Cannot = Callable[[type[arrangements.Arrangement]], str]
"""Why nothing of a kind can be arranged, and what it would take; empty if it can."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A scenario as a target can have it.

    Attributes:
        missing: what has to be there, and cannot be arranged or is not offered: what, and why.
        left_out: what the scenario asks for besides and the target has no way to.
    """

    scenario: Scenario
    missing: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str], ...]


def planned(
    scenario: Scenario,
    cannot: Cannot,
    *,
    edge: bool = False,
    not_offered: Mapping[type[ops.Operation], str] = MappingProxyType({}),
) -> Planned:
    """The scenario without what the target has no way to.

    `edge` says that the edge hosts are the target's own; `not_offered` has the operations that the
    target does not have, and why.
    """
    begin_with = (*BEGINNING, arrangements.InstallCluster) if edge else BEGINNING
    missing = tuple((kind.__name__, why) for kind in begin_with if (why := cannot(kind)))
    missing += tuple(
        (o.__name__, f"it is not offered: {not_offered[o]}") for o in ASKED if o in not_offered
    )
    scenario, without = _without(scenario, not_offered)
    kept, left_out = [], without
    for fault in scenario.faults:
        why = _why_not(fault, cannot)
        if edge:
            why = _NEVER_AT_THE_EDGE.get(fault.kind) or cannot(_NEEDED_AT_THE_EDGE[fault.kind])
        if why:
            left_out.append((f"a fault of kind {fault.kind.value}", why))
        else:
            kept.append(fault)
    network = scenario.network
    if edge:
        network, more = _network_at_the_edge(network, cannot)
        left_out += more
    kept_of_it = replace(scenario, faults=tuple(kept), network=network)
    return Planned(kept_of_it, missing, tuple(left_out))


def _without(
    scenario: Scenario, not_offered: Mapping[type[ops.Operation], str]
) -> tuple[Scenario, list[tuple[str, str]]]:
    """The scenario without what people do by operations that the target does not have."""
    admins, timelines, left_out = scenario.admins, scenario.timelines, []
    lacking = {kind for kind in (*_TO_WORK, ops.SetTokenState) if kind in not_offered}
    if timelines.token_revoked is not None and ops.SetTokenState in lacking:
        timelines = replace(timelines, token_revoked=None)
        left_out.append(("tokens that are revoked", _lacks(ops.SetTokenState, not_offered)))
    if kinds := [kind for kind in _TO_WORK if kind in lacking]:
        admins = replace(admins, work=None)  # and whoever accepts tries once, in vain
        left_out.append(("work on paired clusters", _lacks(kinds[0], not_offered)))
    return replace(scenario, admins=admins, timelines=timelines), left_out


_TO_WORK: Final = (ops.ChangeCentralCluster, ops.ViewCentralCluster)


def _lacks(kind: type[ops.Operation], not_offered: Mapping[type[ops.Operation], str]) -> str:
    return f"{kind.__name__} is not offered: {not_offered[kind]}"


_READS_ARE_ITS_OWN: Final = "nothing lets what a target shows lag further behind than it does"


def _why_not(fault: FaultPlan, cannot: Cannot) -> str:
    """What strikes the hosts that the harness plays needs nothing of the target."""
    if fault.kind is FaultKind.CENTRAL:
        return cannot(arrangements.Restart)
    if fault.kind is FaultKind.STALE:
        return _READS_ARE_ITS_OWN
    if fault.kind is FaultKind.CLOCK and arrangements.Side(fault.side) is arrangements.Side.CENTRAL:
        return cannot(arrangements.AdvanceClock)
    return ""


_NEEDED_AT_THE_EDGE: Final = {
    FaultKind.LINK: arrangements.SetLink,
    FaultKind.HEALTH: arrangements.SetNodeHealth,
    FaultKind.LOSS: arrangements.DisturbMessages,
    FaultKind.HALF_OPEN: arrangements.DisturbMessages,
    FaultKind.ERRORS: arrangements.DisturbMessages,
    FaultKind.SLOW: arrangements.DisturbMessages,
    FaultKind.CLOCK: arrangements.AdvanceClock,
}
_NEVER_AT_THE_EDGE: Final = {
    FaultKind.CENTRAL: "the target's own agents cannot be kept from the central side as a whole;"
    ' take a fault of kind "link" with scope "all"',
    FaultKind.REBOOT: "nothing restarts the hosts of one cluster alone",
    FaultKind.STALE: _READS_ARE_ITS_OWN,
}


def _network_at_the_edge(
    network: NetworkPlan, cannot: Cannot
) -> tuple[NetworkPlan, list[tuple[str, str]]]:
    """What of the scenario's network can be had between the target's own hosts and Palette."""
    left_out = []
    if network.repeated_ppm or network.repeated_late_ppm or network.delayed_ppm:
        why = "nothing does it to single messages of the target's own hosts"
        left_out.append(("messages that are repeated or delayed", why))
    loses = network.lost_before_ppm or network.lost_after_ppm
    if loses and (why := cannot(arrangements.DisturbMessages)):
        left_out.append(("messages that are lost", why))
        network = replace(network, lost_before_ppm=0, lost_after_ppm=0)
    return replace(network, repeated_ppm=0, repeated_late_ppm=0, delayed_ppm=0), left_out
