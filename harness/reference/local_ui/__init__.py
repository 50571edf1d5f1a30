"""Local UI of the reference: routes and pages around the core of the edge.

Imports `domain`, `wire`. Begin with `app`.
"""
