"""What a scenario has around it: the recorder that records, and everything a step may call.

Nothing is judged here; that is the work of `harness.checkers`, which also says whether faults took
effect.

Imports `domain`, `catalogue`, `wire`, `history`, `targets`, `checkers`. Begin with `context`.
"""
