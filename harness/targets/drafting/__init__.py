"""Writes a first target file: from answers to questions, and from OpenAPI documents.

Imports `domain`, `catalogue`, `wire`, `history`. Begin with `interview`.
"""
