"""A stranger in the style of Kubernetes: an API server with resources, verbs and conditions, and
edge hosts, of which one leads and the others redirect to it.

A decision is a patch, a controller does the rest, and waiting is by asking again. The namespace is
in the path, people have rights by role bindings. Standard library only; what is known is kept in a
journal.
"""
