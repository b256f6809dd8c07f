"""What is assumed: the one register of parameters and the record tables."""
