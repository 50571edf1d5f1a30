"""The reference implementation of both sides: a core without I/O, and shells around it.

Imports `domain`, `wire`. Begin with `sides`.
"""
