"""Dies, HBM and packaging → accelerators: whichever runs out first.

Leaves out
----------
* Substrates, optics, boards and test as limits of their own.
* Stacks of different generations: a stack is a stack.
* Rework of packages that fail.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable  # leaves them plain functions that compiled loops may call

from ..numerics import share_of_number, total_of_row, weighted_total_of_row

DIES, HBM, PACKAGING, ORDERS = range(4)
PLENTY = 1e9
ENOUGH = 1.0 - 1e-9  # rounding must not pass for a shortage


@dataclass(frozen=True)
class Recipe:
    """What packages take, makers side by side, with dies of each design apart.

    Attributes
    ----------
    dies, stacks, wafers : arrays (draws or 1, makers, products), dies, HBM stacks and packaging wafers a package
    design : int array (makers, products), which of its maker's designs its dies have, negative without a product
    designs : int, how many designs a maker has at most
    """

    dies: np.ndarray
    stacks: np.ndarray
    wafers: np.ndarray
    design: np.ndarray
    designs: int

    def dies_of(self, made):
        """Dies by design that packages take: (draws, makers, products) → (draws, makers, designs)."""
        return _dies_of(made, self.dies, self.design, self.designs)


class Packages(NamedTuple):
    """What is packaged in a month, what it takes, and what stopped one more.

    Attributes
    ----------
    started : array (draws, makers, lines, products), packages / month
    limit : int array (draws, makers), of the first line: DIES, HBM, PACKAGING or ORDERS (dimensionless)
    room : array (draws, makers), ratio, at least 1, by which more dies would raise output before it stops otherwise;
        1 where dies are not short
    uneven : bool array (draws, makers), dies of some design were short, so products are not in the proportion asked for
    dies : array (draws, makers, designs), dies that go into them
    stacks, wafers : arrays (draws, makers), HBM stacks and packaging wafers that go into them
    """

    started: np.ndarray
    limit: np.ndarray
    room: np.ndarray
    uneven: np.ndarray
    dies: np.ndarray
    stacks: np.ndarray
    wafers: np.ndarray


def packages(wanted, dies, stacks, packaging, takes):
    """Packages started in a month from what is there.

        packages = min(wanted, dies / dies each, stacks / stacks each, wafers · packages per wafer)

    A line that lacks dies of one design is filled up with its other products as far as their dies reach. HBM and
    packaging are then shared in proportion, so that the first input to run out sets the whole.

    Parameters
    ----------
    wanted : array (draws, makers, lines, products), packages to be started, so that enough good ones come out
    dies : array (draws, makers, designs), good dies at hand
    stacks, packaging : array (draws, makers), HBM stacks and packaging wafers at hand
    takes : Recipe, what a package takes

    Returns
    -------
    Packages (see there for units)
    """
    return Packages(*_package(wanted, dies, stacks, packaging, takes.dies, takes.stacks, takes.wafers, takes.design))


def all_lines(made):
    """Packages of all lines: array (draws, ..., lines, products) → (draws, ..., products), same unit."""
    whole = made[..., 0, :]
    for line in range(1, made.shape[-2]):
        whole = whole + made[..., line, :]
    return whole


@register_jitable
def _ratio(at_hand, needed):
    """What is there over what is needed; a large number where nothing is needed."""
    return share_of_number(at_hand, needed) if needed * PLENTY > at_hand else PLENTY


@register_jitable
def _add_dies(packages, dies_each, design, dies):
    """Put down the dies by design that packages take, the last product first."""
    dies[:] = 0.0
    for product in range(len(design) - 1, -1, -1):
        if design[product] >= 0:
            dies[design[product]] += packages[product] * dies_each[product]


@njit("f8[:, :, ::1](f8[:, :, :], f8[:, :, :], i8[:, :], i8)", cache=True)
def _dies_of(made, dies_each, design, designs):
    draws, makers, _ = made.shape
    found = np.empty((draws, makers, designs))
    for draw in range(draws):
        for maker in range(makers):
            _add_dies(made[draw, maker], dies_each[draw % len(dies_each), maker], design[maker], found[draw, maker])
    return found


@register_jitable
def _count(made, dies_each, design, every, dies):
    """Put packages of all lines together, by product, and the dies they take."""
    for product in range(len(design)):
        every[product] = 0.0
        for line in range(len(made)):
            every[product] += made[line, product]
    _add_dies(every, dies_each, design, dies)


@register_jitable
def _fill_up(made, whole, dies, dies_each, design, every, used, ratio, spare):
    """Cut packages, of which lines want a whole, to the dies that are there, and fill up with other products."""
    for at in range(len(dies)):
        ratio[at] = min(share_of_number(dies[at], used[at]), 1.0)
    for line in range(len(made)):
        for product in range(len(design)):
            made[line, product] *= ratio[design[product]]
    _count(made, dies_each, design, every, used)
    for at in range(len(dies)):
        ratio[at] = share_of_number(max(dies[at] - used[at], 0.0), used[at])
    for line in range(len(made)):
        for product in range(len(design)):
            spare[product] = made[line, product] * ratio[design[product]]
        short = max(whole[line] - total_of_row(made[line]), 0.0)
        more = min(share_of_number(short, total_of_row(spare)), 1.0)
        for product in range(len(design)):
            made[line, product] += spare[product] * more


@njit("Tuple((f8[:, :, :, ::1], i8[:, ::1], f8[:, ::1], b1[:, ::1], f8[:, :, ::1], f8[:, ::1], f8[:, ::1]))("
      "f8[:, :, :, :], f8[:, :, :], f8[:, :], f8[:, :], f8[:, :, :], f8[:, :, :], f8[:, :, :], i8[:, :])",
      cache=True)  # fmt: skip
def _package(wanted, dies, at_hand, packaging, dies_each, stacks_each, wafers_each, design):
    draws, makers, lines, products = wanted.shape
    started, used = np.empty(wanted.shape), np.empty(dies.shape)
    limit, uneven = np.empty((draws, makers), np.int64), np.zeros((draws, makers), np.bool_)
    room, stacks, wafers = np.empty((draws, makers)), np.empty((draws, makers)), np.empty((draws, makers))
    every, whole, ratio, spare = np.empty(products), np.empty(lines), np.empty(dies.shape[2]), np.empty(products)
    for draw in range(draws):
        of = draw % len(dies_each)  # what a package takes may be the same in all draws
        for maker in range(makers):
            made, at = started[draw, maker], (draw, maker)
            for line in range(lines):
                whole[line] = total_of_row(wanted[draw, maker, line])
                for product in range(products):
                    made[line, product] = wanted[draw, maker, line, product]
            _count(made, dies_each[of, maker], design[maker], every, used[at])
            for one in range(dies.shape[2]):
                uneven[at] |= dies[draw, maker, one] < used[draw, maker, one]
            if uneven[at]:
                _fill_up(made, whole, dies[at], dies_each[of, maker], design[maker], every, used[at], ratio, spare)
            reachable = total_of_row(made[0]) if uneven[at] else whole[0]
            for cut in (False, True):
                _count(made, dies_each[of, maker], design[maker], every, used[at])
                stacks[at] = weighted_total_of_row(every, stacks_each[of, maker])
                wafers[at] = weighted_total_of_row(every, wafers_each[of, maker])
                if not cut:
                    by_hbm, by_packaging = _ratio(at_hand[at], stacks[at]), _ratio(packaging[at], wafers[at])
                    scarcest = min(by_hbm, by_packaging)
                    made *= min(scarcest, 1.0)
            if scarcest < ENOUGH:
                limit[at] = HBM if by_hbm <= by_packaging else PACKAGING
            else:
                limit[at] = DIES if whole[0] > 0 and share_of_number(reachable, whole[0]) < ENOUGH else ORDERS
            room[at] = max(min(scarcest, _ratio(whole[0], reachable)), 1.0) if reachable < whole[0] else 1.0
    return started, limit, room, uneven, used, stacks, wafers
