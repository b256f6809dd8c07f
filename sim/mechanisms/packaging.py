"""Dies, HBM and packaging → accelerators: whichever runs out first."""

import numpy as np

from ..numerics import share, total

DIES, HBM, PACKAGING, ORDERS = range(4)
ENOUGH = 1.0 - 1e-9  # rounding must not pass for a shortage


def packages(wanted, dies, stacks, packaging, uses, stacks_each, wafers_each):
    """Packages started in a month from what is there, and what stopped one more.

    A line that lacks dies of one design is filled up with its other products as far as their dies reach. HBM and
    packaging are then shared in proportion, so that the first input to run out sets the whole.

    Parameters
    ----------
    wanted : array (draws, lines, products), packages to be started, so that enough good ones come out
    dies : array (draws, designs), good dies at hand
    stacks, packaging : array (draws,), HBM stacks and packaging wafers at hand
    uses : array (draws or 1, designs, products), dies of each design in a package
    stacks_each, wafers_each : array (draws or 1, products), HBM stacks and packaging wafers a package

    Returns
    -------
    started : array (draws, lines, products), packages / month
    limit : int array (draws,), of the first line: DIES, HBM, PACKAGING or ORDERS (dimensionless)
    dies_reach : array (draws,), share of what is asked for of the first line that dies allow
    """
    design = uses[0].argmax(axis=0)  # the same in every draw
    asked = _dies(wanted, uses)
    first = wanted * np.minimum(share(dies, asked), 1.0).take(design, axis=-1)[:, None]
    used = _dies(first, uses)
    spare = first * share(np.maximum(dies - used, 0.0), used).take(design, axis=-1)[:, None]
    whole = total(wanted)
    short = np.maximum(whole - total(first), 0.0)
    possible = first + spare * np.minimum(share(short, total(spare)), 1.0)[:, :, None]
    by_hbm = _reach(stacks, total(_all(possible) * stacks_each))
    by_packaging = _reach(packaging, total(_all(possible) * wafers_each))
    tight = np.minimum(by_hbm, by_packaging)
    reached = share(total(possible)[:, 0], whole[:, 0])
    of_dies = np.where((reached < ENOUGH) & (whole[:, 0] > 0), DIES, ORDERS)
    limit = np.where(tight < ENOUGH, np.where(by_hbm <= by_packaging, HBM, PACKAGING), of_dies)
    return possible * tight[:, None, None], limit, reached


def _all(packages_by_line):
    """Packages of all lines by product, array (draws, products)."""
    return total(packages_by_line, axis=1)


def _dies(packages_by_line, uses):
    """Dies by design that packages by line and product take, array (draws, designs)."""
    return total(_all(packages_by_line)[:, None, :] * uses)


def _reach(at_hand, needed):
    """Share of what is needed that is there, at most 1, array (draws,)."""
    return np.where(needed > at_hand, share(at_hand, needed), 1.0)
