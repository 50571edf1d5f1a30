"""From how few pairing ids are drawn, as far as a sample of them shows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt, prod

from harness.catalogue.verdict import Verdict
from harness.checkers.registry import Finding, check, failed, passed, unjudged
from harness.history.operation import History, Outcome


def ids_at_most(ids: Sequence[str]) -> int | None:
    """How many ids there may be at most, by what was seen at each of their places.

    `None` where they are not drawn alone: each is after the one before.
    """
    width = max(map(len, ids), default=0)
    aligned = [uid.rjust(width) for uid in ids]
    if all(one < after for one, after in pairwise(aligned)):
        return None
    return prod(len(set(seen)) for seen in zip(*aligned, strict=True))


def sample_size(ids: Sequence[str]) -> int | None:
    """How many ids have to be seen for one to come twice in 99 of 100 samples, by the birthday
    bound: the root of N times twice the logarithm of a hundred; `None` where they are not drawn.
    """
    among = ids_at_most(ids)
    return None if among is None else isqrt(among * 9_211 // 1_000) + 1


@check
def submitted_ids_are_unique(history: History, *, at_least: int) -> Finding:
    """Each request of a host, `at_least` so many, was answered with an id of its own."""
    sent = [o for o in history.of_kind("SubmitPairing") if o.outcome is Outcome.OK]
    ids = [str((o.value or {}).get("pairing_uid", "")) for o in sent]
    if len(ids) < at_least:
        return unjudged(f"only {len(ids)} of {at_least} requests were taken")
    first: dict[str, str] = {}
    for operation, uid in zip(sent, ids, strict=True):
        if uid in first:
            told = f"pairing id {uid} came twice among {len(ids)} requests"
            return failed(f"{told}, each of another cluster", first[uid], operation.id)
        first[uid] = operation.id
    return passed(f"{len(ids)} requests have {len(ids)} pairing ids", sent[-1].id)


@check
def ids_are_of_many(history: History) -> Finding:
    """What the ids that were seen show of how many there are, which nobody demands."""
    sent = [o for o in history.of_kind("SubmitPairing") if o.outcome is Outcome.OK]
    among = ids_at_most([str((o.value or {}).get("pairing_uid", "")) for o in sent])
    if among is None:
        return Finding(Verdict.OBSERVED, "pairing ids rise: each is after the one before")
    told = f"pairing ids show {among.bit_length()} bits at most"
    often = isqrt(among * 201 // 10_000) + 1  # twice the logarithm of 100/99
    return Finding(
        Verdict.OBSERVED,
        f"{told}: if nothing but chance kept them apart, one of a hundred products would give one"
        f" twice among {often:,} requests",
    )
