"""The load lane: a fast HTTP client that is sure of what was sent and what was not.

Imports `domain`, `loopback`, `wire`. Begin with `client`.
"""
