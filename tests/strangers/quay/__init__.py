"""A stranger of long ways: a harbour that is petitioned by berths, each a cluster with its hosts.

A berth takes a ticket before it submits, has a number for an id, and asks what became of it by a
question that is held. People moor a berth by a draft, in steps, and a job; what changes something
at its Local UIs is a job as well, taken by the host that leads. Standard library only; what is
known is kept in SQLite.
"""
