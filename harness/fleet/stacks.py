"""The stacks that clusters run, the profiles in Palette that match them, and those that do not.

The combinations are those of `#accept-pairing-request-from-palette`, step 13: the right packs as
infra and add-on profile (A) or as one full profile (B), a pack in a wrong version (C), an extra
pack (D); and what else people select by mistake (ACC-10, PRE-7, PRE-9).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from hashlib import blake2b
from typing import Final

from harness.domain.draws import derived_id
from harness.domain.operations import SelectedProfile
from harness.domain.profile import (
    ClusterProfile,
    Layer,
    Pack,
    ProfileEdition,
    ProfileType,
    StackProfile,
)
from harness.fleet.projects import project_uid

FIRST: Final = "1.0.0"
"""The version in which every profile is first published."""
_LATER: Final = "2.0.0"


@dataclass(frozen=True, slots=True)
class FleetStack:
    """What some of the clusters run. `old` is a pack of the add-on profile as it once was."""

    name: str
    infra: tuple[Pack, ...]
    add_on: tuple[Pack, ...]
    old: Pack
    extra: Pack
    local: tuple[StackProfile, ...] = ()
    """The profiles of the local cluster, shared by all that run this stack."""


class SelectionMistake(StrEnum):
    """How a selection is wrong."""

    VERSION = "version"
    """Combination C."""
    EXTRA = "extra"
    """Combination D."""
    MISSING = "missing"
    """No add-on profile, so that a pack is missing."""
    NOT_LATEST = "not-latest"
    """A version that would match and is not the latest of its profile."""
    LATEST = "latest"
    """The latest version of a profile of which only an older one would match."""
    FOREIGN = "foreign"
    """The right packs, in profiles of another project."""
    TWO_BASES = "two-bases"
    """An infra and a full profile together."""


def _stack(name: str, infra: tuple[Pack, ...], add_on: tuple[Pack, ...], old: Pack) -> FleetStack:
    extra = Pack(Layer.ADDON, "hello-universe", "2.0.0")
    if extra.name in {pack.name for pack in add_on}:
        extra = Pack(Layer.ADDON, "nginx", "1.11.3")
    local = (
        StackProfile(f"{name}-infra", ProfileType.INFRA, FIRST, infra),
        StackProfile(f"{name}-add-on", ProfileType.ADD_ON, FIRST, add_on),
    )
    return FleetStack(name, infra, add_on, old, extra, local)


def _infra(os: str, k8s: str, cni: str, csi: str) -> tuple[Pack, ...]:
    layers = zip((Layer.OS, Layer.K8S, Layer.CNI, Layer.CSI), (os, k8s, cni, csi), strict=True)
    return tuple(_pack(layer, text) for layer, text in layers)


def _pack(layer: Layer, text: str) -> Pack:
    name, _, version = text.partition(" ")
    return Pack(layer, name, version)


_add_on = partial(_pack, Layer.ADDON)
_MONITORING: Final = _add_on("prometheus-grafana 44.3.1")
_OLD_MONITORING: Final = _add_on("prometheus-grafana 40.3.1")

STACKS: Final = (
    _stack(
        "retail",
        _infra("edge-native-ubuntu 22.04", "edge-k3s 1.31.4", "cni-cilium-oss 1.16.5",
               "csi-longhorn 1.7.2"),
        (_MONITORING,),
        _OLD_MONITORING,
    ),
    _stack(
        "factory",
        _infra("edge-native-ubuntu 22.04", "edge-k8s 1.31.0", "cni-calico 3.25.1",
               "csi-rook-ceph 1.14.9"),
        (_MONITORING, _add_on("lb-metallb-helm 0.14.9")),
        _OLD_MONITORING,
    ),
    _stack(
        "kiosk",
        _infra("edge-native-opensuse-leap 15.6", "edge-k3s 1.30.8", "cni-flannel 0.26.1",
               "csi-local-path-provisioner 0.0.28"),
        (_add_on("hello-universe 2.0.0"),),
        _add_on("hello-universe 1.3.1"),
    ),
    _stack(
        "clinic",
        _infra("edge-native-byoi 2.1.0", "edge-rke2 1.31.3", "cni-calico 3.28.2",
               "csi-longhorn 1.7.2"),
        (_add_on("vault 0.28.1"), _MONITORING, _add_on("falco 4.14.1")),
        _add_on("vault 0.27.0"),
    ),
)  # fmt: skip
"""The stacks that there are."""


def found_stack(local: tuple[StackProfile, ...]) -> FleetStack:
    """A stack of what a cluster runs that was there already, whoever made it."""
    packs = tuple(dict.fromkeys(pack for profile in local for pack in profile.packs))
    digest = blake2b(repr(packs).encode(), digest_size=4).hexdigest()
    infra = tuple(pack for pack in packs if pack.layer is not Layer.ADDON)
    add_on = tuple(pack for pack in packs if pack.layer is Layer.ADDON)
    old = replace(add_on[0], version="0.0.1") if add_on else _OLD_MONITORING
    return replace(_stack(f"found-{digest}", infra, add_on, old), local=local)


class Shelf:
    """The cluster profiles of one project, and what people select of them.

    `other` is the number of another project of the tenant, whose profiles are out of reach
    here; where there is none, the number of one that does not exist.
    """

    def __init__(self, seed: int, tenant: int, project: int, other: int) -> None:
        self.project_uid = project_uid(seed, tenant, project)
        self._seed = seed
        self._other_uid = project_uid(seed, tenant, other)

    def profiles(self) -> tuple[ClusterProfile, ...]:
        """All profiles as they are at the beginning, the matching ones first (`matching`)."""
        wrong = [self._wrong(stack) for stack in STACKS]
        return self.matching() + tuple(profile for group in wrong for profile in group)

    def profiles_for(self, stack: FleetStack) -> tuple[ClusterProfile, ...]:
        """All profiles for one stack, as they are at the beginning; none is without packs."""
        every = (*self._right(stack), *self._wrong(stack))
        return tuple(profile for profile in every if profile.editions[0].packs)

    def matching(self) -> tuple[ClusterProfile, ...]:
        """For each stack its infra, its add-on and its full profile, all in one version."""
        return tuple(profile for stack in STACKS for profile in self._right(stack))

    def _right(self, stack: FleetStack) -> tuple[ClusterProfile, ...]:
        return tuple(
            self._profile(f"{stack.name}-{kind}", kind, packs)
            for kind, packs in (
                (ProfileType.INFRA, stack.infra),
                (ProfileType.ADD_ON, stack.add_on),
                (ProfileType.FULL, stack.infra + stack.add_on),
            )
        )

    def selection_for(self, stack: FleetStack, way: int) -> tuple[SelectedProfile, ...]:
        """What an administrator selects who makes no mistake.

        `way` is any drawn integer: an even one means infra and add-on profile (combination A),
        an odd one the full profile (B).
        """
        return self._full(stack) if way % 2 else self._split(stack)

    def wrong_selection(
        self, stack: FleetStack, mistake: SelectionMistake
    ) -> tuple[SelectedProfile, ...]:
        """What an administrator selects who makes this mistake."""
        infra, *add_on = self._split(stack)
        if not add_on and mistake in (SelectionMistake.VERSION, SelectionMistake.MISSING):
            mistake = SelectionMistake.EXTRA
        match mistake:
            case SelectionMistake.VERSION:
                return (infra, self._selected(f"{stack.name}-add-on-old"))
            case SelectionMistake.EXTRA:
                return (infra, *add_on, self._selected(f"{stack.name}-extra"))
            case SelectionMistake.MISSING:
                return (infra,)
            case SelectionMistake.NOT_LATEST:
                return (self._selected(f"{stack.name}-moved-on", FIRST), *add_on)
            case SelectionMistake.LATEST:
                return (self._selected(f"{stack.name}-moved-on"), *add_on)
            case SelectionMistake.FOREIGN:
                return self._split(stack, self._other_uid)
            case SelectionMistake.TWO_BASES:
                return (infra, *self._full(stack))

    def _wrong(self, stack: FleetStack) -> tuple[ClusterProfile, ...]:
        aged = tuple(stack.old if p.name == stack.old.name else p for p in stack.add_on)
        moved = self._profile(f"{stack.name}-moved-on", ProfileType.INFRA, stack.infra)
        later = ProfileEdition(_LATER, with_bumped_pack(stack.infra, 0))
        return (
            self._profile(f"{stack.name}-add-on-old", ProfileType.ADD_ON, aged),
            self._profile(f"{stack.name}-extra", ProfileType.ADD_ON, (stack.extra,)),
            replace(moved, editions=(*moved.editions, later)),
        )

    def _profile(self, name: str, kind: ProfileType, packs: tuple[Pack, ...]) -> ClusterProfile:
        uid = self._uid(name, self.project_uid)
        return ClusterProfile(uid, name, kind, (ProfileEdition(FIRST, packs),), self.project_uid)

    def _split(self, stack: FleetStack, scope: str = "") -> tuple[SelectedProfile, ...]:
        kinds = (ProfileType.INFRA, ProfileType.ADD_ON) if stack.add_on else (ProfileType.INFRA,)
        return tuple(self._selected(f"{stack.name}-{kind}", scope=scope) for kind in kinds)

    def _full(self, stack: FleetStack) -> tuple[SelectedProfile]:
        return (self._selected(f"{stack.name}-{ProfileType.FULL}"),)

    def _selected(self, name: str, version: str = "", scope: str = "") -> SelectedProfile:
        return SelectedProfile(self._uid(name, scope or self.project_uid), version)

    def _uid(self, name: str, scope: str) -> str:
        return derived_id(self._seed, f"profile:{scope}:{name}", 0)


def with_bumped_pack(packs: tuple[Pack, ...], which: int) -> tuple[Pack, ...]:
    """The packs, of which one has come out in its next version."""
    index = which % len(packs)
    head, _, last = packs[index].version.rpartition(".")
    version = f"{packs[index].version}.1"
    if head and last.isdecimal():
        version = f"{head}.{int(last) + 1:0{len(last)}d}"
    bumped = replace(packs[index], version=version)
    return (*packs[:index], bumped, *packs[index + 1 :])
