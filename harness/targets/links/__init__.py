"""Cutting links: what sits between the edge hosts and Palette, and does them harm on purpose.

Imports `domain`, `files`, `loopback`, `configuration`, `wire`. Begin with `opening`.
"""
