"""Hosts of the same weights: how far apart they ask, and how buyers weigh a price against others and against worth.

Leaves out
----------
* Contracts between hosts and laboratories, and quality of service, which prices of hosts also reflect.
* Entry and exit of hosts: the list is a record.
"""

from ..compiled import guvectorize
from ..numerics import exp


def asked(price, spread, luck):
    """What each host asks for the same weights.

    Parameters
    ----------
    price : array (draws, ...), USD / Mtok, what a host of its costs asks in the middle
    spread : float, log points
    luck : array of the same shape, standard normal numbers, drawn with each vintage

    Returns
    -------
    array of the same shape, USD / Mtok
    """
    return price * exp(spread * luck)


@guvectorize(["void(float64[:, :], float64[:, :], boolean[:], boolean[:], int64, float64, float64, float32[:, :])"],
             "(h,v),(h,v),(v),(h),(),(),()->(h,v)")  # fmt: skip
def _seen(log_cost, cost, is_open, compared, usual_host, worth, response, seen):
    for host in range(len(compared)):
        for vintage in range(len(is_open)):
            own = log_cost[host, vintage]
            usual = log_cost[usual_host, vintage] if compared[host] and is_open[vintage] else own
            seen[host, vintage] = cost[host, vintage] / worth + own + (own - usual) * (response - 1.0)


def seen_log_cost(log_cost, cost, is_open, compared, usual_host, worth, response):
    """The cost of work as buyers weigh it: in logs, more above what the work is worth, and sharply between hosts.

        ln c + c / worth + (response − 1) · (ln c − ln usual)

    Usual is what one host asks for the same weights, and the cost itself where nobody else serves them.

    Parameters
    ----------
    log_cost : array (draws, hosts, vintages), its logarithm
    cost : array of the same shape, USD / Mtok of plain answer
    is_open : bool array (draws, vintages), whether others may serve the same weights
    compared : bool array (hosts,), whether a host is compared with the usual one
    usual_host : int, number of the usual host
    worth : float, USD / Mtok of plain answer
    response : float, weight of a price against other hosts over that against other models

    Returns
    -------
    float32 array of the same shape, log points
    """
    return _seen.ufunc(log_cost, cost, is_open, compared, usual_host, worth, response)
