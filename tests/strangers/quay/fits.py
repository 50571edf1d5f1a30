"""How a choice of profiles fits the stack of a berth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.strangers.quay.wharf import Table


def order_of(version: str) -> tuple[Any, ...]:
    """A key by which versions come one after another: numbers, then whether it is a release."""
    core, _, before = version.partition("+")[0].partition("-")
    numbers = [int(n) if n.isdigit() else 0 for n in core.split(".")]
    parts = [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in before.split(".") if p]
    return numbers + [0] * (4 - len(numbers)), not before, parts


def latest(profile: Table, order: Callable[[str], Any] = order_of) -> Table | None:
    """Its latest edition, of those that are published."""
    published = (edition for edition in profile["editions"] if edition["published"])
    return max(published, key=lambda edition: order(edition["version"]), default=None)


def loosely(version: str) -> tuple[Any, ...]:
    return order_of(version.lstrip("v"))


def fit(
    stack: list[Table],
    choice: Iterable[tuple[Table | None, str]],
    alike: Callable[[str], Any] = str,
    newest: Callable[[Table], Table | None] = latest,
    plants: frozenset[str] = frozenset(),
) -> tuple[list[Table], list[Table]]:
    """The layers that stand opposite each other, and what does not fit.

    A choice has profiles, `None` for one that is not there, each with the version that was asked
    for, empty for any. `alike` makes equal of versions what counts as the same.
    """
    chosen = list(choice)
    misfits = list(_unfit(chosen, newest))
    editions = [(profile, newest(profile)) for profile, _ in chosen if profile]
    called = str.casefold if "names-in-any-case" in plants else str
    left = [
        (profile, edition["version"], layer)
        for profile, edition in editions
        if edition
        for layer in edition["layers"]
    ]
    pairs = []
    for layer in (layer for profile in stack for layer in profile["layers"]):
        name, version = layer["pack"], layer["version"]
        others = [offer for offer in left if called(offer[2]["pack"]) == called(name)]
        same = [offer for offer in others if alike(offer[2]["version"]) == alike(version)]
        for profile, edition, offer in (same or others)[:1]:
            left.remove((profile, edition, offer))
            of = {"pack": name, "profile": profile["name"]}
            if same:
                pairs.append({**of, "version": version, "profile_version": edition})
            else:
                text = f"{name} is there in another version"
                of |= {"here": version, "there": offer["version"]}
                misfits.append({"sort": "other-version", "text": text, **of})
        if not others:
            absent = {"sort": "absent", "text": f"{name} is not there"}
            misfits.append({**absent, "pack": name, "here": version})
    looked_at = chosen[: len(stack)] if "surplus-beyond-stack" in plants else chosen
    numbers = {profile["number"] for profile, _ in looked_at if profile}
    for profile, _, layer in (offer for offer in left if offer[0]["number"] in numbers):
        of = {"pack": layer["pack"], "there": layer["version"], "profile": profile["name"]}
        misfits.append({"sort": "surplus", "text": f"{layer['pack']} is one too many", **of})
    return pairs, misfits


def _unfit(
    chosen: list[tuple[Table | None, str]], newest: Callable[[Table], Table | None]
) -> Iterator[Table]:
    """What is wrong with a choice, whatever it is for."""
    if not chosen:
        yield {"sort": "empty", "text": "nothing was chosen"}
    for profile, version in chosen:
        if profile is None:
            yield {"sort": "no-profile", "text": "a profile of the choice is not there"}
            continue
        name, edition = profile["name"], newest(profile)
        if edition is None:
            text = f"{name} has no published version"
            yield {"sort": "unpublished", "text": text, "profile": name}
        elif version not in ("", edition["version"]):
            text = f"{name} {version} is not its latest version"
            there = {"profile": name, "there": edition["version"]}
            yield {"sort": "outdated", "text": text, **there}
