"""How the world is seen: each published instrument as a function of the simulated truth."""
