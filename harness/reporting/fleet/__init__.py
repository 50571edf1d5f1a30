"""The report of a fleet run: what its evidence says, in words, figures and pictures.

Imports `domain`, `catalogue`, `history`, `checkers`. Begin with `model`.
"""
