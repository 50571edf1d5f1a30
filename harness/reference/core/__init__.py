"""The rules of both sides. No I/O, no clock, no global chance; the store is behind a port.

Imports `domain`. Begin with `edge`.
"""
