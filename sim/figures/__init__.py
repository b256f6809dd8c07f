"""How it looks: one function per figure, results in, Figure out."""
