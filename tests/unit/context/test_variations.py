"""A varied stack differs in one thing, and the original is as before."""

from __future__ import annotations

import pytest

from harness.context import stacks
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile


def packs(stack: stacks.Stack) -> list[Pack]:
    return [pack for profile in stack for pack in profile.packs]


def difference(stack: stacks.Stack) -> tuple[set[Pack], set[Pack]]:
    """What the stack lacks of the documented one, and what it has besides."""
    here, there = set(packs(stacks.DOCUMENTED_STACK)), set(packs(stack))
    return here - there, there - here


def test_a_version_changes_alone() -> None:
    gone, new = difference(stacks.with_version(stacks.DOCUMENTED_STACK, "Calico", "3.26.0"))
    assert gone == {Pack(Layer.CNI, "Calico", "3.25.1")}
    assert new == {Pack(Layer.CNI, "Calico", "3.26.0")}


def test_another_pack_takes_the_layer_of_the_one_that_it_replaces() -> None:
    stack = stacks.with_instead(
        stacks.DOCUMENTED_STACK, "Ubuntu", Pack(Layer.ADDON, "SLES", "15.5")
    )
    assert difference(stack)[1] == {Pack(Layer.OS, "SLES", "15.5")}


def test_without_a_pack_the_rest_stays() -> None:
    stack = stacks.without(stacks.DOCUMENTED_STACK, "PXK-E")
    assert difference(stack) == ({Pack(Layer.K8S, "PXK-E", "1.31.0")}, set())
    assert len(stack) == len(stacks.DOCUMENTED_STACK)


def test_a_profile_without_packs_is_gone() -> None:
    assert [p.type for p in stacks.without(stacks.DOCUMENTED_STACK, "Prometheus-Grafana")] == [
        ProfileType.INFRA
    ]


@pytest.mark.parametrize(
    ("layer", "position"), [(Layer.CNI, 0), (Layer.KERNEL, 0), (Layer.ADDON, 1)]
)
def test_one_pack_more_goes_where_its_layer_belongs(layer: Layer, position: int) -> None:
    extra = Pack(layer, "Extra", "1.0.0")
    stack = stacks.with_besides(stacks.DOCUMENTED_STACK, extra)
    assert stack[position].packs[-1] == extra
    assert difference(stack) == (set(), {extra})


def test_an_add_on_more_makes_a_profile_of_its_own_where_there_is_none() -> None:
    infra = StackProfile("infra", ProfileType.INFRA, "1.0.0", stacks.INFRA_PACKS)
    stack = stacks.with_besides((infra,), Pack(Layer.ADDON, "Hello-Universe", "2.0.0"))
    assert [p.type for p in stack] == [ProfileType.INFRA, ProfileType.ADD_ON]


def test_layer_and_registry_change_alone() -> None:
    moved = stacks.in_layer(stacks.DOCUMENTED_STACK, "Calico", Layer.ADDON)
    assert difference(moved)[1] == {Pack(Layer.ADDON, "Calico", "3.25.1")}
    mirrored = stacks.from_registry(stacks.DOCUMENTED_STACK, "Calico", "mirror")
    assert difference(mirrored)[1] == {Pack(Layer.CNI, "Calico", "3.25.1", "mirror")}


def test_a_pack_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(stacks.NoSuchPack, match=r"'Cilium'.*Calico"):
        stacks.without(stacks.DOCUMENTED_STACK, "Cilium")
