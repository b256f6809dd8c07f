"""Whom makers serve first when there is not enough for all."""

import numpy as np

from ..numerics import share
from .structure import DIVERTED, LICENSED

CLASSES = ("hyperscaler", "ai_company", "other", "licensed", "diverted")


def queue_classes(p, structure):
    """The class of each queue position, index into CLASSES: by the kind of buyer, and by the way for exports to China.

    Parameters
    ----------
    p : values in force; ``p.clouds.kind`` names the kind of each owner (dimensionless)
    structure : TradeStructure
    """
    kind = [CLASSES.index(k) if k in CLASSES else CLASSES.index("other") for k in p.clouds.kind]
    found = np.array(kind)[structure.cloud]
    found[structure.channel == LICENSED] = CLASSES.index("licensed")
    found[structure.channel == DIVERTED] = CLASSES.index("diverted")
    return found


def priorities(p, classes):
    """Weight of each queue position, array (positions,) or (draws, positions); None if all are served alike."""
    a = p.accelerators
    weights = [a.priority_hyperscaler, a.priority_ai_company, a.priority_other, a.priority_licensed,
               a.priority_diverted]
    if all(np.ndim(w) == 0 for w in weights):
        return None if len(set(weights)) == 1 else np.array(weights)[classes]
    return np.ascontiguousarray(np.stack(np.broadcast_arrays(*weights), axis=-1).take(classes, axis=-1))


def by_line(weight, backlog, waiting, starts):
    """Average weight of those who wait for each line, array (draws, lines), 1 where nobody does; None if all are alike.

    Parameters
    ----------
    weight : array (positions,) or (draws, positions), or None (dimensionless)
    backlog : array (draws, positions), accelerators waited for
    waiting : array (draws, lines), the same by line
    starts : int array (lines,), first position of each line
    """
    if weight is None:
        return None
    return np.where(waiting > 0, share(np.add.reduceat(backlog * weight, starts, axis=-1), waiting), 1.0)
