"""What only a page can show, seen in a real browser, which starts once something is to be seen.

Imports `domain`, `files`, `http_client`, `loopback`, `history`. Begin with `driver`.
"""
