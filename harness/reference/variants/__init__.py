"""The lawful other choices, where the procedure is silent (see `planting`)."""

from harness.reference.variants import choices, edge, palette, refusals, wire  # noqa: F401
