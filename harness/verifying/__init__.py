"""Judges a run again, from its evidence alone: `pairproof verify`.

Imports `catalogue`, `gherkin`, `history`, `checkers`. Begin with `verify`.
"""
