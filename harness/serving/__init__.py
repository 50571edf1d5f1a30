"""The reference, served for people and tools: what `pairproof serve` does."""

from __future__ import annotations

from harness.serving.server import CannotWrite, Serve, serve

__all__ = ["CannotWrite", "Serve", "serve"]
