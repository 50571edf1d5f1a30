"""The lawful other choices, where the procedure is silent (see `planting`)."""

from harness.reference.variants import edge, palette, wire  # noqa: F401
