"""Half a world for tests of laboratories: compute is given, so that training, release and prices run alone."""

from types import SimpleNamespace

import mesa
import numpy as np

from sim.agents.lab import Lab
from sim.markets.catalogue import Catalogue
from sim.markets.laboratories import Laboratories
from sim.observers import capability_index, price_list
from sim.outputs import load_outputs
from sim.randomness import Streams
from sim.recorder import Recorder
from sim.units import month_number
from sim.values import Values

REGIONS = ("united_states", "china", "east_asia", "europe", "gulf", "south_east_asia", "india", "rest_of_world")
# H100e used by each laboratory at the ends of 2021 to 2025 and 2030, thousand: round numbers, for tests only.
COMPUTE = {
    "openai": (12, 30, 103, 386, 1740, 12000), "anthropic": (1, 4, 25, 209, 1190, 9000),
    "google": (40, 60, 130, 420, 1580, 10000), "meta": (12, 20, 60, 248, 996, 6000),
    "xai": (0.1, 0.1, 10, 203, 635, 4000), "mistral": (0.1, 0.2, 3, 8, 25, 150),
    "us_open": (2, 3, 8, 25, 80, 400), "deepseek": (2, 4, 15, 40, 70, 400), "qwen": (5, 8, 20, 45, 90, 500),
    "moonshot": (0.1, 0.2, 2, 8, 20, 100), "zhipu": (1, 2, 5, 12, 25, 120), "bytedance": (5, 10, 30, 80, 170, 900),
    "tencent": (4, 6, 15, 35, 60, 300), "baidu": (4, 6, 12, 22, 40, 200), "minimax": (0.1, 0.5, 2, 6, 14, 80),
}
YEAR_ENDS = [month_number(m) for m in ("2021-12", "2022-12", "2023-12", "2024-12", "2025-12", "2030-12")]


class LabsWorld(mesa.Model):
    """Laboratories and catalogue with given compute, scarcity and no revenue."""

    def __init__(self, scenario, draws=8, seed=1, end="2025-12", chinese_compute=1.0, scarcity=(), uncertainty="prior"):
        super().__init__(rng=seed)
        self.start, self.end = month_number("2022-01"), month_number(end)
        self.month, self.draws = self.start, draws
        self.draw_ids = np.arange(draws)
        self.values = Values(scenario, self.draw_ids, seed, uncertainty=uncertainty)
        self.streams = Streams(seed, self.draw_ids)
        self.recorder = Recorder(load_outputs(), draws, (self.start, self.end))
        self.chinese_compute, self.scarce = chinese_compute, dict(scarcity)
        p = self.values.at(self.start)
        labs = len(p.labs)
        self.serving = SimpleNamespace(
            needs=np.zeros((2, draws, labs)), worths=np.zeros((2, draws, labs)), scarcity=np.full((draws, labs), 0.6),
            call_revenue_usd=np.zeros((draws, labs)),
            product_revenue_usd=np.zeros((draws, labs)))
        self.compute = SimpleNamespace(
            lab_h100e=np.zeros((draws, labs)), training_efficiency=np.full((draws, labs), 0.35),
            inference_efficiency=np.full((draws, labs), 0.35), usd_per_h100e_hour=np.full((draws, labs), 3.0),
            independent_usd_per_h100e_hour=np.full((draws, len(REGIONS)), 3.0),
            scarcity=np.full((draws, len(REGIONS)), 0.6), hold_together=lambda p, run_share: 1.0)
        self.usage = SimpleNamespace(lab_revenue_usd=np.zeros((draws, labs)),
                                     spend_by_line_usd=np.zeros((draws, len(p.model_lines))),
                                     opinion=np.zeros((draws, len(REGIONS))))
        self.laboratories = Laboratories(self, p)
        self.lab = {name: Lab(self, p, i) for i, name in enumerate(p.labs.names)}
        self.catalogue = Catalogue(self, p)

    def step(self):
        p = self.values.at(self.month)
        home = np.array([1.0 if r != "china" else self.chinese_compute for r in p.labs.region])
        thousand = np.array([np.exp(np.interp(self.month, YEAR_ENDS, np.log(COMPUTE[n]))) for n in p.labs.names])
        self.compute.lab_h100e[:] = 1000.0 * thousand * home
        for region, level in self.scarce.items():
            self.compute.scarcity[:, REGIONS.index(region)] = level
            self.serving.scarcity[:, [home == region for home in p.labs.region]] = level
        hour = np.interp(self.month, YEAR_ENDS, [4.0, 3.5, 3.0, 2.4, 2.0, 1.0])
        self.compute.usd_per_h100e_hour[:] = hour
        self.compute.independent_usd_per_h100e_hour[:] = hour
        for decision in ("divide_compute", "train", "release", "set_prices"):
            for lab in self.lab.values():
                getattr(lab, decision)(p)
            if decision == "release":
                self.laboratories.publish(p)
        self.catalogue.collect(p)
        self.recorder.month = self.month
        self.catalogue.record(p, self.recorder)
        capability_index.observe(self, p)
        price_list.observe(self, p)
        self.month += 1

    def run(self):
        while self.month <= self.end:
            self.step()
        return self.recorder
