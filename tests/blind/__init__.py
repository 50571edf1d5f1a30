"""Defects that nobody fitted a scenario to; see `defects`."""
