"""How a system under test is reached: the port, its drivers, and the stage of a scenario."""
