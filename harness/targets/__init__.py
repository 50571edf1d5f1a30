"""How a system under test is reached: the port, its drivers, and target files.

Imports `domain`, `files`, `http_client`, `loopback`, `catalogue`, `configuration`, `wire`,
`history`. Begin with `port`.
"""
