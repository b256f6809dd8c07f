"""Shipment trackers: packages of Huawei by product over twelve months."""

import numpy as np

from ..markets.rolling import RollingYear
from ..numerics import total

LABELS = {"ascend_910": "910", "ascend_910b": "910b", "ascend_910c": "910c", "ascend_950pr": "950pr",
          "ascend_950dt": "950dt", "ascend_960": "960", "ascend_970": "970"}


def counted(packages_per_year, coverage):
    """Packages a tracker counts (a year): array (draws, products) × coverage (share)."""
    return packages_per_year * coverage


def observe(world, p):
    """Write Huawei's packages a year, by product and in all."""
    maker = world.maker["huawei"]
    year = world.accelerators.__dict__.get("huawei_year")
    if year is None:
        year = world.accelerators.huawei_year = RollingYear(np.zeros((world.draws, len(maker.products))))
    year.add(world.accelerators.by_product[:, maker.products])
    seen = counted(year.sum(), np.reshape(p.shipments.huawei_coverage, (-1, 1)))
    names = tuple(LABELS.get(p.products.names[i], p.products.names[i]) for i in maker.products)
    world.recorder.write("huawei_packages_per_year", np.concatenate([total(seen)[:, None], seen], axis=1),
                         detail=("total", *names))
