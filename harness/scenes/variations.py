"""Stacks that differ from another in one thing, for matches that must not be made.

Pure: a stack goes in, another one comes out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.domain.errors import PairproofError
from harness.domain.profile import Layer, Pack, ProfileType, StackProfile

Stack = tuple[StackProfile, ...]


class NoSuchPack(PairproofError):
    """A stack has no pack of this name, so nothing can be varied."""


def with_instead(stack: Stack, name: str, pack: Pack) -> Stack:
    """The stack with a pack in place of the one that is called `name`, in the same layer.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [replace(pack, layer=old.layer)] if p is old else [p])


def with_version(stack: Stack, name: str, version: str) -> Stack:
    """The stack with another version of one pack.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    return with_instead(stack, name, replace(_pack(stack, name), version=version))


def without(stack: Stack, name: str) -> Stack:
    """The stack without one pack, and without a profile that is empty then.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [] if p is old else [p])


def with_besides(stack: Stack, pack: Pack) -> Stack:
    """The stack with one more pack: the last add-on's, or the base profile's by its layer."""
    fitting = [p for p in stack if p.type.is_base is not (pack.layer is Layer.ADDON)]
    if not fitting:
        return (*stack, StackProfile("edge-besides", ProfileType.ADD_ON, "1.0.0", (pack,)))
    host = fitting[-1]
    return tuple(replace(p, packs=(*p.packs, pack)) if p is host else p for p in stack)


def in_layer(stack: Stack, name: str, layer: Layer) -> Stack:
    """The stack with one pack moved to another layer.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [replace(p, layer=layer)] if p is old else [p])


def from_registry(stack: Stack, name: str, registry: str) -> Stack:
    """The stack with one pack that comes from another registry.

    Raises:
        NoSuchPack: the stack has no pack of this name.
    """
    old = _pack(stack, name)
    return _mapped(stack, lambda p: [replace(p, registry=registry)] if p is old else [p])


def _pack(stack: Stack, name: str) -> Pack:
    for profile in stack:
        for pack in profile.packs:
            if pack.name == name:
                return pack
    known = ", ".join(pack.name for profile in stack for pack in profile.packs)
    raise NoSuchPack(f"the stack has no pack {name!r}; it has: {known}")


def _mapped(stack: Stack, change: Callable[[Pack], list[Pack]]) -> Stack:
    changed = (
        replace(profile, packs=tuple(p for pack in profile.packs for p in change(pack)))
        for profile in stack
    )
    return tuple(profile for profile in changed if profile.packs)
