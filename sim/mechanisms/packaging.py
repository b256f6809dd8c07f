"""Dies, HBM and packaging → accelerators: whichever runs out first.

Leaves out
----------
* Substrates, optics, boards and test as limits of their own.
* Stacks of different generations: a stack is a stack.
* Rework of packages that fail.
"""

from dataclasses import dataclass

import numpy as np

from ..numerics import GroupSums, share, total, weighted_total

DIES, HBM, PACKAGING, ORDERS = range(4)
PLENTY = 1e9
ENOUGH = 1.0 - 1e-9  # rounding must not pass for a shortage


@dataclass(frozen=True)
class Recipe:
    """What packages take. The axes between draws and products, makers side by side, are those of other arrays too.

    Attributes
    ----------
    dies, stacks, wafers : arrays (draws or 1, ..., products), dies, HBM stacks and packaging wafers a package
    design : int array (..., products), the design of its dies, counted through all makers
    of_designs : sums over the products of each design, of all makers in turn
    """

    dies: np.ndarray
    stacks: np.ndarray
    wafers: np.ndarray
    design: np.ndarray
    of_designs: GroupSums

    def dies_of(self, made):
        """Dies by design that packages by product take: (draws, ..., products) → (draws, ..., designs)."""
        used = self.of_designs((made * self.dies).reshape(len(made), -1))
        return used.reshape(*made.shape[:-1], -1)

    def by_product(self, by_design):
        """A ratio by design (draws, ..., designs) for every product in any line, array (draws, ..., 1, products)."""
        return by_design.reshape(len(by_design), -1).take(self.design, axis=1)[..., None, :]


def packages(wanted, dies, stacks, packaging, recipe):
    """Packages started in a month from what is there, and what stopped one more.

        packages = min(wanted, dies / dies each, stacks / stacks each, wafers · packages per wafer)

    A line that lacks dies of one design is filled up with its other products as far as their dies reach. HBM and
    packaging are then shared in proportion, so that the first input to run out sets the whole.

    Parameters
    ----------
    wanted : array (draws, ..., lines, products), packages to be started, so that enough good ones come out
    dies : array (draws, ..., designs), good dies at hand
    stacks, packaging : array (draws, ...), HBM stacks and packaging wafers at hand
    recipe : Recipe, what a package takes

    Returns
    -------
    started : array (draws, ..., lines, products), packages / month
    limit : int array (draws, ...), of the first line: DIES, HBM, PACKAGING or ORDERS (dimensionless)
    room : array (draws, ...), ratio of at least 1 by which more dies would raise output before something else stops it;
        1 where dies are not short
    uneven : bool array (draws, ...), dies of some design were short, so products are not in the proportion asked for
    """
    asked, whole = recipe.dies_of(all_lines(wanted)), total(wanted)
    uneven = (dies < asked).any(axis=-1)
    if not uneven.any():
        possible, reachable = wanted, whole
    else:
        first = wanted * recipe.by_product(np.minimum(share(dies, asked), 1.0))
        used = recipe.dies_of(all_lines(first))
        spare = first * recipe.by_product(share(np.maximum(dies - used, 0.0), used))
        short = np.maximum(whole - total(first), 0.0)
        possible = first + spare * np.minimum(share(short, total(spare)), 1.0)[..., None]
        reachable = total(possible)
    every = all_lines(possible)
    by_hbm = _ratio(stacks, weighted_total(every, recipe.stacks))
    by_packaging = _ratio(packaging, weighted_total(every, recipe.wafers))
    tight = np.minimum(np.minimum(by_hbm, by_packaging), 1.0)
    reachable, whole = reachable[..., 0], whole[..., 0]
    of_dies = np.where((share(reachable, whole) < ENOUGH) & (whole > 0), DIES, ORDERS)
    limit = np.where(tight < ENOUGH, np.where(by_hbm <= by_packaging, HBM, PACKAGING), of_dies)
    room = np.minimum(np.minimum(by_hbm, by_packaging), _ratio(whole, reachable))
    room = np.where(reachable < whole, np.maximum(room, 1.0), 1.0)
    return possible * tight[..., None, None], limit, room, uneven


def all_lines(made):
    """Packages of all lines: array (draws, ..., lines, products) → (draws, ..., products), same unit."""
    whole = made[..., 0, :]
    for line in range(1, made.shape[-2]):
        whole = whole + made[..., line, :]
    return whole


def _ratio(at_hand, needed):
    """What is there over what is needed, array (draws, ...); a large number where nothing is needed."""
    return np.where(needed * PLENTY > at_hand, share(at_hand, needed), PLENTY)
