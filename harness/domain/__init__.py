"""The pairing domain: values and rules that know no clock, socket, file or random source.

Time is an argument, always an integer of microseconds since the Unix epoch. Chance is an
argument too (see `harness.domain.draws`).

Imports nothing else of ours. Begin with `operations`.
"""
