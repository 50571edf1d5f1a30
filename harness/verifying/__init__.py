"""Judges a run again, from its evidence alone: `pairproof verify`."""
