"""A varied stack differs in one thing, and the original is as before."""

from __future__ import annotations

import pytest

from harness.domain.profile import Layer, Pack, ProfileType, StackProfile
from harness.scenes.stacks import (
    DOCUMENTED_STACK,
    INFRA_PACKS,
    NoSuchPack,
    Stack,
    from_registry,
    in_layer,
    with_besides,
    with_instead,
    with_version,
    without,
)


def packs(stack: Stack) -> list[Pack]:
    return [pack for profile in stack for pack in profile.packs]


def difference(stack: Stack) -> tuple[set[Pack], set[Pack]]:
    """What the stack lacks of the documented one, and what it has besides."""
    here, there = set(packs(DOCUMENTED_STACK)), set(packs(stack))
    return here - there, there - here


def test_a_version_changes_alone() -> None:
    gone, new = difference(with_version(DOCUMENTED_STACK, "Calico", "3.26.0"))
    assert gone == {Pack(Layer.CNI, "Calico", "3.25.1")}
    assert new == {Pack(Layer.CNI, "Calico", "3.26.0")}


def test_another_pack_takes_the_layer_of_the_one_that_it_replaces() -> None:
    stack = with_instead(DOCUMENTED_STACK, "Ubuntu", Pack(Layer.ADDON, "SLES", "15.5"))
    assert difference(stack)[1] == {Pack(Layer.OS, "SLES", "15.5")}


def test_without_a_pack_the_rest_stays() -> None:
    stack = without(DOCUMENTED_STACK, "PXK-E")
    assert difference(stack) == ({Pack(Layer.K8S, "PXK-E", "1.31.0")}, set())
    assert len(stack) == len(DOCUMENTED_STACK)


def test_a_profile_without_packs_is_gone() -> None:
    assert [p.type for p in without(DOCUMENTED_STACK, "Prometheus-Grafana")] == [ProfileType.INFRA]


@pytest.mark.parametrize(
    ("layer", "position"), [(Layer.CNI, 0), (Layer.KERNEL, 0), (Layer.ADDON, 1)]
)
def test_one_pack_more_goes_where_its_layer_belongs(layer: Layer, position: int) -> None:
    extra = Pack(layer, "Extra", "1.0.0")
    stack = with_besides(DOCUMENTED_STACK, extra)
    assert stack[position].packs[-1] == extra
    assert difference(stack) == (set(), {extra})


def test_an_add_on_more_makes_a_profile_of_its_own_where_there_is_none() -> None:
    infra = StackProfile("infra", ProfileType.INFRA, "1.0.0", INFRA_PACKS)
    stack = with_besides((infra,), Pack(Layer.ADDON, "Hello-Universe", "2.0.0"))
    assert [p.type for p in stack] == [ProfileType.INFRA, ProfileType.ADD_ON]


def test_layer_and_registry_change_alone() -> None:
    moved = in_layer(DOCUMENTED_STACK, "Calico", Layer.ADDON)
    assert difference(moved)[1] == {Pack(Layer.ADDON, "Calico", "3.25.1")}
    mirrored = from_registry(DOCUMENTED_STACK, "Calico", "mirror")
    assert difference(mirrored)[1] == {Pack(Layer.CNI, "Calico", "3.25.1", "mirror")}


def test_a_pack_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NoSuchPack, match=r"'Cilium'.*Calico"):
        without(DOCUMENTED_STACK, "Cilium")
