"""A run of the suite: what is selected, carried out, judged and written down."""
