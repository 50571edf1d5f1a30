"""The reference implementation of both sides: a core without I/O, and shells around it.

Imports `domain`, `files`, `http_client`, `wire`. Begin with `sides`.
"""
