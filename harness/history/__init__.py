"""What was done and what came of it: operations, the evidence that holds them, and its redaction.

Imports `domain`, `files`, `catalogue`. Begin with `operation`.
"""
