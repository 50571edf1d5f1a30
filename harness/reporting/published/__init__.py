"""Reports that are published: what belongs to one, and the page of all of them.

Imports `files`, `catalogue`, `history`. Begin with `entry`.
"""
