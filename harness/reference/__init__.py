"""The reference implementation of both sides: a core without I/O, and shells around it.

Imports `domain`, `files`, `loopback`, `wire`. Begin with `sides`.
"""
