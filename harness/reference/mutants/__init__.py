"""The planted defects, by the part of the procedure that they break (see `planting`).

Imports `domain`, `wire`. Begin with `withdrawing`.
"""

from harness.reference.mutants import (  # noqa: F401
    accepting,
    after_decision,
    crossed,
    fleet,
    prerequisites,
    races,
    rejecting,
    review,
    sending,
    together,
    wire,
    withdrawing,
)
