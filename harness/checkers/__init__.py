"""Named checks. Importing the package registers every one of them."""

from harness.checkers import answers, invariants, requests

__all__ = ["answers", "invariants", "requests"]
