"""How laboratories stand to one another by what they have on offer: a compiled loop over their lines."""

import numpy as np
from numba import njit
from numba.extending import register_jitable

from ..compiled import guvectorize

CAPABILITY, PLAIN, CODING = range(3)  # rows of what laboratories show of each line, as in `Laboratories`
GENERAL, IN_OPEN, IN_CODING = range(3)  # ways to compare a laboratory with all others
US, CHINA, US_OPEN, CHINA_OPEN, OPEN, CLOSED = range(6)  # groups of lines whose best is kept
PLAIN_OPEN, PLAIN_CLOSED = range(2)  # the same without the reasoning recipe
LEVELS = 400  # ECI points up to which the first above each level is remembered


@register_jitable
def _best_of_others(own, line_lab, found):
    """Put down the best of all laboratories but each line's own."""
    leader, second = 0, 0.0
    for lab in range(1, len(own)):
        if own[lab] > own[leader]:
            leader, second = lab, own[leader]
        elif own[lab] > second:
            second = own[lab]
    for line in range(len(line_lab)):
        found[line] = second if line_lab[line] == leader else own[leader]
    return leader


@register_jitable
def _claim(first, leader, best):
    """Remember who leads as the first above every level that nobody was above before; such levels lie on top."""
    level = min(int(best), len(first) - 1)
    while level >= 0 and first[level] < 0:
        first[level] = leader
        level -= 1


@njit("void(f8[:, :, ::1], b1[:, ::1], i8[::1], i8[::1], i8, i8, f8, f8[:, ::1], f8[:, :, ::1], f8[:, ::1], "
      "f8[:, ::1], f8[:, ::1], i2[:, :, ::1])", cache=True)  # fmt: skip
def compare(shown, is_open, line_lab, home, us, china, distance,
            best_own, best_of_others, on_offer, plain, close_rivals, first_above):  # fmt: skip
    """Put down how laboratories stand to one another; what has not been released counts as 0.

    Parameters
    ----------
    shown : array (3 or more, draws, lines), ECI points: in general, without the reasoning recipe, in coding
    is_open : bool array (draws, lines), whether weights are open
    line_lab, home : int arrays (lines,), (labs,), whose a line is, and from which region a laboratory comes
    us, china : int, regions
    distance : float, ECI points within which another laboratory of the same region is a close rival
    best_own : array (draws, labs), ECI points, out
    best_of_others : array (3, draws, lines), ECI points: in general, with open weights, in coding, out
    on_offer : array (6, draws), ECI points, the best of each group, out
    plain : array (2, draws), ECI points, the best open and the best closed one without the reasoning recipe, out
    close_rivals : array (draws, labs), count, out
    first_above : int array (draws, 2, levels), the laboratory first above each level in general and in coding, out
    """
    labs = len(home)
    opened, coding = np.empty(labs), np.empty(labs)
    for draw in range(len(best_own)):
        own = best_own[draw]
        own[:], opened[:], coding[:] = 0.0, 0.0, 0.0
        on_offer[:, draw], plain[:, draw] = 0.0, 0.0
        for line in range(len(line_lab)):
            lab, level = line_lab[line], shown[CAPABILITY, draw, line]
            own[lab] = max(own[lab], level)
            coding[lab] = max(coding[lab], shown[CODING, draw, line])
            group, recipe = (OPEN, PLAIN_OPEN) if is_open[draw, line] else (CLOSED, PLAIN_CLOSED)
            on_offer[group, draw] = max(on_offer[group, draw], level)
            plain[recipe, draw] = max(plain[recipe, draw], shown[PLAIN, draw, line])
            if is_open[draw, line]:
                opened[lab] = max(opened[lab], level)
        for lab in range(labs):
            if home[lab] == us or home[lab] == china:
                of_all, of_open = (US, US_OPEN) if home[lab] == us else (CHINA, CHINA_OPEN)
                on_offer[of_all, draw] = max(on_offer[of_all, draw], own[lab])
                on_offer[of_open, draw] = max(on_offer[of_open, draw], opened[lab])
            close_rivals[draw, lab] = 0.0
            for other in range(labs):
                if (other != lab and home[other] == home[lab] and own[other] > 0.0
                        and abs(own[lab] - own[other]) <= distance):
                    close_rivals[draw, lab] += 1.0
        leader = _best_of_others(own, line_lab, best_of_others[GENERAL, draw])
        _claim(first_above[draw, 0], leader, own[leader])
        _best_of_others(opened, line_lab, best_of_others[IN_OPEN, draw])
        leader = _best_of_others(coding, line_lab, best_of_others[IN_CODING, draw])
        _claim(first_above[draw, 1], leader, coding[leader])


@guvectorize(["void(boolean[:], float64[:], int64[:], boolean[:])"], "(n),(n)->(),()")
def _best_line(among, capability, line, found):
    line[0], best = 0, 0.0
    for at in range(len(among)):
        if among[at] and capability[at] > best:
            line[0], best = at, capability[at]
    found[0] = best > 0.0


def best_line(among, capability):
    """The line with the highest capability among some.

    Parameters
    ----------
    among : bool array (..., draws, lines)
    capability : array (draws, lines), ECI points, 0 for what has not been released

    Returns
    -------
    int array (..., draws), line; bool array (..., draws), whether there is one (dimensionless)
    """
    return _best_line.ufunc(among, capability)
