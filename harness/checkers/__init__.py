"""Named checks. Importing the package registers every one of them."""

from harness.checkers import answers, local_ui, requests, wording

__all__ = ["answers", "local_ui", "requests", "wording"]
