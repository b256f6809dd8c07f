"""Hosts of the same weights: how far apart they ask, and how buyers weigh a price against others and against worth.

Leaves out
----------
* Contracts between hosts and laboratories, and quality of service, which prices of hosts also reflect.
* Entry and exit of hosts: the list is a record.
"""

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


def seen_log_cost(log_cost, cost, worth, log_usual, response):
    """The cost of work as buyers weigh it: in logs, more above what the work is worth, and sharply between hosts.

        ln c + c / worth + (response − 1) · (ln c − ln usual)

    Parameters
    ----------
    log_cost : array (draws, hosts, vintages), its logarithm
    cost : array of the same shape, USD / Mtok of plain answer
    worth : float, USD / Mtok of plain answer
    log_usual : array of the same shape, logarithm of what a usual host asks for the same weights, of the cost itself
        where nobody else does
    response : float, weight of a price against other hosts over that against other models

    Returns
    -------
    array of the same shape, log points
    """
    seen, apart = cost / worth, log_cost - log_usual
    seen += log_cost
    apart *= response - 1.0
    seen += apart
    return seen

