"""Sums and maxima, compiled: NumPy's own cost several times as much on the short rows of this model.

Each row is added alone and always in the same order, whatever the block of draws and the layout in memory. The order
is NumPy's: one by one below eight, in eight columns added in pairs up to 128, in halves above.
"""

import numpy as np
from numba import njit, vectorize
from numba.extending import register_jitable  # leaves it a plain function that compiled loops may call

from .compiled import guvectorize

_COLUMNS, _BLOCK, _LEAST = 8, 128, 1e-290


@register_jitable
def share_of_number(part, whole):
    return part / (whole if whole > _LEAST else np.inf)


@njit("float64(float64[:])", cache=True)
def total_of_row(row):
    size = row.shape[0]
    if size < _COLUMNS:
        found = 0.0
        for at in range(size):
            found += row[at]
        return found
    if size > _BLOCK:
        half = size // 2
        half -= half % _COLUMNS
        return total_of_row(row[:half]) + total_of_row(row[half:])
    a, b, c, d, e, f, g, h = row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]
    at = _COLUMNS
    while at + _COLUMNS <= size:
        a, b, c, d = a + row[at], b + row[at + 1], c + row[at + 2], d + row[at + 3]
        e, f, g, h = e + row[at + 4], f + row[at + 5], g + row[at + 6], h + row[at + 7]
        at += _COLUMNS
    found = ((a + b) + (c + d)) + ((e + f) + (g + h))
    while at < size:
        found += row[at]
        at += 1
    return found


@njit("float64(float64[:], float64[:])", cache=True)
def weighted_total_of_row(row, weights):
    size = row.shape[0]
    if size < _COLUMNS:
        found = 0.0
        for at in range(size):
            found += row[at] * weights[at]
        return found
    if size > _BLOCK:
        half = size // 2
        half -= half % _COLUMNS
        return weighted_total_of_row(row[:half], weights[:half]) + weighted_total_of_row(row[half:], weights[half:])
    a, b, c, d = row[0] * weights[0], row[1] * weights[1], row[2] * weights[2], row[3] * weights[3]
    e, f, g, h = row[4] * weights[4], row[5] * weights[5], row[6] * weights[6], row[7] * weights[7]
    at = _COLUMNS
    while at + _COLUMNS <= size:
        a, b = a + row[at] * weights[at], b + row[at + 1] * weights[at + 1]
        c, d = c + row[at + 2] * weights[at + 2], d + row[at + 3] * weights[at + 3]
        e, f = e + row[at + 4] * weights[at + 4], f + row[at + 5] * weights[at + 5]
        g, h = g + row[at + 6] * weights[at + 6], h + row[at + 7] * weights[at + 7]
        at += _COLUMNS
    found = ((a + b) + (c + d)) + ((e + f) + (g + h))
    while at < size:
        found += row[at] * weights[at]
        at += 1
    return found


@guvectorize(["void(float64[:], float64[:])"], "(k)->()")
def _total(row, found):
    found[0] = total_of_row(row)


@guvectorize(["void(float64[:], float64[:])"], "(k)->(k)")
def _parts(row, found):
    whole = total_of_row(row)
    for at in range(row.shape[0]):
        found[at] = share_of_number(row[at], whole)


@guvectorize(["void(float64[:], float64[:], float64[:])"], "(k),(k)->()")
def _weighted(row, weights, found):
    found[0] = weighted_total_of_row(row, weights)


@guvectorize(["void(float64[:], int64[:], int64[:], int64[:], float64[:])"], "(n),(m),(m),(g)->(g)")
def _gather(row, source, target, groups, found):
    for at in range(groups.shape[0]):
        found[at] = 0.0
    group, so_far = 0, 0.0  # neighbours of one group are added up before they are put down
    for at in range(source.shape[0]):
        if target[at] != group:
            found[group] = so_far
            group = target[at]
            so_far = found[group]
        so_far += row[source[at]]
    if source.shape[0] > 0:
        found[group] = so_far


@guvectorize(["void(float64[:], float64[:], int64[:], float64[:])"], "(n),(n),(g)->(g)")
def _run_shares(part, whole, starts, found):
    for run in range(starts.shape[0]):
        first, end = starts[run], starts[run + 1] if run + 1 < starts.shape[0] else part.shape[0]
        parts, wholes = 0.0, 0.0  # of all but the first, which come last, as in NumPy's reduceat of up to eight
        for at in range(first + 1, end):
            parts, wholes = parts + part[at], wholes + whole[at]
        found[run] = share_of_number(part[first] + parts, whole[first] + wholes)


@guvectorize(["void(float64[:], int64[:], float64[:], float64[:])"], "(n),(n),(g)->(g)")
def _largest(row, group, least, found):
    for at in range(least.shape[0]):
        found[at] = least[at]
    for at in range(row.shape[0]):
        if row[at] > found[group[at]]:
            found[group[at]] = row[at]


@guvectorize(["void(float64[:, :], float64[:, :], float64[:, :])"], "(k,h),(r,h)->(r,k)")
def _spread(amounts, places, found):
    found[:] = 0.0
    for holder in range(places.shape[1]):  # one after another: the order of additions is fixed
        for place in range(places.shape[0]):
            part = places[place, holder]
            if part != 0.0:
                for kind in range(amounts.shape[0]):
                    found[place, kind] += amounts[kind, holder] * part


@vectorize(["float64(float64, float64)"], nopython=True, cache=True)
def _share(part, whole):
    return share_of_number(part, whole)


# NumPy's own objects: a call costs half as much
total_of_rows, weighted_total_of_rows = _total.ufunc, _weighted.ufunc
gather, spread, share_of, run_shares, parts, largest = (
    _gather.ufunc, _spread.ufunc, _share.ufunc, _run_shares.ufunc, _parts.ufunc, _largest.ufunc)
