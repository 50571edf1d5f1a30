"""A second implementation of both sides of pairing, small and in another style.

It shares nothing with the reference: no model, no store, no framework, no words on the wire, no
ids. `depot` is the central side, `box` the edge, `lab` what its makers would give a test run to
arrange things with. It exists so that the suite is not fitted to one implementation: a target file
alone has to be enough to certify it.
"""
