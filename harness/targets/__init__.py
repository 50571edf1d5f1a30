"""How a system under test is reached: the port, its drivers, and target files.

Imports `domain`, `files`, `loopback`, `catalogue`, `configuration`, `wire`, `history`. Begin with
`port`.
"""
