"""A driver for products that are reached over Acme's message bus, and not over HTTP."""
