"""Who runs the cells of a fleet: this process, others of this machine, or a Dask cluster.

Imports `domain`, `history`. Begin with `coordinator`.
"""
