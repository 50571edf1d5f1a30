"""The suite's own proof: what it catches (mutants), and what it leaves alone (variants)."""
