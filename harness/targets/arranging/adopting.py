"""What a target tells of an arrangement, taken over where it was the target's to choose."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from harness.domain import arrangements
from harness.domain.cluster import Cluster
from harness.targets.port import ArrangingFailed
from harness.wire.control import from_json, to_json
from harness.wire.http import Json
from harness.wire.model import Malformed

A = TypeVar("A", bound=arrangements.Arrangement)

_SHOWN_MAX = 80


def adopted_text(arrangement: A, text: bytes, who: str) -> A:
    """`adopted`, from the text that somebody gave, which says nothing if it is no JSON object."""
    if not text.lstrip().startswith(b"{"):
        return arrangement
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = type(arrangement).__name__
        raise ArrangingFailed(what, f"{who} gave an object that is no JSON") from error
    return adopted(arrangement, told, who) if isinstance(told, dict) else arrangement


def adopted(arrangement: A, told: Mapping[str, Json], who: str) -> A:
    """The arrangement with the fields that were told, by their names.

    A field of what it is about (the token of a `PutToken`) may stand at the top as well.

    Raises:
        ArrangingFailed: there is no such field, its value makes no sense, or it was not the
            target's to choose.
    """
    kind = type(arrangement)
    asked = to_json(arrangement)
    assert isinstance(asked, dict)
    subject = asked.get(kind.subject)
    merged: dict[str, Json] = dict(asked)
    inner: dict[str, Json] = dict(subject) if isinstance(subject, dict) else {}
    for name, value in told.items():
        if name == kind.subject and isinstance(value, dict) and inner:
            inner |= value
        elif name not in asked and name in inner:
            inner[name] = value
        else:
            merged[name] = value
    if inner:
        merged[kind.subject] = inner
    try:
        result = from_json(kind, merged)
    except Malformed as error:
        raise ArrangingFailed(kind.__name__, f"{who} gave {error}") from error
    _check_choice(arrangement, result, who)
    return result


def _check_choice(
    asked: arrangements.Arrangement, came: arrangements.Arrangement, who: str
) -> None:
    kind = type(asked)
    before, after = _fields(asked), _fields(came)
    free = kind.own
    if isinstance(asked, arrangements.InstallCluster) and isinstance(
        came, arrangements.InstallCluster
    ):
        free -= frozenset(asked.matters)
        if not arrangements.SHAPES.isdisjoint(asked.matters) and _is_smaller(
            came.cluster, asked.cluster
        ):
            raise ArrangingFailed(kind.__name__, f"{who} gave a cluster of another shape")
    for name, value in after.items():
        if name not in free and value != before.get(name):
            shown = f"{name} = {value!r}"[:_SHOWN_MAX]
            raise ArrangingFailed(kind.__name__, f"{who} gave {shown}, which is not what was asked")


def _fields(arrangement: arrangements.Arrangement) -> dict[str, Json]:
    """The fields of an arrangement, those of what it is about among them."""
    fields = to_json(arrangement)
    assert isinstance(fields, dict)
    inner = fields.pop(arrangement.subject, {})
    return fields | (inner if isinstance(inner, dict) else {})


def _is_smaller(cluster: Cluster | None, wanted: Cluster | None) -> bool:
    """Whether a cluster has fewer control plane nodes, workers, or pools of these than wanted."""
    pairs = zip(_shape(cluster), _shape(wanted), strict=True)
    return any(has < needed for has, needed in pairs)


def _shape(cluster: Cluster | None) -> tuple[int, int, int]:
    pools = cluster.pools if cluster else ()
    workers = [len(pool.nodes) for pool in pools if not pool.control_plane and pool.nodes]
    return sum(len(p.nodes) for p in pools if p.control_plane), sum(workers), len(workers)


def chosen(asked: arrangements.InstallCluster, cluster: Cluster) -> str:
    """What of a cluster that stands there already is not as asked; empty if it will do."""
    wanted = asked.cluster
    if wanted is None:
        return "a cluster stands there, and none is wanted"
    for name in asked.matters:
        differs = (
            _is_smaller(cluster, wanted)
            if name in arrangements.SHAPES
            else getattr(wanted, name) != getattr(cluster, name)
        )
        if differs:
            return f"another {name} is wanted"
    return ""
