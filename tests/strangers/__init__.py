"""Implementations of both sides of pairing that share nothing with the reference or one another.

Each is certified by a target file alone, so that the suite is fitted to no single way of doing it.
"""
