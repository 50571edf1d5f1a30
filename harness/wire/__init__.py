"""The two published HTTP APIs: models, the table of the operations, the codec, and mappings to
other wires.

Imports `configuration`, `domain`. Begin with `routes`.
"""
