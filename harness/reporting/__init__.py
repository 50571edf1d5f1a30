"""A run as people and machines read it: made from evidence alone.

Imports `domain`, `files`, `catalogue`, `history`, `checkers`. Begin with `model`.
"""
