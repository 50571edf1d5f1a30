"""Sequences drawn from a model, in lockstep with a target; and every interleaving to a depth.

Imports `domain`, `catalogue`, `history`, `reference`, `targets`, `checkers`, `context`. Begin with
`lockstep`.
"""
