"""A stranger whose edge hosts stand in rings: one of a ring leads, the others are mirrors of it.

Mirrors answer what they are asked to show, a moment late, and send whoever wants a change to the
leader. People log in to hosts by HTTP Basic, to the hub, the central side, by a key or a bearer.
The hub holds a host's question open until there is news. Standard library only, in memory.
"""
