"""Die designs: which products share a die, and how many come from a wafer."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..mechanisms.wafer_output import gross_dies_per_wafer
from ..numerics import GroupSums

NODES = ("n12", "n7", "n5", "n3", "n2", "other")  # classes; the foundry says whose


@dataclass(frozen=True, eq=False)
class Designs:
    """The designs of all makers side by side, sorted by maker; products of one maker share a design by its name.

    Attributes
    ----------
    names : tuple of length designs
    maker : int array (designs,)
    of_maker : list of slice, the designs of each maker
    area : array (designs,), cm² a die
    gross : array (designs,), dies a wafer
    node : int array (designs,), index into `NODES`
    by_node : sums over the designs of each node
    """

    names: tuple[str, ...]
    maker: np.ndarray
    of_maker: list[slice]
    area: np.ndarray
    gross: np.ndarray
    node: np.ndarray
    by_node: GroupSums


def own_products(products, maker):
    """Row numbers of the products that a maker can sell to clouds, int array (dimensionless).

    Oldest first; last the one that it may design to a line.
    """
    complete = ~np.isnan(products.price_usd) & ~np.isnan(products.die_area_cm2) & (products.hbm_stacks > 0)
    mine = [i for i, name in enumerate(products.maker)
            if name == maker and complete[i] and products.market[i] != "unsold"]
    mine.sort(key=lambda i: (products.introduced[i], i))
    solved = [i for i, name in enumerate(products.maker) if name == maker and products.market[i] == "solved"]
    return np.array([*mine, *solved], dtype=np.int64)


@lru_cache(maxsize=64)
def designs_of(products, makers):
    """The designs behind the records of products and makers: areas in cm², dies a wafer as given or by formula."""
    names: list[str] = []
    maker: list[int] = []
    first_row: list[int] = []
    slices: list[slice] = []
    for at, name in enumerate(makers.names):
        first = len(names)
        for row in own_products(products, name):
            if products.market[row] != "solved" and products.die[row] not in names[first:]:
                names.append(products.die[row])
                maker.append(at)
                first_row.append(row)
        slices.append(slice(first, len(names)))
    rows = np.array(first_row)
    area = products.die_area_cm2[rows] / products.dies_per_package[rows]
    given = products.dies_per_wafer[rows]
    gross = np.where(np.isnan(given), gross_dies_per_wafer(area), given)
    node = np.array([NODES.index(products.node[row] or "other") for row in first_row])
    return Designs(tuple(names), np.array(maker), slices, area, gross, node, GroupSums(node, len(NODES)))


def neighbours(indices):
    """Rising whole numbers as a slice if they follow one another, which costs much less than the array."""
    if len(indices) == 0:
        return slice(0, 0)
    first, last = int(indices[0]), int(indices[-1])
    return slice(first, last + 1) if last - first == len(indices) - 1 else indices
