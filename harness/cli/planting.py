"""What is planted into the reference, as two options of a command say it."""

from __future__ import annotations

from harness.cli.exits import CannotDo


def planted_by(mutant: str, variant: str) -> str:
    """`mutant:NAME`, `variant:NAME`, or empty.

    Raises:
        CannotDo: both are given.
    """
    if mutant and variant:
        raise CannotDo("--mutant and --variant: plant one of them at a time")
    return f"mutant:{mutant}" if mutant else f"variant:{variant}" if variant else ""
