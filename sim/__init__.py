"""AI Compute Scenario Simulator: who holds AI compute, and whose models the world builds on.

``run`` simulates a scenario, ``compare`` pairs two runs, ``explain`` says why they differ, ``load`` reads a saved
one. Importing them is cheap: everything heavy is imported at the first call.
"""

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["__version__", "compare", "explain", "load", "run"]

if TYPE_CHECKING:
    from .experiments.ensemble import compare, run
    from .experiments.explain import explain
    from .results import load
else:

    def run(*args, **kwargs):
        """Run one scenario: ``run("baseline", draws=64, seed=1, set={...})``; see ``sim.experiments.ensemble.run``.

        Every number asked for and given is in the unit its register names.
        """
        from .experiments import ensemble

        return ensemble.run(*args, **kwargs)

    def compare(*args, **kwargs):
        """The paired difference of two runs, in each output's unit; see ``sim.experiments.ensemble.compare``."""
        from .experiments import ensemble

        return ensemble.compare(*args, **kwargs)

    def explain(*args, **kwargs):
        """Why two scenarios differ, in the output's unit; see ``sim.experiments.explain.explain``."""
        from .experiments import explain as module

        return module.explain(*args, **kwargs)

    def load(folder):
        """The results saved in a folder, every output in the unit its register names; see ``sim.results.load``."""
        from .results import load

        return load(folder)
