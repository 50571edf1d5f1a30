"""Writes a first target file: from answers to questions, and from OpenAPI documents."""
