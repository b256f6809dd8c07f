"""What becomes of a line's vintages when a new one is released: a compiled loop over those few lines."""

import numpy as np
from numba import njit

SIZE, RELEASE_MONTH = 3, 4  # rows of a vintage's numbers, as in `Laboratories`
REASONS, OPEN = range(2)  # rows of its traits


@njit("void(b1[:, ::1], int64, b1[:, :], f8[::1], f8[:, :, ::1], b1[:, :, ::1], int64[:, ::1], f8[:, :, ::1], "
      "b1[:, :, ::1], b1[:, :, ::1], f8[:, ::1], f8[:, ::1], int32[:, ::1], b1[:, ::1], b1[:, ::1])",
      cache=True)  # fmt: skip
def take_places(released, month, rights, overhead, shown, shown_traits,
                place, vintage, traits, permits, work, succeeded, successor, gone, newest):  # fmt: skip
    """Give each new vintage the place of the oldest of its line; the one before it becomes a former vintage.

    Parameters
    ----------
    released : bool array (draws, lines), which lines have a new vintage
    month : int, month number
    rights : bool array (3, lines), what its licence permits where weights are open
    overhead : array (draws,), work of a reasoning model over that of a plain one of its size
    shown, shown_traits : arrays (7, draws, lines) and bool (2, draws, lines), as in `Laboratories`
    place, vintage, traits, permits, work, succeeded, successor, gone, newest : the arrays of `Catalogue`, changed here
    """
    kept = vintage.shape[2] // place.shape[1]
    for draw in range(released.shape[0]):
        for line in range(released.shape[1]):
            if not released[draw, line]:
                continue
            before = place[draw, line]
            place[draw, line] = (before + 1) % kept
            old, new = line * kept + max(before, 0), line * kept + place[draw, line]
            gone[draw, new] = vintage[RELEASE_MONTH, draw, new] >= 0
            if before >= 0:
                successor[draw, old], succeeded[draw, old] = new, month
            successor[draw, new] = new if gone[draw, new] else -1  # whose place is taken is moved to the newcomer
            succeeded[draw, new] = np.inf
            newest[draw, old] = False
            newest[draw, new] = True
            for row in range(len(vintage)):
                vintage[row, draw, new] = shown[row, draw, line]
            for row in range(len(traits)):
                traits[row, draw, new] = shown_traits[row, draw, line]
            for right in range(len(permits)):
                permits[right, draw, new] = rights[right, line] and shown_traits[OPEN, draw, line]
            work[draw, new] = shown[SIZE, draw, line] * (overhead[draw] if shown_traits[REASONS, draw, line] else 1.0)
