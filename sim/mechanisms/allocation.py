"""Supply and orders → deliveries, from a queue, without making or losing anything.

    delivered = waiting × min(1, rate × weight)        Σ delivered = min(supply, Σ waiting)

Leaves out
----------
The order of arrival within the queue, prepayment, minimum lots, and makers' favours that no weight expresses.
"""

import numpy as np

from ..numerics import share, total


def serve_queue(supply, backlog, starts, seller, weight=None):
    """Serve a queue of orders seller by seller, each buyer in proportion to what it waits for, or to that × its weight.

        delivered = backlog · min(1, supply / Σ backlog)          without weights

    Parameters
    ----------
    supply : array (draws, sellers), accelerators / month that can be delivered
    backlog : array (draws, orders), accelerators waited for, orders sorted by seller
    starts : int array (sellers,), position of each seller's first order
    seller : int array (orders,), whose order it is
    weight : array (orders,) or (draws, orders), priority, ≥ 0 (dimensionless); None serves all alike

    Returns
    -------
    delivered : array (draws, orders), accelerators / month, never more than the backlog
    unsold : array (draws, sellers), accelerators / month of supply left over
    """
    if weight is None:
        filled = np.minimum(1.0, share(supply, np.add.reduceat(backlog, starts, axis=-1))).take(seller, axis=-1)
    else:
        filled = _filled(supply, backlog, starts, seller, weight)
    delivered = backlog * filled
    return delivered, np.maximum(supply - np.add.reduceat(delivered, starts, axis=-1), 0.0)


def tilt(use, reach, weight):
    """How to tilt what a maker's lines ask for, so that sharing it in proportion serves them by weight.

    Parameters
    ----------
    use : array (draws, lines), what all orders of each line would take of an input, any unit
    reach : array (draws,), how much of all orders together the scarcest input allows, ratio
    weight : array (draws, lines), priority, > 0 (dimensionless)

    Returns
    -------
    array (draws, lines), ratio; 1 where there is enough, and what is asked for in all stays the same
    """
    reach = np.minimum(reach, 1.0)[:, None]
    one, line = np.zeros(1, dtype=np.int64), np.zeros(use.shape[-1], dtype=np.int64)
    return share(_filled(reach * total(use)[:, None], use, one, line, weight), reach)


def _filled(supply, backlog, starts, seller, weight):
    """Share of each order that is filled when a seller fills orders at a rate × weight, none beyond the order."""
    weight = np.broadcast_to(np.asarray(weight, dtype=float), backlog.shape)
    full = np.zeros(backlog.shape, dtype=bool)
    for _ in range(len(np.unique(weight)) + 1):  # each round fills at least one more class, or is the last
        left = np.maximum(supply - np.add.reduceat(backlog * full, starts, axis=-1), 0.0)
        claims = np.add.reduceat(backlog * weight * ~full, starts, axis=-1)
        filled = np.where(full, 1.0, weight * share(left, claims).take(seller, axis=-1))
        beyond = (filled >= 1.0) & ~full
        if not beyond.any():
            break
        full |= beyond
    return np.minimum(filled, 1.0)
