"""Dies, HBM and packaging → accelerators: whichever runs out first.

Leaves out
----------
* Substrates, optics, boards and test as limits of their own.
* Stacks of different generations: a stack is a stack.
* Rework of packages that fail.
"""

import numpy as np

from ..numerics import share, total

DIES, HBM, PACKAGING, ORDERS = range(4)
PLENTY = 1e9
ENOUGH = 1.0 - 1e-9  # rounding must not pass for a shortage


def packages(wanted, dies, stacks, packaging, uses, stacks_each, wafers_each):
    """Packages started in a month from what is there, and what stopped one more.

        packages = min(wanted, dies / dies each, stacks / stacks each, wafers · packages per wafer)

    A line that lacks dies of one design is filled up with its other products as far as their dies reach. HBM and
    packaging are then shared in proportion, so that the first input to run out sets the whole.

    Parameters
    ----------
    wanted : array (draws, ..., lines, products), packages to be started, so that enough good ones come out; the axes
        in between, makers side by side, are those of all other arrays too
    dies : array (draws, ..., designs), good dies at hand
    stacks, packaging : array (draws, ...), HBM stacks and packaging wafers at hand
    uses : array (draws or 1, ..., designs, products), dies of each design in a package
    stacks_each, wafers_each : array (draws or 1, ..., products), HBM stacks and packaging wafers a package

    Returns
    -------
    started : array (draws, ..., lines, products), packages / month
    limit : int array (draws, ...), of the first line: DIES, HBM, PACKAGING or ORDERS (dimensionless)
    room : array (draws, ...), ratio of at least 1 by which more dies would raise output before something else stops it;
        1 where dies are not short
    uneven : bool array (draws, ...), dies of some design were short, so products are not in the proportion asked for
    """
    design = uses.max(axis=0).argmax(axis=-2)[None]  # of each product, the same in every draw that has the product
    asked, whole = _dies(wanted, uses), total(wanted)
    uneven = (dies < asked).any(axis=-1)
    if not uneven.any():
        possible, reachable = wanted, whole
    else:
        first = wanted * _of_design(np.minimum(share(dies, asked), 1.0), design)
        used = _dies(first, uses)
        spare = first * _of_design(share(np.maximum(dies - used, 0.0), used), design)
        short = np.maximum(whole - total(first), 0.0)
        possible = first + spare * np.minimum(share(short, total(spare)), 1.0)[..., None]
        reachable = total(possible)
    every = _all(possible)
    by_hbm, by_packaging = _ratio(stacks, total(every * stacks_each)), _ratio(packaging, total(every * wafers_each))
    tight = np.minimum(np.minimum(by_hbm, by_packaging), 1.0)
    reachable, whole = reachable[..., 0], whole[..., 0]
    of_dies = np.where((share(reachable, whole) < ENOUGH) & (whole > 0), DIES, ORDERS)
    limit = np.where(tight < ENOUGH, np.where(by_hbm <= by_packaging, HBM, PACKAGING), of_dies)
    room = np.minimum(np.minimum(by_hbm, by_packaging), _ratio(whole, reachable))
    room = np.where(reachable < whole, np.maximum(room, 1.0), 1.0)
    return possible * tight[..., None, None], limit, room, uneven


def _all(packages_by_line):
    """Packages of all lines by product, array (draws, ..., products)."""
    whole = packages_by_line[..., 0, :]
    for line in range(1, packages_by_line.shape[-2]):
        whole = whole + packages_by_line[..., line, :]
    return whole


def _dies(packages_by_line, uses):
    """Dies by design that packages by line and product take, array (draws, ..., designs)."""
    return total(_all(packages_by_line)[..., None, :] * uses)


def _of_design(by_design, design):
    """A ratio by design (draws, ..., designs) for every product in any line, array (draws, ..., 1, products)."""
    return np.take_along_axis(by_design, design, axis=-1)[..., None, :]


def _ratio(at_hand, needed):
    """What is there over what is needed, array (draws, ...); a large number where nothing is needed."""
    return np.where(needed * PLENTY > at_hand, share(at_hand, needed), PLENTY)
