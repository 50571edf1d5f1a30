"""What a fleet run is judged by besides the invariants: situations, measures and the gate.

Imports `domain`, `catalogue`, `history`. Begin with `judge`.
"""
