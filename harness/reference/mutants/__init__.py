"""The planted defects, a module for each group of requirements (see `planting`)."""
