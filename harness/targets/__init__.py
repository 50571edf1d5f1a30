"""How a system under test is reached: the port, its drivers, and target files.

Imports `domain`, `catalogue`, `wire`, `history`. Begin with `port`.
"""
