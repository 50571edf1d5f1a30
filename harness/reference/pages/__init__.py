"""What the pages of both sides share: requests, answers, forms, guards, layout and style.

Imports `domain`, `wire`. Begin with `pages`.
"""
