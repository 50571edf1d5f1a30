"""pairproof: a simulation and conformance test harness for edge cluster pairing."""

__version__ = "0.1.0"
