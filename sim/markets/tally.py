"""What developers' choices add up to in a month: a compiled loop over the alternatives."""

import numpy as np
from numba import njit

from ..compiled import guvectorize
from ..mechanisms.self_hosting import accelerators_in_use
from ..numerics import total_of_row


@njit("void(f8[:, :, ::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], b1[::1], b1[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], "
      "f8[:, ::1], f8[:, ::1])", cache=True)  # fmt: skip
def count_tokens(tasks, tokens_per_task, price, hours, sells, others, tokens, spend, busy, by_vintage, elsewhere):
    """Put down the tokens of all developers, what they cost, and what serving them keeps busy.

    Parameters
    ----------
    tasks : array (draws, views, alternatives), tasks / month, first those of all developers
    tokens_per_task : array (draws, alternatives), Mtok / task
    price, hours : arrays of that shape, USD and H100e-hours / Mtok
    sells : bool array (hosts,), whether tokens are paid for there
    others : bool array (hosts,), whether a host is another than the laboratory itself
    tokens, spend, busy : arrays (draws, alternatives), Mtok / month, USD / month and H100e, out
    by_vintage, elsewhere : arrays (draws, vintages), Mtok / month at all hosts and at others, out
    """
    vintages = by_vintage.shape[1]
    for draw in range(len(tokens)):
        by_vintage[draw], elsewhere[draw] = 0.0, 0.0
        for host in range(len(sells)):
            paid, other = 1.0 if sells[host] else 0.0, 1.0 if others[host] else 0.0
            for vintage in range(vintages):
                at = host * vintages + vintage
                flow = tasks[draw, 0, at] * tokens_per_task[draw, at]
                tokens[draw, at], spend[draw, at] = flow, flow * price[draw, at] * paid
                busy[draw, at] = accelerators_in_use(flow, hours[draw, at])
                by_vintage[draw, vintage] += flow
                elsewhere[draw, vintage] += flow * other


@guvectorize(["void(float64[:, :], int64[:], float64[:])"], "(h,v),(l)->(l)")
def _by_line(amounts, lines, found):
    kept = amounts.shape[1] // len(lines)
    for line in range(len(lines)):
        found[line] = 0.0
        for vintage in range(line * kept, (line + 1) * kept):
            at_hosts = 0.0
            for host in range(len(amounts)):
                at_hosts += amounts[host, vintage]
            found[line] += at_hosts


def add_by_line(amounts, lines):
    """Sums over hosts, then over the vintages of each line.

    Parameters
    ----------
    amounts : array (draws, ..., hosts, vintages), any unit
    lines : int array (lines,), their numbers

    Returns
    -------
    array (draws, ..., lines), same unit
    """
    return _by_line.ufunc(amounts, lines)


@guvectorize(["void(float64[:, :], boolean[:, :], float64[:, :])"], "(h,v),(n,h)->(n,v)")
def _by_name(amounts, sold, found):
    found[:] = 0.0
    for host in range(len(amounts)):
        for name in range(len(sold)):
            if sold[name, host]:
                for vintage in range(amounts.shape[1]):
                    found[name, vintage] += amounts[host, vintage]


def add_by_name(amounts, sold):
    """Sums over the hosts where something is sold under each name.

    Parameters
    ----------
    amounts : array (draws, hosts, vintages), any unit
    sold : bool array (names, hosts)

    Returns
    -------
    array (draws, names, vintages), same unit
    """
    return _by_name.ufunc(amounts, sold)


@guvectorize(["void(float64[:, :], int64[:], int64[:], int64[:], float64[:])"], "(h,v),(v),(h),(r)->(r)")  # fmt: skip
def _by_region(busy, home, region_of_host, regions, found):
    theirs = np.empty(len(home))
    for region in range(len(regions)):
        number = 0
        for vintage in range(len(home)):
            if home[vintage] == region:
                theirs[number] = busy[0, vintage]
                number += 1
        found[region] = total_of_row(theirs[:number])
    for host in range(1, len(busy)):
        found[region_of_host[host]] += total_of_row(busy[host])


def busy_by_region(busy, home, region_of_host, regions):
    """Accelerators kept busy by where they stand: at a laboratory's home, or where a host rents them.

    Parameters
    ----------
    busy : array (draws, hosts, vintages), H100e, first the laboratories themselves
    home : int array (vintages,), the home of a vintage's laboratory
    region_of_host : int array (hosts,), ignored for the first
    regions : int, how many regions there are

    Returns
    -------
    array (draws, regions), H100e
    """
    return _by_region.ufunc(busy, home, region_of_host, np.arange(regions))
