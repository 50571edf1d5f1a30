"""What a target file leads to, found out before a run: what stands in the way, what is missing.

Nothing is changed on the target. A login is made at each Local UI, and ended again.

Imports `domain`, `catalogue`, `http_client`, `wire`, `history`, `targets`. Begin with `examining`.
"""
