"""The invariants as named checks: over a history that a run has written down."""

from __future__ import annotations

from harness.catalogue.verdict import Verdict
from harness.checkers.invariants.stream import watched
from harness.checkers.registry import Finding, check
from harness.history.operation import History


@check
def one_manager(history: History) -> Finding:
    """No cluster is ever managed by both sides, and in the end each is by exactly one."""
    return _judged(history, "INV-1")


@check
def no_request_is_lost(history: History) -> Finding:
    """A request whose send was acknowledged is shown centrally until something ends it."""
    return _judged(history, "INV-2")


@check
def accepted_by_exact_match(history: History) -> Finding:
    """Whatever was accepted matched exactly at some moment of its acceptance."""
    return _judged(history, "INV-3")


@check
def cancel_stays_done(history: History) -> Finding:
    """No request comes back whose cancel was acknowledged."""
    return _judged(history, "INV-4")


@check
def ids_are_never_reused(history: History) -> Finding:
    """Each pairing id belongs to one cluster and to one request of it."""
    return _judged(history, "INV-5")


@check
def decided_once(history: History) -> Finding:
    """Each request is decided once, and both sides end with that decision."""
    return _judged(history, "INV-6")


@check
def only_who_may_changes(history: History) -> Finding:
    """Whatever took effect was asked by somebody who was permitted to at that moment."""
    return _judged(history, "INV-7")


@check
def operations_are_linearizable(history: History) -> Finding:
    """The answers of the central operations on each request fit one order."""
    return _judged(history, "INV-8")


@check
def everything_settles(history: History) -> Finding:
    """After the settling each request is decided, or shown as pending by both sides."""
    return _judged(history, "INV-9")


@check
def nothing_local_after_confirmation(history: History) -> Finding:
    """Once the host has confirmed a pairing, no local cluster operation takes effect."""
    return _judged(history, "INV-10")


def _judged(history: History, invariant: str) -> Finding:
    watch, found = watched(history, [invariant])
    if found:
        operations = tuple(dict.fromkeys(o for one in found for o in one.operations))
        return Finding(Verdict.FAIL, "; ".join(one.reason for one in found), operations)
    why = watch.undecided.get(invariant)
    if why:
        return Finding(Verdict.INCONCLUSIVE, why)
    count = len(history.operations)
    return Finding(Verdict.PASS, f"{invariant} holds over {count} operations")
