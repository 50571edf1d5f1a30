"""Takes a failing run to the fewest clusters, faults and acts that still fail the same way.

`failure` says what the same way is, `reductions` say what can go, `trying` runs what is left in
worker processes, and `shrink` takes away until nothing more goes.

Imports `domain`, `history`. Begin with `shrink`.
"""
