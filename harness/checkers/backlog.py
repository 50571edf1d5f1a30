"""Checks on long lists, and on long texts: nothing is missing, twice, another's, or cut."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final
from unicodedata import category, normalize

from harness.catalogue.verdict import Verdict
from harness.checkers.answers import refused, succeeded
from harness.checkers.registry import Finding, check, failed, passed
from harness.history.operation import History, Json, OperationRecord, Outcome
from harness.history.predicates import Sample, open_items

_ENDING: Final = ("AcceptPairingRequest", "RejectPairingRequest", "WithdrawPairing")
_NAMED_MAX: Final = 3
_FIELDS: Final = {"name": "name", "state": "state", "creationTimestamp": "created"}
"""What a list can be ordered by, as published, and what it is called here."""


@check
def lists_what_waits(history: History, *, operation: str, gone: list[str]) -> Finding:
    """The list holds each request that waits, of those that hosts of the harness have sent, once,
    as that of its own cluster, and none that was decided, `gone` among them.

    A list that was asked for one cluster has to hold the request of that one.
    """
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    clusters, ended, unsure = _sent(history, record)
    ended |= set(gone)
    only = record.args.get("local_cluster_uid")
    due = {u for u, c in clusters.items() if u not in ended and only in ("", None, c.get("uid"))}
    items = open_items(Sample.of(record))
    times = Counter(str(item.get("pairing_uid")) for item in items)
    ours = {cluster.get("uid") for cluster in clusters.values()}
    wrong = {
        "lacks": [u for u in clusters if u in due and u not in times],
        "holds more than once": [u for u in clusters if u in due and times[u] > 1],
        "still holds": [u for u in clusters if u in ended and u in times],
        "holds under an id that nobody was given": [
            str(item.get("pairing_uid"))
            for item in items
            if item.get("local_cluster_uid") in ours and item.get("pairing_uid") not in clusters
        ],
        "holds as another cluster's": [
            u
            for item in items
            if _is_anothers(item, clusters.get(u := str(item.get("pairing_uid"))))
        ],
    }
    told = [f"{what} {_some(ids)}" for what, ids in wrong.items() if set(ids) - unsure]
    asked = f"of {len(due)} requests that wait" + (" for this cluster" if only else "")
    if told:
        return failed(f"{asked}, the list {'; it '.join(told)}", operation)
    return passed(f"{asked}, each stands in the list once", operation)


@check
def lists_as_it_changes(history: History, *, operation: str) -> Finding:
    """What a list shows of requests that wait all the time while others leave it between its pages:
    nobody demands that a list stands still.
    """
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    clusters, ended, unsure = _sent(history, record)
    times = Counter(str(item.get("pairing_uid")) for item in open_items(Sample.of(record)))
    wait = [uid for uid in clusters if uid not in ended | unsure]
    lacks, again = [u for u in wait if not times[u]], [u for u in wait if times[u] > 1]
    told = f"while {len(unsure)} left the list, it lacked {len(lacks)} of {len(wait)} others"
    return Finding(Verdict.OBSERVED, f"{told} and held {len(again)} twice", (operation,))


@check
def lists_in_order(history: History, *, operation: str) -> Finding:
    """Whether a list that was asked for in an order (`written`) came in it: how texts are ordered,
    and what comes first of those that are alike, nobody says.
    """
    record = history[operation]
    asked = str(record.args["written"])
    field, _, order = asked.removeprefix("the order of ").partition(", ")
    items = open_items(Sample.of(record))
    told = [str(item.get(_FIELDS[field])) for item in items]
    if field == "creationTimestamp":
        told = [moment.zfill(20) for moment in told]
    comes = "comes" if told == sorted(told, reverse=order == "desc") else "does not come"
    return Finding(Verdict.OBSERVED, f"the list {comes} in {asked}", (operation,))


def _sent(
    history: History, record: OperationRecord
) -> tuple[Mapping[str, Mapping[str, Json]], set[str], set[str]]:
    """The requests that were sent before the list was asked for, each with its cluster; those that
    were decided before; and those of which nobody can tell.
    """
    clusters, ended, unsure = dict[str, Mapping[str, Json]](), set[str](), set[str]()
    for sent in history.of_kind("SubmitPairing"):
        cluster = sent.args.get("cluster")
        if sent.outcome is Outcome.OK and isinstance(cluster, Mapping):
            clusters[str((sent.value or {}).get("pairing_uid"))] = cluster
    until = record.end or record.start
    for kind in _ENDING:
        for decided in history.of_kind(kind):
            if decided.outcome is Outcome.FAIL or decided.start > until:
                continue
            surely = decided.outcome is Outcome.OK and (decided.end or until) <= record.start
            (ended if surely else unsure).add(str(decided.args.get("pairing_uid")))
    return clusters, ended, unsure


def _is_anothers(item: Mapping[str, Json], cluster: Mapping[str, Json] | None) -> bool:
    """Whether an item tells of another cluster than its own; what it leaves out tells nothing."""
    told = (("name", item.get("name")), ("uid", item.get("local_cluster_uid")))
    return cluster is not None and any(v and v != cluster.get(name) for name, v in told)


def _some(ids: list[str]) -> str:
    shown = ", ".join(ids[:_NAMED_MAX])
    return f"{len(ids)} ({shown}{', …' if len(ids) > _NAMED_MAX else ''})"


@check
def kept_whole(history: History, *, operation: str, field: str, text: str) -> Finding:
    """The answer shows a text as it was given, to its last character.

    One that differs by capitals, spaces, the form of a letter, or what nobody sees is observed.
    `field` names a tag as `tags.KEY`.
    """
    record = history[operation]
    if record.outcome is not Outcome.OK:
        return succeeded(history, operation=operation)
    name, _, key = field.partition(".")
    shown = (record.value or {}).get(name)
    shown = shown.get(key) if key and isinstance(shown, Mapping) else shown
    many = f"the {field} of {len(text)} characters"
    if shown == text:
        return passed(f"{many} is kept whole", operation)
    if isinstance(shown, str) and _alike(shown) == _alike(text):
        told = f"{many} is kept otherwise written: {shown!r}"
        return Finding(Verdict.OBSERVED, told, (operation,))
    left = f"{len(shown)} characters of it are left" if isinstance(shown, str) else "it is not"
    return failed(f"{many} should be refused or kept whole, and {left}", operation)


def _alike(text: str) -> str:
    seen = "".join(c for c in normalize("NFKC", text) if category(c) != "Cf")
    return " ".join(seen.casefold().split())


@check
def refused_or_taken(history: History, *, operation: str) -> Finding:
    """The operation happened, or was refused with a well-formed error."""
    if history[operation].outcome is Outcome.OK:
        return succeeded(history, operation=operation)
    return refused(history, operation=operation)
