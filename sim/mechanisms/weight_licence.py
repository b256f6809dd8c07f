"""What the licence of open weights permits others: to serve them, to sell what is built on them, to run them.

Leaves out
----------
* Conditions on size, place and use of a user, which are all read as one kind; breach of a licence.
* Licences of data and code.
"""

import numpy as np


def licence_in_force(lines, begins, month, number):
    """Which row of a record of licences each line's new vintages come under.

    Parameters
    ----------
    lines : int array (rows,), the line a row is about
    begins : int array (rows,), month numbers
    month : int, month number
    number : int, lines

    Returns
    -------
    int array (lines,), row; −1 where none has begun (dimensionless)
    """
    found, since = np.full(number, -1), np.full(number, -1)
    for row, (line, start) in enumerate(zip(lines, begins, strict=True)):
        if since[line] < start <= month:
            found[line], since[line] = row, start
    return found


def permitted(kind, rights):
    """What each line's licence permits: everything where no row is in force.

        may(right, line) = rights(right, kind of the line's licence)

    Parameters
    ----------
    kind : int array (lines,), kind of licence, −1 for none on record
    rights : bool array (rights, kinds)

    Returns
    -------
    bool array (rights, lines), dimensionless
    """
    return np.where(kind >= 0, rights[:, np.maximum(kind, 0)], True)
