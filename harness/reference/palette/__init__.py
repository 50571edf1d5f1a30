"""Palette of the reference: routes, pages and the wizard around the core of the central side.

Imports `domain`, `wire`. Begin with `app`.
"""
