"""What passes between agents: accelerators, compute, models on offer, use."""
