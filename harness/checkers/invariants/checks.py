"""The invariants as named checks: over a history that a run has written down.

Each may be told the limits of the run, in seconds: `list_lag_s`, `edge_lag_s` and `settle_s`;
what is not told is as in the catalogue.

Raises (each):
    TypeError: another limit is named.
"""

from __future__ import annotations

from harness.catalogue.limits import Limits
from harness.catalogue.verdict import Verdict
from harness.checkers.invariants.stream import Bounds, watched
from harness.checkers.registry import Finding, check
from harness.history.operation import History

_CATALOGUE = Limits()


@check
def one_manager(history: History, **limits: float) -> Finding:
    """No cluster is ever managed by both sides, and in the end each is by exactly one."""
    return _judged(history, "INV-1", **limits)


@check
def no_request_is_lost(history: History, **limits: float) -> Finding:
    """A request whose send was acknowledged is shown centrally until something ends it."""
    return _judged(history, "INV-2", **limits)


@check
def accepted_by_exact_match(history: History, **limits: float) -> Finding:
    """Whatever was accepted matched exactly at some moment of its acceptance."""
    return _judged(history, "INV-3", **limits)


@check
def cancel_stays_done(history: History, **limits: float) -> Finding:
    """No request comes back whose cancel was acknowledged."""
    return _judged(history, "INV-4", **limits)


@check
def ids_are_never_reused(history: History, **limits: float) -> Finding:
    """Each pairing id belongs to one cluster and to one request of it."""
    return _judged(history, "INV-5", **limits)


@check
def decided_once(history: History, **limits: float) -> Finding:
    """Each request is decided once, and both sides end with that decision."""
    return _judged(history, "INV-6", **limits)


@check
def only_who_may_changes(history: History, **limits: float) -> Finding:
    """Whatever took effect was asked by somebody who was permitted to at that moment."""
    return _judged(history, "INV-7", **limits)


@check
def operations_are_linearizable(history: History, **limits: float) -> Finding:
    """The answers of the central operations on each request fit one order."""
    return _judged(history, "INV-8", **limits)


@check
def everything_settles(history: History, **limits: float) -> Finding:
    """After the settling each request is decided, or shown as pending by both sides."""
    return _judged(history, "INV-9", **limits)


@check
def nothing_local_after_confirmation(history: History, **limits: float) -> Finding:
    """Once the host has confirmed a pairing, no local cluster operation takes effect."""
    return _judged(history, "INV-10", **limits)


def _judged(history: History, invariant: str, **limits: float) -> Finding:
    watch, found = watched(history, [invariant], _bounds(**limits))
    if found:
        operations = tuple(dict.fromkeys(o for one in found for o in one.operations))
        return Finding(Verdict.FAIL, "; ".join(one.reason for one in found), operations)
    why = watch.undecided.get(invariant)
    if why:
        return Finding(Verdict.INCONCLUSIVE, why)
    count = len(history.operations)
    return Finding(Verdict.PASS, f"{invariant} holds over {count} operations")


def _bounds(
    *,
    list_lag_s: float = _CATALOGUE.list_lag_s,
    edge_lag_s: float = _CATALOGUE.edge_lag_s,
    settle_s: float = _CATALOGUE.settle_s,
) -> Bounds:
    in_us = (round(limit * 1_000_000) for limit in (list_lag_s, edge_lag_s, settle_s))
    return Bounds(*in_us)
