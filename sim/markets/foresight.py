"""What is already known of rules that do not bite yet."""

import numpy as np

from ..mechanisms.export_rules import status_of
from ..mechanisms.trade_gate import granted_share
from ..numerics import col
from .licensing import accelerator_tests, known_ahead


def foresee(world, p, granted):
    """The next month in which less will be granted for China than now, as far as that is announced.

    A rule of the record counts from the month in which it became known; a dated change of a scenario by
    ``export.announcement_months`` ahead, 0 by default, which may differ from draw to draw.

    Parameters
    ----------
    world : World
    p : values in force in the month
    granted : array (draws or 1, products), share of applications let through now

    Returns
    -------
    months until then, int array (draws or 1,), 0 where nothing is announced
    share granted then, array (draws or 1, products); as now where nothing is announced
    """
    month = world.month
    reach = month + np.atleast_1d(p.export.announcement_months).astype(np.int64)
    of_law = {start for known, start in known_ahead(p.rules) if known <= month < start}
    months, foreseen = np.zeros(1, dtype=np.int64), granted
    for later in sorted({*of_law, *range(month + 1, int(reach.max()) + 1)}):
        for announced in (True, False):
            sees = (later <= reach if announced else (later > reach) & (later in of_law)) & (months == 0)
            if sees.any():
                then = _granted(world.values.at(later), later) if announced else _granted(p, later, month)
                sees = sees & (then < granted).any(axis=-1)
                months, foreseen = np.where(sees, later - month, months), np.where(sees[:, None], then, foreseen)
    return months, foreseen


def _granted(p, later, known=None):
    """Share granted in a later month by the values ``p``, array (draws or 1, products), of rules known by a month."""
    tests, e = accelerator_tests(p, later), p.export
    if known is not None:
        tests["active"] = tests["active"] & (p.rules.known <= known)
    return granted_share(status_of(**tests), col(e.licence_notify_share), col(e.licence_case_by_case_share),
                         col(e.licence_denial_share))
