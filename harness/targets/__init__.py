"""How a system under test is reached: the port, its drivers, and target files."""
