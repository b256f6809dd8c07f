"""Shipment trackers: packages of Huawei by product over twelve months.

Sees
----
Packages delivered, by product.

Coverage
--------
shipments.huawei_coverage

Bias
----
Of unknown sign: trackers of 2025 differ by a factor of four, as a bank of dies is counted or not, as a package or a
die, and with cards for inference or without [ascend_ramp, chip_supply]. No correction is made.
"""

import numpy as np

from ..markets.rolling import RollingYear
from ..numerics import col, total

LABELS = {"ascend_910": "910", "ascend_910b": "910b", "ascend_910c": "910c", "ascend_950pr": "950pr",
          "ascend_950dt": "950dt", "ascend_960": "960", "ascend_970": "970"}


def counted(packages_per_year, coverage):
    """Packages a tracker counts (a year): array (draws, products) × coverage (share)."""
    return packages_per_year * coverage


class Tracker:
    """The twelve months that a tracker adds up, and what it calls the products."""

    def __init__(self, world, p):
        self.products = world.maker["huawei"].products
        names = [p.products.names[i] for i in self.products]
        self.labels = ("total", *(LABELS.get(name, name) for name in names))
        self.year = RollingYear(np.zeros((world.draws, len(names))))


def observe(world, p):
    """Write Huawei's packages a year, by product and in all."""
    market = world.accelerators
    tracker = market.__dict__.get("tracker")
    if tracker is None:
        tracker = market.tracker = Tracker(world, p)
    tracker.year.add(market.by_product.take(tracker.products, axis=-1))
    seen = np.empty((world.draws, len(tracker.labels)))
    seen[:, 1:] = counted(tracker.year.sum(), col(p.shipments.huawei_coverage))
    seen[:, 0] = total(seen[:, 1:])
    world.recorder.write("huawei_packages_per_year", seen, detail=tracker.labels)
