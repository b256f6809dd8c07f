"""Software stacks: how mature each is, how it learns, and what that is worth to buyers in China."""

import numpy as np

from ..mechanisms.effective_compute import foreign_share, learning, relative_value, software_maturity
from ..numerics import col, share, total
from ..units import HOURS_PER_MONTH, MONTHS_PER_YEAR
from .seen import Seen
from .structure import STACKS

CANN = STACKS.index("cann")


class Software:
    """Lets every stack below its ceiling learn from its use.

    Attributes
    ----------
    of_stack : int array (positions,), stack of each position of the ledger
    experience : array (draws, stacks), accelerator-years of use over the scale of each stack, weighted by effort
    maturity : array (2, draws, stacks), relative to CUDA, for training and for inference
    domestic_value : array (draws,), useful compute per USD of domestic parts in China, over the reference
    domestic_maturity : array (draws,), maturity of their software in the mix of training and inference, CUDA = 1
    """

    def __init__(self, world, p):
        self.world = world
        ledger, s = world.ledger, world.accelerators.structure
        stack = [p.makers.stack[s.line_maker[line]] for line in s.line[ledger.order]]
        self.of_stack = np.array([STACKS.index(name) for name in stack])
        self.positions = [np.flatnonzero(self.of_stack == stack) for stack in range(len(STACKS))]
        self.experience = np.zeros((world.draws, len(STACKS)))
        self.domestic_value = np.ones(world.draws)
        self._seen = Seen()
        self._known: dict = {}
        self._settle(p)
        self.domestic_maturity = self._maturity_at_home(p)

    def learn(self, p):
        """Add a month of use to each stack's experience."""
        h100e = self.by_stack(self.world.ledger.stock[:, 2])
        facts = self._facts(p)
        self.experience = self.experience + learning(h100e, facts["scale_h100e_years"], facts["effort"])
        self._settle(p)
        self._compare(p)

    def by_stack(self, amounts):
        """Amounts by position of the ledger (draws, positions) added up by stack, array (draws, stacks), same unit."""
        return np.ascontiguousarray(np.array([total(amounts.take(at, axis=-1)) for at in self.positions]).T)

    def _settle(self, p):
        facts = self._facts(p)
        self.maturity = software_maturity(facts["start"], facts["ceiling"], self.experience)

    def _facts(self, p):
        """What is known of stacks, {column: array (draws, stacks)}; (2, draws, stacks) for start and ceiling."""
        if self._seen.anew(p.software_stacks, p.effective_compute):
            columns = {name: self._column(p, name) for name in ("scale_h100e_years", "effort")}
            pairs = {"start": ("training_start", "inference_start"),
                     "ceiling": ("training_ceiling", "inference_ceiling")}
            both = {name: np.stack([self._column(p, column) for column in pair]) for name, pair in pairs.items()}
            self._known = columns | both
        return self._known

    def _column(self, p, column):
        """A column of the record of stacks, with CANN's, which has priors, from the register: array (draws, stacks)."""
        table, facts = p.software_stacks, np.empty_like(self.experience)
        for stack, name in enumerate(STACKS):
            facts[:, stack] = (getattr(p.effective_compute, f"cann_{column}") if name == "cann"
                               else getattr(table, column)[table.index[name]])
        return facts

    def _compare(self, p):
        """What a dollar for domestic parts buys in China, over what it bought when tastes were set."""
        e, huawei = p.effective_compute, self.world.maker["huawei"].rating[:, :, 0]
        self.domestic_maturity = self._maturity_at_home(p)
        months = e.depreciation_years * MONTHS_PER_YEAR
        capital = share(huawei[:, 5], huawei[:, 2]) * e.system_cost_over_chip
        china = p.regions.index["china"]
        kwh = months * HOURS_PER_MONTH * p.power_sites.pue[china] * 1e-3 * np.asarray(p.power.drawn_share)
        bill = share(huawei[:, 6], huawei[:, 2]) * kwh * p.power_sites.usd_per_kwh[china]
        self.domestic_value = relative_value(self.domestic_maturity, e.reference_maturity, capital, bill,
                                             p.power.subsidy_china)

    def _maturity_at_home(self, p):
        serving = np.asarray(p.effective_compute.serving_share)
        return self.maturity[0, :, CANN] * (1.0 - serving) + self.maturity[1, :, CANN] * serving

    def foreign_taste(self, p, taste):
        """Share of Chinese owners' spending meant for foreign parts, array (draws, k), given their tastes (shares)."""
        return foreign_share(taste, col(self.domestic_value), col(p.effective_compute.domestic_elasticity))

    def record(self, p, recorder):
        """Maturity and useful share by stack (units as declared in outputs/compute.toml)."""
        e = p.effective_compute
        recorder.write("software_maturity", self.maturity[0], detail=STACKS)
        for use, utilisation, maturity in zip(("training", "inference"), (e.training_utilisation,
                                              e.inference_utilisation), self.maturity, strict=True):
            recorder.write("useful_share", col(utilisation) * maturity, definition=use, detail=STACKS)
