"""A fleet of edge hosts in virtual time, with people, a network, faults and a central plane.

Imports `domain`, `files`, `catalogue`, `configuration`, `wire`, `suite`, `history`, `reference`,
`targets`, `checkers`, `load`. Begin with `cell`.
"""
