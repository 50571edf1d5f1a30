"""INV-3: nothing is accepted without an exact match at some moment within the acceptance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from harness.checkers.invariants.entities import NEVER, ObservedRequest, PackSet, one_of_each, text
from harness.checkers.invariants.known import NOTHING, ObservedWorld, Rule, Violations
from harness.domain.match import MatchRules, ProfileChoice, latest_packs
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    version_of,
)
from harness.history.operation import FAIL, OK, Json, OperationRecord

COMBINATIONS_MAX = 256
"""More ways in which profiles may have changed meanwhile are not gone through."""


_Latest = tuple[PackSet | None, PackSet | None]


@dataclass(slots=True, eq=False)
class _Span:
    """A profile as it was for a while: its latest packs without drafts, and with them.

    `latest` is `None` where its versions cannot be put in order.
    """

    operation: str
    latest: _Latest | None
    since: int = NEVER
    replaced: int = NEVER


class ExactMatch(Rule):
    """Layers, the same pack twice and drafts are the target's own affair (ACC-16)."""

    id = "INV-3"

    def __init__(self, known: ObservedWorld) -> None:
        super().__init__(known)
        self._profiles: dict[str, list[_Span]] = {}
        self.on_invoked = {"PutProfile": self._put_invoked}
        self.on = {
            "PutProfile": self._put,
            "AcceptPairingRequest": self._accepted,
            "Reset": self._reset,
        }

    def _put_invoked(self, operation: OperationRecord) -> None:
        """From now on a profile may be another one."""
        profile = operation.args.get("profile")
        if isinstance(profile, dict):
            spans = self._profiles.setdefault(text(profile, "uid"), [])
            spans += [_Span(operation.id, latest) for latest in _readings(profile)]

    def _put(self, operation: OperationRecord) -> Violations:
        profile, known = operation.args.get("profile"), self.known
        uid = text(profile, "uid") if isinstance(profile, dict) else ""
        spans = self._profiles.get(uid, [])
        if operation.outcome is FAIL:
            self._profiles[uid] = [s for s in spans if s.operation != operation.id]
        elif operation.outcome is OK:
            for span in spans:
                if span.operation == operation.id:
                    span.since = known.tick
                elif span.since < known.started:
                    span.replaced = min(span.replaced, known.tick)
            oldest = known.oldest()
            self._profiles[uid] = [s for s in spans if s.replaced > oldest]
        return NOTHING

    def _reset(self, operation: OperationRecord) -> Violations:
        self._profiles.clear()
        return NOTHING

    def _accepted(self, operation: OperationRecord) -> Violations:
        if operation.outcome is not OK:
            return NOTHING
        uid, request = text(operation.args, "pairing_uid"), self.known.about
        stacks = self._stacks(request) if request else []
        spans = self._selected(operation.args.get("selection"))
        if not stacks or spans is None:
            lacking = "the stack that it carried" if not stacks else "the selected profiles"
            self.undecided = self.undecided or (
                f"{operation.id} accepted request {uid}, and nothing tells {lacking}"
            )
            return NOTHING
        if _some_match(spans, stacks):
            return NOTHING
        put = [span.operation for choices in spans for span in choices]
        return self.blame(
            uid,
            f"request {uid} was accepted, and at no moment of the acceptance did the latest"
            f" versions of the selected profiles match its stack: {_difference(spans, stacks)}",
            *put,
            operation.id,
        )

    @staticmethod
    def _stacks(request: ObservedRequest) -> list[PackSet]:
        """The stacks that the request may have carried, or may be judged by (ACC-21)."""
        if request.packs is not None:
            return [request.packs]
        slot, stacks = request.slot, []
        if slot is not None and not slot.gone:
            stacks = [s.packs for s in slot.stacks if s.replaced > request.invoked]
        if request.shown_packs is not None and (slot is None or request.sent is None):
            stacks.append(request.shown_packs)
        return stacks

    def _selected(self, selection: Json) -> list[list[_Span]] | None:
        """What each selected profile may have been meanwhile; `None` if nobody has said."""
        found = []
        for chosen in selection if isinstance(selection, list) else ():
            uid = text(chosen, "uid") if isinstance(chosen, dict) else ""
            started, certain, spans = self.known.started, False, []
            for span in self._profiles.get(uid, ()):
                if span.replaced > started:
                    if span.latest is None:
                        return None
                    certain = certain or span.since < started
                    spans.append(span)
            if not certain:
                return None
            found.append(spans)
        return found


def _some_match(spans: Sequence[Sequence[_Span]], stacks: Sequence[PackSet]) -> bool:
    if prod(map(len, spans)) > COMBINATIONS_MAX:
        return True
    for chosen in product(*spans):
        if _offered(chosen, 0) in stacks or _offered(chosen, 1) in stacks:
            return True
    return False


def _offered(chosen: Sequence[_Span], drafts: int) -> PackSet | None:
    if len(chosen) == 1:
        return chosen[0].latest[drafts] if chosen[0].latest else None
    packs: set[tuple[str, str]] = set()
    for span in chosen:
        latest = span.latest[drafts] if span.latest else None
        if latest is None:
            return None
        packs |= latest
    return frozenset(packs)


def _difference(spans: Sequence[Sequence[_Span]], stacks: Sequence[PackSet]) -> str:
    """The packs that differ, in the last of the ways in which it could have been."""
    offered = _offered([choices[-1] for choices in spans], 0) or frozenset()
    missing, extra = sorted(stacks[-1] - offered), sorted(offered - stacks[-1])
    parts = [f"missing {name} {version}" for name, version in missing]
    parts += [f"besides {name} {version}" for name, version in extra]
    return ", ".join(parts) or "nothing is published"


def _readings(data: dict[str, Json]) -> list[_Latest | None]:
    """The packs of the latest version, without and with drafts; of versions that are equal by their
    order, of each in turn.
    """
    try:
        profile = _profile(data)
        tops = filter(None, (profile.latest(drafts_count=drafts) for drafts in (False, True)))
        highest = {version_of(top.version) for top in tops}
        first = [e for e in profile.editions if version_of(e.version) in highest]
        read = [replace(profile, editions=(e, *profile.editions)) for e in first] or [profile]
        return [(_packs(each, drafts=False), _packs(each, drafts=True)) for each in read]
    except (KeyError, ValueError):
        return [None]


def _packs(profile: ClusterProfile, *, drafts: bool) -> PackSet | None:
    if profile.latest(drafts_count=drafts) is None:
        return None
    rules = MatchRules(drafts_count_as_latest=drafts)
    packs = frozenset((p.name, p.version) for p in latest_packs([ProfileChoice(profile)], rules))
    return one_of_each(packs)


def _profile(data: dict[str, Json]) -> ClusterProfile:
    editions = data["editions"]
    found = [e for e in editions if isinstance(e, dict)] if isinstance(editions, list) else []
    return ClusterProfile(
        text(data, "uid"),
        text(data, "name"),
        ProfileType.ADD_ON,
        tuple(_edition(edition) for edition in found),
    )


def _edition(data: dict[str, Json]) -> ProfileEdition:
    packs = data.get("packs")
    found = [p for p in packs if isinstance(p, dict)] if isinstance(packs, list) else []
    return ProfileEdition(
        text(data, "version"),
        tuple(Pack(Layer.ADDON, text(p, "name"), text(p, "version")) for p in found),
        data.get("published") is not False,
    )
