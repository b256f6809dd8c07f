"""Running open weights on one's own accelerators: how many it takes (when it pays is part of `model_choice`).

Leaves out
----------
* Staff, downtime and the wait for accelerators.
* Batching that improves with scale inside one firm.
"""

from numba.extending import register_jitable  # leaves it a plain function that compiled loops may call

from ..units import HOURS_PER_MONTH


@register_jitable
def accelerators_in_use(mtok_per_month, h100e_hours_per_mtok):
    """Accelerators that a flow of tokens keeps busy.

        H100e = Mtok a month · H100e-hours per Mtok / hours a month

    Mtok / month × H100e-hours / Mtok → H100e, any shape.
    """
    return mtok_per_month * h100e_hours_per_mtok / HOURS_PER_MONTH
