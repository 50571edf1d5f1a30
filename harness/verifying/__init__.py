"""Judges a run again, from its evidence alone: `pairproof verify`.

Imports `catalogue`, `suite`, `gherkin`, `history`, `checkers`. Begin with `verify`.
"""
