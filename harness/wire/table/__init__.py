"""The one table of the operations: where each is asked, with its fields and its answer.

Imports `domain`. Begin with `fields`.
"""
