"""The fleet in real time, against a real endpoint: the same people and hosts, on asyncio."""
