"""Cutting links: what sits between the edge hosts and Palette, and does them harm on purpose.

Imports `domain`, `files`, `http_client`, `loopback`, `configuration`, `wire`. Begin with
`opening`.
"""
