"""Writes a first target file: from answers to questions, and from OpenAPI documents.

Imports `domain`, `files`, `http_client`, `loopback`, `catalogue`, `configuration`, `wire`,
`history`. Begin with `interview`.
"""
