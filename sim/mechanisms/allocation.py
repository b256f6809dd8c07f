"""Supply and orders → deliveries, from a queue, without making or losing anything."""

import numpy as np

from ..numerics import share


def serve_queue(supply, backlog, starts, seller):
    """Serve a queue of orders seller by seller, each buyer in proportion to what it waits for.

    Parameters
    ----------
    supply : array (draws, sellers), accelerators / month that can be delivered
    backlog : array (draws, orders), accelerators waited for, orders sorted by seller
    starts : int array (sellers,), position of each seller's first order
    seller : int array (orders,), whose order it is

    Returns
    -------
    delivered : array (draws, orders), accelerators / month, never more than the backlog
    unsold : array (draws, sellers), accelerators / month of supply left over
    """
    waiting = np.add.reduceat(backlog, starts, axis=-1)
    filled = np.minimum(1.0, share(supply, waiting))
    delivered = backlog * filled.take(seller, axis=-1)
    return delivered, np.maximum(supply - np.add.reduceat(delivered, starts, axis=-1), 0.0)
