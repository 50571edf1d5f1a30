"""A stranger that takes the long way: wizards, jobs, forms, cookies and numbers.

`office` is its central side, `appliance` its edge, `leaves` the pages of both, `lab` what its
makers give a test run to arrange things with, `steps.toml` what they would write into a target
file. Standard library only, one event loop, all state in a book that can be written and read again.
"""
