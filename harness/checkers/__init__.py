"""Named checks. Importing the package registers every one of them."""

from harness.checkers import answers, invariants, local_ui, requests, wording

__all__ = ["answers", "invariants", "local_ui", "requests", "wording"]
