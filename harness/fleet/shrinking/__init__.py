"""Takes a failing run to the fewest clusters, faults and acts that still fail the same way.

`failure` says what the same way is, `ddmin` takes away, `reductions` say what can go, `trying`
runs what is left in worker processes, and `shrink` goes on until nothing more goes.
"""
