"""One month of the world: builds the agents, runs the month in causal order, records."""

import gc
from contextlib import contextmanager

import mesa
import numpy as np

from . import observers
from .agents.chip_maker import ChipMaker
from .agents.cloud import Cloud
from .agents.developers import Developers
from .agents.foundry import Foundry
from .agents.government import Government
from .agents.lab import Lab
from .agents.memory_maker import MemoryMaker
from .markets.accelerators import AcceleratorMarket
from .markets.binding import Bindings
from .markets.catalogue import Catalogue
from .markets.compute import ComputeMarket
from .markets.definitions import Definitions
from .markets.laboratories import Laboratories
from .markets.leakage import Leakage
from .markets.ledger import Ledger
from .markets.memory import MemoryMarket
from .markets.production import ProductionLedger
from .markets.serving import Serving
from .markets.sites import Sites
from .markets.software import Software
from .markets.usage import Usage
from .markets.works import Works
from .randomness import Streams


@contextmanager
def no_collection():
    """Leave Python's collector of circles idle: a month makes none, and looking for them takes time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class World(mesa.Model):
    """A block of parallel draws of one scenario.

    Strategic actors are Mesa agents whose state has shape (draws,) or (draws, k); the population of developers
    is one Mesa agent that owns arrays. Agents write only to themselves; what passes between them goes through
    six markets: memory, accelerators (with their ledger and sites), compute, the catalogue of models, use, serving.

    Parameters
    ----------
    values : Values, a resolved scenario; ``values.at(month)`` gives the parameters in force
    draw_ids : int array (draws,), the identity of each draw
    seed : int
    start, end : month numbers, first and last month simulated
    developers : int, simulated developers a draw, each standing for many
    recorder : Recorder, where outputs go
    """

    def __init__(self, values, draw_ids, seed, start, end, developers, recorder):
        super().__init__(rng=seed)
        self.values, self.recorder, self.seed = values, recorder, int(seed)
        self.draw_ids = np.asarray(draw_ids, dtype=np.int64)
        self.draws = len(self.draw_ids)
        self.start, self.end, self.month = start, end, start
        self.streams = Streams(seed, self.draw_ids, end, values.luck)

        p = values.at(start)
        self.government = self._people(Government, p, p.regions.names)
        self.foundry = self._people(Foundry, p, p.foundries.names)
        self.memory = MemoryMarket(self, p)
        self.memory_maker = self._people(MemoryMaker, p, p.memory_makers.names)
        self.maker = self._people(ChipMaker, p, p.makers.names)
        self.works = Works(self, p)
        self.cloud = self._people(Cloud, p, p.clouds.names)
        self.laboratories = Laboratories(self, p)
        self.lab = self._people(Lab, p, p.labs.names)
        self.sites = Sites(self, p)
        self.accelerators = AcceleratorMarket(self, p)
        self.production = ProductionLedger(self, p)
        self.leakage = Leakage(self, p)
        self.ledger = Ledger(self, p)
        self.definitions = Definitions(self)
        self.software = Software(self, p)
        self.compute = ComputeMarket(self, p)
        self.catalogue = Catalogue(self, p)
        self.usage = Usage(self, p)
        self.serving = Serving(self, p)
        self.bindings = Bindings(self, p)
        self.population = Developers(self, p, developers)

        everyone = self.agents_by_type
        self.governments, self.foundries = everyone[Government], everyone[Foundry]
        self.memory_makers, self.chip_makers = everyone[MemoryMaker], everyone[ChipMaker]
        self.clouds, self.labs, self.developers = everyone[Cloud], everyone[Lab], everyone[Developers]
        mesa.Agent._ids.pop(self, None)  # Mesa counts identities by model, and would keep every world for ever

    def _people(self, kind, p, names):
        return {name: kind(self, p, index) for index, name in enumerate(names)}

    def step(self):
        """Advance one month. The order of these lines is the causal order of the model."""
        p = self.values.at(self.month)
        self.step_supply(p)
        self.compute.allocate(p)
        self.labs.do("divide_compute", p)
        self.labs.do("train", p)
        self.labs.do("release", p)
        self.laboratories.publish(p)
        self.labs.do("set_prices", p)
        self.catalogue.collect(p)
        self.developers.do("choose_models", p)
        self.usage.settle(p)
        self.serving.settle(p)
        self.compute.contracts.answer(p)
        self.bindings.settle(p)
        self.record(p)
        self.month += 1

    def step_supply(self, p):
        """The supply half of a month: from rules to accelerators in service, every account checked."""
        self.governments.do("set_rules", p)
        self.chip_makers.do("choose_products", p)
        self.works.order(p)
        self.foundries.do("produce", p)
        self.memory_makers.do("produce", p)
        self.memory.sell(p)
        self.works.assemble(p)
        self.production.settle(p)
        self.clouds.do("set_budget", p)
        self.leakage.open(p)
        self.clouds.do("place_orders", p)
        self.accelerators.deliver(p)
        self.ledger.install(p)
        self.leakage.rent(p)
        self.software.learn(p)

    def record(self, p):
        """Write this month's truth, then what each instrument would have shown of it."""
        self.recorder.month = self.month
        for market in (self.production, self.accelerators, self.bindings, self.leakage, self.definitions, self.sites,
                       self.software, self.compute, self.catalogue, self.usage, self.serving):
            market.record(p, self.recorder)
        for instrument in observers.ALL:
            instrument.observe(self, p)

    def run(self, on_month=None):
        """Step from the first to the last month; ``on_month()`` is called after each."""
        with no_collection():
            while self.month <= self.end:
                self.step()
                if on_month is not None:
                    on_month()
        return self.recorder

    def dissolve(self):
        """Let go of agents, markets and their arrays at once; the world is of no use afterwards (no unit).

        They point at one another, so that Python would free them only when it next looks for circles: too late where
        one world of hundreds of megabytes follows another.
        """
        for agent in self.agents:
            agent.__dict__.clear()
        self.__dict__.clear()
