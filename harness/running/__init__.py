"""A run of the suite: what is selected, carried out, judged and written down.

Imports `domain`, `files`, `catalogue`, `configuration`, `suite`, `history`, `targets`, `checkers`,
`context`. Begin with `run`.
"""
