"""The suite's own proof: what it catches (mutants), and what it leaves alone (variants).

Imports `domain`, `catalogue`, `tables`, `reference`, `targets`, `explore`, `fleet`, `opening`,
`running`.
Begin with `matrix`.
"""
