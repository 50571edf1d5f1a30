"""What is required, of whom, and what a judgement may be.

Imports `domain`. Begin with `requirement`.
"""
