"""The two published HTTP APIs: their models and routes, the codec, and mappings to other wires.

Imports `domain`. Begin with `routes`.
"""
