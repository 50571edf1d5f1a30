"""How the preconditions of a run are arranged on a target: one way after the other.

Imports `domain`, `configuration`, `wire`. Begin with `chain`.
"""
