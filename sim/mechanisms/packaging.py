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
from numba import guvectorize
from numba.extending import register_jitable  # leaves them plain functions that compiled loops may call

from ..numerics import total_of_row, weighted_total_of_row

DIES, HBM, PACKAGING, ORDERS = range(4)
PLENTY = 1e9
ENOUGH = 1.0 - 1e-9  # rounding must not pass for a shortage
_LEAST = 1e-290  # what is smaller counts as nothing, as in `numerics.share`


@dataclass(frozen=True)
class Recipe:
    """What packages take. The axes between draws and products, makers side by side, are those of other arrays too.

    Attributes
    ----------
    dies, stacks, wafers : arrays (draws or 1, ..., products), dies, HBM stacks and packaging wafers a package
    design : int array (..., products), which of its maker's designs its dies have, negative where there is no product
    designs : int array (designs,), the numbers of the designs
    """

    dies: np.ndarray
    stacks: np.ndarray
    wafers: np.ndarray
    design: np.ndarray
    designs: np.ndarray

    def dies_of(self, made):
        """Dies by design that packages take: (draws, ..., products) → (draws, ..., designs)."""
        return _dies_by_design(made, self.dies, self.design, self.designs)


class Packages(NamedTuple):
    """What is packaged in a month, what it takes, and what stopped one more.

    Attributes
    ----------
    started : array (draws, ..., lines, products), packages / month
    limit : int array (draws, ...), of the first line: DIES, HBM, PACKAGING or ORDERS (dimensionless)
    room : array (draws, ...), ratio of at least 1 by which more dies would raise output before something else stops it;
        1 where dies are not short
    uneven : bool array (draws, ...), dies of some design were short, so products are not in the proportion asked for
    dies : array (draws, ..., designs), dies that go into them
    stacks, wafers : arrays (draws, ...), HBM stacks and packaging wafers that go into them
    """

    started: np.ndarray
    limit: np.ndarray
    room: np.ndarray
    uneven: np.ndarray
    dies: np.ndarray
    stacks: np.ndarray
    wafers: np.ndarray


def packages(wanted, dies, stacks, packaging, recipe):
    """Packages started in a month from what is there.

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
    Packages (see there for units)
    """
    return Packages(*_pack(wanted, dies, stacks, packaging, recipe.dies, recipe.stacks, recipe.wafers,
                           recipe.design))


def all_lines(made):
    """Packages of all lines: array (draws, ..., lines, products) → (draws, ..., products), same unit."""
    whole = made[..., 0, :]
    for line in range(1, made.shape[-2]):
        whole = whole + made[..., line, :]
    return whole


@register_jitable
def _share(part, whole):
    return part / whole if whole > _LEAST else 0.0


@register_jitable
def _ratio(at_hand, needed):
    """What is there over what is needed; a large number where nothing is needed."""
    return _share(at_hand, needed) if needed * PLENTY > at_hand else PLENTY


@register_jitable
def _count_dies(made, each, design, found):
    """Put dies by design that packages by product take into an array, the last product first."""
    found[:] = 0.0
    for product in range(len(design) - 1, -1, -1):
        if design[product] >= 0:
            found[design[product]] += made[product] * each[product]


@register_jitable
def _add_lines(made, found):
    """Put packages of all lines together into an array by product."""
    found[:] = made[0]
    for line in range(1, len(made)):
        for product in range(len(found)):
            found[product] += made[line, product]


@register_jitable
def _fill_up(made, dies, asked, each, design):
    """Cut packages to the dies that are there, and fill up with other products; ``asked``: dies that all would take."""
    wanted, ratio = np.empty(len(made)), np.empty(len(dies))
    for line in range(len(made)):
        wanted[line] = total_of_row(made[line])
    for at in range(len(dies)):
        ratio[at] = min(_share(dies[at], asked[at]), 1.0)
    for line in range(len(made)):
        for product in range(len(design)):
            made[line, product] *= ratio[design[product]]
    every, used = np.empty(len(design)), np.empty(len(dies))
    _add_lines(made, every)
    _count_dies(every, each, design, used)
    for at in range(len(dies)):
        ratio[at] = _share(max(dies[at] - used[at], 0.0), used[at])
    spare = np.empty(len(design))
    for line in range(len(made)):
        for product in range(len(design)):
            spare[product] = made[line, product] * ratio[design[product]]
        short = max(wanted[line] - total_of_row(made[line]), 0.0)
        more = min(_share(short, total_of_row(spare)), 1.0)
        for product in range(len(design)):
            made[line, product] += spare[product] * more


@guvectorize(["void(float64[:], float64[:], int64[:], int64[:], float64[:])"], "(p),(p),(p),(d)->(d)", nopython=True,
             cache=True)  # fmt: skip
def _by_design(made, each, design, designs, found):
    _count_dies(made, each, design, found)


@guvectorize(["void(float64[:, :], float64[:], float64, float64, float64[:], float64[:], float64[:], int64[:], "
              "float64[:, :], int64[:], float64[:], boolean[:], float64[:], float64[:], float64[:])"],
             "(l,p),(d),(),(),(p),(p),(p),(p)->(l,p),(),(),(),(d),(),()", nopython=True, cache=True)  # fmt: skip
def _package(wanted, dies, at_hand, packaging, dies_each, stacks_each, wafers_each, design,
             started, limit, room, uneven, used, stacks, wafers):  # fmt: skip
    started[:], every = wanted, np.empty(len(design))
    _add_lines(started, every)
    _count_dies(every, dies_each, design, used)
    uneven[0] = False
    for at in range(len(dies)):
        uneven[0] |= dies[at] < used[at]
    if uneven[0]:
        _fill_up(started, dies, used, dies_each, design)
        _add_lines(started, every)
    by_hbm = _ratio(at_hand, weighted_total_of_row(every, stacks_each))
    by_packaging = _ratio(packaging, weighted_total_of_row(every, wafers_each))
    scarcest = min(by_hbm, by_packaging)
    whole, reachable = total_of_row(wanted[0]), total_of_row(started[0])
    if scarcest < ENOUGH:
        limit[0] = HBM if by_hbm <= by_packaging else PACKAGING
    else:
        limit[0] = DIES if whole > 0 and _share(reachable, whole) < ENOUGH else ORDERS
    room[0] = max(min(scarcest, _ratio(whole, reachable)), 1.0) if reachable < whole else 1.0
    tight = min(scarcest, 1.0)
    for line in range(len(started)):
        for product in range(len(design)):
            started[line, product] *= tight
    _add_lines(started, every)
    _count_dies(every, dies_each, design, used)
    stacks[0], wafers[0] = weighted_total_of_row(every, stacks_each), weighted_total_of_row(every, wafers_each)


_dies_by_design, _pack = _by_design.ufunc, _package.ufunc
