"""AI Compute Scenario Simulator: who holds AI compute, and whose models the world builds on."""

__version__ = "0.1.0"
