"""The fleet in real time, against a real endpoint: the same people and hosts, on asyncio.

Imports `domain`, `catalogue`, `configuration`, `wire`, `history`, `reference`, `targets`,
`checkers`, `load`. Begin with `cell`.
"""
