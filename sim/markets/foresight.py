"""What is already known of rules that do not bite yet."""

import numpy as np

from ..mechanisms.export_rules import judge
from ..mechanisms.trade_gate import granted_share
from ..numerics import col
from .licensing import accelerator_tests, of_kind


def foresee(world, p, granted):
    """The next month in which less will be granted for China than now, as far as that is announced.

    A rule of the record counts from the month in which it became known; a dated change of a scenario by
    ``export.announcement_months`` ahead, 0 by default.

    Parameters
    ----------
    world : World
    p : values in force in the month
    granted : array (draws or 1, products), share of applications let through now

    Returns
    -------
    months until then, 0 if nothing is announced; share granted then, array (draws or 1, products)
    """
    rules, month = p.rules, world.month
    start, horizon = getattr(rules, "from"), month + int(np.max(p.export.announcement_months))
    pending = start[rules.in_force & of_kind(rules, "accelerator") & (rules.known <= month) & (start > month)]
    for later in sorted({*pending.tolist(), *range(month + 1, horizon + 1)}):
        q = world.values.at(later) if later <= horizon else p
        tests, e = accelerator_tests(q, later), q.export
        if later > horizon:
            tests["active"] = tests["active"] & (rules.known <= month)
        then = granted_share(judge(**tests).status, col(e.licence_notify_share), col(e.licence_case_by_case_share),
                             col(e.licence_denial_share))
        if (then < granted).any():
            return int(later - month), then
    return 0, granted
