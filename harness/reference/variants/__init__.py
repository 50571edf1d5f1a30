"""The lawful other choices, where the procedure is silent (see `planting`).

Imports `domain`, `wire`. Begin with `palette`.
"""

from harness.reference.variants import edge, moments, palette, wire  # noqa: F401
