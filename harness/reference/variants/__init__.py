"""The lawful other choices, where the procedure is silent (see `planting`)."""
