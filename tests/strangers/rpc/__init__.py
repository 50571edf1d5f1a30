"""A product that speaks JSON-RPC at one address a side, logs in by cookie, and works in jobs.

The office is its central side, the annexes are its edge hosts. What others call a cluster is a
site here, a pairing request an application, a token a voucher, a cluster profile a bundle, a
project a zone. It is of one thread, on the standard library alone, and keeps all in memory.
"""
