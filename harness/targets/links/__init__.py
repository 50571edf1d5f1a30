"""Cutting links: what sits between the edge hosts and Palette, and does them harm on purpose.

Imports `domain`, `wire`. Begin with `opening`.
"""
