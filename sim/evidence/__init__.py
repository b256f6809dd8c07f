"""What is known: evidence tables with their sources, and the observations a run is compared with."""
