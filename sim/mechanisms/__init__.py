"""How it works: pure functions, numbers in, numbers out."""
